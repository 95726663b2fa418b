"""What was promised is warned of before it is broken, once each; the rows say what the record says, to the minute."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import transaction

from escalation.engine import climb
from escalation.engine.audit import auditing
from escalation.engine.models import Delivery, Timer
from escalation.kit import clock as kit_clock
from escalation.notify.message import Recipient, compose
from escalation.notify.models import QuietHours
from escalation.policies.models import Policy, PolicyStep
from escalation.trail.models import Entry
from incidents.models import BusinessHours, Incident, MaintenanceWindow, Target, promising
from tests import runbook_kit
from tests.audit_kit import found, quiet
from tests.conftest import START

pytestmark = pytest.mark.django_db


@pytest.fixture
def promised(cast):
    Target.objects.create(kind="response", minutes=10)
    Target.objects.create(kind="update", minutes=60)
    Target.objects.create(kind="resolve", minutes=240)


def again(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def due(incident: Incident) -> dict[str, float | None]:
    """Minutes after the opening, of each promise."""
    rows = incident.promises.values_list("kind", "due_at")
    return {kind: (at - START) / timedelta(minutes=1) if at else None for kind, at in rows}


def said(incident: Incident) -> list[tuple[float, str, str]]:
    entries = Entry.objects.filter(trail=incident.trail_id, kind__startswith="promise_").order_by("seq")
    return [
        (
            (one.at - START) / timedelta(minutes=1),
            one.kind.removeprefix("promise_"),
            promising.told(one).data["promise"],
        )
        for one in entries
    ]


def told(incident: Incident) -> list[tuple[str, str]]:
    rows = Delivery.objects.filter(trail=incident.trail_id, kind__startswith="promise_", channel="desk").order_by("id")
    return [(row.kind.removeprefix("promise_"), row.person.get_short_name()) for row in rows]


def as_the_record_says(incident: Incident) -> None:
    """Rows, and the armed timer, are what the entries alone give."""
    now = kit_clock.now()
    clock = promising.heard([incident.trail_id])[incident.trail_id]
    readings = {one.kind.value: one for one in clock.readings(now)}
    rows = {row.kind: row for row in incident.promises.all()}
    assert rows.keys() == readings.keys()
    for kind, reading in readings.items():
        row = rows[kind]
        assert (row.state, row.due_at, row.risk_at) == (reading.state, reading.due, reading.risk)
        assert (row.broken_at, row.ended_at) == (reading.broken, reading.ended)
    says = [say[1] for one in readings.values() if (say := clock.next_said(one, now))]
    armed = Timer.objects.filter(trail=incident.trail_id, kind=promising.TIMER, state=Timer.State.ARMED)
    assert [timer.due_at for timer in armed] == ([min(says)] if says else [])


def test_nothing_is_promised_where_no_target_is(open_incident):
    incident = open_incident()
    assert not incident.promises.exists()
    assert not Timer.objects.filter(kind=promising.TIMER).exists()


def test_who_is_called_is_warned_and_then_told_that_it_is_late(promised, open_incident, clock):
    incident = open_incident()
    assert due(incident) == {"response": 10, "update": 60, "resolve": 240}
    clock.forward(minutes=12)
    assert said(incident) == [(8, "risk", "response"), (10, "broken", "response")]
    assert told(incident) == [("risk", "Mei"), ("broken", "Tom")]  # whose turn it was then
    as_the_record_says(incident)
    clock.forward(minutes=20)
    assert len(said(incident)) == 2  # once each


def test_the_message_says_what_is_promised_by_when_and_what_helps(promised, open_incident, clock):
    ref = open_incident().ref
    clock.forward(minutes=12)
    rows = Delivery.objects.filter(kind__startswith="promise_", channel="desk").order_by("id")
    risk, late = (compose(row.message, to=Recipient.person(row.person), at=row.queued_at) for row in rows)
    assert f"SEV3 {ref} Card payments fail. At risk: an answer is promised by 09:40 UTC." in risk.short
    assert "At risk: an answer on this incident is promised by 09:40 UTC (UTC) on Monday, 2 March." in risk.full
    assert "Acknowledge it, or escalate it to somebody who can." in risk.full
    assert late.subject == f"SEV3 {ref}: an answer is late, promised by 09:40 UTC – Card payments fail"
    assert late.line.startswith(f"{ref}: an answer is late, promised by 09:40 UTC. Acknowledge it")
    assert not (risk.asks or late.asks)


def test_an_answer_in_time_is_met_and_the_holder_hears_of_the_others(promised, open_incident, cast, clock):
    incident = open_incident()
    clock.forward(minutes=4)
    again(incident).acknowledge(by=cast.ana)
    as_the_record_says(incident)
    row = incident.promises.get(kind="response")
    assert (row.state, row.ended_at, row.broken_at, row.spent_s) == ("met", at(4), None, 240)
    clock.forward(minutes=6)  # not to the end of Ana's time to work on it
    again(incident).note(by=cast.ana, text="Looking at the pool")
    assert due(incident)["update"] == 70
    again(incident).hold(by=cast.ana, until=at(40), text="The supplier looks")
    assert due(incident) == {"response": None, "update": None, "resolve": None}
    as_the_record_says(incident)
    clock.forward(minutes=35)  # it wakes at 40
    assert due(incident) == {"response": None, "update": 100, "resolve": 270}
    as_the_record_says(incident)
    clock.forward(minutes=65)
    assert (88, "risk", "update") in said(incident)
    assert (100, "broken", "update") in said(incident)
    as_the_record_says(incident)


def test_an_update_is_what_somebody_writes_and_no_file_nor_tick(promised, open_incident, cast, clock):
    runbook = runbook_kit.write(cast, services=[cast.service])
    incident = open_incident()
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=10)
    again(incident).attach(by=cast.ana, name="screen.png", body=b"x")
    again(incident).tick(by=cast.ana, step=runbook_kit.step(runbook, 1), worked=True)
    assert due(incident)["update"] == 60
    again(incident).tick(by=cast.ana, step=runbook_kit.step(runbook, 2), worked=False, text="No rights to restart it.")
    assert due(incident)["update"] == 70
    as_the_record_says(incident)
    clock.forward(minutes=1)
    again(incident).untick(by=cast.ana, step=runbook_kit.step(runbook, 1))
    assert due(incident)["update"] == 70


@pytest.mark.parametrize("what", ["note", "offer", "hold"])
def test_what_is_taken_back_is_no_update(what, promised, open_incident, cast, clock):
    incident = open_incident()
    clock.forward(minutes=4)
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=6)
    if what == "note":
        again(incident).note(by=cast.ana, text="It is node 7")
    elif what == "offer":
        again(incident).hand_over(by=cast.ana, to=cast.jo, text="You know it")
    else:
        again(incident).hold(by=cast.ana, until=at(100), text="The supplier looks")
    assert due(incident)["update"] == (None if what == "hold" else 70)
    clock.forward(seconds=30)
    again(incident).undo(by=cast.ana, seq=again(incident).trail.length)
    assert due(incident)["update"] == (60.5 if what == "hold" else 60)
    as_the_record_says(incident)
    assert quiet()


def test_a_warning_that_was_called_off_by_what_is_taken_back_is_said_anew(cast, open_incident, clock):
    PolicyStep.objects.filter(tier=cast.tiers["l1"]).update(work_minutes=600)
    Target.objects.create(kind="update", minutes=60, warn=100)
    incident = open_incident()
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=61)
    assert waiting(incident) == [("broken", "update")]
    again(incident).note(by=cast.ana, text="It is node 7")
    assert waiting(incident) == []
    again(incident).undo(by=cast.ana, seq=again(incident).trail.length)
    clock.forward(seconds=2)
    assert waiting(incident) == [("broken", "update")]
    assert len(said(incident)) == 2
    as_the_record_says(incident)


def test_resolved_is_quiet_and_a_reopened_one_goes_on_where_it_stood(promised, open_incident, cast, clock):
    incident = open_incident()
    clock.forward(minutes=4)
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=6)
    again(incident).resolve(by=cast.ana, cause="software", text="Restarted")
    as_the_record_says(incident)
    clock.forward(minutes=600)
    assert said(incident) == []
    again(incident).reopen(by=cast.ana, text="Again")
    as_the_record_says(incident)
    assert due(incident) == {"response": 620, "update": 670, "resolve": 840}
    assert incident.promises.get(kind="resolve").spent_s == 600


def test_a_new_severity_has_its_own_terms_from_the_beginning(promised, open_incident, cast, clock):
    Target.objects.create(kind="resolve", minutes=60, severity=1)
    Target.objects.create(kind="response", minutes=5, severity=1)
    incident = open_incident()
    clock.forward(minutes=2)
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=5)
    again(incident).state(by=cast.ana, people_affected=5000)
    assert due(incident) == {"response": None, "update": 60, "resolve": 60}
    as_the_record_says(incident)
    Target.objects.all().delete()
    again(incident).set_severity(by=cast.ana, severity=4, text="Only the test shop")
    assert due(incident).keys() == {"response"}  # it is met, by the terms of its time
    as_the_record_says(incident)


def test_merging_ends_the_clocks_of_the_one_and_judges_the_other_anew(promised, open_incident, cast, clock):
    Target.objects.create(kind="resolve", minutes=60, severity=1)
    other, duplicate = open_incident(), open_incident("The same", reported_severity=1)
    clock.forward(minutes=5)
    again(duplicate).merge_into(again(other), by=cast.ana, text="The same trouble")
    as_the_record_says(duplicate)
    as_the_record_says(other)
    assert set(duplicate.promises.values_list("state", flat=True)) == {"met"}
    assert due(other) == {"response": 10, "update": 65, "resolve": 60}
    clock.forward(minutes=60)
    assert said(duplicate) == []


def test_what_was_promised_stays_promised_whatever_admins_change(promised, open_incident, cast, clock):
    incident = open_incident()
    Target.objects.update(minutes=1)
    clock.forward(minutes=3)
    again(incident).note(by=cast.ana, text="Seen")
    assert due(incident) == {"response": 10, "update": 63, "resolve": 240}
    as_the_record_says(incident)


def test_the_most_specific_target_counts(cast, open_incident, clock):
    Target.objects.create(kind="resolve", minutes=1000)
    Target.objects.create(kind="resolve", minutes=900, severity=3)
    Target.objects.create(kind="resolve", minutes=800, service=cast.service)
    assert due(open_incident()) == {"resolve": 800}
    Target.objects.create(kind="resolve", minutes=700, service=cast.service, severity=3)
    assert due(open_incident()) == {"resolve": 700}
    assert due(open_incident(service=None)) == {"resolve": 900}


def test_business_hours_pass_over_the_night_the_weekend_and_a_holiday(cast, open_incident, clock):
    """START is Monday, 10:30 in Berlin."""
    office = BusinessHours.objects.create(
        name="Office", time_zone="Europe/Berlin", hours="Mon-Fri 08:00-18:00", holidays="2026-03-09 A holiday\n03-10"
    )
    Target.objects.create(kind="resolve", minutes=6 * 600, hours=office)
    incident = open_incident()
    [row] = incident.promises.all()
    # 7.5 h of Monday, four days, and 12.5 h more: Wednesday the 11th, since Monday and Tuesday do not count.
    assert row.due_at == datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
    as_the_record_says(incident)


def test_maintenance_stops_the_clocks(promised, open_incident, cast, clock):
    incident = open_incident()
    clock.forward(minutes=2)
    MaintenanceWindow.schedule(
        by=cast.ada, services=[cast.service], reason="Pipes", day=START.date(), at=at(3).time(), minutes=30
    )
    clock.forward(minutes=20)
    assert due(incident)["response"] is None
    as_the_record_says(incident)
    clock.forward(minutes=12)
    assert due(incident) == {"response": 40, "update": 90, "resolve": 270}
    as_the_record_says(incident)


def waiting(incident: Incident) -> list[tuple[str, str]]:
    """What has not left yet, by e-mail."""
    rows = Delivery.objects.filter(trail=incident.trail_id, channel="email", state="queued")
    kinds = rows.filter(kind__startswith="promise_").order_by("id").values_list("kind", "message__promise")
    return [(kind.removeprefix("promise_"), promise) for kind, promise in kinds]


def test_a_warning_that_waits_does_not_leave_once_it_is_moot(cast, open_incident, clock):
    PolicyStep.objects.filter(tier=cast.tiers["l1"]).update(work_minutes=600)
    Target.objects.create(kind="update", minutes=60)
    Target.objects.create(kind="resolve", minutes=200)
    incident = open_incident()
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=50)
    assert waiting(incident) == [("risk", "update")]
    clock.forward(minutes=11)
    assert waiting(incident) == [("broken", "update")]  # what is late is not at risk any more
    again(incident).note(by=cast.ana, text="The pool is full.")
    assert waiting(incident) == []
    cancelled = Delivery.objects.filter(kind__startswith="promise_", state="cancelled")
    assert set(cancelled.values_list("last_error", flat=True)) == {promising.MOOT}
    clock.forward(minutes=100)
    assert waiting(incident) == [("broken", "update"), ("risk", "resolve")]  # the next ones are of account
    again(incident).hold(by=cast.ana, until=clock.now() + timedelta(minutes=5), text="The supplier looks.")
    assert waiting(incident) == []  # nothing is said during a hold
    clock.forward(minutes=6)
    assert waiting(incident) == [("risk", "resolve")]  # it is on record once, so it must not be lost
    again(incident).hold(by=cast.ana, until=clock.now() + timedelta(minutes=5), text="And again.")
    assert waiting(incident) == []
    again(incident).resume(by=cast.jo)
    assert waiting(incident) == [("risk", "resolve")]
    assert len([one for one in said(incident) if one[1:] == ("risk", "resolve")]) == 1
    again(incident).state(by=cast.ana, people_affected=5000)
    assert not [one for one in waiting(incident) if one[1] == "resolve"]  # judged anew: it will be said again


def test_a_warning_that_left_before_the_hold_is_not_told_again(cast, open_incident, clock):
    PolicyStep.objects.filter(tier=cast.tiers["l1"]).update(work_minutes=600)
    Target.objects.create(kind="resolve", minutes=60)
    incident = open_incident()
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=50)
    Delivery.objects.filter(kind="promise_risk").update(state="sent", attempts=1)
    again(incident).hold(by=cast.ana, until=clock.now() + timedelta(minutes=5), text="The supplier looks.")
    clock.forward(minutes=6)
    assert told(incident) == [("risk", "Ana")]


def test_in_maintenance_no_warning_leaves_and_after_it_whoever_has_it_is_told(cast, open_incident, clock):
    PolicyStep.objects.filter(tier=cast.tiers["l1"]).update(work_minutes=600)
    Target.objects.create(kind="resolve", minutes=60)
    incident = open_incident()
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=50)
    window = MaintenanceWindow.schedule(
        by=cast.ada, services=[cast.service], reason="Pipes", day=START.date(), at=at(51).time(), minutes=30
    )
    clock.forward(minutes=2)
    assert waiting(incident) == []
    again(incident).reassign(by=cast.sam, to=cast.jo)
    assert waiting(incident) == []
    clock.forward(minutes=31)
    assert waiting(incident) == [("risk", "resolve")]
    assert told(incident)[-1] == ("risk", "Jo")
    assert window.pk and quiet()


def test_what_was_due_when_the_maintenance_began_is_told_after_it(cast, open_incident, clock):
    """After an outage the clocks stop and a promise is late in one transaction, and none comes after it."""
    Policy.objects.update(hierarchical_severity=None, hierarchical_minutes=None)
    Target.objects.create(kind="resolve", minutes=4)
    incident = open_incident()
    MaintenanceWindow.schedule(
        by=cast.ada, services=[cast.service], reason="Pipes", day=START.date(), at=at(3).time(), minutes=30
    )
    clock.jump(minutes=10)
    with transaction.atomic():
        climb.fire(Timer.objects.filter(kind="windows").select_related("trail"), kit_clock.now())
    clock.forward(seconds=1)
    assert [one[1:] for one in said(incident)] == [("broken", "resolve")]
    assert waiting(incident) == []
    clock.forward(minutes=24)
    assert waiting(incident) == [("broken", "resolve")] * 2  # Ana and Jo


def test_in_quiet_hours_a_warning_waits_and_is_called_off_once_it_is_met(cast, open_incident, clock):
    PolicyStep.objects.filter(tier=cast.tiers["l1"]).update(work_minutes=600)
    QuietHours.objects.create(person=cast.ana, begins=time(9), ends=time(18))
    Target.objects.create(kind="resolve", minutes=60)
    incident = open_incident(people_affected=0)
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=50)
    row = Delivery.objects.get(kind="promise_risk", channel="email")
    assert (row.state, row.quiet) == ("queued", True)
    again(incident).resolve(by=cast.ana, cause="software", text="Restarted")
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("cancelled", promising.MOOT)


def test_after_an_outage_one_thing_is_said_and_how_late(promised, open_incident, clock):
    incident = open_incident()
    clock.jump(minutes=30)
    clock.forward(seconds=1)
    assert [(kind, what) for _at, kind, what in said(incident)] == [("broken", "response")]
    entry = Entry.objects.get(trail=incident.trail_id, kind="promise_broken")
    assert promising.told(entry).data["late_s"] > 1100


def test_a_lost_timer_is_found_and_armed_anew(promised, open_incident, clock):
    incident = open_incident()
    Timer.objects.filter(kind=promising.TIMER).update(state=Timer.State.CANCELLED, next_at=None)
    assert [words for words in found() if "response promise" in words and words.startswith("I1 ")]
    auditing.audit()
    assert quiet()
    as_the_record_says(incident)
    assert Entry.objects.filter(trail=incident.trail_id, kind="repaired").exists()
