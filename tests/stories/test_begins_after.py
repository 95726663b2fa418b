"""A policy that begins some minutes after the incident was opened."""

from datetime import timedelta

import pytest

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


def test_the_page_says_when_it_begins(waiting, cast, client):
    client.force_login(cast.ada)
    page = client.get(f"/incidents/{waiting.number}/").content.decode()
    assert "its policy waits before it calls" in page
    assert "L1 Service desk" in page
