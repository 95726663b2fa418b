"""Problems: trouble that comes back gets an owner and actions, people say what is of it, and a fix is measured."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.urls import reverse

from escalation.engine.models import Delivery
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.models import Entry, Trail
from escalation.trail.verifying import verify
from incidents import recurring
from incidents.models import Access, Action, Incident, Problem, ProblemIncident, Service, chasing
from tests.api_kit import Program
from tests.many_kit import MOST, cost
from tests.pages_kit import client_of, words
from tests.threads import together

pytestmark = pytest.mark.django_db
TITLE = "Card payments fail"


@pytest.fixture
def came(open_incident, cast, clock):
    """Some of the like, a day apart, each resolved; the last is some days ago now."""

    def some(n: int, title: str = TITLE, *, days: float = 1, **facts) -> list[Incident]:
        found = []
        for _ in range(n):
            one = open_incident(title, **facts)
            one.resolve(by=cast.ana, cause="software", text="Restarted the gateway")
            found.append(Incident.objects.get(pk=one.pk))
            clock.jump(days=days)
        return found

    return some


@pytest.fixture
def problem(came, cast):
    first, second = came(2)
    about = {"title": "The gateway runs out of connections", "owner": cast.mei, "team": cast.teams["Applications"]}
    return Problem.begin(second, by=cast.ana, also=[first], **about)


def url(name, problem, *more) -> str:
    return reverse(name, args=[problem.pk, *more])


def test_who_says_it_is_fixed_reads_that_some_of_it_is_still_open(problem, open_incident, cast):
    mei = client_of(cast.mei)
    assert "still open" not in words(mei.get(url("problem-fix", problem)))
    problem.link(open_incident("The gateway again"), by=cast.ana)
    assert "1 of its incidents is still open." in words(mei.get(url("problem-fix", problem)))


@pytest.mark.rehearsal("long")
def test_from_seen_before_to_nine_before_and_one_after(came, open_incident, cast, clock):
    came(8)
    now_open = open_incident(TITLE)
    cache.clear()
    ana = client_of(cast.ana)
    assert "Begin a problem" in words(ana.get(now_open.get_absolute_url()))
    form = ana.get(reverse("problem-new", args=[now_open.number]))
    assert "Begin a problem" in words(form) and "the same title" in words(form)
    others = [one.number for one in Incident.objects.exclude(pk=now_open.pk)]
    assert ",".join(map(str, sorted(others, reverse=True))) in form.content.decode()  # what was shown is sent along
    said = {"title": "The gateway runs full", "owner": cast.mei.pk, "team": cast.teams["Applications"].pk}
    begun = ana.post(form.wsgi_request.path, {**said, "cause": "A pool of ten", "also": others})
    problem = Problem.objects.get()
    assert begun.status_code == 302 and begun["Location"] == problem.get_absolute_url()
    assert problem.links.filter(belongs=True).count() == 9
    assert "Part of the problem The gateway runs full of Mei Tanaka." in words(ana.get(now_open.get_absolute_url()))
    now_open.resolve(by=cast.ana, cause="software", text="Restarted")
    mei = client_of(cast.mei)
    clock.jump(days=1)
    due = (clock.now() + timedelta(days=7)).date().isoformat()
    action = {"what": "Let the pool grow", "owner": cast.jo.pk, "due": due}
    assert mei.post(url("problem-actions", problem), action).status_code == 302
    jo = client_of(cast.jo)
    assert "Let the pool grow" in words(jo.get(reverse("cues")))
    assert jo.post(url("problem-action-done", problem, 1)).status_code == 302
    assert mei.post(url("problem-fix", problem), {"on": clock.now().date().isoformat()}).status_code == 302
    clock.jump(days=5)
    assert "Too early to tell: 5 before, 0 after, in 5 days each." in words(mei.get(url("problem", problem)))
    came(1, "Card payment failing")  # nobody links it: it looks like the others
    clock.jump(days=9)
    page = words(mei.get(url("problem", problem)))
    assert "It helped: 9 before, 1 after, in 15 days each." in page
    assert "Looks like it 1" in page and "in common: card, payment, failing" in page
    assert "helped: 9 before, 1 after" in words(mei.get(reverse("problems")))
    assert verify(problem.trail, now=clock.now()).fault is None
    assert verify(now_open.trail, now=clock.now()).fault is None


@pytest.mark.rehearsal("long")
def test_what_is_said_not_to_be_one_of_it_is_not_proposed_again_and_teaches(problem, came, cast, clock):
    berlin, other = came(1, "Card payments fail in Berlin")[0], came(1, "Card payments fail again")[0]
    ana, mei = client_of(cast.ana), client_of(cast.mei)
    assert {row.pk for row in recurring.of(problem, cast.mei, clock.now()).proposed} == {berlin.pk, other.pk}
    page = words(ana.get(berlin.get_absolute_url()))
    assert "They are the problem The gateway runs out of connections of Mei Tanaka." in page
    assert mei.post(url("problem-unlink", problem, berlin.number), {"from": "incident"})["Location"] == (
        berlin.get_absolute_url()
    )
    [new] = came(1, "Card payments fail in Berlin tonight")
    around = recurring.of(problem, cast.mei, clock.now())
    assert [row.pk for row in around.proposed] == [other.pk]  # the new one looks more like what is none of it
    assert [row.pk for row in around.apart] == [berlin.pk] and around.lately == 3
    cache.clear()
    page = words(mei.get(berlin.get_absolute_url()))
    assert "They are the problem" not in page and "Seen" not in page  # what it is not like is not shown as alike
    assert "They are the problem" in words(mei.get(other.get_absolute_url()))
    assert mei.post(url("problem-link", problem, berlin.number)).status_code == 302  # it is one of it after all
    assert {row.pk for row in recurring.of(problem, cast.mei, clock.now()).proposed} == {new.pk, other.pk}
    kinds = Entry.objects.filter(trail=berlin.trail_id, kind__startswith="problem").values_list("kind", flat=True)
    assert list(kinds) == ["problem_linked"]  # that it was none of it before was nothing new on its record
    problem.unlink(berlin, by=cast.mei)
    last = Entry.objects.filter(trail=berlin.trail_id).latest("seq")
    assert last.kind == "problem_unlinked" and problem.ref in last.data
    assert f"said that this is none of the problem {problem.ref}" in words(ana.get(berlin.get_absolute_url()))


@pytest.mark.rehearsal("long")
def test_three_alike_without_an_owner_are_proposed_and_an_owned_one_is_not(came, problem, cast, clock, open_incident):
    came(2, "Search is slow")
    ana = client_of(cast.ana)
    assert "Keeps coming back" not in words(ana.get(reverse("problems")))
    third = open_incident("Search is slow again")
    secret = open_incident("Search is slow")
    secret.restrict(by=cast.ana, text="A name is in it")
    came(3, "Search is slow", days=0.1, service=Service.objects.create(name="Shop", team=cast.teams["Platform"]))
    page = words(ana.get(reverse("problems")))
    assert "Keeps coming back 2" in page  # those of each service are their own; Payments' are the problem's
    assert f"3 times · {third.ref}" in page and secret.ref not in page
    assert "Keeps coming back" not in words(client_of(cast.rita).get(reverse("problems")))
    clock.jump(days=31)
    assert "Keeps coming back" not in words(ana.get(reverse("problems")))


@pytest.mark.rehearsal("long")
def test_who_may_not_see_it_finds_nothing_and_who_only_looks_changes_nothing(problem, came, cast, clock):
    path, due = problem.get_absolute_url(), clock.now().date()
    rita, jo, otto = client_of(cast.rita), client_of(cast.jo), client_of(cast.otto)
    assert rita.get(path).status_code == rita.post(url("problem-reopen", problem)).status_code == 404
    assert problem.title not in words(rita.get(reverse("problems")))
    assert problem.title in words(jo.get(path))  # Jo sees its incidents, and so what is known of them
    linked = problem.links.first().incident.number
    told = {"title": "Mine", "owner": cast.jo.pk, "team": cast.teams["Platform"].pk}
    posts = {
        "problem-change": told,
        "problem-fix": {"on": due.isoformat()},
        "problem-close": {"text": "Never mind"},
        "problem-reopen": {},
        "problem-actions": {"what": "It", "owner": cast.jo.pk, "due": due.isoformat()},
        "problem-incidents": {"incident": str(linked)},
    }
    for client in (jo, otto):
        for name, body in posts.items():
            assert client.post(url(name, problem), body).status_code == 403, name
        assert client.post(url("problem-unlink", problem, linked)).status_code == 403
    assert otto.get(reverse("problem-new", args=[linked])).status_code == 302  # it is of one already
    problem.add_action(by=cast.mei, what="Look at the shop", owner=cast.rita, due=due)
    assert rita.get(path).status_code == 200 and "None that you may see." in words(rita.get(path))
    assert rita.post(url("problem-action-done", problem, 1)).status_code == 302
    assert not Action.objects.open().exists()
    [elsewhere] = came(
        1, "Turnstile is stuck", service=Service.objects.create(name="Gate", team=cast.teams["Platform"])
    )
    with pytest.raises(Refused, match="not change"):  # Rita works on the problem, and not on that incident
        problem.link(elsewhere, by=cast.rita)
    assert rita.post(url("problem-link", problem, elsewhere.number)).status_code == 404


@pytest.mark.rehearsal("long")
def test_only_who_may_act_on_the_problem_is_asked_whether_an_incident_is_one_of_it(problem, open_incident, cast, clock):
    cache.clear()
    path = open_incident(TITLE).get_absolute_url()

    def asked() -> list[str]:
        pages = {one.name: client_of(one).get(path) for one in (cast.ana, cast.jo, cast.mei, cast.ada, cast.otto)}
        assert all(problem.ref in words(page) for page in pages.values())
        return [name for name, page in pages.items() if "do-problem-link" in page.content.decode()]

    assert asked() == ["Ana Ruiz", "Mei Tanaka", cast.ada.name]  # Jo works on the incident, and only sees the problem
    assert cost(cast.jo, path)[0] <= MOST
    problem.add_action(by=cast.mei, what="Let the pool grow", owner=cast.jo, due=clock.now().date())
    assert cast.jo.name in asked()
    User.objects.filter(pk=cast.jo.pk).update(is_auditor=True)
    assert cast.jo.name not in asked()


def test_a_restricted_incident_is_of_no_problem_and_counts_for_nobody_who_may_not_see_it(problem, came, cast, clock):
    one = problem.links.first().incident
    [secret] = came(1)
    for incident in (one, secret):
        incident.reopen(by=cast.ana, text="It is back")
        Incident.objects.get(pk=incident.pk).restrict(by=cast.ana, text="A name is in it")
    with pytest.raises(Refused, match="is restricted"):
        problem.link(secret, by=cast.ada)
    seen = {who.name: recurring.of(problem, who, clock.now()) for who in (cast.ana, cast.mei)}
    assert seen["Ana Ruiz"].lately == 2 and seen["Mei Tanaka"].lately == 1
    page = words(client_of(cast.mei).get(problem.get_absolute_url()))
    assert one.ref not in page and secret.ref not in page and "another incident" in page


def test_the_record_of_what_was_restricted_later_names_no_problem_to_who_may_not_see_it(problem, cast, clock):
    one = problem.links.first().incident
    one.reopen(by=cast.ana, text="It is back")
    Incident.objects.get(pk=one.pk).restrict(by=cast.ana, text="A name is in it")
    for who, names in ((cast.mei, True), (cast.rita, False)):
        Access.objects.get_or_create(incident=one, person=who)
        page = words(client_of(who).get(one.get_absolute_url()))
        assert ("this is one of the problem PRB-" in page, "PRB-" in page) == (names, names)
        assert ("this is one of a problem" in page) is not names
        read = Program(who).get(f"/incidents/{one.number}/record?kind=problem_linked").json()["items"]
        assert [entry["data"]["problem"] for entry in read] == [problem.ref if names else None]


def test_a_refusal_keeps_what_was_typed_and_a_stale_form_is_none(problem, came, cast, clock):
    mei, told = client_of(cast.mei), {"title": "Other", "owner": cast.mei.pk, "team": problem.team_id, "cause": "typed"}
    answer = mei.post(url("problem-change", problem), told | {"seen": "7"})
    assert (
        answer.status_code == 409 and "typed" in words(answer) and "Somebody has changed this problem" in words(answer)
    )
    assert mei.post(url("problem-change", problem), told | {"title": " ", "seen": "1"}).status_code == 422
    auditor = mei.post(url("problem-change", problem), told | {"owner": cast.otto.pk, "seen": "1"})
    assert auditor.status_code == 422
    tomorrow = (clock.now() + timedelta(days=1)).date().isoformat()
    assert "still to come" in words(mei.post(url("problem-fix", problem), {"on": tomorrow}))
    for never in ("0001-01-01", "1999-12-31", "9999-12-31"):
        assert mei.post(url("problem-fix", problem), {"on": never}).status_code == 422
    for typed, status in (("INC-x", 422), ("INC-999999", 422), ("9" * 15, 422)):
        assert mei.post(url("problem-incidents", problem), {"incident": typed}).status_code == status
    problem.add_action(by=cast.mei, what="Let the pool grow", owner=cast.mei, due=clock.now().date())
    assert "An action of it is open" in words(mei.post(url("problem-close", problem), {"text": "It goes away"}))
    problem.drop_action(1, by=cast.mei, text="It goes away")
    problem.close(by=cast.mei, text="The gateway goes away")
    with pytest.raises(Refused, match="is closed"):
        problem.add_action(by=cast.mei, what="More", owner=cast.mei, due=clock.now().date())
    assert "Closed 1" in words(mei.get(reverse("problems")))
    assert mei.post(url("problem-reopen", problem)).status_code == 302
    problem.refresh_from_db()
    assert problem.state == "open" and problem.why_closed == ""


def test_the_day_that_was_said_is_the_day_that_is_shown_and_stays_so(problem, cast, clock):
    mei, yesterday = client_of(cast.mei), (clock.now() - timedelta(days=1)).date().isoformat()
    fixed = []
    for _again in range(2):
        form = mei.get(url("problem-fix", problem)).context["form"]
        on = form.initial["on"].isoformat() if fixed else yesterday
        assert mei.post(url("problem-fix", problem), {"on": on}).status_code == 302
        problem.refresh_from_db()
        fixed.append(problem.fixed_at)
    assert on == yesterday and fixed[0] == fixed[1]


def test_an_incident_is_of_one_problem_whoever_is_faster(problem, came, cast):
    linked, [other] = problem.links.first().incident, came(1)
    about = {"title": "Another", "owner": cast.jo, "team": cast.teams["Service desk"]}
    with pytest.raises(Refused, match="of another problem"):
        Problem.begin(other, by=cast.ana, also=[linked], **about)
    assert Problem.objects.count() == 1
    with pytest.raises(Refused, match="one of it already"):
        problem.link(linked, by=cast.mei)
    second = Problem.begin(other, by=cast.ana, **about)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProblemIncident.objects.create(problem=second, incident=linked, belongs=True, by=cast.ana, at=second.begun_at)
    whole = came(1)[0]
    copy = came(1)[0]
    for one in (whole, copy):
        one.reopen(by=cast.ana, text="It is back")
    Incident.objects.get(pk=copy.pk).merge_into(Incident.objects.get(pk=whole.pk), by=cast.ana, text="The same")
    with pytest.raises(Refused, match="was merged"):
        problem.link(Incident.objects.get(pk=copy.pk), by=cast.mei)


def test_a_problem_alone_and_among_all_is_counted_alike(problem, came, cast, clock):
    [tokyo] = came(1, "Card payments fail in Tokyo")
    about = {"title": "Tokyo", "owner": cast.mei, "team": cast.teams["Applications"]}
    near = Problem.begin(tokyo, by=cast.ana, **about)
    came(2, "Card payments fail in Tokyo again")  # alike to both, and nearer to the second
    clock.jump(days=40)
    near.fix(by=cast.mei, at=clock.now() - timedelta(days=38))
    came(1, days=10)
    both, now = list(Problem.objects.order_by("pk")), clock.now()
    together = recurring.read(both, cast.mei, now, propose=True).around
    assert [len(together[one.pk].proposed) for one in both] == [1, 2]
    assert [recurring.of(one, cast.mei, now) for one in both] == [together[one.pk] for one in both]


@pytest.mark.rehearsal("long")
def test_what_is_not_looked_at_is_said_and_proposals_push_out_nothing(problem, came, cast, clock, monkeypatch):
    alike = came(3)
    shop = Service.objects.create(name="Shop", team=cast.teams["Applications"])
    came(3, "Search is slow", service=shop)
    monkeypatch.setattr(recurring, "MOST", 4)
    read = recurring.read([problem], cast.ana, clock.now(), propose=True)
    assert len(read.around[problem.pk].proposed) == len(alike) and not read.around[problem.pk].cut
    assert len(read.proposals) == 1
    monkeypatch.setattr(recurring, "MOST", 2)
    mei = client_of(cast.mei)
    assert "4 incidents in 30 days · more than are looked at" in words(mei.get(reverse("problems")))
    assert "there may be more of it than are counted" in words(mei.get(url("problem", problem)))


def test_an_open_problem_does_not_vanish_behind_newer_ones_that_are_over(problem, came, cast, clock, monkeypatch):
    about = {"owner": cast.mei, "team": cast.teams["Applications"]}
    newer = [Problem.begin(came(1, f"Trouble {n * 5} recurs")[0], by=cast.ana, title=n, **about) for n in "abc"]
    newer[0].close(by=cast.mei, text="It is gone")
    newer[1].fix(by=cast.mei, at=clock.now())
    assert list(Problem.objects.open_first()) == [newer[2], problem, newer[1], newer[0]]
    came(1)
    monkeypatch.setattr(recurring, "MOST_PROBLEMS", 2)
    page = words(client_of(cast.mei).get(reverse("problems")))
    assert problem.ref in page and newer[1].ref not in page and "Keeps coming back" not in page
    assert Program(cast.mei, "work").get("/problems/proposals").json()["items"] == []


def test_what_was_merged_stands_for_what_it_goes_on_as(problem, came, cast, clock):
    whole, copy = came(1, "Checkout hangs")[0], problem.links.first().incident
    for one in (whole, copy):
        one.reopen(by=cast.ana, text="It is back")
    before = recurring.of(problem, cast.mei, clock.now())
    Incident.objects.get(pk=copy.pk).merge_into(Incident.objects.get(pk=whole.pk), by=cast.ana, text="The same")
    [alike] = came(1, "Checkout hangs again")
    around = recurring.of(problem, cast.mei, clock.now())
    assert {row.pk for row in around.linked} == {row.pk for row in before.linked} - {copy.pk} | {whole.pk}
    assert [row.pk for row in around.proposed] == [alike.pk]  # and it is compared with as what it goes on as
    Incident.objects.filter(pk=whole.pk).update(restricted=True)
    assert whole.pk not in {row.pk for row in recurring.of(problem, cast.mei, clock.now()).linked}
    Incident.objects.filter(pk=whole.pk).update(restricted=False)
    problem.unlink(Incident.objects.get(pk=whole.pk), by=cast.ana)  # what is said of that one goes before
    around = recurring.of(problem, cast.mei, clock.now())
    assert len(around.linked) == 1 and [row.pk for row in around.apart] == [whole.pk]


def test_its_actions_are_chased_as_a_reviews_are(problem, cast, clock, mailoutbox):
    action = problem.add_action(by=cast.mei, what="Let the pool grow", owner=cast.mei, due=date(2026, 3, 20))
    at = datetime(2026, 3, 24, 9, tzinfo=UTC)
    clock.jump(seconds=(at - clock.now()).total_seconds())
    chasing.chase()
    told = Delivery.objects.filter(kind="action_due", channel="desk").order_by("person__name")
    assert [one.person.name for one in told] == ["Kim Berg", "Mei Tanaka"]  # Kim supervises Mei's team
    assert told[0].message["problem"] == problem.ref and told[0].message["link"] == action.get_absolute_url()
    assert Entry.objects.filter(trail=problem.trail_id, kind="problem_reminded").count() == 1
    mei = client_of(cast.mei)
    assert f"It is yours, for the problem {problem.ref}." in words(mei.get(reverse("cues")))
    assert "Actions that are late 1" in words(mei.get(reverse("problems")))
    assert "Baton reminded" in words(mei.get(problem.get_absolute_url()))
    problem.complete_action(1, by=cast.mei)
    assert not Delivery.objects.filter(kind="action_due", state="queued").exists()
    assert "Let the pool grow" not in words(mei.get(reverse("reviews")))


def test_who_gets_it_without_having_asked_is_told_once(problem, cast, clock):
    told = Delivery.objects.filter(kind="problem_owner", channel="desk").order_by("pk")
    assert [(one.person.name, one.message["by"]) for one in told] == [("Mei Tanaka", "Ana Ruiz")]
    assert told[0].message["link"] == problem.get_absolute_url()
    about = {"title": problem.title, "team": problem.team, "cause": ""}
    problem.write(by=cast.mei, owner=cast.mei, **about)
    problem.write(by=cast.mei, owner=cast.kim, **about)
    problem.write(by=cast.ada, owner=cast.ada, **about)
    assert [one.person.name for one in told.all()] == ["Mei Tanaka", "Kim Berg"], "nobody hears of what they did"
    assert not told.filter(state="queued").exists(), "and what was given on before it was told is not told"


@pytest.mark.rehearsal("rows")
def test_the_pages_cost_the_same_for_many(problem, came, cast, clock):
    problem.fix(by=cast.mei, at=clock.now())
    pages = (reverse("problems"), problem.get_absolute_url())
    few = [cost(cast.mei, path)[0] for path in pages]
    for n in range(4):
        first, *more = came(3, f"Trouble {'abcd'[n] * 5} recurs", days=0.1)
        about = {"title": f"No. {n}", "owner": cast.jo, "team": cast.teams["Applications"]}
        other = Problem.begin(first, by=cast.ana, also=more[:1], **about)
        other.add_action(by=cast.ada, what="It", owner=cast.sam, due=clock.now().date())
        problem.link(came(1)[0], by=cast.mei)
        problem.add_action(by=cast.mei, what="It", owner=cast.kim, due=clock.now().date())
    many = [cost(cast.mei, path)[0] for path in pages]
    assert many == few and max(many) <= MOST


def test_what_is_unticked_is_something_else_and_of_what_was_not_shown_nothing_is_said(came, open_incident, cast):
    oldest, middle, newest = came(3)
    latest = open_incident(TITLE)
    cache.clear()
    said = {"title": "The gateway", "owner": cast.jo.pk, "team": cast.teams["Service desk"].pk}
    said |= {"also": [newest.number], "shown": f"{newest.number},{middle.number},x"}
    assert client_of(cast.ana).post(reverse("problem-new", args=[latest.number]), said).status_code == 302
    kept = dict(ProblemIncident.objects.values_list("incident", "belongs"))
    assert kept == {latest.pk: True, newest.pk: True, middle.pk: False} and oldest.pk not in kept


@pytest.mark.django_db(transaction=True)
def test_of_two_who_begin_at_once_one_is_told_so(came, cast):
    [one] = came(1)
    refused: list[str] = []

    def begin(by):
        try:
            about = {"title": "It recurs", "owner": cast.mei, "team": cast.teams["Applications"]}
            Problem.begin(Incident.objects.get(pk=one.pk), by=by, **about)
        except Refused as error:
            refused.append(str(error))

    together(lambda: begin(cast.ana), lambda: begin(cast.jo))
    assert refused == [f"{one.ref} is one of another problem already."]
    assert Problem.objects.count() == ProblemIncident.objects.count() == 1


def test_on_the_way_back_the_records_of_problems_stay_and_leave_their_names_to_others(problem, came, cast, clock):
    problem.add_action(by=cast.mei, what="Let the pool grow", owner=cast.mei, due=clock.now().date())
    for _again in range(2):
        import_module("incidents.migrations.0038_problems").forget_actions(apps, None)
    assert not Action.objects.exists() and not Trail.objects.filter(subject=problem.ref).exists()
    assert verify(Trail.objects.get(pk=problem.trail_id), now=clock.now()).fault is None
