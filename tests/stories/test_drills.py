"""Drills: practised on the real path, marked wherever they are shown or said, and reported. What they are left out of
is in ``test_drills_count_nowhere``."""

import json
from datetime import UTC, datetime, time, timedelta
from functools import partial
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from escalation.engine import deliver
from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.kit.errors import Refused
from escalation.notify.bundle import compose_all
from escalation.notify.message import Recipient, compose
from escalation.policies.models import PolicyStep
from escalation.trail.models import Entry, Trail
from escalation.trail.verifying import verify
from incidents.desk import hints
from incidents.drilling import results, showing
from incidents.models import ChatRoom, Drill, DrillRun, Incident, SeverityCell, chat_said, drill_clock
from tests.answers_kit import link_of
from tests.api_kit import Program
from tests.drill_kit import plan
from tests.maintenance_kit import planner
from tests.many_kit import MOST, cost
from tests.webhook_kit import tell

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def words(response) -> str:
    return " ".join(unescape(strip_tags(response.content.decode().replace("<", " <"))).split())


@pytest.fixture
def due(cast, clock):
    """A drill of Kim's team, planned for a week ahead and every four weeks; its time has come."""
    drill = plan(cast)
    clock.jump(days=7)
    return drill


@pytest.fixture
def begun(cast, clock) -> DrillRun:
    """One that Kim has started by hand."""
    return plan(cast).start(by=cast.kim)


def test_it_is_held_when_its_time_comes_climbs_the_real_path_and_is_reported(due, cast, clock, phones, as_):
    assert drill_clock.next_due() == clock.now() == due.next_at
    assert drill_clock.look() == 1
    run = DrillRun.objects.get()
    incident = run.incident
    assert (incident.title, incident.severity, incident.drill) == ("Drill: Card payments fail", 2, True)
    assert phones.rang == ["ana", "jo"]
    deliver.deliver_due()
    clock.forward(minutes=6)
    deliver.deliver_due()
    assert phones.rang == ["ana", "jo", "mei"]
    report = reverse("drill-run", args=[due.pk, run.pk])
    going = words(as_(cast.kim).get(report))
    assert "Goes on: 2 calls were made, and nobody has answered yet." in going and "End drill" in going
    incident.acknowledge(by=cast.mei)
    clock.forward(minutes=4)
    Incident.objects.get(pk=incident.pk).resolve(by=cast.mei, cause="false_alarm", text="It was practice.")
    told = words(as_(cast.kim).get(report))
    assert "Answered after 6 min by Mei Tanaka, on the second call." in told
    assert "Ana Ruiz no answer L1 Service desk E-mail" in told and "Jo Okafor no answer L1 Service desk E-mail" in told
    assert "Mei Tanaka answered after 1 min L2 Applications E-mail" in told
    assert "L1 Service desk → L2 Applications" in told and "Resolved by Mei Tanaka." in told
    assert "Did not answer Ana Ruiz and Jo Okafor" in told and "by its plan" in told
    due.refresh_from_db()
    assert due.next_at == datetime(2026, 4, 6, 8, 30, tzinfo=UTC), "four weeks on, at 10:30 where summer has begun"
    assert drill_clock.look() == 0


def test_nobody_answers_so_it_climbs_to_the_last_resort_and_ends_by_itself(due, cast, clock, phones, as_):
    due.limit = 45
    due.save()
    drill_clock.look()
    run = DrillRun.objects.get()
    clock.forward(minutes=44)
    assert drill_clock.look() == 0
    clock.forward(minutes=1)
    assert drill_clock.look() == 1 and drill_clock.look() == 0
    incident = Incident.objects.get()
    assert (incident.status, incident.resolver, run.ends_at) == ("resolved", None, clock.now())
    assert not EscalationRun.objects.running().exists()
    assert not Timer.objects.filter(state="armed").exclude(kind="close").exists(), "nothing of it is due any more"
    assert not Delivery.objects.filter(trail=incident.trail, state="queued").exists()
    assert verify(Trail.objects.get(incident=incident), now=clock.now()).fault is None
    said = words(as_(cast.kim).get(run.get_absolute_url()))
    assert "Nobody answered in 45 min: 4 calls were made, the last of them to the last resort." in said
    assert "It ended by itself, at the limit of its plan." in said and "then the last resort" in said
    assert "This is a drill. It is over." in words(as_(cast.ana).get(incident.get_absolute_url()))


def test_started_by_hand_ended_by_hand_and_not_begun_again(begun, cast, clock, as_):
    kim = as_(cast.kim)
    with pytest.raises(Refused, match="goes on"):
        begun.drill.start(by=cast.kim)
    assert "End drill" in words(kim.get(begun.drill.get_absolute_url()))
    ended = kim.post(reverse("drill-end", args=[begun.drill_id, begun.pk]), follow=True)
    assert "Ended." in words(ended) and "It was ended by hand." in words(ended)
    again = kim.post(reverse("drill-end", args=[begun.drill_id, begun.pk]), follow=True)
    assert "It is over already." in words(again)
    with pytest.raises(Refused, match="was a drill, and is over"):
        begun.incident.reopen(by=cast.mei, text="once more")
    kept = Entry.objects.get(kind="resolved")
    assert kept.actor_name == "Kim Berg" and '"drill_ended":"stopped"' in kept.data
    clock.forward(minutes=61)
    assert drill_clock.look() == 1 and Entry.objects.filter(kind="resolved").count() == 1, (
        "it only sees that it is over"
    )


@pytest.mark.parametrize("restricted", [False, True])
def test_it_ends_at_once_when_the_team_has_a_severe_incident(restricted, begun, cast, clock, as_):
    Incident.open(title="Slow", service=cast.service, by=cast.ana, people_affected=1)
    clock.forward(minutes=1)
    assert drill_clock.next_due() == begun.ends_at and drill_clock.look() == 0, "that one leaves time to practise"
    facts = {"service": cast.service, "people_affected": 500, "restricted": restricted}
    real = Incident.open(title="Real", by=cast.ana, **facts)
    assert drill_clock.next_due() == clock.now()
    assert drill_clock.look() == 1 and drill_clock.look() == 0 and drill_clock.next_due() == begun.drill.next_at
    drill = Incident.objects.get(pk=begun.incident_id)
    assert drill.status == "resolved" and Incident.objects.get(pk=real.pk).status == "triggered"
    named = "SEV2" if restricted else f"SEV2 {real.ref}"
    page = words(as_(cast.kim).get(begun.get_absolute_url()))
    assert f"Cut short after 1 min, as {named} was open: 1 call was made." in page
    assert f"It ended by itself: {named} was open." in page and (real.ref in page) is not restricted
    [told] = showing.of([begun])
    assert (told.level, told.state) == ("", "cut short") and showing.trend([told, told]) == ""


def test_what_is_over_before_it_could_end_the_drill_ends_none(begun, cast, clock):
    """The clock has seen it, and whoever resolves it is faster."""
    clock.forward(minutes=1)
    begun.end()
    assert not DrillRun.objects.get().settled and begun.incident.resolved_at is None
    clock.forward(minutes=60)
    drill_clock.look()
    assert DrillRun.objects.get().settled


def _goes_on(cast, clock, drill):
    drill.start(by=cast.kim)
    drill.runs.update(occurrence=clock.now() - timedelta(minutes=5))


WHY_NOT = {
    "late": (lambda cast, clock, drill: clock.jump(minutes=16), "it could not be held in time"),
    "severe": (
        lambda cast, clock, drill: Incident.open(title="Real", service=cast.service, by=cast.ana, people_affected=500),
        "the team had a severe incident",
    ),
    "maintenance": (
        lambda cast, clock, drill: planner(cast, clock)(at=time(9)),
        "the service was in maintenance",
    ),
    "goes_on": (_goes_on, "the run before had not ended"),
    "archived": (
        lambda cast, clock, drill: type(cast.service).objects.update(archived_at=clock.now()),
        "the service is archived",
    ),
}


@pytest.mark.parametrize("why", WHY_NOT)
def test_it_is_not_held_and_says_why(why, due, cast, clock, as_):
    happens, said = WHY_NOT[why]
    happens(cast, clock, due)
    before = Incident.objects.count()
    drill_clock.look()
    run = due.runs.get(incident=None)
    assert run.why_not == why and Incident.objects.count() == before
    assert f"Not held: {said}" in words(as_(cast.kim).get(run.get_absolute_url()))
    due.refresh_from_db()
    assert due.next_at > clock.now() + 3 * WEEK
    if why != "late":
        with pytest.raises(Refused):
            due.start(by=cast.kim)


def test_one_whose_zone_is_gone_says_so_and_sixty_that_fail_silence_no_other(due, cast, clock, monkeypatch):
    for _n in range(60):
        Drill.objects.create(
            **{f.name: getattr(due, f.name) for f in Drill._meta.fields if f.name not in ("id", "title")}
        )
    Drill.objects.filter(pk=due.pk).update(zone="Atlantis/Capital", next_at=clock.now() + timedelta(minutes=1))
    clock.jump(minutes=2)
    monkeypatch.setattr(Drill, "_open", lambda *args: 1 / 0)
    assert drill_clock.look() == 61
    due.refresh_from_db()
    assert (due.runs.get().why_not, due.next_at) == ("zone", None)
    assert Drill.objects.filter(next_at__lt=clock.now()).count() == 60, "they are tried again"
    with pytest.raises(Refused, match="zone is not known"):
        due.switch(by=cast.kim, on=True)


def test_it_is_as_severe_as_it_was_planned_whatever_the_table_says(cast, clock):
    SeverityCell.objects.update(severity=3)
    assert plan(cast, severity=5).start(by=cast.kim).incident.severity == 5


def test_an_occurrence_that_was_seen_to_is_not_held_again(due, clock):
    drill_clock.look()
    Drill.objects.update(next_at=clock.now())  # an older copy of the row
    assert drill_clock.look() == 1
    assert (DrillRun.objects.count(), Incident.objects.count()) == (1, 1)


@pytest.mark.rehearsal("long")
def test_who_may_plan_and_who_may_look(cast, clock, as_):
    drill = plan(cast)
    run = drill.start(by=cast.kim)
    pages = [drill.get_absolute_url(), run.get_absolute_url(), reverse("drill-change", args=[drill.pk])]
    for stranger in (cast.ana, cast.mei, cast.sam):  # an agent of the team, too: they are to be surprised
        assert [as_(stranger).get(page).status_code for page in pages] == [404, 404, 404]
        assert "Card payments fail" not in words(as_(stranger).get(reverse("drills")))
        with pytest.raises(Refused, match="Only supervisors"):
            drill.start(by=stranger)
        with pytest.raises(Refused, match="Only supervisors"):
            run.stop(by=stranger)
    assert as_(cast.ana).get(reverse("drill-new")).status_code == 403
    otto = as_(cast.otto)
    assert [otto.get(page).status_code for page in pages] == [200, 200, 403]
    assert "You may look at this drill but not change it." in words(otto.get(pages[0]))
    assert [as_(cast.ada).get(page).status_code for page in pages] == [200, 200, 200]
    with pytest.raises(Refused, match="teams you supervise"):
        plan(cast, by=cast.sam)


def test_planned_changed_and_switched_off_by_plain_forms(cast, clock, as_):
    kim, new = as_(cast.kim), reverse("drill-new")
    assert "Plan a drill" in words(kim.get(reverse("drills")))
    said = {"title": "Cards", "service": cast.service.pk, "severity": 1, "case": "1-card-payments", "limit": 30}
    said |= {"begins": "2026-03-05T11:00", "zone": "Europe/Berlin", "weeks": 2}
    wrong = kim.post(new, {**said, "begins": "2026-03-01T11:00", "weeks": 0})
    assert wrong.status_code == 422 and "That time has passed." in words(wrong)
    assert kim.post(new, {**said, "limit": 121}).status_code == 422
    kim.post(new, said)
    drill = Drill.objects.get()
    assert drill.text.startswith("The web shop takes card payments") and "Shops call" in drill.text
    assert drill.next_at == datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
    page = words(kim.get(drill.get_absolute_url()))
    assert "every 2 weeks" in page and "It has not been held yet." in page
    change = reverse("drill-change", args=[drill.pk])
    edited = {**said, "title": "Cards again", "text": "Other words", "case": ""}
    assert kim.post(change, {**edited, "seen": "1"}).status_code == 302
    stale = kim.post(change, {**edited, "title": "Too late", "seen": "1"})
    assert stale.status_code == 409 and "Somebody has changed this drill" in words(stale)
    assert "Too late" in stale.content.decode(), "nothing that was typed is lost"
    kim.post(reverse("drill-switch", args=[drill.pk]), {"on": "0", "seen": "2"})
    drill.refresh_from_db()
    assert (drill.title, drill.text, drill.on, drill.next_at) == ("Cards again", "Other words", False, None)
    clock.jump(days=30)
    assert drill_clock.look() == 0
    kinds = Entry.objects.filter(trail__kind="installation", kind__startswith="drill_").order_by("seq")
    assert list(kinds.values_list("kind", flat=True)) == ["drill_planned", "drill_changed", "drill_switched"]
    begun = kim.post(reverse("drill-start", args=[drill.pk]), follow=True)
    assert "It has begun: the first step is called." in words(begun)
    assert "people on call are called now" in words(kim.get(reverse("drill-start", args=[drill.pk])))


def test_other_words_alone_are_on_record_before_and_after(cast):
    drill = plan(cast)
    before = drill.text
    drill.change(by=cast.kim, text="The terminals print slips again")
    recorded = json.loads(Entry.objects.get(kind="drill_changed").data)
    after = {"text": "The terminals print slips again"}
    assert (recorded["before"], recorded["after"]) == ({"text": before}, after)


# --- marked -----------------------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_it_is_marked_wherever_it_is_shown(begun, cast, clock, as_):
    incident = begun.incident
    deliver.deliver_due()
    ana = as_(cast.ana)
    page = words(ana.get(incident.get_absolute_url()))
    assert "This is a drill. Treat it as you would the real thing; nothing is broken." in page
    assert (
        "SEV2 Drill INC-" in page
        and "opened 09:30 by Kim Berg" in page
        and "severity: by the drill's plan" in page
        and "Its report" not in page
    )
    assert "Its report" in words(as_(cast.kim).get(incident.get_absolute_url()))
    for name, query in (("queue", {}), ("board", {}), ("wall", {}), ("board", {"by": "severity"})):
        shown = ana.get(reverse(name), query).content.decode()
        assert 'class="out drill"' in shown and ">Drill</span>" in shown and ">Card payments fail</a>" in shown, name
    assert "0 open · 1 drill " in words(ana.get(reverse("wall"))), "in its head, they are told apart"
    assert "“Drill: Card payments fail”" in words(ana.get(reverse("cues")))
    assert "Drill: Card payments fail" in words(ana.get(reverse("palette"), {"q": "card"}))
    found = Program(cast.ana).get("/incidents").json()["items"][0]
    assert (found["drill"], found["title"]) == (True, "Drill: Card payments fail")
    assert Program(cast.ana).get(f"/incidents/{incident.number}").json()["drill"] is True
    room = ChatRoom.objects.create(name="War room", kind="teams", owner=cast.ada, address="unreadable")
    told = chat_said.said_of(room.posts.create(incident=incident, key="k"), incident, hears=False)
    assert told.text.startswith(f"DRILL: SEV2 {incident.ref} Card payments fail")
    opened = Entry.objects.get(trail=incident.trail, kind="opened")
    assert '"drill":true' in opened.data


def test_every_message_begins_with_the_word_in_every_length(begun, cast, clock, open_incident):
    to = Recipient.person(cast.ana)
    incident = begun.incident
    for _step in range(6):  # up the path to its end: the calls, those who must know, the last resort
        clock.forward(minutes=6)
    incident.acknowledge(by=cast.mei)
    Incident.objects.get(pk=incident.pk).hand_over(by=cast.mei, to=cast.tom, text="Please take it")
    Incident.objects.get(pk=incident.pk).note(by=cast.mei, text="Ask @Ana Ruiz")
    rows = list(Delivery.objects.filter(trail=incident.trail))
    assert {"call", "last_resort", "offer"} <= {row.kind for row in rows}
    for row in rows:
        said = compose(row.message, to=to, at=clock.now())
        for text in (said.subject, said.short, said.full, said.head):
            assert text.startswith("DRILL: ") and text.count("DRILL") == 1, (row.kind, text)
        assert len(said.subject) <= 120 and len(said.head) <= 90
        assert "Drill:" not in said.full, "once is enough"
        assert hints.spoken(row.message)["title"].startswith("DRILL: "), "a page that is open says it aloud"
    real = open_incident("Search is slow", people_affected=120)
    told = Delivery.objects.filter(trail=real.trail, channel="email").first()
    both = compose_all([told.message, rows[0].message], to=to, at=clock.now())
    assert not both.subject.startswith("DRILL") and f"2. DRILL: SEV2 {incident.ref}" in both.full
    assert compose_all([row.message for row in rows[:2]], to=to, at=clock.now()).subject.startswith("DRILL: ")


def test_the_page_behind_a_message_says_it_too(begun, cast, clock):
    page = Client().get(link_of(cast.ana)).content.decode()
    assert f"<title>DRILL: {begun.incident.ref} · Baton</title>" in page
    assert page.index("This is a drill.") < page.index("<h1>Card payments fail</h1>")
    assert page.index("</title>") < page.index('class="out drill"') < page.index("<h1>")


def test_in_one_message_what_is_real_comes_first(begun, cast, clock, open_incident, settings):
    from escalation.engine.bundling import worst_first

    open_incident("Search is slow", people_affected=1)
    rows = worst_first(Delivery.objects.filter(person=cast.ana, channel="email"))
    assert [bool(row.message.get("drill")) for row in rows] == [False, True]
    assert rows[0].message["severity"] > rows[1].message["severity"], "although it is less severe"


def test_other_systems_are_told(tickets, receiver, cast, clock):
    plan(cast).start(by=cast.kim)
    tell()
    [opened, *_rest] = [came.data["data"]["incident"] for came in receiver.came if came.type == "incident.triggered"]
    assert (opened["drill"], opened["title"]) == (True, "Drill: Card payments fail")


def test_a_program_reads_reports_and_starts_one(cast, clock):
    drill = plan(cast)
    kim = Program(cast.kim)
    [one] = kim.get("/drills").json()["items"]
    assert (one["title"], one["weeks"], one["next_at"]) == ("Card payments fail", 4, "2026-03-09T09:30:00Z")
    other = plan(cast, title="Another")
    first = kim.get("/drills?limit=1").json()
    assert [one["id"] for one in first["items"]] == [other.pk]
    after = kim.get(f"/drills?limit=1&cursor={first['next']}").json()
    assert [one["id"] for one in after["items"]] == [drill.pk] and after["next"] is None
    made = kim.post(f"/drills/{drill.pk}/runs", idempotency_key="once")
    assert made.status_code == 201 and made["Location"].endswith(f"/drills/{drill.pk}/runs/{made.json()['id']}")
    assert kim.post(f"/drills/{drill.pk}/runs", idempotency_key="once").json() == made.json()
    assert kim.post(f"/drills/{drill.pk}/runs").status_code == 409
    run = f"/drills/{drill.pk}/runs/{made.json()['id']}"
    clock.forward(minutes=2)
    Incident.objects.get().acknowledge(by=cast.ana)
    told = kim.get(run).json()
    assert (told["answered_by"], told["answered_after_s"], told["on_call"]) == ("Ana Ruiz", 120, 1)
    assert [one["person"]["name"] for one in told["called"]] == ["Ana Ruiz", "Jo Okafor"]
    assert kim.get(f"/drills/{drill.pk}/runs").json()["items"][0]["outcome"].startswith("Answered after 2 min by Ana")
    assert kim.post(f"{run}/end").json()["ended"] == "stopped"
    assert kim.post(f"{run}/end").status_code == 409
    assert Program(cast.ana).get(f"/drills/{drill.pk}").status_code == 404
    assert Program(cast.otto).post(f"{run}/end").status_code == 403


# --- kept -------------------------------------------------------------------------------------------


def test_runs_are_kept_with_their_trend_and_the_last_result_of_each_is_known(cast, clock, as_):
    drill, other = plan(cast), plan(cast, title="Never held")
    for minutes in (8, 2):
        run = drill.start(by=cast.kim)
        clock.forward(minutes=minutes)
        Incident.objects.get(pk=run.incident_id).acknowledge(by=cast.mei)
        run.stop(by=cast.kim)
        clock.jump(days=1)
    page = words(as_(cast.kim).get(drill.get_absolute_url()))
    assert "Answered in 2 of 2 runs, the last one sooner: after 2 min; half of those before within 8 min." in page
    teams = list(cast.teams.values())
    [last] = results.last_runs(teams, clock.now() - 2 * WEEK)
    assert (last.team, last.drill, last.answered_after) == (cast.teams["Applications"], drill, 120)
    assert last.outcome == "Answered after 2 min by Mei Tanaka, without being called.", "Ana and Jo were called"
    assert last.drill != other, "which was never due"
    assert results.last_runs([cast.teams["Platform"]], clock.now() - 2 * WEEK) == []
    assert results.last_runs(teams, clock.now()) == []


@pytest.mark.rehearsal("long")
def test_on_any_page_of_its_runs_one_may_end_what_goes_on(cast, clock, as_):
    drill, kim = plan(cast), as_(cast.kim)
    answered = {"cause": "unknown", "text": "x"}
    for _ in range(31):
        drill.start(by=cast.kim).incident.resolve(by=cast.ana, **answered)
        clock.jump(minutes=1)
    drill.start(by=cast.kim)
    first, second = (words(kim.get(drill.get_absolute_url(), {"page": page})) for page in (1, 2))
    assert "End drill" in first and "End drill" in second and "Start now" not in second
    assert "Of the last 30: Answered in 29 of 29 runs" in first and "Answered in" not in second


def test_a_trend_is_of_what_is_said(cast, clock, as_):
    drill = plan(cast)
    for seconds in (3, 6 * 60 + 20, 6 * 60 + 2):
        run = drill.start(by=cast.kim)
        clock.jump(seconds=seconds)
        run.incident.resolve(by=cast.ana, cause="unknown", text="x")
        clock.jump(minutes=1)
    assert "the last one as before: after 6 min; half of those before within 6 min." in words(
        as_(cast.kim).get(drill.get_absolute_url())
    )


def test_who_was_only_told_is_no_call_and_who_was_not_called_may_answer(cast, clock, as_):
    PolicyStep.objects.filter(tier=cast.tiers["duty"]).update(mode="inform")
    run = plan(cast, severity=1).start(by=cast.kim)
    Incident.objects.get(pk=run.incident_id).acknowledge(by=cast.ada)
    report = results.reports([run])[run.pk]
    assert report.answered_by == "Ada Lund" and "Ada Lund" not in [one.name for one in report.people]
    assert [one.name for one in report.people if one.told] == ["Ines Moreau"]
    assert report.silent == [] and report.calls == 1
    assert report.uncalled and showing.of([run])[0].level == "", "that she saw it says nothing good of the path"
    assert {line.answer for line in showing.lines(report) if not line.called.told} == {"Ada Lund answered"}
    assert "by Ada Lund, without being called." in words(as_(cast.kim).get(run.get_absolute_url()))
    [told] = Program(cast.kim).get(f"/drills/{run.drill_id}/runs").json()["items"]
    assert (told["answered_by"], told["without_call"]) == ("Ada Lund", True)


def test_nobody_is_said_not_to_have_answered_while_their_time_runs(begun, clock):
    assert results.reports([begun])[begun.pk].silent == []
    clock.forward(minutes=5)
    assert results.reports([begun])[begun.pk].silent == ["Ana Ruiz", "Jo Okafor"]


def test_where_several_are_called_together_and_one_answers_the_others_did_not_fail_to(begun, cast, clock):
    clock.forward(seconds=30)
    Incident.objects.get(pk=begun.incident_id).acknowledge(by=cast.ana)
    report = results.reports([begun])[begun.pk]
    assert report.silent == []
    assert [line.answer for line in showing.lines(report)] == ["answered after 30 s", "Ana Ruiz answered"]


def test_ended_by_hand_before_anybody_answered_it_says_nothing_of_them(begun, cast, clock):
    clock.forward(seconds=20)
    begun.stop(by=cast.kim)
    report = results.reports([begun])[begun.pk]
    assert report.cut_short and report.silent == []
    assert {line.answer for line in showing.lines(report)} == {"no answer before it ended"}
    assert showing.of([begun])[0].outcome == "Ended by hand after 20 s, before anybody answered: 1 call was made."


def test_whoever_is_called_by_another_way_than_the_path_is_on_the_report(begun, cast, clock):
    deliver.deliver_due()
    fresh = partial(Incident.objects.get, pk=begun.incident_id)
    fresh().reassign(by=cast.kim, tier=cast.tiers["l2"], text="It is theirs.")
    deliver.deliver_due()
    fresh().note(by=cast.kim, text="Ask @Ana Ruiz")
    deliver.deliver_due()
    clock.forward(minutes=1)
    fresh().acknowledge(by=cast.mei)
    fresh().hand_over(by=cast.mei, to=cast.tom, text="Yours?")
    clock.forward(minutes=1)
    fresh().decline(by=cast.tom, text="Not now.")
    fresh().hold(by=cast.mei, until=clock.now() + timedelta(minutes=5), text="We wait.")
    fresh().resume(by=cast.mei)
    report = results.reports([begun])[begun.pk]
    rows = [(line.called.name, line.purpose, line.answer, len(line.called.ways)) for line in showing.lines(report)]
    assert rows == [
        ("Ana Ruiz", "L1 Service desk", "no answer", 1),  # the mention is no way of her call
        ("Jo Okafor", "L1 Service desk", "no answer", 1),
        ("Mei Tanaka", "L2 Applications", "answered after 1 min", 1),
        ("Tom Adeyemi", "taking it over", "answered after 1 min", 0),
        ("Mei Tanaka", "the end of its hold", "told only", 0),
    ]
    assert showing.of([begun])[0].outcome == "Answered after 1 min by Mei Tanaka, on the second call."
    assert report.tiers == ("L1 Service desk", "L2 Applications") and report.silent == ["Ana Ruiz", "Jo Okafor"]


@pytest.mark.rehearsal("long")
def test_pages_cost_the_same_for_few_and_for_many(cast, clock):
    drill = plan(cast)
    for _ in range(2):
        drill.start(by=cast.kim).stop(by=cast.kim)
        clock.jump(minutes=1)
    pages = [reverse("drills"), drill.get_absolute_url(), drill.runs.first().get_absolute_url()]
    pages.append(drill.runs.first().incident.get_absolute_url())
    few = [cost(cast.kim, page)[0] for page in pages]
    for n in range(8):
        plan(cast, title=f"Another {n}", at=time(11, n)).start(by=cast.kim).stop(by=cast.kim)
        drill.start(by=cast.kim).stop(by=cast.kim)
        clock.jump(minutes=1)
    assert [cost(cast.kim, page)[0] for page in pages] == few and max(few) <= MOST


def test_an_auditor_is_not_told_to_plan_one(cast, clock, as_):
    said = "Plan one for a service of your team"
    assert said in words(as_(cast.kim).get(reverse("drills"))) and said not in words(
        as_(cast.otto).get(reverse("drills"))
    )
