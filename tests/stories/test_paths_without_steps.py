"""A path that called nobody: who has it then, and what the path still does."""

from datetime import timedelta

import pytest

from escalation.engine.models import EscalationRun, Timer
from escalation.kit import clock as kit_clock
from escalation.policies.models import Policy
from incidents.models import Incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def steps(cast):
    cast.policy.steps.filter(tier__track="functional").exclude(tier=cast.tiers["l1"]).delete()
    return cast.policy.steps


def test_on_a_path_without_steps_a_supervisor_can_still_reassign(open_incident, cast):
    cast.service.policy = Policy.objects.create(name="Empty")
    cast.service.save()
    incident = open_incident()
    incident.acknowledge(by=cast.ada)
    incident.reassign(by=cast.ada, to=cast.mei)
    run = Incident.objects.get(pk=incident.pk).run
    assert (run.holder, run.idle) == (cast.mei, "no_work_limit")


def test_the_first_step_is_called_beside_the_work_without_waiting_for_a_step_before_it(
    open_incident, clock, cast, steps
):
    steps.filter(tier=cast.tiers["l1"]).update(always_call=True)
    cast.teams["Service desk"].memberships.all().delete()
    incident = open_incident(by=cast.ada)  # nobody is there: the path is at its end at once
    incident.acknowledge(by=cast.ada)
    clock.forward(minutes=2)
    incident.reassign(by=cast.ada, to=cast.tom, tier=cast.tiers["l2"])
    run = EscalationRun.objects.functional().get(trail=incident.trail)
    timer = Timer.objects.get(run=run, state="armed")
    assert (timer.kind, timer.due_at - kit_clock.now()) == ("also", timedelta(0))
