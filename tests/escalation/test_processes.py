"""The whole of Baton as real processes: they are killed, frozen and stopped, and the timers fire."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests.parts import share
from tests.processes import ROOT, Baton, wait_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc"),
]

KEY = "only-for-tests-and-long-enough-to-be-no-warning-0123456789"
CLIMBS = 5


@pytest.fixture(scope="module")
def baton(tmp_path_factory):
    with Baton(tmp_path_factory.mktemp("home")) as running:
        running.climb(CLIMBS)
        yield running


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A second home, so that not every start has to make a database."""
    made = Baton(tmp_path_factory.mktemp("own"))
    yield made
    made.end()


@pytest.fixture
def own(home):
    """Processes of the test's own, to be stopped or killed by it."""
    home.start()
    yield home
    home.kill_all()


def fires(baton: Baton) -> None:
    """Whatever state the processes are in: timers that come due are carried out, each once."""
    before = baton.fired()
    assert baton.arm() == CLIMBS
    wait_for(lambda: baton.fired() == before + CLIMBS, seconds=45, why=f"timers did not fire\n{baton.output[-3000:]}")


@pytest.mark.everybodys
def test_due_timers_fire(baton):
    fires(baton)
    assert baton.lateness()[0] >= 0  # never early


@pytest.mark.sqlite_enough
@pytest.mark.parametrize(
    "name",
    share(
        [
            "timers",
            "timers-monitor",
            "timers-worker",
            "general-monitor",
            "general-pusher",
            "timers-pusher",
            "general-worker",
            "general",
            "web",
        ],
        2,
    ),
)
def test_a_killed_process_is_followed_by_a_fresh_one(baton, name):
    killed = baton.kill(name)
    fires(baton)
    wait_for(lambda: set(baton.pids(name)) - set(killed), why=f"no fresh {name}")
    wait_for(lambda: len(baton.pids("general-worker")) == 2)
    assert not set(baton.pids()) & set(killed)


def test_everything_killed_at_once_comes_back(baton):
    killed = [pid for name in ("web", "timers", "general") for pid in baton.kill(name)]
    fires(baton)
    assert baton.get("/livez")  # whatever it says
    assert not set(baton.pids()) & set(killed)


def test_a_request_during_a_restart_of_the_web_process_waits_instead_of_failing(baton):
    baton.kill("web")
    assert baton.get("/livez")  # whatever it says


def test_while_the_timers_cluster_is_frozen_the_standby_fires(baton):
    """Who would start a fresh one is frozen too, so it must be the standby, however slow the machine is."""
    baton.freeze("timers")
    supervisor = baton.process.pid
    os.kill(supervisor, signal.SIGSTOP)
    try:
        fires(baton)
    finally:
        os.kill(supervisor, signal.SIGCONT)
    baton.kill("timers")
    wait_for(lambda: baton.pids("timers-worker"), why="no fresh timers cluster")


def test_both_clusters_frozen_are_found_out_by_what_they_do_not_do(baton):
    baton.freeze("timers", "general")
    fires(baton)
    baton.kill("general")
    wait_for(lambda: len(baton.pids("general-worker")) == 2, why="no fresh general cluster")


@pytest.mark.sqlite_enough
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_it_leaves_nothing_behind(own, number):
    took = own.stop(number)
    assert own.process.returncode == 0
    assert own.pids() == []
    assert took < 10
    assert "Traceback" not in own.output


@pytest.mark.sqlite_enough
def test_frozen_processes_do_not_keep_it_from_stopping(own):
    own.kill_cluster("timers", signal.SIGSTOP)
    own.stop()
    assert own.pids() == []


@pytest.mark.sqlite_enough
def test_told_twice_it_stops_at_once(own):
    own.kill_cluster("general", signal.SIGSTOP)
    own.process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    own.stop()
    assert own.pids() == []


@pytest.mark.sqlite_enough
def test_a_killed_supervisor_takes_everything_with_it(own):
    wait_for(lambda: len(own.pids()) == 11, why="not everything was started")
    os.kill(own.process.pid, signal.SIGKILL)
    own.process.wait()
    wait_for(lambda: not own.pids(), why="processes outlived their supervisor")


def up(home, *words: str, **env: str) -> subprocess.CompletedProcess:
    """``manage.py up`` where it must refuse to start."""
    settings = {
        "SECRET_KEY": KEY,
        "BATON_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "escalation.settings",
    }
    return subprocess.run(
        [sys.executable, "manage.py", "up", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **settings, **env},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.sqlite_enough
def test_a_taken_port_is_said_in_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = up(tmp_path, "--port", str(port))
    assert refused.returncode == 1
    assert refused.stderr == f"Port {port} is taken; stop what runs there or use --port {port + 1}.\n"
    assert not (tmp_path / "baton.sqlite3").exists()


@pytest.mark.sqlite_enough
def test_a_missing_folder_is_said_in_one_line(tmp_path):
    refused = up(tmp_path / "nowhere", "--port", "0")
    assert refused.returncode == 1
    assert refused.stderr == f"The folder {tmp_path / 'nowhere'} does not exist; the database is kept there.\n"


def test_a_database_that_is_away_is_said_in_one_line(tmp_path):
    refused = up(tmp_path, "--port", "0", DATABASE_URL="postgres://nobody@127.0.0.1:9/nothing")
    assert refused.returncode == 1
    assert refused.stderr.startswith("The database cannot be used: ")
    assert refused.stderr.count("\n") == 1
