"""Runbooks: found where they are needed, ticked while working, kept by those who own them."""

import json

import pytest
from django.db import connection
from django.template.loader import select_template
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalation.kit import clock as kit_clock
from escalation.kit.errors import Refused
from escalation.people.models import Membership
from escalation.trail.models import Entry, Trail
from escalation.trail.verifying import verify
from escalation.trail.writing import Actor, record_configuration
from incidents.desk import procedures, record
from incidents.models import Runbook, RunbookStep, Tick
from tests.runbook_kit import RESTART, step, write
from tests.stories.test_incident_page import fresh, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(cast):
    def sign_in(name, **headers):
        client = Client(headers=headers or None)
        client.force_login(getattr(cast, name))
        return client

    return sign_in


@pytest.fixture
def restart(cast, clock):
    return write(cast, services=[cast.service])


@pytest.fixture
def incident(open_incident, restart):
    return open_incident()


def panel(client, incident) -> str:
    return words(client.get(f"{incident.get_absolute_url()}?part=runbooks", headers={"HX-Request": "true"}))


def do(client, incident, noun, what, **data):
    kind = "ticks" if noun == "settlement" else "steps"
    return client.post(f"{incident.get_absolute_url()}{kind}/{what}/{noun}/", data)


def last(incident) -> tuple[Entry, dict]:
    entry = Entry.objects.filter(trail=incident.trail_id).latest("seq")
    return entry, json.loads(entry.data)


# --- finding ----------------------------------------------------------------------------------


def test_an_incident_shows_what_fits_the_nearest_first(cast, clock, open_incident, signed_in):
    by_policy = write(cast, "By policy", policies=[cast.policy])
    by_tier = write(cast, "At the desk", tiers=[cast.tiers["l1"]])
    by_service = write(cast, "About payments", services=[cast.service], policies=[cast.policy])
    write(cast, "Of the next tier", tiers=[cast.tiers["l2"]])
    write(cast, "About nothing")
    write(cast, "Archived", services=[cast.service], archived_at=clock.now())
    incident = open_incident()
    run = incident.run
    found = Runbook.objects.fitting(service=incident.service_id, tier=run.tier_id, policy=run.policy_id)
    assert list(found) == [by_service, by_tier, by_policy]
    page = words(signed_in("ana").get(incident.get_absolute_url()))
    assert page.index("About payments") < page.index("At the desk") < page.index("By policy")
    assert "Of the next tier" not in page and "About nothing" not in page and "Archived" not in page


def test_what_was_ticked_stays_when_the_baton_moves_on(cast, clock, open_incident, signed_in):
    at_the_desk = write(cast, "At the desk", tiers=[cast.tiers["l1"]])
    write(cast, "Also at the desk", tiers=[cast.tiers["l1"]])
    incident = open_incident()
    incident.tick(by=cast.ana, step=step(at_the_desk, 1), worked=True)
    incident.escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 1))
    page = panel(signed_in("mei"), incident)
    assert "At the desk 1 of 3 steps ticked" in page and "Also at the desk" not in page


def test_a_page_without_runbooks_has_no_panel(cast, open_incident, signed_in):
    page = words(signed_in("ana").get(open_incident().get_absolute_url()))
    assert "steps ticked" not in page and "Did not work here" not in page


@pytest.mark.rehearsal("long")
def test_everybody_reads_runbooks_and_only_their_keepers_are_offered_to_change_them(cast, restart, signed_in):
    for name, keeps in [("ana", False), ("rita", False), ("otto", False), ("mei", True), ("kim", True), ("ada", True)]:
        client = signed_in(name)
        assert "Restart the queue" in words(client.get("/runbooks/"))
        page = client.get(restart.get_absolute_url())
        assert "Restart the worker" in words(page) and ("Change the words" in words(page)) is keeps
        statuses = [client.get(f"/runbooks/{restart.pk}/change/").status_code]
        statuses.append(client.post(f"/runbooks/{restart.pk}/review/", {"seen": restart.version}).status_code)
        assert statuses == ([200, 302] if keeps else [403, 403])
    assert Client().get("/runbooks/").status_code == 302


def test_the_list_is_searched_by_words_team_and_what_it_is_about(cast, restart, signed_in):
    write(cast, "Doors", "- [ ] Knock", team=cast.teams["Facilities"])
    client = signed_in("ana")
    for query, found in [
        ("payments", "Restart the queue"),
        ("call bank", "Restart the queue"),
        ("facilities", "Doors"),
        ("knock", "Doors"),
    ]:
        page = words(client.get("/runbooks/", {"q": query}))
        assert found in page and ({"Doors", "Restart the queue"} - {found}).pop() not in page
    assert "No runbook has these words" in words(client.get("/runbooks/", {"q": "zebra\x00 %_"}))


# --- ticking ----------------------------------------------------------------------------------


def test_a_tick_is_a_row_and_an_entry_with_the_steps_own_words(cast, incident, restart, signed_in):
    client = signed_in("ana")
    answer = do(client, incident, "success", step(restart, 2))
    assert answer.status_code == 302
    entry, data = last(incident)
    assert (entry.kind, data["worked"], data["step"]["number"]) == ("runbook_ticked", True, 2)
    assert (data["runbook"]["name"], entry.said.text) == ("Restart the queue", "Restart the worker\n")
    page = words(client.get(incident.get_absolute_url()))
    assert "Ana Ruiz : step 2 of “Restart the queue” worked Restart the worker" in page
    assert "1 of 3 steps ticked" in page
    tick = Tick.objects.get()
    assert (tick.by, tick.worked, tick.seq, tick.incident) == (cast.ana, True, entry.seq, incident)
    assert verify(fresh(incident).trail, now=kit_clock.now()).fault is None


@pytest.mark.rehearsal("long")
def test_what_did_not_work_needs_words(cast, incident, restart, signed_in):
    client = signed_in("ana")
    empty = do(client, incident, "failure", step(restart, 2), text=" ")
    assert empty.status_code == 422 and not Tick.objects.exists()
    do(client, incident, "failure", step(restart, 2), text="It starts and stops <b>again</b>")
    page = client.get(incident.get_absolute_url())
    assert "It starts and stops &lt;b&gt;again&lt;/b&gt;" in page.content.decode()
    assert "step 2 of “Restart the queue” did not work here" in words(page)


def test_with_htmx_a_press_changes_the_panel_and_nothing_else(cast, incident, restart, signed_in):
    answer = do(signed_in("ana", **{"HX-Request": "true"}), incident, "success", step(restart, 1))
    assert answer.status_code == 204
    assert json.loads(answer["HX-Trigger"])["done"] == {"ids": [incident.number]}


def test_two_tick_the_same_step_and_the_second_learns_of_the_first(cast, incident, restart, signed_in):
    one, other = fresh(incident), fresh(incident)
    one.tick(by=cast.ana, step=step(restart, 1), worked=True)
    with pytest.raises(Refused, match="Ana Ruiz has ticked this step already: worked"):
        other.tick(by=cast.jo, step=step(restart, 1), worked=False, text="Not for me")
    answer = do(signed_in("jo"), incident, "failure", step(restart, 1), text="Not for me")
    assert answer.status_code == 409 and "has ticked this step already" in words(answer)
    assert "Not for me" in answer.content.decode()  # what was typed is not lost
    assert Tick.objects.count() == 1


def test_a_tick_is_taken_back_by_whoever_made_it_or_holds_the_baton(cast, incident, restart, signed_in):
    incident.tick(by=cast.ana, step=step(restart, 1), worked=True)
    with pytest.raises(Refused, match="Only Ana Ruiz"):
        fresh(incident).untick(by=cast.jo, step=step(restart, 1))
    assert "Take back" not in panel(signed_in("jo"), incident)
    fresh(incident).acknowledge(by=cast.jo)
    assert "Take back" in panel(signed_in("jo"), incident)
    assert do(signed_in("jo"), incident, "retraction", step(restart, 1)).status_code == 302
    page = words(signed_in("ana").get(incident.get_absolute_url()))
    assert "Jo Okafor took back what Ana Ruiz ticked: step 1 of “Restart the queue” worked" in page
    assert "0 of 3 steps ticked" in page
    fresh(incident).tick(by=cast.ana, step=step(restart, 1), worked=False, text="No")  # and said anew
    assert Tick.objects.count() == 2 and Tick.objects.standing().count() == 1


def test_a_resolved_incident_is_ticked_no_more(cast, incident, restart, signed_in):
    incident.tick(by=cast.ana, step=step(restart, 1), worked=True)
    fresh(incident).resolve(by=cast.ana, cause="change", text="Rolled back")
    for act in (
        lambda: fresh(incident).tick(by=cast.ana, step=step(restart, 2), worked=True),
        lambda: fresh(incident).untick(by=cast.ana, step=step(restart, 1)),
    ):
        with pytest.raises(Refused, match="resolved"):
            act()
    page = panel(signed_in("ana"), incident)
    assert "worked Ana Ruiz" in page and "Take back" not in page and "Did not work here" not in page


@pytest.mark.parametrize(("who", "status"), [("rita", 404), ("otto", 403), ("ana", 302), ("mei", 302), ("ada", 302)])
def test_whoever_may_work_on_it_may_tick(cast, incident, restart, signed_in, who, status):
    client, one = signed_in(who), step(restart, 1)
    assert do(client, incident, "failure", one, text="No").status_code == status
    assert do(client, incident, "retraction", one).status_code == status
    assert do(client, incident, "success", one).status_code == status
    assert Tick.objects.filter(by=getattr(cast, who)).count() == (2 if status == 302 else 0)
    assert do(client, incident, "success", 999_999).status_code == (status if status in (403, 404) else 404)


# --- a step is its words ----------------------------------------------------------------------


def rows(runbook) -> dict[str, tuple[int, int | None]]:
    return {one.words: (one.pk, one.number) for one in runbook.steps.all()}


def test_steps_keep_who_they_are_while_the_text_around_them_changes(cast, restart):
    before = rows(restart)
    body = "- [ ] Call **the bank**.\n- [ ] Breathe\n\nNow then:\n\n- [ ] `Restart` the worker\n"
    restart.rewrite(by=cast.mei, body=body)
    after = rows(restart)
    assert after["Call the bank."] == (before["Call the bank"][0], 1)
    assert after["Restart the worker"] == (before["Restart the worker"][0], 3)
    assert after["Look at the queue"] == (before["Look at the queue"][0], None)
    assert after["Breathe"][1] == 2 and len(after) == 4
    restart.rewrite(by=cast.mei, body=RESTART)  # and its old words find the old step
    assert {(pk, number) for pk, number in before.values()} <= set(rows(restart).values())


def test_the_same_words_twice_are_two_steps(cast, clock):
    one = write(cast, body="- [ ] Wait\n- [ ] Restart\n- [ ] Wait\n")
    pks = list(one.steps.order_by("number").values_list("pk", flat=True))
    one.rewrite(by=cast.ada, body="- [ ] Wait\n- [ ] Wait\n- [ ] Restart\n")
    assert list(one.steps.order_by("number").values_list("pk", flat=True)) == [pks[0], pks[2], pks[1]]


def test_a_tick_of_words_that_are_gone_stays_in_its_own_words(cast, incident, restart, signed_in):
    gone = step(restart, 2)
    incident.tick(by=cast.ana, step=gone, worked=True)
    restart.rewrite(by=cast.mei, body=RESTART.replace("Restart the worker", "Restart both workers"))
    page = words(signed_in("ana").get(incident.get_absolute_url()))
    assert "by words that the runbook no longer has: Restart the worker" in page
    assert "step 2 of “Restart the queue” worked Restart the worker" in page  # the record
    assert "0 of 3 steps ticked" in page
    with pytest.raises(Refused, match="no longer in its runbook"):
        fresh(incident).tick(by=cast.jo, step=gone, worked=True)


def test_a_text_that_changed_this_moment_offers_no_tick_under_other_words(cast, restart):
    """The words come from one look at the database and the steps from the next."""
    shown = procedures.of_runbook(restart, cast.ana)
    assert len([piece for piece in shown.pieces if piece.closes]) == 3
    restart.rewrite(by=cast.mei, body=RESTART.replace("Restart the worker", "Restart both"))
    late = procedures.of_runbook(Runbook(pk=restart.pk, body=RESTART), cast.ana)
    assert [piece.closes.row.words for piece in late.pieces if piece.closes] == ["Look at the queue", "Call the bank"]


def test_what_was_ticked_stays_when_the_runbook_is_archived(cast, clock, incident, restart, signed_in):
    incident.tick(by=cast.ana, step=step(restart, 1), worked=True)
    restart.archived_at = clock.now()
    restart.save()
    record_configuration(Actor.person(cast.ada), "config_archived", {"what": "runbook"}, now=clock.now())
    page = panel(signed_in("jo"), incident)
    assert "Restart the queue archived 1 of 3 steps ticked" in page and "Did not work here" not in page
    with pytest.raises(Refused, match="This runbook is archived"):
        fresh(incident).tick(by=cast.jo, step=step(restart, 2), worked=True)
    assert "Take back" in panel(signed_in("ana"), incident)
    fresh(incident).untick(by=cast.ana, step=step(restart, 1))
    assert panel(signed_in("ana"), incident) == ""


def test_what_is_long_is_folded(cast, incident, restart, signed_in):
    def is_open() -> bool:
        page = signed_in("ana").get(incident.get_absolute_url()).content.decode()
        return f'id="runbook-{restart.pk}" open' in page

    assert is_open()
    restart.rewrite(by=cast.mei, body=RESTART + "\nThe history of it. " * 200)
    assert not is_open()


# --- rates ------------------------------------------------------------------------------------


def rate(client, runbook) -> list[str]:
    page = words(client.get(runbook.get_absolute_url()))
    return [f"{part.split()[0]} of {part.split()[2]}" for part in page.split("worked ")[1:] if part[0].isdigit()]


def test_rates_count_what_stands_on_incidents_that_their_reader_may_see(cast, restart, open_incident, signed_in):
    for worked in (True, True, False):
        open_incident().tick(by=cast.ana, step=step(restart, 1), worked=worked, text="so")
    back = open_incident()
    back.tick(by=cast.ana, step=step(restart, 1), worked=False, text="a slip")
    fresh(back).untick(by=cast.ana, step=step(restart, 1))
    secret = open_incident("Somebody's payroll", restricted=True)
    secret.tick(by=cast.ana, step=step(restart, 1), worked=False, text="Payroll of the board")
    assert rate(signed_in("ana"), restart) == ["2 of 4"]  # its reporter takes part in it
    assert rate(signed_in("mei"), restart) == ["2 of 3"]
    assert rate(signed_in("rita"), restart) == []
    assert rate(signed_in("ada"), restart) == ["2 of 4"]
    assert "worked 2 of 3 times" in panel(signed_in("mei"), back)


# --- tasks ------------------------------------------------------------------------------------


@pytest.fixture
def task(cast, incident, restart):
    incident.tick(by=cast.ana, step=step(restart, 2), worked=False, text="It starts and stops again")
    return Tick.objects.get()


def cues(client) -> str:
    page = client.get("/")
    return words(page)


@pytest.mark.rehearsal("long")
def test_what_did_not_work_is_a_cue_for_the_people_of_the_owning_team(cast, task, incident, signed_in):
    for name in ("mei", "kim"):
        page = cues(signed_in(name))
        assert "Look at step 2 of “Restart the queue”" in page
        assert f"did not work on {incident.ref}. Ana Ruiz: “It starts and stops again”" in page
    for name in ("ana", "tom", "rita", "otto", "ada"):
        assert "Look at step 2" not in cues(signed_in(name))


def test_the_number_in_the_bar_counts_it(cast, task, signed_in):
    client = signed_in("mei")
    shown = client.get("/").context["total"]
    assert json.loads(client.get("/counts/")["HX-Trigger"])["counts"]["cues"] == shown
    assert client.get("/queue/").context["nav"].cues == shown


def test_it_is_settled_with_a_reason_which_stands_on_the_incidents_record(cast, task, incident, signed_in):
    mei = signed_in("mei")
    assert do(mei, incident, "settlement", task.pk, text="").status_code == 422
    assert do(mei, incident, "settlement", task.pk, text="The queue was full; see step 1.").status_code == 302
    assert "Look at step 2" not in cues(mei)
    page = words(mei.get(incident.get_absolute_url()))
    assert "says it is right as it is: step 2 of “Restart the queue” Restart the worker" in page
    assert "The queue was full; see step 1." in page
    task.refresh_from_db()
    assert (task.settled_as, task.settled_by) == ("right", cast.mei)
    assert "right as it is" in panel(signed_in("ana"), incident)
    again = do(signed_in("kim"), incident, "settlement", task.pk, text="Me too")
    assert again.status_code == 409 and "settled this already" in words(again)
    with pytest.raises(Refused, match="settled"):
        fresh(incident).untick(by=cast.ana, step=task.step_id)


def test_it_may_be_settled_when_the_incident_is_resolved(cast, task, incident):
    fresh(incident).resolve(by=cast.ana, cause="change", text="Rolled back")
    fresh(incident).settle(by=cast.mei, tick=task.pk, text="Right")
    assert not Tick.objects.tasks().exists()


def test_changing_the_words_settles_it(cast, task, restart, signed_in):
    mei = signed_in("mei")
    address, seen = f"/runbooks/{restart.pk}/change/", restart.version
    new = RESTART.replace("Restart the worker", "Stop the worker, wait, start it")
    shown = mei.post(address, {"body": new, "seen": seen, "preview": "1"})
    assert "nothing is saved yet" in words(shown) and Tick.objects.tasks().exists()
    assert mei.post(address, {"body": new, "seen": seen}).status_code == 302
    task.refresh_from_db()
    assert (task.settled_as, task.settled_by) == ("changed", cast.mei)
    entry = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION).latest("seq")
    data = json.loads(entry.data)
    sizes = [{"body": f"{len(text)} characters"} for text in (RESTART, new)]
    assert (entry.kind, [data["before"], data["after"]], entry.said.text) == ("config_changed", sizes, new)
    late = mei.post(address, {"body": "- [ ] Mine", "seen": seen})
    assert late.status_code == 409 and "- [ ] Mine" in late.content.decode()


def test_what_was_said_can_be_taken_out_of_the_record(cast, task, incident, restart, signed_in):
    """Neither a reason nor the words of a step or of a procedure are in an entry itself."""
    restart.rewrite(by=cast.mei, body=RESTART + "\nThe password is hunter2\n")
    fresh(incident).tick(by=cast.jo, step=step(restart, 1), worked=False, text="hunter2 is refused")
    for kept in Entry.objects.values_list("data", flat=True):
        assert "hunter2" not in kept and "Look at the queue" not in kept
    entry = Entry.objects.get(trail=incident.trail_id, seq=task.seq)
    Tick.objects.filter(pk=task.pk).update(seq=9999)  # where nothing is said
    assert f"did not work on {incident.ref}. Change the step" in cues(signed_in("mei"))
    entry.pk = None
    line = record.as_line(entry)
    assert (line.step, line.said) == ("", "")
    assert '<span class="why">' not in select_template(line.templates).render({"line": line})


def test_a_task_about_words_that_went_in_the_same_moment_can_still_be_settled(cast, task, incident, signed_in):
    """Whoever changed the words did not see a tick that was not yet there."""
    RunbookStep.objects.filter(pk=task.step_id).update(number=None)
    mei = signed_in("mei")
    assert "Look at a step that it had" in cues(mei)
    assert do(mei, incident, "settlement", task.pk, text="It is gone").status_code == 302
    assert "Look at a step" not in cues(mei)


@pytest.mark.parametrize(
    ("body", "said"),
    [("a" * 50_000, "at most 20000 characters"), ("- [ ] a\n" * 101, "101 steps are too many"), ("", "required")],
    ids=["long", "steps", "empty"],
)
def test_what_is_too_much_is_said_at_its_field_and_kept_for_whoever_typed_it(cast, restart, signed_in, body, said):
    answer = signed_in("mei").post(f"/runbooks/{restart.pk}/change/", {"body": body, "seen": restart.version})
    assert answer.status_code == 422 and said in words(answer) and body[:50] in answer.content.decode()
    assert Runbook.objects.get().body == RESTART


def test_taking_the_tick_back_takes_the_task_away(cast, task, incident, signed_in):
    fresh(incident).untick(by=cast.ana, step=task.step_id)
    assert "Look at step 2" not in cues(signed_in("mei"))
    assert do(signed_in("mei"), incident, "settlement", task.pk, text="Right").status_code == 409


@pytest.mark.rehearsal("long")
def test_who_may_not_see_the_incident_sees_no_task_of_it(cast, restart, open_incident, signed_in):
    secret = open_incident("Somebody's payroll", restricted=True)
    secret.tick(by=cast.ana, step=step(restart, 2), worked=False, text="Payroll of the board")
    tick = Tick.objects.get()
    for name, sees in [("mei", False), ("kim", False), ("rita", False), ("ana", True), ("ada", True)]:
        client = signed_in(name)
        text = cues(client) + words(client.get(restart.get_absolute_url()))
        assert ("Payroll of the board" in text) is sees, name
        assert ("did not work on" in text) is sees, name
    assert do(signed_in("mei"), secret, "settlement", tick.pk, text="Right").status_code == 404
    with pytest.raises(Refused):
        fresh(secret).settle(by=cast.mei, tick=tick.pk, text="Right")
    assert do(signed_in("ana"), secret, "settlement", tick.pk, text="Right").status_code == 403  # not hers to settle
    assert do(signed_in("ada"), secret, "settlement", tick.pk, text="Right").status_code == 302


# --- reviews ----------------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_a_review_that_is_due_is_a_cue_for_the_owner_until_somebody_has_read_it(cast, clock, signed_in):
    one = write(cast, review_days=30, owner=cast.kim)
    write(cast, "Never reviewed", review_days=None)
    due = "Read “Restart the queue” again"
    clock.forward(days=29)
    assert due not in cues(signed_in("kim")) and "review due" not in words(signed_in("ana").get("/runbooks/"))
    clock.forward(days=1)
    assert due in cues(signed_in("kim")) and due not in cues(signed_in("mei"))
    assert words(signed_in("ana").get("/runbooks/")).count("review due") == 1
    assert "review due" in words(signed_in("ana").get(one.get_absolute_url()))
    assert signed_in("mei").post(f"/runbooks/{one.pk}/review/", {"seen": one.version}).status_code == 302
    assert due not in cues(signed_in("kim"))
    one.refresh_from_db()
    assert (one.reviewed_by, one.review_at) == (cast.mei, clock.now() + (one.review_at - one.reviewed_at))
    assert (one.review_at - one.reviewed_at).days == 30
    entry = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION).latest("seq")
    assert (entry.kind, entry.actor_name) == ("runbook_reviewed", "Mei Tanaka")


def test_without_an_owner_or_when_they_have_left_the_whole_team_is_reminded(cast, clock, signed_in):
    write(cast, "Nobody's", review_days=1)
    write(cast, "Kim's", review_days=1, owner=cast.kim)
    cast.kim.is_active = False
    cast.kim.save()
    clock.forward(days=2)
    page = cues(signed_in("mei"))
    assert "Read “Nobody's” again" in page and "Read “Kim's” again" in page
    assert "Read “" not in cues(signed_in("ana"))


def test_a_review_of_other_words_than_were_read_does_not_count(cast, clock, signed_in, restart):
    seen = restart.version
    restart.rewrite(by=cast.kim, body=RESTART + "\n- [ ] Pray\n")
    page = words(signed_in("mei").post(f"/runbooks/{restart.pk}/review/", {"seen": seen}, follow=True))
    assert "Somebody has changed this runbook" in page
    assert Runbook.objects.get().reviewed_at is None


# --- what it costs ----------------------------------------------------------------------------


@pytest.mark.rehearsal("rows")
def test_pages_cost_the_same_for_a_step_ticked_once_or_often(cast, clock, open_incident, restart):
    for number in range(3):
        write(cast, f"More {number}", services=[cast.service], review_days=1)
    clock.forward(days=2)
    incident = open_incident()
    pages = [incident.get_absolute_url(), restart.get_absolute_url(), "/runbooks/", "/"]

    def cost() -> list[int]:
        found = []
        for page in pages:
            client = Client()
            client.force_login(cast.mei)
            client.get(page)
            fresh(incident).note(by=cast.ana, text="Still so")
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            found.append(len(queries))
        return found

    few = cost()
    assert max(few) <= 15, few
    for number in range(12):
        other = open_incident(f"Again {number}")
        for runbook in Runbook.objects.all():
            for row in RunbookStep.objects.filter(runbook=runbook):
                other.tick(by=cast.ana, step=row.pk, worked=bool(number % 3), text="so")
    for row in RunbookStep.objects.all():
        incident.tick(by=cast.jo, step=row.pk, worked=False, text="so")
    assert cost() == few


def test_somebody_of_two_teams_sees_each_cue_once(cast, task, signed_in):
    Membership.objects.create(team=cast.teams["Service desk"], user=cast.mei, role="agent")
    assert cues(signed_in("mei")).count("Look at step 2") == 1
