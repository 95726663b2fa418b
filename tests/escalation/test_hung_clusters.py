"""The engine watches itself and says how it is; processes that are there and do nothing are found out."""

import http.server
import json
import signal
import sys
import threading
import urllib.error
import urllib.request

import pytest

from tests.parts import share
from tests.processes import Baton, wait_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc"),
]

CLIMBS = 3
FOUND_OUT = 150  # seconds; a calm machine needs a fifth of it


TOKEN = "for-those-who-watch"


@pytest.fixture(scope="module")
def monitor():
    """A dead-man's switch; ``asked`` is set once it was asked."""

    class Monitor(http.server.BaseHTTPRequestHandler):
        asked = threading.Event()

        def do_GET(self):
            self.asked.set()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Monitor)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    Monitor.url = f"http://127.0.0.1:{server.server_port}/"
    yield Monitor
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def baton(tmp_path_factory, monitor):
    env = {
        "DJANGO_SETTINGS_MODULE": "tests.hanging.settings",
        "BATON_BEAT_SECONDS": "4",
        "BATON_BUNDLE_SECONDS": "0",
        "BATON_WATCH_TOKEN": TOKEN,
        "BATON_DEADMAN_URL": monitor.url,
        "BATON_OUTBOUND_ALLOW": "127.0.0.1",
    }
    with Baton(tmp_path_factory.mktemp("home"), **env) as running:
        running.climb(CLIMBS)
        yield running


def unsent(baton: Baton) -> int:
    return baton.database.rows("SELECT count(*) FROM engine_delivery WHERE state IN ('queued', 'sending')")[0][0]


def beats(baton: Baton) -> dict:
    return dict(baton.database.rows("SELECT name, at FROM engine_beat"))


def all_well(baton: Baton) -> None:
    """Both clusters beat anew, timers fire, messages leave."""
    before, fired = beats(baton), baton.fired()
    baton.climb(CLIMBS)
    due = baton.arm()
    say = f"not well again\n{baton.output[-3000:]}"
    wait_for(lambda: baton.fired() >= fired + due, seconds=FOUND_OUT, why=say)
    wait_for(lambda: unsent(baton) == 0, seconds=FOUND_OUT, why=say)
    anew = lambda: all(beats(baton).get(name) not in (None, before.get(name)) for name in ("timers", "general"))  # noqa: E731
    wait_for(anew, seconds=FOUND_OUT, why=say)


def asked(baton: Baton, path: str) -> str:
    request = urllib.request.Request(baton.url + path, headers={"Authorization": f"Bearer {TOKEN}"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.read().decode()


def test_both_clusters_beat_and_whoever_watches_is_told(baton):
    all_well(baton)
    assert baton.get("/readyz") == 200
    seen = json.loads(asked(baton, "/healthz?deep=1"))
    assert {"timers", "general"} <= {beat["name"] for beat in seen["beats"]}
    assert not {"stopped", "late", "without_step"} & set(seen["problems"])
    assert seen["timers"]["fired"] >= CLIMBS
    assert 'baton_beat_age_seconds{host="' in asked(baton, "/metrics")


@pytest.mark.sqlite_enough
def test_a_green_audit_is_told_to_the_monitor_elsewhere(baton, monitor):
    tell = "from escalation.engine import beats; from escalation.kit import clock;"
    baton.manage("shell", "-v", "0", "-c", f"{tell} beats.beat('audit', now=clock.now(), detail={{'green': True}})")
    wait_for(monitor.asked.is_set, seconds=FOUND_OUT, why=f"nobody asked\n{baton.output[-3000:]}")
    wait_for(lambda: "deadman" in beats(baton), why="it was not noted")


@pytest.mark.sqlite_enough
@pytest.mark.parametrize("name", share(["timers-pusher", "general-pusher", "general-worker", "timers-worker"], 2))
def test_a_frozen_part_is_followed_by_a_fresh_cluster_though_all_processes_are_there(baton, name):
    frozen = baton.kill(name, signal.SIGSTOP)
    baton.climb(CLIMBS)
    baton.arm()  # so that there are messages to send
    wait_for(lambda: not set(baton.pids()) & set(frozen), seconds=FOUND_OUT, why=f"{name} hangs still\n{baton.output}")
    all_well(baton)


@pytest.mark.parametrize(
    ("point", "work"),
    [("drain.written", lambda baton: baton.arm()), ("deliver.recorded", lambda baton: baton.climb(CLIMBS))],
    ids=["drain", "delivery"],
)
def test_a_worker_that_hangs_with_locks_in_its_hands_is_ended(baton, point, work):
    baton.climb(CLIMBS)
    wait_for(lambda: unsent(baton) == 0, seconds=FOUND_OUT, why="the first messages do not leave")
    before = set(baton.pids("timers-worker") + baton.pids("general-worker"))
    (baton.home / "hang-at").write_text(point)
    work(baton)
    wait_for((baton.home / "hung-at").exists, seconds=FOUND_OUT, why="nobody came by")
    wait_for(
        lambda: before - set(baton.pids()),
        seconds=FOUND_OUT,
        why=f"the one that hangs is still there\n{baton.output[-3000:]}",
    )
    (baton.home / "hung-at").unlink()
    all_well(baton)
