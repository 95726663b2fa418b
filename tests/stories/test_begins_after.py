"""A policy that begins some minutes after the incident was opened."""

import json
from datetime import timedelta

import pytest

from escalation.engine.audit import auditing
from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.policies import path
from escalation.policies.freezing import Roster
from escalation.policies.models import Policy, PolicyStep
from escalation.policies.ruling import PolicyRule
from escalation.trail.models import Entry
from incidents.models import Incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(cast, open_incident):
    cast.policy.begins_after = 10
    cast.policy.save()
    return open_incident()


def test_nobody_is_called_before_its_time_and_then_the_first_step(waiting, clock, phones):
    clock.forward(minutes=9, seconds=59)
    assert phones.rang == []
    clock.forward(seconds=1)
    assert phones.rang == ["ana", "jo"]
    clock.forward(minutes=5)
    assert phones.rang == ["ana", "jo", "mei"]


def test_what_is_over_by_then_calls_nobody(waiting, cast, clock, phones):
    clock.forward(minutes=3)
    Incident.objects.get(pk=waiting.pk).resolve(by=cast.ada, cause="false_alarm", text="A drill")
    clock.forward(hours=2)
    assert phones.rang == []


def test_a_hold_keeps_the_time_that_was_left(waiting, cast, clock, phones):
    clock.forward(minutes=4)
    Incident.objects.get(pk=waiting.pk).hold(by=cast.ada, until=clock.now() + timedelta(hours=1), text="Wait")
    clock.forward(minutes=65, seconds=59)
    assert phones.rang == []
    clock.forward(seconds=1)
    assert phones.rang == ["ana", "jo"]


def test_escalating_by_hand_does_not_wait(waiting, cast, clock, phones):
    Incident.objects.get(pk=waiting.pk).escalate(by=cast.ada, reason="time", text="Now")
    assert phones.rang == ["ana", "jo"]


def test_the_page_says_when_it_begins_and_that_there_is_no_limit_before(waiting, cast, client):
    client.force_login(cast.ada)
    page = client.get(f"/incidents/{waiting.number}/").content.decode()
    assert "its policy waits before it calls; whoever acknowledges before has no work limit" in page
    assert "L1 Service desk" in page
    waiting.acknowledge(by=cast.ada)
    page = client.get(f"/incidents/{waiting.number}/").content.decode()
    assert "no work limit, since no step was taken; trying for" in page


def fresh(incident):
    return Incident.objects.get(pk=incident.pk)


def called(incident):
    """Why each call was made, and how many seconds late."""
    entries = Entry.objects.filter(trail=incident.trail_id, kind="called").order_by("seq")
    return [(data["why"], data.get("late_s")) for data in (json.loads(entry.data) for entry in entries)]


def test_who_takes_it_before_is_left_to_work_and_nobody_else_is_called(waiting, cast, clock, phones):
    clock.forward(minutes=3)
    fresh(waiting).acknowledge(by=cast.ana)
    clock.forward(hours=2)
    assert phones.rang == []
    assert not Timer.objects.filter(run=fresh(waiting).run, state="armed").exists()


def test_the_end_of_a_hold_tells_nobody_before_its_time(waiting, cast, clock):
    clock.forward(minutes=4)
    fresh(waiting).hold(by=cast.ada, until=clock.now() + timedelta(hours=1), text="Wait")
    clock.forward(minutes=61)
    assert not fresh(waiting).run.held_at
    assert not Delivery.objects.filter(kind__in=("woken", "last_resort")).exists()


def test_the_record_says_why_somebody_is_called_only_now(waiting, cast, clock, client):
    clock.forward(minutes=10)
    assert called(waiting) == [("begins", None)]
    client.force_login(cast.ada)
    page = client.get(f"/incidents/{waiting.number}/").content.decode()
    assert "nobody had taken it in the time its policy waits" in page


def test_after_an_outage_it_says_how_late_it_begins(waiting, clock, phones):
    clock.jump(minutes=25)
    clock.forward(seconds=0)
    assert phones.rang == ["ana", "jo"]
    assert called(waiting) == [("begins", 15 * 60)]


def test_a_severity_judged_again_leaves_the_time_and_the_open_forms(waiting, cast, clock, phones):
    clock.forward(minutes=4)
    token = fresh(waiting).state_token
    fresh(waiting).set_severity(by=cast.ada, severity=1, text="Worse")
    assert fresh(waiting).state_token == token
    fresh(waiting).acknowledge(by=cast.ana, seen=token)
    clock.forward(hours=1)
    assert phones.rang == []


def test_nobody_could_have_answered_before_somebody_was_called(cast, open_incident, clock, phones):
    """A rule that waits three minutes for an answer gives the first who are called three minutes."""
    cast.policy.begins_after = 10
    cast.policy.save()
    PolicyRule.objects.create(policy=cast.policy, name="Nobody", does="escalate", fact="unanswered", number=3)
    open_incident()
    clock.forward(minutes=12, seconds=59)
    assert phones.rang == ["ana", "jo"]
    clock.forward(seconds=1)
    assert phones.rang == ["ana", "jo", "mei"]


def test_whoever_is_asked_because_nobody_is_there_could_not_have_answered_before_either(cast, open_incident, clock):
    """The same rule, where the first who is told is the last resort: the page foretells what then happens."""
    cast.policy.begins_after = 10
    cast.policy.save()
    cast.policy.steps.exclude(tier=cast.tiers["l1"]).delete()
    step = cast.policy.steps.get()
    step.people.set([cast.rita])
    cast.rita.is_active = False
    cast.rita.save()
    rule = PolicyRule.objects.create(policy=cast.policy, name="Nobody", does="inform", fact="unanswered", number=3)
    rule.people.set([cast.tom])
    incident = open_incident()
    run = EscalationRun.objects.get(trail=incident.trail)
    roster = Roster([run.frozen], clock.now())
    foretold = path.forecast(
        run.policy_path, run.standing, run.facts, clock.now(), lambda at: roster.seats(run.frozen, at)
    )
    began = clock.now() + timedelta(minutes=10)
    assert [(due, one.act) for due, one in foretold] == [
        (began, path.Act.EXHAUST),
        (began + timedelta(minutes=3), path.Act.TELL),
    ]
    clock.forward(minutes=12, seconds=59)
    assert not Entry.objects.filter(kind="rule_acted").exists()
    clock.forward(seconds=1)
    assert json.loads(Entry.objects.get(kind="rule_acted").data)["conditions"][0]["was"] == 3


def test_a_policy_that_another_goes_on_with_does_not_wait_again(cast, open_incident, clock, phones):
    later = Policy.objects.create(name="Later", begins_after=30)
    step = PolicyStep.objects.create(policy=later, position=1, tier=cast.tiers["l1"])
    step.people.set([cast.tom])
    cast.policy.steps.exclude(tier=cast.tiers["l1"]).delete()
    cast.policy.then = later
    cast.policy.save()
    open_incident()
    clock.forward(minutes=5)
    assert phones.rang == ["ana", "jo", "tom"]


def test_what_is_opened_again_waits_again(waiting, cast, clock, phones):
    clock.forward(minutes=3)
    fresh(waiting).resolve(by=cast.ada, cause="false_alarm", text="A drill")
    clock.forward(minutes=3)
    fresh(waiting).reopen(by=cast.ada, text="No drill")
    clock.forward(minutes=9, seconds=59)
    assert phones.rang == []
    clock.forward(seconds=1)
    assert phones.rang == ["ana", "jo"]


def test_the_audit_finds_nothing_wrong_with_one_that_waits(waiting, clock):
    clock.forward(minutes=5)
    assert auditing.audit().findings == []


def test_the_board_says_that_nobody_is_called_yet_and_until_when(waiting, cast, client):
    client.force_login(cast.ada)
    page = client.get("/queue/?scope=all").content.decode()
    assert "nobody is called yet" in page
    assert "until L1 Service desk is called" in page


def test_the_record_says_from_the_start_for_how_long_nobody_is_called(waiting, cast, clock, client):
    client.force_login(cast.ada)
    assert "nobody is called for 10 min" in client.get(f"/incidents/{waiting.number}/").content.decode()
    fresh(waiting).acknowledge(by=cast.ada)
    assert "<b>Ada Lund</b> acknowledged<span" in client.get(f"/incidents/{waiting.number}/").content.decode()
    fresh(waiting).resolve(by=cast.ada, cause="false_alarm", text="A drill")
    fresh(waiting).reopen(by=cast.ada, text="No drill")
    assert client.get(f"/incidents/{waiting.number}/").content.decode().count("nobody is called for 10 min") == 2


def test_the_list_of_policies_says_that_it_begins_later(waiting, cast, client):
    client.force_login(cast.ada)
    assert "after 10 min: L1 Service desk" in client.get("/admin/policies/policy/").content.decode()
