"""Passing the baton: by hand, by offer, by a supervisor; on hold, at the end, and again."""

from datetime import timedelta

import pytest

from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.kit.errors import Refused
from escalation.trail.models import Entry
from escalation.trail.verifying import verify
from incidents.models import Incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked(open_incident, clock, cast):
    """Ana works on it since a minute after it was opened."""
    incident = open_incident("Card payments fail")
    clock.forward(minutes=1)
    incident.acknowledge(by=cast.ana)
    return incident


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def kinds(incident) -> list[str]:
    return list(Entry.objects.filter(trail=incident.trail_id).order_by("seq").values_list("kind", flat=True))


def last(incident) -> Entry:
    return Entry.objects.filter(trail=incident.trail_id).order_by("-seq").first()


def test_ana_escalates_with_a_reason_and_the_next_tier_is_called(worked, cast, phones, clock):
    worked.escalate(by=cast.ana, reason="expertise", text="Needs somebody who knows the acquirer.")
    run = fresh(worked).run
    assert (run.tier, run.holder, run.acknowledged_at) == (cast.tiers["l2"], None, None)
    assert phones.rang[-1] == "mei"
    assert '"reason":"expertise"' in last(worked).data.replace(" ", "")
    clock.forward(minutes=5)  # unanswered: the step after
    assert phones.rang[-1] == "tom"


def test_escalating_past_a_tier_calls_the_chosen_one(worked, cast, phones):
    lap, place, step = worked.onward()[1]
    assert step.tier == "L3 Platform"
    worked.escalate(by=cast.ana, reason="access", text="Only the platform team can restart it.", to=(lap, place))
    assert phones.rang[-1] == "tom"
    assert "mei" not in phones.rang


def test_the_giver_stays_accountable_until_the_offer_is_accepted(worked, cast, clock):
    worked.hand_over(by=cast.ana, to=cast.tom, text="Rolled back, no change. Look at pg-orders-2 next.")
    run = fresh(worked).run
    assert (run.holder, run.offered_to) == (cast.ana, cast.tom)
    fresh(worked).accept(by=cast.tom)
    run = fresh(worked).run
    assert (run.holder, run.tier, run.offered_to) == (cast.tom, cast.tiers["l3"], None)
    assert run.idle == "no_work_limit"  # L3 has none
    assert Delivery.objects.filter(kind="accepted", person=cast.ana, channel="desk").count() == 1


def test_a_declined_offer_stays_with_the_giver_and_says_why(worked, cast):
    worked.hand_over(by=cast.ana, to=cast.tom, text="Over to you?")
    fresh(worked).decline(by=cast.tom, text="I am on a train.")
    run = fresh(worked).run
    assert (run.holder, run.offered_to) == (cast.ana, None)
    assert last(worked).said.text == "I am on a train."


def test_an_unanswered_offer_returns_to_the_giver_and_their_clock_ran_on(worked, cast, clock, phones, settings):
    clock.forward(minutes=8)
    worked.hand_over(by=cast.ana, to=cast.tom, text="Over to you?")
    clock.forward(minutes=settings.OFFER_MINUTES)
    run = fresh(worked).run
    assert (run.holder, run.offered_to, kinds(worked)[-1]) == (cast.ana, None, "offer_returned")
    assert run.offer_returned_at is not None
    clock.forward(minutes=2)  # 15 minutes after Ana's acknowledgement
    assert phones.rang[-1] == "mei"


def test_an_offer_is_taken_back_before_it_is_answered(worked, cast):
    worked.hand_over(by=cast.ana, to=cast.tom, text="Over to you?")
    fresh(worked).take_back(by=cast.ana)
    with pytest.raises(Refused):
        fresh(worked).accept(by=cast.tom)


def test_only_the_holder_hands_over(worked, cast):
    with pytest.raises(Refused, match="Ana Ruiz"):
        worked.hand_over(by=cast.jo, to=cast.tom, text="Take it")


def test_a_supervisor_reassigns_at_once_and_the_clock_keeps_its_time(worked, cast):
    deadline = fresh(worked).run.standing.deadline
    worked.reassign(by=cast.sam, to=cast.jo)
    run = fresh(worked).run
    assert (run.holder, run.standing.deadline) == (cast.jo, deadline)
    told = Delivery.objects.filter(channel="desk", kind__in=["assigned", "moved"])
    assert {(d.kind, d.person) for d in told} == {("assigned", cast.jo), ("moved", cast.ana)}


def test_an_agent_cannot_reassign(worked, cast):
    with pytest.raises(Refused) as refusal:
        worked.reassign(by=cast.jo, to=cast.jo)
    assert refusal.value.code == "not-allowed"


def test_a_tier_that_gets_it_back_must_answer(worked, cast, clock, phones):
    worked.escalate(by=cast.ana, reason="expertise", text="Needs the team.")
    fresh(worked).acknowledge(by=cast.mei)
    fresh(worked).reassign(by=cast.sam, tier=cast.tiers["l1"])
    run = fresh(worked).run
    assert (run.tier, run.holder, run.acknowledged_at) == (cast.tiers["l1"], None, None)
    clock.forward(minutes=5)
    assert phones.rang[-1] == "mei"  # unanswered at L1: the step after


def test_on_hold_the_clock_stands_still_and_goes_on_with_what_was_left(worked, cast, clock, phones):
    clock.forward(minutes=5)  # ten of fifteen minutes left
    worked.hold(by=cast.ana, until=clock.now() + timedelta(hours=1), text="Waiting for the supplier")
    assert fresh(worked).status == "on_hold"
    clock.forward(minutes=60)
    assert fresh(worked).status == "acknowledged"
    assert Delivery.objects.filter(kind="woken", person=cast.ana, channel="desk").exists()
    clock.forward(minutes=9)
    assert phones.rang == ["ana", "jo"]
    clock.forward(minutes=1)
    assert phones.rang[-1] == "mei"


def test_a_triggered_incident_held_wakes_as_triggered(open_incident, cast, clock, phones):
    incident = open_incident()
    clock.forward(minutes=3)
    incident.hold(by=cast.ana, until=clock.now() + timedelta(minutes=30), text="Maintenance window")
    clock.forward(minutes=30)
    assert fresh(incident).status == "triggered"
    clock.forward(minutes=2)
    assert phones.rang[-1] == "mei"


def test_resolved_is_quiet_and_reopening_starts_again(worked, cast, clock, phones):
    worked.resolve(by=cast.ana, cause="change", text="Rolled back 4.18.3")
    incident = fresh(worked)
    assert (incident.resolver, incident.resolver_tier, incident.status) == (cast.ana, cast.tiers["l1"], "resolved")
    rang = list(phones.rang)
    clock.forward(hours=5)
    assert phones.rang == rang
    assert not EscalationRun.objects.running().exists()
    incident.reopen(by=cast.jo, text="It is back")
    assert fresh(worked).status == "triggered"
    assert phones.rang == [*rang, "ana", "jo"]


def test_a_resolved_incident_closes_after_a_week(worked, cast, clock):
    worked.resolve(by=cast.ana, cause="change", text="Rolled back")
    clock.forward(days=7)
    assert fresh(worked).status == "closed"
    with pytest.raises(Refused, match="closed"):
        fresh(worked).reopen(by=cast.ana, text="Again")


def test_the_duty_manager_is_told_when_it_turns_severe(worked, cast, clock):
    assert fresh(worked).authority_run.idle == "waits_for_severity"
    worked.state(by=cast.ana, people_affected=1900)
    incident = fresh(worked)
    assert incident.severity == 1
    assert Delivery.objects.filter(kind="inform", person=cast.ines, channel="desk").count() == 1
    assert incident.run.holder == cast.ana  # the baton stays
    assert Timer.objects.filter(run=incident.run, state="armed").get().severity == 1


def test_who_was_slower_learns_who_was_faster(worked, cast):
    seen = fresh(worked).state_token
    fresh(worked).escalate(by=cast.ana, reason="time", text="Too long")
    with pytest.raises(Refused, match="Ana Ruiz was faster") as refusal:
        fresh(worked).resolve(by=cast.jo, cause="change", text="Fixed", seen=seen)
    assert refusal.value.code == "stale"
    assert fresh(worked).resolved_at is None


def test_attempts_are_counted_and_kept(worked, cast):
    worked.attempt(by=cast.ana, text="Restarted the worker", outcome="no_effect")
    worked.attempt(by=cast.ana, text="Rolled back", outcome="helped")
    incident = fresh(worked)
    assert (incident.attempts, incident.failed_attempts) == (2, 1)


def test_a_stranger_sees_nothing_until_it_is_escalated_to_them(worked, cast):
    assert not Incident.objects.visible_to(cast.rita).exists()
    assert not Incident.objects.visible_to(cast.tom).exists()
    worked.hand_over(by=cast.ana, to=cast.rita, text="The badge readers hang on it")
    assert Incident.objects.visible_to(cast.rita).get() == worked
    assert not Incident.objects.visible_to(cast.tom).exists()
    assert Incident.objects.visible_to(cast.otto).count() == 1


def test_an_auditor_looks_and_changes_nothing(worked, cast):
    with pytest.raises(Refused) as refusal:
        fresh(worked).note(by=cast.otto, text="hm")
    assert refusal.value.code == "not-allowed"


def test_a_restricted_incident_is_for_its_participants(open_incident, cast):
    incident = open_incident("Leaked payroll", restricted=True, by=cast.mei)
    assert Incident.objects.visible_to(cast.mei).get() == incident
    assert not Incident.objects.visible_to(cast.kim).exists()


def test_every_story_leaves_a_whole_chain(worked, cast, clock):
    worked.escalate(by=cast.ana, reason="time", text="Too long")
    clock.forward(hours=2)
    trail = fresh(worked).trail
    assert verify(trail, now=clock.now()).fault is None
    assert trail.length == len(kinds(worked))
