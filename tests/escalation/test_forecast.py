"""What the forecast says is what then happens: for generated policies, person and minute.

The forecast is asked once, right after opening or after somebody's acknowledgement. Then
nobody does anything, the clock moves from due timer to due timer, and the real engine
writes its trail. Both must tell the same story.
"""

import json

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation.engine import climb
from escalation.kit import clock as kit_clock
from escalation.people.models import Membership, Team, Tier, User
from escalation.policies import path
from escalation.policies.freezing import Roster
from escalation.policies.models import Policy, PolicyStep
from escalation.trail.models import Entry
from incidents.models import Incident, Service
from tests.conftest import START
from tests.parts import examples

pytestmark = pytest.mark.django_db

step = st.fixed_dictionaries(
    {
        "crew": st.integers(0, 2),
        "ack": st.integers(1, 9),
        "work": st.none() | st.integers(1, 9),
        "fallback": st.booleans(),
        "always": st.booleans(),
        "ana": st.booleans(),  # somebody who sits on many steps
    }
)
policies = st.fixed_dictionaries(
    {
        "steps": st.lists(step, min_size=1, max_size=5),
        "then": st.lists(step, max_size=2),
        "managers": st.lists(st.tuples(st.integers(0, 1), st.sampled_from(["inform", "decide"])), max_size=2),
        "rounds": st.integers(1, 3),
        "severity_start": st.booleans(),
        "delay": st.none() | st.integers(0, 12),
        "acknowledged_after": st.none() | st.integers(0, 8),
    }
)


def build(shape, cast) -> Policy:
    """The generated shape as rows, with new people for every step."""
    then = Policy.objects.create(name="then") if shape["then"] else None
    policy = Policy.objects.create(
        name="generated",
        rounds=shape["rounds"],
        then=then,
        hierarchical_severity=5 if shape["severity_start"] else None,
        hierarchical_minutes=shape["delay"],
    )
    for number, one in enumerate(shape["steps"]):
        add_step(policy, f"F{number}", number, one, cast)
    for number, one in enumerate(shape["then"]):
        add_step(then, f"T{number}", number, one, cast)
    for number, (crew, mode) in enumerate(shape["managers"]):
        rung = {"crew": crew, "ack": 2 + number, "work": None, "fallback": False, "always": False}
        add_step(policy, f"M{number}", 100 + number, rung, cast, track="hierarchical", mode=mode)
    return policy


def add_step(policy, name, position, one, cast, **more):
    track = more.pop("track", "functional")
    team = Team.objects.create(name=f"Team {name}")
    for seat in range(one["crew"]):
        user = User.objects.create(email=f"{name}{seat}@example.com".lower(), name=f"{name} {seat}")
        Membership.objects.create(team=team, user=user)
    if one.get("ana"):
        Membership.objects.create(team=team, user=cast.ana)
    tier = Tier.objects.create(
        name=name, rank=position + 1, team=team, track=track, ack_minutes=one["ack"], work_minutes=one["work"]
    )
    PolicyStep.objects.create(
        policy=policy,
        position=position,
        tier=tier,
        always_call=one["always"],
        when_empty="fallback" if one["fallback"] else "skip",
        fallback=cast.ada if one["fallback"] else None,
        **more,
    )


def foretold(incident, now) -> list[tuple]:
    """(minute, act, people) for both tracks, as the page shows them."""
    said = []
    for run in incident.running():
        who = Roster([run.frozen]).seats(run.frozen)
        for at, decision in path.forecast(run.policy_path, run.standing, run.facts, now, who, most=200):
            names = tuple(person.name for person in decision.people)
            said.append((at, run.track, decision.act.value, names))
    return sorted(said)


def happened(incident, after: int) -> list[tuple]:
    lines = []
    for entry in Entry.objects.filter(trail=incident.trail_id, seq__gt=after, kind__in=ACTS):
        data = json.loads(entry.data)
        names = tuple(person["name"] for person in data.get("people", []))
        lines.append((entry.at, data["track"], data["act"], names))
    return sorted(lines)


ACTS = ("called", "also_called", "exhausted", "told_all")


@pytest.mark.rehearsal("long")
@settings(
    max_examples=examples(120),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(shape=policies)
def test_the_forecast_comes_true(cast, clock, shape):
    with transaction.atomic():
        kit_clock.fix(START)
        service = Service.objects.create(name="Generated", team=cast.teams["Platform"], policy=build(shape, cast))
        incident = Incident.open(title="Something", service=service, by=cast.ana)
        if shape["acknowledged_after"] is not None:
            clock.forward(minutes=shape["acknowledged_after"])
            incident = Incident.objects.get(pk=incident.pk)
            if incident.run.acknowledged_at is None:
                incident.acknowledge(by=cast.ana)
        incident = Incident.objects.get(pk=incident.pk)
        said, after = foretold(incident, clock.now()), incident.trail.length
        clock.forward(hours=12)
        assert happened(incident, after) == said
        assert climb.next_due() is None or climb.next_due() > clock.now()
        transaction.set_rollback(True)
