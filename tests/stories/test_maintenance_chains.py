"""Maintenance meets people's own ways and on-call schedules: chains, quiet hours, shifts that are awaited."""

from datetime import time, timedelta

import pytest

from escalation.engine import climb, tasks
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.notify.models import QuietHours
from escalation.people.models import Membership
from incidents.models import Incident, MaintenanceWindow
from tests.audit_kit import quiet
from tests.escalation.test_schedules import make_schedule
from tests.reach_kit import Carriers, account, method, rules

pytestmark = pytest.mark.django_db

SEVERE = 5000  # people affected: SEV1
SILENCED = "maintenance began before it was sent"


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


@pytest.fixture
def ana(cast, carriers, clock):
    """The service desk is Ana alone, and she is in the second tier too. E-mail at once, SMS after 3 minutes, phone
    after 10; in quiet hours nothing but what is loud."""
    Membership.objects.filter(user=cast.jo).delete()
    Membership.objects.create(team=cast.teams["Applications"], user=cast.ana, role="agent")
    ways = {"sms": method(cast.ana, "sms", "+4915112345667"), "voice": method(cast.ana, "voice", "+4915112345667")}
    for urgency in ("loud", "quiet"):
        rules(cast.ana, urgency, (account(cast.ana), 0), (ways["sms"], 3), (ways["voice"], 10))
    return cast.ana


@pytest.fixture
def plan(cast, clock):
    """Maintenance of the payments service, from so many minutes on for so many minutes."""

    def plan_one(after: float, lasts: int) -> MaintenanceWindow:
        start = kit_clock.now() + timedelta(minutes=after)
        facts = {"reason": "New database", "day": start.date(), "at": start.time(), "minutes": lasts}
        return MaintenanceWindow.schedule(by=cast.kim, services=[cast.service], **facts)

    return plan_one


@pytest.fixture
def desk(cast, clock):
    """Jo is on call until tomorrow nine o'clock, then Ana. The first step waits for a shift if nobody is there."""
    schedule = make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    schedule.tiers.add(cast.tiers["l1"])
    cast.policy.steps.filter(tier=cast.tiers["l1"]).update(when_empty="hold")
    return schedule


def nobody(desk, cast, *, minutes: float) -> None:
    start = kit_clock.now()
    desk.override(by=cast.ada, person=None, starts_at=start, ends_at=start + timedelta(minutes=minutes))


def of(person, **which) -> list[Delivery]:
    return list(Delivery.objects.filter(person=person, **which).exclude(channel="desk").order_by("id"))


def waits(person) -> list[tuple[str, str, float]]:
    """(kind, channel, in how many minutes) of what is queued."""
    now = kit_clock.now()
    return [(one.kind, one.channel, (one.next_at - now) / timedelta(minutes=1)) for one in of(person, state="queued")]


def told(kind: str = "maintenance_over") -> list[str]:
    rows = Delivery.objects.filter(kind=kind, channel="desk").order_by("id").select_related("person")
    return [row.person.get_short_name().lower() for row in rows]


def fresh(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


# --- people's own ways ------------------------------------------------------------------------------


def test_what_is_due_later_by_somebodys_rules_is_silenced_and_the_end_begins_their_chain_anew(
    ana, carriers, plan, open_incident, clock
):
    open_incident(people_affected=SEVERE)
    tasks.send()
    plan(1, 60)
    clock.forward(minutes=1)
    assert waits(ana) == []
    assert {(row.channel, row.last_error) for row in of(ana, state="cancelled")} == {
        ("sms", SILENCED),
        ("voice", SILENCED),
    }
    clock.forward(minutes=60)
    assert waits(ana) == [
        ("maintenance_over", "email", 0),
        ("maintenance_over", "sms", 3),
        ("maintenance_over", "voice", 10),
    ]
    assert quiet()


def test_the_chain_that_the_end_has_begun_goes_on_through_the_next_step(ana, carriers, plan, open_incident, clock):
    open_incident(people_affected=SEVERE)
    tasks.send()
    plan(1, 60)
    clock.forward(minutes=61)
    tasks.send()
    clock.forward(minutes=4)  # it had four of its five minutes left: the second step calls her too
    assert told("call").count("ana") == 2
    assert [row.kind for row in of(ana, channel="email")] == ["call", "maintenance_over"]  # none anew
    assert waits(ana) == [("call", "sms", -1), ("call", "voice", 6)]
    assert quiet()


def test_what_waits_for_the_end_of_quiet_hours_does_not_come_in_maintenance(ana, carriers, plan, open_incident, clock):
    now = kit_clock.now()
    QuietHours.objects.create(person=ana, begins=time(0), ends=time(23))
    ana.time_zone = "UTC"
    ana.save()
    open_incident()
    assert waits(ana)
    assert all(row.quiet for row in of(ana, state="queued"))
    plan(1, 24 * 60)
    clock.forward(minutes=1)
    assert waits(ana) == []
    clock.forward(minutes=(now.replace(hour=23, minute=30) - kit_clock.now()).total_seconds() / 60)
    tasks.send()
    assert carriers["email"].to == []
    assert quiet()


def test_whom_somebody_calls_by_hand_meanwhile_is_called_on_when_the_end_moves_and_anew_at_the_end(
    ana, carriers, plan, open_incident, cast, clock
):
    window = plan(0, 60)
    clock.forward(minutes=0)
    incident = open_incident(people_affected=SEVERE)
    fresh(incident).escalate(by=cast.ada, reason="time", text="Look.")
    assert [channel for _kind, channel, _in in waits(ana)] == ["email", "sms", "voice"]
    window.change(by=cast.kim, services=[cast.service], minutes=4)
    clock.forward(minutes=2)
    assert fresh(incident).run.quiet_until == window.plan.over_at()
    assert [channel for _kind, channel, _in in waits(ana)] == ["email", "sms", "voice"]
    clock.forward(minutes=2)
    assert {kind for kind, _channel, _in in waits(ana)} == {"maintenance_over"}
    assert len(waits(ana)) == 3
    assert quiet()


# --- shifts -----------------------------------------------------------------------------------------


def test_a_shift_that_begins_in_maintenance_calls_at_its_end_whoever_is_on_call_then(
    desk, phones, plan, open_incident, cast, clock
):
    nobody(desk, cast, minutes=30)
    incident = open_incident()
    assert incident.run.awaits_until is not None
    plan(10, 60)
    clock.forward(minutes=40)  # the shift has begun
    assert phones.rang == []
    now = kit_clock.now()
    desk.override(by=cast.ada, person=cast.ana, starts_at=now, ends_at=now + timedelta(hours=3))
    assert quiet()
    clock.forward(minutes=31)
    assert phones.rang == ["ana"]
    assert told() == []  # nobody had been called before
    assert quiet()


def test_a_shift_that_begins_after_maintenance_is_still_awaited(desk, phones, plan, open_incident, cast, clock):
    nobody(desk, cast, minutes=30)
    incident = open_incident()
    shift = incident.run.awaits_until
    plan(5, 10)
    clock.forward(minutes=16)
    run = fresh(incident).run
    assert (run.quiet_until, run.awaits_until, phones.rang) == (None, shift, [])
    clock.forward(minutes=14)
    assert phones.rang == ["jo"]
    assert quiet()


def test_who_comes_early_in_maintenance_is_called_at_its_end(desk, phones, plan, open_incident, cast, clock):
    nobody(desk, cast, minutes=120)
    open_incident()
    plan(5, 60)
    clock.forward(minutes=10)
    now = kit_clock.now()
    desk.override(by=cast.ada, person=cast.ana, starts_at=now, ends_at=now + timedelta(hours=3))
    climb.look_early()
    assert phones.rang == []
    clock.forward(minutes=55)
    climb.look_early()
    assert phones.rang == ["ana"]
    assert quiet()


def test_a_look_for_who_comes_early_finds_a_window_that_nobody_has_looked_at(
    desk, phones, plan, open_incident, cast, clock
):
    nobody(desk, cast, minutes=120)
    incident = open_incident()
    now = kit_clock.now()
    desk.override(by=cast.ada, person=cast.ana, starts_at=now, ends_at=now + timedelta(hours=3))
    window = plan(0, 60)
    climb.look_early()  # before the timekeeper
    assert phones.rang == []
    assert fresh(incident).run.quiet_until == window.over_at


def test_a_holder_who_is_off_duty_at_the_end_is_relieved_by_who_is_on_call(
    desk, phones, plan, open_incident, cast, clock
):
    incident = open_incident()
    fresh(incident).acknowledge(by=cast.jo)
    plan(1, 24 * 60)
    clock.forward(minutes=24 * 60 + 1)
    run = fresh(incident).run
    assert (run.holder, run.acknowledged_at) == (None, None)
    assert told() == ["ana"]
    assert "jo" in told("moved")
    assert quiet()
