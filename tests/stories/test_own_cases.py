"""A resolved incident becomes a training case: drafted without names, read part by part, published, played."""

import pytest
from django.test import Client

from escalation.kit import clock as times
from escalation.kit.errors import Refused
from escalation.trail.models import Entry
from incidents.learning import casemaking, signs, training
from incidents.learning.signs import BALANCED, Level
from incidents.learning.story import story_of
from incidents.models import Incident, TrainingCase
from incidents.models.training_cases import mark
from incidents.practising import making
from incidents.practising.authoring import people_by
from incidents.practising.checking import Checker
from incidents.reviewing import reading
from incidents.training import views
from tests.case_kit import form_of
from tests.pages_kit import client_of, words
from tests.threads import together

pytestmark = pytest.mark.django_db
MARKUP = "<script>alert(1)</script> & \u202e {{ x }}\x00"


@pytest.fixture
def resolved(open_incident, clock, cast):
    """Ana tries twice and falls silent, it grows, she escalates; Mei solves it."""
    incident = open_incident("Card payments fail, says Ana Ruiz", people_affected=40, symptom=f"ÁNA saw it {MARKUP}")
    clock.forward(seconds=130)
    incident.acknowledge(by=cast.ana)
    clock.forward(seconds=95)
    incident.note(by=cast.ana, text="Asked @jo.okafor and kim@example.com; see https://wiki.example.com/x")
    clock.forward(minutes=4)
    incident.attempt(by=cast.ana, text="Restarted db-prod-03 as in INC-7, " + "x" * 9_000, outcome="no_effect")
    clock.forward(minutes=3)
    incident.state(by=cast.ana, people_affected=900)
    clock.forward(minutes=2)
    incident.attempt(by=cast.ana, text="Flushed the cache", outcome="worse")
    clock.forward(minutes=2)
    incident.escalate(by=cast.ana, reason="expertise", text="mei knows Payments")
    clock.forward(minutes=3)
    incident.acknowledge(by=cast.mei)
    clock.forward(minutes=29)
    incident.attempt(by=cast.mei, text="Rolled back Ana's change", outcome="helped")
    incident.resolve(by=cast.mei, cause="change", text="Rolled back what Ruiz, Ana released")
    return Incident.objects.get(pk=incident.pk)


@pytest.fixture
def case(resolved, cast) -> TrainingCase:
    return drafted(resolved, cast.sam)


def drafted(incident, by) -> TrainingCase:
    draft = making.draft(incident, times.now())
    return TrainingCase.begin(incident, by=by, told=draft.told, replaced=draft.replaced)


def read_all(case, by) -> None:
    for n, part in enumerate(case.parts):
        more = {"lesson": "Call sooner."} if n == 0 else {}
        case.write(n, by=by, words={**part, **more}, looked=True)


def published(case, by) -> TrainingCase:
    read_all(case, by)
    case.publish(by=by, check=Checker(case).sentences)
    return case


def address(case, *more) -> str:
    return f"/training/own/{case.pk}/" + "".join(f"{one}/" for one in more)


# --- the draft --------------------------------------------------------------------------------


def test_the_signs_of_each_step_are_those_of_the_record_at_that_minute(resolved, case, clock):
    lines = reading.record_of(resolved, clock.now()).lines
    asked = training.read(case.told).steps
    assert 4 <= len(asked) <= casemaking.MOST
    seen = set()
    for step in asked:
        at = resolved.opened_at + (training.at(step.minute) - training.BEGIN)
        heard = story_of(one.told for one in lines if one.told.at <= at)
        then = [one for one in signs.seen(heard.facts(at), at, BALANCED) if one.level > Level.UNKNOWN]
        assert [(one.key, one.level) for one in step.signs] == [(one.key, one.level) for one in then], step.minute
        seen |= {one.key for one in then}
    assert {"growth", "attempts", "limit"} <= seen
    verdicts = [step.verdict.key for step in asked]
    assert verdicts[0] == "not_yet" and "now" in verdicts, "a sign that begins has a step, and so has what was before"


def test_a_draft_names_nobody_and_says_what_it_replaced(case, cast):
    whole = repr(case.told)
    for name in ("Ana", "ÁNA", "Ruiz", "Mei", "mei ", "kim@", "okafor", "wiki.example", "db-prod", "INC-", "Payments"):
        assert name not in whole.replace("L2 Applications", ""), name
    assert "the first responder" in whole and "somebody of L2 Applications" in whole
    assert "a machine" in whole and "a link" in whole and "another record" in whole and "the service" in whole
    assert len(whole) < 20_000, "of what somebody wrote at length the beginning is told"
    replaced = {(one["was"], one["now"]) for one in case.replaced}
    assert {("ÁNA", "The first responder"), ("db-prod-03", "a machine"), ("@jo.okafor", "a colleague")} <= replaced
    assert case.told["lesson"] == "", "what to take along no record says"


def test_a_name_at_the_place_where_a_long_title_is_cut_leaves_nothing_of_it(open_incident, cast, clock):
    incident = open_incident("x" * 113 + " Ana Ruiz, and " + "y" * 400)
    clock.forward(minutes=3)
    incident.acknowledge(by=cast.jo)
    clock.forward(minutes=3)
    incident.resolve(by=cast.jo, cause="unknown", text="Gone")
    title = drafted(Incident.objects.get(pk=incident.pk), cast.sam).title
    assert len(title) <= 120 and title.startswith("xxx") and "Ana" not in title and "Ru" not in title


@pytest.mark.rehearsal("long")
def test_who_may_make_one_and_of_what(resolved, open_incident, cast, clock):
    page = f"/training/making/{resolved.number}/"
    sam = client_of(cast.sam)
    assert "Make a training case" in words(sam.get(resolved.get_absolute_url()))
    assert "everybody of this installation may play it" in words(sam.get(page))
    for name, status in {"ana": 403, "mei": 403, "otto": 403, "rita": 404}.items():
        assert client_of(getattr(cast, name)).post(page).status_code == status, name
    assert "Make a training case" not in words(client_of(cast.ana).get(resolved.get_absolute_url()))
    still_open = open_incident("Mail is late")
    restricted, merged = open_incident("Payroll was read"), open_incident("Cards fail too")
    merged.merge_into(still_open, by=cast.ana, text="The same")
    restricted.acknowledge(by=cast.sam)
    restricted.resolve(by=cast.sam, cause="change", text="Over")
    restricted.restrict(by=cast.sam, text="Private")
    for incident, said in ((still_open, "is open"), (restricted, "is restricted"), (merged, "was merged")):
        got = client_of(cast.ada).post(f"/training/making/{incident.number}/", follow=True)
        assert said in words(got), said
    assert not TrainingCase.objects.exists()
    made = [sam.post(page, follow=True) for _press in range(2)]
    assert [one.redirect_chain[-1][0] for one in made] == [TrainingCase.objects.get().get_absolute_url()] * 2
    assert "Its training case" in words(sam.get(resolved.get_absolute_url()))


def test_what_nobody_ever_had_becomes_a_case_too_and_what_had_no_minute_says_why(open_incident, cast, clock):
    brief = open_incident("Blip")
    brief.resolve(by=cast.sam, cause="unknown", text="Gone")
    page = client_of(cast.sam).post(f"/training/making/{brief.number}/")
    assert page.status_code == 409 and "was over before anybody could have escalated it" in words(page)
    unheard = open_incident("Nobody came", people_affected=3)
    clock.forward(minutes=4)
    unheard.resolve(by=cast.sam, cause="unknown", text="Gone")
    assert training.read(drafted(Incident.objects.get(pk=unheard.pk), cast.sam).told).steps


def test_a_draft_of_what_took_months_and_lacks_much_is_saved_as_it_is(case, cast):
    facts = case.told["steps"][-1]["facts"] | {"failed": 1200, "passes": 1100, "before": 1001, "hands_on": 60_000}
    facts |= {"missing": ["Linux, deep", *(f"{n}" * 80 for n in range(4))], "missing_kind": "ability"}
    late = {**case.told["steps"][-1], "minute": 100_000, "facts": facts}
    case.told = {**case.told, "steps": [*case.told["steps"][:-1], late]}
    case.save()
    n = len(case.told["steps"])
    sent = form_of(late, people=people_by(case.told, n), looked="on")
    sent["missing"] = sent["missing"].replace("\n", "\r\n")
    assert client_of(cast.sam).post(address(case, "steps", n), sent).status_code == 302
    assert TrainingCase.objects.get().told["steps"][-1] == late
    sent |= {"missing": "Linux, deep\r\n\r\nOracle", "seen": mark(late)}
    assert client_of(cast.sam).post(address(case, "steps", n), sent).status_code == 302
    assert TrainingCase.objects.get().told["steps"][-1]["facts"]["missing"] == ["Linux, deep", "Oracle"]


def test_what_somebody_lacked_is_told_without_names(resolved, cast, monkeypatch):
    monkeypatch.setattr(making, "_lack", lambda _missing: (("Access of Ana Ruiz",), "access"))
    told_then = making.draft(resolved, times.now()).told["steps"]
    lacked = {name for step in told_then for name in step["facts"]["missing"]}
    assert lacked == {"Access of the first responder"}


def test_of_a_long_record_the_beginning_is_told_and_how_long_it_took_is_right(resolved, cast, monkeypatch):
    whole = making.draft(resolved, times.now()).told["outcome"].splitlines()[-1]
    monkeypatch.setattr(reading, "MOST", 6)
    assert making.draft(resolved, times.now()).told["outcome"].splitlines()[-1] == whole
    page = client_of(cast.sam).post(f"/training/making/{resolved.number}/", follow=True)
    assert "A draft from the first 6 entries of the record, which has more" in words(page)


# --- reading, publishing, playing -------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_sam_reads_each_part_publishes_it_and_ana_plays_it(case, cast):
    sam, ana = client_of(cast.sam), client_of(cast.ana)
    assert "Publish" not in words(sam.get(address(case))).split("Preview")[1].split("It can be published")[0]
    assert "Read each part first" in words(sam.post(address(case, "publication"), follow=True))
    step = words(sam.get(address(case, "steps", 1)))
    assert (
        "Replaced here" in step
        and "Those who may write it see what was there." in step
        and "ÁNA by→ The first responder" in step
    )
    got = sam.post(address(case, "words"), {**form_of(case.parts[0]), "looked": "on"})
    assert got.status_code == 422 and "Say what to take along." in words(got)
    sent = {**form_of(case.parts[0], lesson="Call sooner.", looked="on"), "onward": "1"}
    assert sam.post(address(case, "words"), sent)["Location"] == address(case, "steps", 1)
    for n, part in enumerate(case.parts[1:], start=1):
        sent = form_of(part, people=people_by(case.told, n), looked="on")
        assert sam.post(address(case, "steps", n), sent).status_code == 302, n
    assert case.told["steps"] == TrainingCase.objects.get().told["steps"], "what nobody changed stays, to the second"
    assert f"/training/cases/{case.key}/" not in ana.get("/training/").content.decode()
    assert "Published." in words(sam.post(address(case, "publication"), follow=True))
    page = words(ana.get("/training/"))
    assert "from our own record" in page and case.incident.ref not in page
    play = ana.post(f"/training/cases/{case.key}/")["Location"]
    for n in range(len(case.told["steps"])):
        last = ana.post(play, {"step": str(n), "when": "now", "to": "1", "why": "expertise"}, follow=True)
    said = words(last)
    assert "of 100 points" in said and "Call sooner." in said and "the first responder" in said
    assert case.incident.ref not in said and "<script>" not in last.content.decode()
    assert TrainingCase.objects.get().replaced == []
    kinds = Entry.objects.filter(trail=case.incident.trail_id, kind__startswith="case_").values_list("kind", flat=True)
    assert set(kinds) == {"case_begun", "case_published"}
    record = words(sam.get(case.incident.get_absolute_url() + "record/", follow=True))
    assert "Sam Reyes published its training case" in record


def test_that_only_the_newest_are_listed_is_said(case, open_incident, cast, clock, monkeypatch):
    sam = client_of(cast.sam)
    monkeypatch.setattr(views, "WRITTEN", 1)
    assert "The newest 1." not in words(sam.get("/training/"))
    other = open_incident("Mail is late")
    clock.forward(minutes=3)
    other.acknowledge(by=cast.jo)
    clock.forward(minutes=3)
    other.resolve(by=cast.jo, cause="unknown", text="Gone")
    drafted(Incident.objects.get(pk=other.pk), cast.sam)
    page = words(sam.get("/training/"))
    assert "The newest 1. You find each other one from its incident." in page and case.title not in page


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("text", "ANA RUIZ’s fix"),
        ("text", "wrote to sam@example.com"),
        ("comment", "@sam knew"),
        ("text", "It is incident {number}"),
        ("missing", "Kim"),
        ("comment", "Okafor"),
    ],
)
def test_what_names_anybody_is_refused_at_its_field_and_by_the_verb(case, cast, where, text):
    sam, text = client_of(cast.sam), text.format(number=case.incident.number)
    sent = form_of(case.parts[2], people=people_by(case.told, 2), missing_kind="access", **{where: text})
    got = sam.post(address(case, "steps", 2), {**sent, "looked": "on"})
    assert got.status_code == 422
    assert "Everybody would read:" in words(got) and text.split(" ")[0].strip("’s") in words(got)
    assert sam.post(address(case, "steps", 2), sent).status_code == 302, "a draft is there to be worked on"
    case.refresh_from_db()
    assert not case.is_read(case.parts[2]) and "Everybody would read:" in words(sam.get(address(case)))
    read_all(case, cast.sam)
    with pytest.raises(Refused, match="Everybody would read"):
        case.publish(by=cast.sam, check=Checker(case).sentences)


def test_the_part_that_is_changed_is_to_be_read_again_and_facts_change_what_is_right(case, cast):
    read_all(case, cast.sam)
    sam, before = client_of(cast.sam), training.read(case.told).steps[0]
    sent = form_of(case.parts[1], people=40, failed="2", reopened="2", text=MARKUP.strip("\0") + "y" * 900)
    assert sam.post(address(case, "steps", 1), sent).status_code == 302
    case.refresh_from_db()
    assert case.unread == [1]
    after = training.read(case.told).steps[0]
    assert (before.verdict.key, after.verdict.key) == ("not_yet", "now")
    page = sam.get(address(case, "preview"))
    assert "It was time to escalate, to: The next tier" in words(page) and "<script>" not in page.content.decode()
    for wrong in ({"worse": "3"}, {"minute": "5000"}, {"people": "-1"}, {"text": "z" * 2001}, {"severity": "9"}):
        assert sam.post(address(case, "steps", 1), {**sent, **wrong}).status_code == 422, wrong
    assert sam.get(address(case, "preview") + "?step=%00²").status_code == 200
    assert sam.get(address(case, "steps", 99)).status_code == 404


def test_without_a_step_the_others_say_the_same(case, cast):
    read_all(case, cast.sam)
    told_before = training.read(case.told)
    case.drop_step(2, by=cast.sam)
    assert case.unread == []
    after = training.read(case.told).steps
    assert [one.signs for one in after] == [one.signs for one in (told_before.steps[0], *told_before.steps[2:])]
    while len(case.told["steps"]) > 1:
        case.drop_step(1, by=cast.sam)
    with pytest.raises(Refused, match="at least one step"):
        case.drop_step(1, by=cast.sam)


def test_the_later_of_two_authors_is_told_and_loses_nothing(case, cast):
    sam, ada = client_of(cast.sam), client_of(cast.ada)
    seen = sam.get(address(case, "steps", 1)).context["seen"]
    sent = {**form_of(case.parts[1], people=40), "seen": seen}
    assert ada.post(address(case, "steps", 1), {**sent, "text": "What Ada wrote"}).status_code == 302
    got = sam.post(address(case, "steps", 1), {**sent, "text": "What Sam wrote"})
    assert got.status_code == 409
    page = words(got)
    assert "Somebody has changed this meanwhile." in page
    assert "As it is nowWhat Ada wrote" in page and "What Sam wrote" in page
    again = {**sent, "seen": got.context["seen"], "text": "What Sam wrote"}
    assert sam.post(address(case, "steps", 1), again).status_code == 302
    assert sam.post(address(case, "steps", 2), form_of(case.parts[2], people=40)).status_code == 302, "another part"
    case.refresh_from_db()
    assert case.parts[1]["text"] == "What Sam wrote"
    last = len(case.told["steps"])
    mine = {**form_of(case.parts[last], people=1), "text": "Still mine"}
    case.drop_step(last, by=cast.ada)
    got = sam.post(address(case, "steps", last), mine)
    assert got.status_code == 409 and "Still mine" in words(got)


def test_two_who_move_neighbouring_steps_leave_them_in_order(case, cast):
    first, second = TrainingCase.objects.get(), TrainingCase.objects.get()
    minutes = [one["minute"] for one in case.told["steps"]]
    n = next(n for n in range(1, len(minutes)) if minutes[n] - minutes[n - 1] > 1)
    between = minutes[n - 1] + 1
    first.write(n + 1, by=cast.ada, words={"minute": between}, looked=False, seen=mark(case.parts[n + 1]))
    with pytest.raises(Refused, match="the step beside it"):
        second.write(n, by=cast.sam, words={"minute": between}, looked=False, seen=mark(case.parts[n]))


def test_a_draft_out_of_order_says_so_and_can_be_mended(case, cast):
    sam, steps = client_of(cast.sam), case.told["steps"]
    case.told = {**case.told, "steps": [steps[1], steps[0], *steps[2:]]}
    case.save()
    assert "Each step comes later than the one before it." in words(sam.get(address(case)))
    assert "see what is to change" in words(sam.get(address(case, "preview"), follow=True))


def test_no_step_has_the_number_of_the_words(case, cast):
    sent = {**form_of(case.parts[1], people=40), "seen": mark(case.parts[0])}
    assert client_of(cast.sam).post(address(case, "steps", 0), sent).status_code == 404
    assert "minute" not in TrainingCase.objects.get().told


@pytest.mark.django_db(transaction=True)
def test_two_windows_make_one_case_and_of_two_that_write_at_once_one_is_refused(resolved, cast):
    came = []

    def attempt(do) -> None:
        try:
            do()
        except Refused as refused:
            came.append(refused.code)
        else:
            came.append("done")

    def fresh() -> Incident:
        return Incident.objects.get(pk=resolved.pk)

    together(*[lambda: attempt(lambda: drafted(fresh(), cast.sam))] * 2)
    assert sorted(came) == ["done", "stale"]
    case, came = TrainingCase.objects.get(), []
    seen = mark(case.parts[1])

    def write(text: str) -> None:
        one = TrainingCase.objects.get()
        one.write(1, by=cast.sam, words={"text": text}, looked=True, seen=seen)

    together(lambda: attempt(lambda: write("one")), lambda: attempt(lambda: write("other")))
    assert sorted(came) == ["done", "stale"]
    assert TrainingCase.objects.get().revision == 2


def test_who_may_not_write_it_does_not_find_its_pages_and_a_draft_can_go(case, cast):
    for name in ("ana", "mei", "kim", "otto", "rita"):
        client = client_of(getattr(cast, name))
        status = 200 if name == "kim" else 404  # a supervisor of the team that was called
        assert {client.get(address(case, *one)).status_code for one in ([], ["words"], ["preview"])} == {status}, name
    assert Client().get(address(case)).status_code == 302
    sam = client_of(cast.sam)
    assert "Cases that you look after" in words(sam.get("/training/"))
    assert "Cases that you look after" not in words(client_of(cast.ana).get("/training/"))
    restricted = Incident.objects.get(pk=case.incident_id)
    restricted.restrict(by=cast.sam, text="Private")
    assert sam.get(address(case)).status_code == 404
    with pytest.raises(Refused, match="restricted"):
        TrainingCase.objects.get().publish(by=cast.ada, check=lambda _told: [])
    restricted.lift_restriction(by=cast.ada, text="Over")
    assert "The draft is gone." in words(sam.post(address(case, "removal"), follow=True))
    assert not TrainingCase.objects.exists()
