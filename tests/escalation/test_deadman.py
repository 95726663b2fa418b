"""Silence is the alarm: a monitor elsewhere is told only of a green and fresh audit."""

import http.server
import threading
from datetime import timedelta

import pytest

from escalation.engine import beats, deadman
from escalation.engine.models import Beat
from escalation.kit import clock as kit_clock
from escalation.policies.models import Installation

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]


@pytest.fixture
def monitor(settings):
    """A monitor on this machine; ``asked`` are the paths it was asked for."""

    class Monitor(http.server.BaseHTTPRequestHandler):
        asked: list[str] = []
        status = 200

        def do_GET(self):
            self.asked.append(self.path)
            self.send_response(self.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Monitor)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.DEADMAN_URL = f"http://127.0.0.1:{server.server_port}/ping/42"
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    yield Monitor
    server.shutdown()
    server.server_close()


def audited(green=True, ago: float = 0.0) -> None:
    beats.beat("audit", now=kit_clock.now() - timedelta(seconds=ago), detail={"green": green})


def test_each_green_audit_is_told_once(monitor, clock):
    audited()
    deadman.call()
    deadman.call()
    assert monitor.asked == ["/ping/42"]
    clock.jump(minutes=1)
    audited()
    deadman.call()
    assert len(monitor.asked) == 2


NO_NEWS = {"none": None, "red": {"green": False}, "odd": {"green": 1}, "old": {"ago": 121}, "to come": {"ago": -5}}


@pytest.mark.parametrize("audit", NO_NEWS.values(), ids=NO_NEWS)
def test_nothing_else_is_told(monitor, clock, audit):
    if audit is not None:
        audited(**audit)
    deadman.call()
    assert monitor.asked == []


def test_while_nobody_is_called_it_falls_silent(monitor, clock, cast):
    Installation.objects.update(held_at=kit_clock.now())
    audited()
    deadman.call()
    assert monitor.asked == []
    Installation.objects.update(held_at=None)
    deadman.call()
    assert monitor.asked == ["/ping/42"]


def test_after_the_clock_was_set_back_it_is_told_of_the_next_audit(monitor, clock):
    audited()
    deadman.call()
    clock.jump(hours=-2)
    deadman.call()
    assert len(monitor.asked) == 1  # what another clock found is no news
    audited()
    deadman.call()
    assert len(monitor.asked) == 2


def test_what_was_not_heard_is_told_again(monitor, clock, caplog):
    audited()
    monitor.status = 500
    deadman.call()
    assert "status 500" in caplog.text
    assert not Beat.objects.filter(name="deadman").exists()
    monitor.status = 204
    deadman.call()
    assert len(monitor.asked) == 2
    assert Beat.objects.filter(name="deadman").exists()


def test_an_address_inside_is_not_asked_unless_it_is_named(monitor, clock, settings, caplog):
    settings.OUTBOUND_ALLOW = []
    audited()
    deadman.call()
    assert monitor.asked == []
    assert "BATON_OUTBOUND_ALLOW" in caplog.text
