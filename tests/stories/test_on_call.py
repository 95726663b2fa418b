"""Who is on call is who is called: by the tier's schedules or the step's own, through gaps, overrides and holds."""

import json
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from escalation.engine import climb, tasks
from escalation.engine.models import Beat, EscalationRun
from escalation.engine.notices import contacts
from escalation.kit import clock as kit_clock
from escalation.oncall.models import Schedule, Seat
from escalation.policies import freezing
from escalation.policies.validation import empty_steps
from escalation.trail.models import Entry
from incidents.models import Incident
from tests.audit_kit import found, quiet
from tests.escalation.test_schedules import make_schedule

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(cast, clock) -> Schedule:
    """Jo is on call until tomorrow nine o'clock, then Ana. Steps of L1 call by it."""
    schedule = make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    schedule.tiers.add(cast.tiers["l1"])
    return schedule


def entries(incident, kind: str) -> list[dict]:
    found = Entry.objects.filter(trail=incident.trail, kind=kind).order_by("seq")
    return [json.loads(entry.data) for entry in found]


def wait_for_shift(cast, tier: str = "l1") -> None:
    cast.policy.steps.filter(tier=cast.tiers[tier]).update(when_empty="hold")


def nobody(desk, cast, *, hours: float, after: float = 0) -> None:
    start = kit_clock.now() + after * HOUR
    desk.override(by=cast.ada, person=None, starts_at=start, ends_at=start + hours * HOUR)


def test_only_who_is_on_call_is_called_and_the_entry_says_by_which_schedule(desk, open_incident, phones, cast):
    incident = open_incident()
    assert phones.rang == ["jo"]
    called = entries(incident, "called")[0]
    assert called["schedules"] == [{"id": desk.pk, "name": "Desk"}]
    assert Incident.objects.visible_to(cast.ana).filter(pk=incident.pk).exists()  # of the schedule's team


def test_a_tier_without_schedules_calls_its_team_as_ever(desk, open_incident, phones, clock):
    open_incident()
    clock.forward(minutes=5)
    assert phones.rang == ["jo", "mei"]


def test_a_steps_own_schedule_overrides_the_tiers(desk, open_incident, phones, cast):
    own = make_schedule("Own", team=cast.teams["Platform"], people=[cast.tom])
    cast.policy.steps.get(position=1).schedules.add(own)
    open_incident()
    assert phones.rang == ["tom"]


def test_several_schedules_of_a_tier_call_together(desk, open_incident, phones, cast):
    make_schedule("Also", team=cast.teams["Platform"], people=[cast.tom]).tiers.add(cast.tiers["l1"])
    open_incident()
    assert sorted(phones.rang) == ["jo", "tom"]


def test_a_change_of_shift_moves_no_baton(desk, open_incident, cast, clock):
    cast.policy.steps.update(work_minutes=60 * 48)
    incident = open_incident()
    incident.acknowledge(by=cast.jo)
    clock.forward(hours=24)
    assert Incident.objects.get(pk=incident.pk).run.holder == cast.jo


def test_the_next_round_calls_whoever_is_on_call_then(desk, open_incident, phones, cast, clock):
    cast.policy.steps.exclude(position=1).delete()
    cast.policy.steps.update(ack_minutes=60 * 24)
    cast.policy.rounds = 2
    cast.policy.save()
    open_incident()
    clock.forward(hours=24)
    assert phones.rang == ["jo", "ana"]


def test_a_gap_is_skipped_at_once_or_the_fallback_is_called(desk, open_incident, phones, cast):
    nobody(desk, cast, hours=1)
    first = open_incident()
    assert phones.rang == ["mei"]
    assert entries(first, "called")[0]["skipped"] == [{"tier": "L1 Service desk", "lap": 0, "place": 0}]
    cast.policy.steps.filter(position=1).update(when_empty="fallback", fallback=cast.kim)
    open_incident("Another")
    assert phones.rang == ["mei", "kim"]


def test_somebody_whose_account_has_ended_is_a_gap_and_no_layer_below_steps_in(desk, open_incident, phones, cast):
    cast.jo.is_active = False
    cast.jo.save()
    open_incident()
    assert phones.rang == ["mei"]


def test_an_archived_schedule_has_nobody(desk, open_incident, phones, cast):
    cast.policy.steps.get(position=1).schedules.add(desk)
    desk.archived_at = kit_clock.now()
    desk.save()
    open_incident()
    assert phones.rang == ["mei"]


# --- holding until the next shift -------------------------------------------------------------------


def test_an_empty_step_waits_for_the_next_shift_and_says_until_when(desk, open_incident, phones, cast, clock):
    wait_for_shift(cast)
    nobody(desk, cast, hours=2)
    incident = open_incident()
    begins = kit_clock.now() + 2 * HOUR
    assert phones.rang == []
    assert entries(incident, "awaits_shift")[0]["until"] == begins.isoformat()
    assert incident.run.awaits_until == begins
    clock.forward(hours=2)
    assert phones.rang == ["jo"]
    called = entries(incident, "called")[0]
    assert called["why"] == "next_shift" and "late_s" not in called
    clock.forward(minutes=5)
    assert phones.rang == ["jo", "mei"]


def test_whoever_takes_it_meanwhile_has_it(desk, open_incident, phones, cast, clock):
    wait_for_shift(cast)
    nobody(desk, cast, hours=2)
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    clock.forward(hours=3)
    assert phones.rang == []
    assert Incident.objects.get(pk=incident.pk).run.holder == cast.ana


def test_whoever_escalates_by_hand_does_not_wait(desk, open_incident, phones, cast):
    wait_for_shift(cast)
    nobody(desk, cast, hours=2)
    open_incident().escalate(by=cast.ana, reason="impact", text="It cannot wait until then.")
    assert phones.rang == ["mei"]


def test_the_baton_stays_where_it_is_while_the_next_step_waits(desk, open_incident, phones, cast, clock):
    second = make_schedule("Apps", team=cast.teams["Applications"], people=[cast.mei])
    second.tiers.add(cast.tiers["l2"])
    wait_for_shift(cast, "l2")
    nobody(second, cast, hours=5)
    incident = open_incident()
    incident.acknowledge(by=cast.jo)
    clock.forward(hours=1)
    run = Incident.objects.get(pk=incident.pk).run
    assert run.holder == cast.jo and run.awaits_until is not None
    clock.forward(hours=4)
    assert phones.rang == ["jo", "mei"]


def test_no_shift_within_a_week_is_skipped_with_that_reason(desk, open_incident, phones, cast):
    wait_for_shift(cast)
    nobody(desk, cast, hours=24 * 8)
    incident = open_incident()
    assert phones.rang == ["mei"]
    assert entries(incident, "called")[0]["skipped"][0]["reason"] == "no_shift_ahead"


def test_a_shift_that_was_taken_away_meanwhile_is_waited_for_again(desk, open_incident, phones, cast, clock):
    wait_for_shift(cast)
    nobody(desk, cast, hours=2)
    incident = open_incident()
    nobody(desk, cast, hours=3, after=1)
    clock.forward(hours=2)
    assert phones.rang == [] and len(entries(incident, "awaits_shift")) == 2
    clock.forward(hours=2)
    assert phones.rang == ["jo"]


def test_who_takes_it_now_is_called_within_a_minute(desk, open_incident, phones, cast, clock):
    wait_for_shift(cast)
    nobody(desk, cast, hours=2)
    incident = open_incident()
    assert climb.look_early() == 1
    assert phones.rang == [] and len(entries(incident, "awaits_shift")) == 1
    desk.take_now(by=cast.ana)
    climb.look_early()
    assert phones.rang == ["ana"]
    assert climb.look_early() == 0


def test_a_hold_sleeps_through_the_shift_and_calls_at_once_when_it_ends(desk, open_incident, phones, cast, clock):
    wait_for_shift(cast)
    nobody(desk, cast, hours=2)
    incident = open_incident()
    incident.hold(by=cast.ana, until=kit_clock.now() + 3 * HOUR, text="Waits for the supplier.")
    clock.forward(hours=2)
    assert phones.rang == []
    clock.forward(hours=1)
    assert phones.rang == ["jo"]
    assert "late_s" not in entries(incident, "called")[0]


@pytest.mark.rehearsal("long")
def test_the_audit_is_content_with_a_step_that_waits_and_names_one_that_nobody_announced(
    desk, open_incident, cast, clock
):
    wait_for_shift(cast)
    nobody(desk, cast, hours=2)
    open_incident()
    assert quiet()
    clock.forward(hours=1)
    assert quiet()
    clock.forward(hours=3)
    assert quiet()
    other = open_incident("Another")
    EscalationRun.objects.filter(pk=other.run.pk).update(awaits_until=kit_clock.now())
    assert "waits for a shift" in " ".join(found())


# --- holds and who is on duty -----------------------------------------------------------------------


def held_overnight(incident, holder, clock):
    incident.acknowledge(by=holder)
    incident.hold(by=holder, until=kit_clock.now() + 24 * HOUR, text="Until tomorrow.")
    clock.forward(hours=24)
    return Incident.objects.get(pk=incident.pk).run


def test_a_hold_that_wakes_while_its_holder_is_off_duty_calls_who_is_on_call(desk, open_incident, cast, clock):
    incident = open_incident()
    run = held_overnight(incident, cast.jo, clock)
    assert run.holder is None and run.acknowledged_at is None
    woken = entries(incident, "woken")[0]
    assert [person["name"] for person in woken["people"]] == ["Ana Ruiz"]


def test_a_holder_without_turns_keeps_no_such_hours(desk, open_incident, cast, clock):
    assert held_overnight(open_incident(), cast.sam, clock).holder == cast.sam


def test_a_holder_who_has_left_the_rotation_keeps_none_either(desk, open_incident, cast, clock):
    Seat.objects.filter(person=cast.jo).update(leaves_at=kit_clock.now() - HOUR)
    assert held_overnight(open_incident(), cast.jo, clock).holder == cast.jo


# --- what people see --------------------------------------------------------------------------------


def test_the_incident_page_says_who_is_on_call_and_until_when(desk, open_incident, cast, clock, client):
    second = make_schedule("Apps", team=cast.teams["Applications"], people=[cast.mei, cast.kim])
    second.tiers.add(cast.tiers["l2"])
    incident = open_incident()
    client.force_login(cast.ana)
    page = " ".join(client.get(incident.get_absolute_url()).content.decode().split())
    assert "On call: Desk." in page
    assert "<b>Kim Berg</b><small>on call until" in page


def test_the_incident_page_says_what_it_waits_for(desk, open_incident, cast, clock, client):
    wait_for_shift(cast)
    nobody(desk, cast, hours=2)
    incident = open_incident()
    client.force_login(cast.ana)
    page = " ".join(client.get(incident.get_absolute_url()).content.decode().split())
    assert "Nobody is on call for <b>L1 Service desk</b>" in page
    assert "nobody else is on call now" in page and "when their shift begins" in page


def test_the_board_and_the_phone_list_show_who_is_on_call(desk, cast, clock, client):
    assert [one.name for one in contacts()] == ["Jo Okafor", "Ada Lund"]
    client.force_login(cast.sam)
    board = client.get(reverse("board")).content.decode()
    assert "Jo Okafor" in board


def test_a_step_that_calls_by_a_schedule_is_empty_only_if_nobody_comes_within_a_week(desk, cast, clock):
    nobody(desk, cast, hours=24)
    assert empty_steps() == []
    nobody(desk, cast, hours=24 * 8)
    assert [step.position for step in empty_steps()] == [1]


def test_paths_frozen_before_there_were_schedules_go_on(desk, cast, clock):
    frozen = freezing.freeze(cast.policy)["functional"]
    for step in frozen["steps"]:
        del step["schedules"], step["awaits_shift"]
        step["teams"] = [cast.teams["Platform"].pk]
    seats = freezing.Roster([frozen], kit_clock.now()).seats(frozen)
    assert freezing.thaw(frozen).steps[0].awaits_shift is False
    assert seats[0].people == (cast.tom,)


def test_reassigning_to_a_tier_calls_who_is_on_call_there(desk, open_incident, cast, clock):
    incident = open_incident()
    incident.reassign(by=cast.ada, tier=cast.tiers["l1"], text="Back to the desk.")
    assert [person["name"] for person in entries(incident, "reassigned")[0]["people"]] == ["Jo Okafor"]


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 10, 24)])
def test_calls_follow_the_wall_on_a_night_when_the_clocks_change(cast, open_incident, phones, clock, day):
    """The hand-off at half past two falls to 01:00 UTC in spring and to 00:30 UTC in autumn."""
    kit_clock.fix(kit_clock.now().replace(month=day.month, day=day.day, hour=22, minute=0))
    rota = make_schedule(
        "Berlin", team=cast.teams["Service desk"], people=[cast.ana, cast.jo], hand_off="02:30", zone="Europe/Berlin"
    )
    rota.tiers.add(cast.tiers["l1"])
    cast.policy.steps.exclude(position=1).delete()
    cast.policy.steps.update(ack_minutes=60)
    cast.policy.rounds = 5
    cast.policy.save()
    open_incident()
    clock.forward(hours=4)
    assert phones.rang == ["jo", "jo", "jo", "ana", "ana"]


@pytest.mark.rehearsal("rows")
def test_pages_cost_the_same_for_one_schedule_and_for_many(desk, open_incident, cast, client, clock):
    def costs() -> list[int]:
        found = []
        for address in (reverse("board"), incident.get_absolute_url()):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found

    cast.tiers["l1"].schedules.set([desk])
    client.force_login(cast.ada)
    second = make_schedule("Two", team=cast.teams["Applications"], people=[cast.mei])
    second.tiers.add(cast.tiers["l2"])
    incident = open_incident()
    costs()  # what is read once is read now
    few = costs()
    for number in range(5):
        more = make_schedule(f"More {number}", team=cast.teams["Platform"], people=[cast.tom, cast.mei])
        more.tiers.set([cast.tiers["l1"], cast.tiers["l3"]])
        more.override(by=cast.ada, person=cast.jo, starts_at=kit_clock.now(), ends_at=kit_clock.now() + HOUR)
    incident = open_incident("Another")
    costs()
    many = costs()  # no tier is left that would call its team
    assert max(few) <= 15 and all(then <= before for then, before in zip(many, few, strict=True)), (few, many)


def test_the_minutes_look_calls_who_has_come_and_a_failure_of_it_stops_no_audit(
    desk, open_incident, phones, cast, monkeypatch
):
    wait_for_shift(cast)
    nobody(desk, cast, hours=2)
    open_incident()
    desk.take_now(by=cast.ana)
    tasks.audit()
    assert phones.rang == ["ana"]
    monkeypatch.setattr(climb, "look_early", lambda: 1 / 0)
    Beat.objects.filter(name__startswith="audit").delete()
    tasks.audit()
    assert Beat.objects.filter(name="audit").exists()
