"""Merging while somebody else does something: nothing is lost, and nobody waits for the other for ever."""

import pytest
from django.core.management import call_command
from django.db import connection

from escalation.kit.errors import Refused
from incidents.models import AlertKey, Incident
from tests.incidents.inbound_kit import FIRES, JOINS, Sender
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds) -> list[str]:
    """What became of each: done, or refused."""
    said: list[str] = []

    def doing(deed):
        def act() -> None:
            try:
                deed()
                said.append("done")
            except Refused as refused:
                said.append(refused.code)
            finally:
                connection.close()

        return act

    together(*[doing(deed) for deed in deeds])
    return sorted(said)


def test_two_who_merge_crosswise_leave_one_open(open_incident, cast):
    one, other = open_incident("One"), open_incident("The other")
    again = [Incident.objects.get(pk=row.pk) for row in (one, other)]
    said = at_once(
        lambda: one.merge_into(other, by=cast.ana, text="The same."),
        lambda: again[1].merge_into(again[0], by=cast.jo, text="The same."),
    )
    assert said == ["done", "state"]
    [left] = Incident.objects.open()
    assert left.duplicates.count() == 1
    call_command("audit_engine")


def test_an_alert_that_comes_while_its_incident_is_merged_is_heard_once(open_incident, cast):
    sender = Sender(service=cast.service)
    sender.posts(FIRES)
    newer, older = Incident.objects.get(), open_incident("The queue")
    said = at_once(
        lambda: newer.merge_into(older, by=cast.ana, text="The same."),
        lambda: sender.posts(JOINS),
    )
    assert said == ["done", "done"]
    [key] = AlertKey.objects.filter(ended_at=None)
    assert key.incident == older and list(Incident.objects.open()) == [older]
    call_command("audit_engine")
