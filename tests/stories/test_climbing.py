"""Nobody answers, somebody answers, somebody answers too late."""

import pytest

from escalation.engine.models import Delivery, Timer
from escalation.trail.models import Entry
from incidents.models import Incident

pytestmark = pytest.mark.django_db


def kinds(incident) -> list[str]:
    return list(Entry.objects.filter(trail=incident.trail_id).order_by("seq").values_list("kind", flat=True))


def test_nobody_answers_so_the_second_tier_is_called(open_incident, clock, phones):
    incident = open_incident("Card payments fail", people_affected=40)
    assert phones.rang == ["ana", "jo"]
    clock.forward(minutes=4)
    assert phones.rang == ["ana", "jo"]
    clock.forward(minutes=1)
    assert phones.rang == ["ana", "jo", "mei"]
    assert kinds(incident) == ["opened", "called", "called"]


def test_nobody_answers_at_all_so_the_last_resort_is_called_once(open_incident, clock, cast):
    incident = open_incident()
    clock.forward(hours=3)
    last = Delivery.objects.filter(kind="last_resort", channel="desk")
    assert [delivery.person for delivery in last] == [cast.ada]
    assert kinds(incident)[-1] == "exhausted"
    assert not Timer.objects.filter(state="armed").exists()
    assert Incident.objects.get(pk=incident.pk).run.idle == "exhausted"


def test_an_acknowledgement_silences_the_call_and_starts_the_work_clock(open_incident, clock, cast, phones):
    incident = open_incident()
    clock.forward(minutes=3)
    incident.acknowledge(by=cast.ana, seen=incident.state_token)
    assert incident.run.holder == cast.ana
    assert incident.status == "acknowledged"
    clock.forward(minutes=14)
    assert phones.rang == ["ana", "jo"]
    clock.forward(minutes=1)  # L1's work limit of 15 minutes
    assert phones.rang == ["ana", "jo", "mei"]
    assert Delivery.objects.filter(kind="moved", person=cast.ana).exists()
