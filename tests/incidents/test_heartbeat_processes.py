"""The whole of it, with real processes: it beats, stops, and is back; and an outage of ours is no silence of its."""

import json
import time
import urllib.request

import pytest

from tests.processes import Baton, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.rehearsal("processes"), pytest.mark.timeout(180)]

MAKE = """
from tests.organisation import assemble, door; assemble(); print('key=' + door())
from incidents.models import Heartbeat, Source
Heartbeat.objects.create(source=Source.objects.get(), name='backup', every=3, grace=0)
"""
AWAY = 10  # seconds; more than two and a half beats of a cluster


@pytest.fixture
def baton(tmp_path):
    """Minutes are seconds: it is silent after four."""
    pace = {"BATON_POLICY_MINUTE_SECONDS": "1", "BATON_BEAT_SECONDS": "3"}
    with Baton(tmp_path, **pace) as running:
        yield running


def told(baton) -> list[tuple[str, dict]]:
    rows = baton.database.rows(
        "SELECT e.kind, e.data FROM trail_entry e JOIN trail_trail t ON t.id = e.trail_id"
        " WHERE t.kind = 'heartbeat' ORDER BY e.id"
    )
    return [(kind, json.loads(data)) for kind, data in rows]


def incidents(baton) -> list[bool]:
    """Of each, whether it is over."""
    rows = baton.database.rows("SELECT resolved_at IS NOT NULL FROM incidents_incident ORDER BY id")
    return [bool(row[0]) for row in rows]


@pytest.mark.sqlite_enough
def test_it_stops_is_back_and_an_outage_of_ours_is_no_silence(baton):
    key = baton.manage("shell", "-v", "0", "-c", MAKE).strip().rpartition("key=")[2]

    def beat() -> None:
        with urllib.request.urlopen(f"{baton.url}/heartbeats/{key}/backup", timeout=20) as answer:
            assert answer.status == 200

    beat()
    wait_for(lambda: incidents(baton) == [False], why="its silence opened nothing")
    beat()
    wait_for(lambda: incidents(baton) == [True], why="it beat again, and its incident goes on")
    assert [kind for kind, _data in told(baton)] == ["heartbeat_began", "heartbeat_stopped", "heartbeat_back"]
    beat()
    baton.kill_all()
    time.sleep(AWAY)
    baton.start()
    wait_for(lambda: incidents(baton) == [True, False], why="it is silent, and nobody was told")
    since = told(baton)[3:]
    assert [kind for kind, _data in since] == ["heartbeat_spared", "heartbeat_stopped"]
    assert since[0][1]["why"] == "outage"
