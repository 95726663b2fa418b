"""Maintenance: planned ahead, it silences every stage, ends by itself, and lets what is still open go on."""

from datetime import time, timedelta

import pytest

from escalation.engine import climb, deliver
from escalation.engine.models import Delivery
from escalation.kit import failpoint
from incidents.models import MaintenanceWindow, Service, Source
from tests.audit_kit import quiet
from tests.maintenance_kit import data_of, fresh, instant, kinds, planner, to, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(cast, clock):
    return planner(cast, clock)


# --- an alert during a window -----------------------------------------------------------------


def test_an_incident_of_a_window_is_recorded_and_calls_nobody_until_its_end(cast, clock, phones, plan, open_incident):
    plan()
    to(clock, 10, 30)
    source = Source.objects.create(name="Probe", service=cast.service)
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
    assert list(fresh(incident).effort().running) == [cast.ana.pk]
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
