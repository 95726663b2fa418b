"""Two who tick the same step at the same moment: one tick, one entry, and the other reads who was faster."""

import pytest
from django.db import connection
from django.test import Client

from escalation.trail.models import Entry
from incidents.models import Tick
from tests.runbook_kit import step, write
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_who_tick_at_once(open_incident, cast):
    runbook = write(cast, services=[cast.service])
    incident, statuses = open_incident(), []
    address = f"{incident.get_absolute_url()}steps/{step(runbook, 1)}/failure/"

    def ticks(person):
        client = Client()
        client.force_login(person)

        def press() -> None:
            try:
                statuses.append(client.post(address, {"text": f"Not for {person}"}).status_code)
            finally:
                connection.close()

        return press

    together(ticks(cast.ana), ticks(cast.jo))
    assert sorted(statuses) == [302, 409]
    entry = Entry.objects.get(trail=incident.trail_id, kind="runbook_ticked")
    assert Tick.objects.get().seq == entry.seq and Tick.objects.get().by.name == entry.actor_name
