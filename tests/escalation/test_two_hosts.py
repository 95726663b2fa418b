"""Two hosts, one PostgreSQL, no leader: they share the work, and one of them may vanish."""

import pytest

from tests.hosts import Host
from tests.processes import Scratch, wait_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.postgresql_only,
    pytest.mark.enable_socket,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("processes"),
]

CLIMBS = 20
PACE = {"BATON_POLICY_MINUTE_SECONDS": "0.1"}  # the one step's hour lasts six seconds, then the path is exhausted
STEPS = "SELECT COUNT(*) FROM trail_entry WHERE kind IN ('called', 'exhausted')"
RUNS_TWICE = """SELECT trail_id, kind FROM trail_entry WHERE kind IN ('called', 'exhausted')
                GROUP BY trail_id, kind HAVING COUNT(*) > 1"""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hosts")
    database, started = Scratch(folder, migrated=True), []
    try:
        for number in (1, 2):
            home = folder / f"host{number}"
            home.mkdir()
            started.append(Host(home, database, number, **PACE))
            started[-1].start()
        yield started
    finally:
        for host in started:
            host.end()
        database.drop()


def steps(host: Host) -> int:
    return host.database.rows(STEPS)[0][0]


def climbs_are_carried_out(host: Host, *, meanwhile=lambda: None) -> None:
    """Every step of every climb is taken once, whoever is there to do it."""
    before = steps(host)
    host.climb(CLIMBS)
    meanwhile()
    wait_for(lambda: steps(host) >= before + 2 * CLIMBS, seconds=60, why=host.output[-2000:])
    assert steps(host) == before + 2 * CLIMBS
    assert host.database.rows(RUNS_TWICE) == []


def test_both_hosts_serve_and_share_the_work(hosts):
    climbs_are_carried_out(hosts[0])
    assert all("started again" not in host.output for host in hosts)


def test_one_is_cut_off_and_the_other_carries_on_and_then_the_other_way_round(hosts):
    here, away = hosts
    climbs_are_carried_out(here, meanwhile=away.cut_off)
    away.mend()
    here.kill_all()
    climbs_are_carried_out(away)
    assert "all intact" in away.manage("verifytrails")
    here.start()
