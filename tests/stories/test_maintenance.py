"""Maintenance: planned ahead, it silences every stage, ends by itself, and lets what is still open go on."""

import json
from datetime import UTC, datetime, time, timedelta

import pytest

from escalation.engine import climb, deliver
from escalation.engine.audit import auditing
from escalation.engine.models import Delivery, Timer
from escalation.kit import failpoint
from escalation.kit.errors import Refused
from escalation.trail.models import Entry, Trail
from incidents.models import Incident, MaintenanceWindow, Service, Source
from incidents.models.maintenance import LOOK
from tests.audit_kit import named, quiet

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(cast, clock):
    """Maintenance of the payments service from today's ``at`` (10:00) for ``minutes`` (120)."""

    def plan_one(*, by=None, services=None, at=time(10), minutes=120, reason="New database", **facts):
        facts.setdefault("day", clock.now().date())
        chosen = [cast.service] if services is None else services
        return MaintenanceWindow.schedule(
            by=by or cast.kim, services=chosen, at=at, minutes=minutes, reason=reason, **facts
        )

    return plan_one


def instant(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=UTC)


def to(clock, hour: int, minute: int = 0) -> None:
    clock.forward(minutes=(instant(hour, minute) - clock.now()).total_seconds() / 60)


def fresh(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def kinds(incident: Incident) -> list[str]:
    return list(Entry.objects.filter(trail=incident.trail).order_by("seq").values_list("kind", flat=True))


def data_of(incident: Incident, kind: str) -> dict:
    return json.loads(Entry.objects.filter(trail=incident.trail, kind=kind).latest("seq").data)


def told(kind: str = "maintenance_over") -> list[str]:
    rows = Delivery.objects.filter(kind=kind, channel="desk").order_by("id").select_related("person")
    return [row.person.get_short_name().lower() for row in rows]


# --- an alert during a window -----------------------------------------------------------------


def test_an_incident_of_a_window_is_recorded_and_calls_nobody_until_its_end(cast, clock, phones, plan, open_incident):
    plan()
    to(clock, 10, 30)
    source = Source.objects.create(name="Probe", key_hash="x", service=cast.service)
    incident = open_incident(source=source)
    assert incident.run.quiet_until == instant(12)
    assert (incident.status, kinds(incident)) == ("triggered", ["opened", "maintenance_began"])
    assert data_of(incident, "maintenance_began")["windows"] == [
        {"id": MaintenanceWindow.objects.get().pk, "name": "New database"}
    ]
    to(clock, 11, 59)
    assert phones.rang == []
    assert quiet()
    to(clock, 12)
    assert phones.rang == ["ana", "jo"]
    assert kinds(incident)[2:4] == ["maintenance_ended", "called"]
    to(clock, 12, 5)
    assert phones.rang == ["ana", "jo", "mei"]
    assert quiet()


def test_what_is_resolved_meanwhile_stays_quiet(cast, clock, phones, plan, open_incident):
    plan()
    to(clock, 10, 30)
    incident = open_incident()
    incident.resolve(by=cast.ana, cause="change", text="It was the new database.")
    to(clock, 13)
    assert phones.rang == []
    assert not Delivery.objects.exists()
    assert quiet()


def test_who_raises_it_by_hand_may_call_anyway(cast, clock, phones, plan, open_incident):
    plan()
    to(clock, 10, 30)
    incident = open_incident(call_anyway=True)
    to(clock, 10, 40)
    assert phones.rang == ["ana", "jo", "mei", "tom"]
    assert fresh(incident).run.quiet_until is None
    assert quiet()


def test_other_services_are_called_as_ever(cast, clock, phones, plan, open_incident):
    plan()
    other = Service.objects.create(name="Mail", team=cast.teams["Service desk"])
    to(clock, 10, 30)
    open_incident(service=other)
    open_incident(service=None)
    assert phones.rang == ["ana", "jo"] * 2


def test_everything_means_what_has_no_service_too(cast, clock, phones, plan, open_incident):
    plan(by=cast.ada, everything=True, services=[])
    to(clock, 10, 30)
    open_incident(service=None)
    assert phones.rang == []
    to(clock, 12)
    assert phones.rang == ["ana", "jo"]


# --- what was open before ---------------------------------------------------------------------


def test_clocks_stand_still_from_the_start_and_go_on_with_what_was_left(cast, clock, phones, plan, open_incident):
    plan()
    to(clock, 9, 57)
    incident = open_incident()  # Ana and Jo have until 10:02
    to(clock, 10)
    assert kinds(incident)[-1] == "maintenance_began"
    assert data_of(incident, "maintenance_began")["left_s"] == 120
    assert quiet()
    to(clock, 12)
    assert (phones.rang, told()) == (["ana", "jo"], ["ana", "jo"])
    to(clock, 12, 1)
    assert phones.rang == ["ana", "jo"]
    to(clock, 12, 2)
    assert phones.rang == ["ana", "jo", "mei"]
    assert told() == ["ana", "jo"]
    assert quiet()


def test_messages_that_have_not_left_are_cancelled_with_the_reason(cast, clock, plan, open_incident):
    """Also those that wait for their time: held back to leave together, tried again later, or by a rule of theirs."""
    plan()
    to(clock, 9, 59)
    incident = open_incident()
    later = clock.now() + timedelta(minutes=10)
    Delivery.objects.filter(channel="email").update(next_at=later)
    to(clock, 10)
    rows = Delivery.objects.filter(trail=incident.trail).values_list("state", "last_error", "next_at")
    assert set(rows) == {("cancelled", "maintenance began before it was sent", None)}
    assert deliver.deliver_due() == 0


def test_managers_are_left_in_peace_too_and_told_at_its_end(cast, clock, plan, open_incident):
    plan()
    to(clock, 10, 30)
    incident = open_incident()
    incident.set_severity(by=cast.ana, severity=1, text="Nobody can pay.")  # would inform the duty manager at once
    assert not Delivery.objects.filter(person=cast.ines).exists()
    to(clock, 12)
    assert Delivery.objects.filter(person=cast.ines, kind="inform").exists()
    assert quiet()


def test_a_manager_who_was_informed_before_is_told_that_it_is_still_open(cast, clock, plan, open_incident):
    plan()
    to(clock, 9, 58)
    open_incident(people_affected=2000)
    deliver.deliver_due()
    to(clock, 12)
    assert sorted(told()) == ["ana", "ines", "jo"]
    assert quiet()


def test_the_holder_is_told_and_keeps_the_time_that_was_left(cast, clock, plan, phones, open_incident):
    plan()
    to(clock, 9, 50)
    incident = open_incident()
    incident.acknowledge(by=cast.ana)  # works on it until 10:05
    to(clock, 12)
    assert told() == ["ana"]
    to(clock, 12, 4)
    assert phones.rang == ["ana", "jo"]
    to(clock, 12, 5)
    assert phones.rang == ["ana", "jo", "mei"]


# --- people during a window -------------------------------------------------------------------


def test_people_work_as_ever_and_the_clocks_they_start_wait_for_the_end(cast, clock, phones, plan, open_incident):
    plan()
    to(clock, 10, 30)
    incident = open_incident()
    fresh(incident).escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 1))
    assert phones.rang == ["mei"]  # a person called somebody
    fresh(incident).acknowledge(by=cast.mei)
    fresh(incident).hand_over(by=cast.mei, to=cast.tom, text="You know the database.")
    assert fresh(incident).run.offer_ends == instant(12, 5)
    to(clock, 11)
    assert fresh(incident).run.offered_to == cast.tom
    fresh(incident).accept(by=cast.tom)
    run = fresh(incident).run
    assert (run.holder, run.quiet_until) == (cast.tom, instant(12))
    assert quiet()
    to(clock, 12)
    assert told() == ["tom"]
    assert quiet()


def test_an_acknowledgement_in_a_window_gives_the_whole_work_limit_after_it(cast, clock, phones, plan, open_incident):
    plan()
    to(clock, 10, 30)
    incident = open_incident()
    fresh(incident).escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 0))
    fresh(incident).acknowledge(by=cast.jo)
    assert phones.rang == ["ana", "jo"]
    to(clock, 12, 14)
    assert phones.rang == ["ana", "jo"]
    to(clock, 12, 15)
    assert phones.rang == ["ana", "jo", "mei"]


def test_a_hold_that_lasts_longer_is_kept(cast, clock, plan, open_incident):
    plan()
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.hold(by=cast.ana, until=instant(13), text="A part is on its way.")
    to(clock, 12, 30)
    assert (fresh(incident).status, fresh(incident).run.quiet_until) == ("on_hold", None)
    assert data_of(incident, "maintenance_ended")["held_until"] == instant(13).isoformat()
    assert (told(), told("woken")) == ([], [])
    assert quiet()
    to(clock, 13)
    assert (told(), told("woken")) == ([], ["ana"])
    assert quiet()


def test_a_hold_that_ends_inside_ends_with_the_window(cast, clock, plan, open_incident):
    plan()
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.hold(by=cast.ana, until=instant(11), text="A part is on its way.")
    to(clock, 11, 59)
    assert (told(), told("woken")) == ([], [])
    to(clock, 12)
    assert (told(), told("woken")) == (["ana"], [])
    assert fresh(incident).status == "acknowledged"
    assert quiet()


def test_resuming_in_a_window_calls_nobody_until_its_end(cast, clock, plan, open_incident):
    plan()
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.hold(by=cast.ana, until=instant(13), text="A part is on its way.")
    to(clock, 11)
    fresh(incident).resume(by=cast.jo)
    assert (fresh(incident).status, told("woken")) == ("acknowledged", [])
    assert quiet()
    to(clock, 12)
    assert told() == ["ana"]


def test_reopened_in_a_window_it_begins_at_its_end(cast, clock, phones, plan, open_incident):
    plan()
    incident = open_incident()
    incident.resolve(by=cast.ana, cause="change", text="Rolled back.")
    to(clock, 10, 30)
    fresh(incident).reopen(by=cast.ana, text="It came back.")
    assert phones.rang == ["ana", "jo"]
    to(clock, 12)
    assert phones.rang == ["ana", "jo"] * 2
    assert quiet()


# --- windows that change ----------------------------------------------------------------------


def test_ended_early_what_is_open_goes_on_at_once(cast, clock, phones, plan, open_incident):
    window = plan()
    to(clock, 10, 30)
    waiting, working = open_incident(), open_incident("Refunds fail")
    working.acknowledge(by=cast.mei)
    window.end(by=cast.kim)
    climb.drain()
    assert phones.rang == ["ana", "jo"]
    assert told() == ["mei"]
    assert (kinds(waiting)[-2:], kinds(working)[-1]) == (["maintenance_ended", "called"], "maintenance_ended")
    assert quiet()
    with pytest.raises(Refused):
        window.end(by=cast.kim)


def test_a_window_planned_for_now_silences_what_is_open(cast, clock, phones, plan, open_incident):
    incident = open_incident()
    plan(at=time(9, 30))
    climb.drain()
    assert fresh(incident).run.quiet_until == instant(11, 30)
    to(clock, 11, 30)
    assert phones.rang == ["ana", "jo"]


def test_a_longer_window_moves_the_end_and_a_second_one_too(cast, clock, phones, plan, open_incident):
    window = plan()
    to(clock, 10, 30)
    incident = open_incident()
    window.change(by=cast.kim, services=[cast.service], minutes=180)
    climb.drain()
    assert fresh(incident).run.quiet_until == instant(13)
    plan(at=time(13), minutes=60, reason="And its index")
    climb.drain()
    assert fresh(incident).run.quiet_until == instant(14)
    assert kinds(incident)[-2:] == ["maintenance_moved"] * 2
    window.cancel(by=cast.kim)
    climb.drain()
    assert fresh(incident).run.quiet_until is None
    assert phones.rang == ["ana", "jo"]
    to(clock, 13)
    assert fresh(incident).run.quiet_until == instant(14)
    assert quiet()


def test_every_change_is_on_record_with_before_and_after(cast, clock, plan):
    window = plan()
    window.change(by=cast.kim, services=[cast.service], minutes=60)
    window.cancel(by=cast.ada)
    trail = Trail.objects.installation()
    found = {e.kind: json.loads(e.data) for e in Entry.objects.filter(trail=trail, kind__startswith="maintenance_")}
    assert list(found) == ["maintenance_planned", "maintenance_changed", "maintenance_cancelled"]
    assert found["maintenance_planned"]["after"]["services"] == [{"id": cast.service.pk, "name": "Payments"}]
    changed = found["maintenance_changed"]
    assert (changed["before"], changed["after"]) == ({"minutes": 120}, {"minutes": 60})
    assert found["maintenance_cancelled"]["after"] == {"cancelled_at": clock.now().isoformat()}


def test_a_form_made_from_an_older_state_is_refused(cast, plan):
    window = plan()
    window.change(by=cast.kim, services=[cast.service], minutes=60, seen=1)
    with pytest.raises(Refused) as refused:
        window.cancel(by=cast.kim, seen=1)
    assert refused.value.code == "stale"


@pytest.mark.parametrize(
    ("who", "may"), [("kim", True), ("ada", True), ("sam", False), ("mei", False), ("rita", False), ("otto", False)]
)
def test_supervisors_of_the_services_team_and_admins_plan(cast, plan, who, may):
    if may:
        assert plan(by=getattr(cast, who)).pk
        return
    with pytest.raises(Refused) as refused:
        plan(by=getattr(cast, who))
    assert refused.value.code == "not-allowed"
    assert not MaintenanceWindow.objects.exists()


def test_only_admins_silence_everything(cast, plan):
    with pytest.raises(Refused):
        plan(by=cast.kim, everything=True, services=[])


def test_it_recurs(cast, clock, phones, plan, open_incident):
    plan(repeats="weekly", weekdays="02")
    to(clock, 12)
    clock.forward(hours=48 - 1.5)  # Wednesday 10:30
    incident = open_incident()
    assert incident.run.quiet_until == instant(12) + timedelta(days=2)
    clock.forward(hours=2)
    assert phones.rang[:2] == ["ana", "jo"]
    assert Timer.objects.filter(kind=LOOK, state="armed").count() == 1


def test_a_window_nobody_waits_for_is_named_and_put_right(cast, clock, plan, open_incident):
    incident = open_incident()
    plan(at=time(9, 30))
    Timer.objects.filter(kind=LOOK).delete()
    assert "I16" in named()
    auditing.audit(repair=True)
    climb.drain()
    assert fresh(incident).run.quiet_until == instant(11, 30)
    plan(at=time(15))
    climb.drain()
    Timer.objects.filter(kind=LOOK, state="armed").delete()
    assert "I16" in named()
    auditing.audit(repair=True)
    climb.drain()
    assert quiet()


# --- outages and deaths -----------------------------------------------------------------------


def test_after_an_outage_over_the_start_nobody_is_called(cast, clock, phones, plan, open_incident):
    plan()
    to(clock, 9, 55)
    incident = open_incident()  # would climb at 10:00, 10:05 …
    clock.jump(minutes=35)
    climb.drain()
    assert phones.rang == ["ana", "jo"]
    assert fresh(incident).run.quiet_until == instant(12)
    assert quiet()
    to(clock, 12)
    assert (phones.rang, told()) == (["ana", "jo", "mei"], ["ana", "jo"])


def test_after_an_outage_over_the_whole_window_one_step_is_taken(cast, clock, phones, plan, open_incident):
    plan()
    to(clock, 9, 55)
    open_incident()
    clock.jump(hours=4)
    climb.drain()
    assert phones.rang == ["ana", "jo", "mei"]
    assert told() == []
    assert quiet()


def test_after_an_outage_over_the_end_it_is_told_once_and_late(cast, clock, phones, plan, open_incident):
    plan()
    to(clock, 10, 30)
    incident = open_incident()
    clock.jump(hours=4)
    climb.drain()
    climb.drain()
    assert phones.rang == ["ana", "jo"]
    assert data_of(incident, "maintenance_ended")["late_s"] == 9000
    assert quiet()


def test_an_end_that_is_another_beginning_is_no_end(cast, clock, phones, plan, open_incident):
    plan()
    to(clock, 10, 30)
    incident = open_incident()
    plan(at=time(12, 30), reason="Once more")
    clock.jump(hours=2.5)  # 13:00, and the second one is on
    climb.drain()
    assert (phones.rang, fresh(incident).run.quiet_until) == ([], instant(14, 30))
    assert quiet()


class Died(BaseException):
    pass


@pytest.fixture
def dies():
    """The next process to reach a point dies there."""

    def arm(point):
        def act(name):
            if name == point:
                failpoint.arm(None)
                raise Died

        failpoint.arm(act)

    yield arm
    failpoint.arm(None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", ["drain.claimed", "drain.written", "drain.committed"])
@pytest.mark.parametrize("edge", ["start", "end"])
def test_a_death_between_changes_nothing(cast, clock, phones, plan, open_incident, dies, point, edge):
    plan()
    to(clock, 9, 58)
    incident = open_incident()
    if edge == "end":
        to(clock, 10)
    clock.jump(minutes=(instant(10 if edge == "start" else 12) - clock.now()).total_seconds() / 60)
    dies(point)
    with pytest.raises(Died):
        climb.drain()
    climb.drain()
    assert kinds(incident).count("maintenance_began") == 1
    to(clock, 12)
    assert kinds(incident).count("maintenance_ended") == 1
    assert told() == ["ana", "jo"]
    to(clock, 12, 3)
    assert phones.rang == ["ana", "jo", "mei"]
    assert quiet()
