"""The sample organisation and its past: nearly every verb, one after the other. On each database."""

import random
from datetime import timedelta

import pytest

from escalation.engine.models import Delivery, EscalationRun
from escalation.kit import clock as kit_clock
from escalation.people.models import Membership, Skill, Team, Tier, User
from escalation.policies.models import Installation, Policy, PolicyStep
from escalation.trail.models import Entry
from escalation.trail.verifying import verify_all
from incidents.demo import organisation, past
from incidents.demo.life import Life
from incidents.demo.people import email
from incidents.models import Incident, Service, Source

pytestmark = pytest.mark.django_db

TABLES = [User, Skill, Team, Membership, Tier, Policy, PolicyStep, Installation, Service, Source, Incident, Entry]


@pytest.fixture(autouse=True)
def demo(settings, tmp_path):
    settings.DEMO, settings.HOME = True, tmp_path


@pytest.mark.rehearsal("past")
def test_built_twice_it_is_there_once():
    organisation.build()
    past.play()
    before = [list(table.objects.order_by("pk").values()) for table in TABLES]
    organisation.build()
    past.play()
    assert [list(table.objects.order_by("pk").values()) for table in TABLES] == before


@pytest.mark.rehearsal("long")
def test_the_board_is_not_empty_on_first_sight():
    organisation.build()
    now = kit_clock.now()  # of which the past is told, however long that takes
    past.play()
    incidents = list(Incident.objects.with_runs())
    there = {"triggered", "acknowledged", "on_hold", "resolved", "closed"}
    assert {incident.status for incident in incidents} == there
    ana = User.objects.get(email=email("ana"))
    assert EscalationRun.objects.filter(offered_to=ana).exists()
    assert EscalationRun.objects.running().filter(holder=ana).exists()
    [waiting] = [incident for incident in incidents if incident.status == "triggered"]
    left = waiting.run.standing.deadline - now
    assert timedelta(seconds=20) < left < timedelta(minutes=2)
    assert not [verdict for verdict in verify_all(now=kit_clock.now()) if verdict.fault]
    assert not Delivery.objects.filter(state="failed").exists()


@pytest.mark.django_db(transaction=True)
def test_one_alert_through_the_real_door_over_http(live_server, settings):
    settings.ADDRESS = live_server.url
    organisation.build()
    assert Life(dice=random.Random(1)).alert().endswith("fires")
    assert Incident.objects.count() == 1
