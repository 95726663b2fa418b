"""The whole of it: real processes, a real Alertmanager, an alert that climbs two tiers and ends."""

import contextlib
import json

import pytest

from tests.incidents.test_real_alertmanager import answers, free_port, start  # noqa: F401
from tests.processes import Baton, Scratch, wait_for

pytestmark = [pytest.mark.alertmanager, pytest.mark.processes, pytest.mark.timeout(180)]


@pytest.fixture
def baton(tmp_path):
    """From an empty database on; five minutes take three seconds."""
    with Baton(tmp_path, database=Scratch(tmp_path), BATON_POLICY_MINUTE_SECONDS="0.6") as running:
        yield running


def steps(baton) -> list[dict]:
    """What the incident's trail says was called, in order."""
    rows = baton.database.rows("SELECT data FROM trail_entry WHERE kind = 'called' ORDER BY id")
    return [json.loads(row[0]) for row in rows]


def kinds(baton) -> list[str]:
    return [row[0] for row in baton.database.rows("SELECT kind FROM trail_entry ORDER BY id")]


def test_an_alert_climbs_two_tiers_while_processes_are_killed_and_ends_when_monitoring_says_so(
    baton,
    start,  # noqa: F811
):
    make = "from tests.organisation import assemble, door; assemble(); print('key=' + door())"
    key = baton.manage("shell", "-v", "0", "-c", make).strip().rpartition("key=")[2]
    alertmanager = start(f"url: {baton.url}/integrations/alertmanager/{key}")
    alertmanager.fires("db-07", severity="warning")
    wait_for(lambda: len(steps(baton)) >= 1, why="nobody was called")
    baton.kill("timers")  # the watching standby takes over
    wait_for(lambda: len(steps(baton)) >= 2, why="the second tier was not called after a kill of the timers cluster")
    with contextlib.suppress(ProcessLookupError):
        baton.kill("general")
    wait_for(lambda: len(steps(baton)) >= 3, why="the third tier was not called after a kill of the general cluster")
    assert [step["to"] for step in steps(baton)] == ["L1 Service desk", "L2 Applications", "L3 Platform"]
    assert [step["why"] for step in steps(baton)] == ["opened", "not_acknowledged", "not_acknowledged"]
    alertmanager.ends("db-07", severity="warning")
    wait_for(lambda: "resolved" in kinds(baton), why="monitoring's end did not resolve it")
    report = json.loads(baton.manage("verifytrails", "--json").strip().splitlines()[-1])
    assert report["faults"] == []
