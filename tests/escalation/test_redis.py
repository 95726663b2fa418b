"""The general cluster's queue in a real Redis, which may go away: messages leave all the same."""

import shutil
import socket
import subprocess
import sys
import time

import pytest
import redis

from escalation.engine import bell
from escalation.engine.redis_queue import RedisStandbyBroker, client
from tests.parts import missing_part
from tests.processes import Baton, wait_for

SERVER = shutil.which("redis-server")

pytestmark = [pytest.mark.rehearsal("processes"), pytest.mark.enable_socket, pytest.mark.timeout(300)]


class Server:
    """A Redis of our own, on a free port, that keeps nothing."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        words = [SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([*words, "--dir", str(self.folder)], stdout=subprocess.DEVNULL)
        wait_for(self.answers, why="Redis did not start")

    def answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url).ping())
        except redis.RedisError:
            return False

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if SERVER is None:
        missing_part("Redis", "apt install redis-server")
    server = Server(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def broker(server, settings):
    settings.REDIS_URL = server.url
    client.cache_clear()
    broker = RedisStandbyBroker("general")
    broker.purge_queue()
    return broker


def test_packages_come_out_in_their_order_and_only_once(broker):
    for package in ("one", "two"):
        broker.enqueue(package)
    assert broker.queue_size() == 2
    assert [broker.claim(), broker.claim(), broker.claim()] == [[(None, "one")], [(None, "two")], []]


def test_whoever_rings_reaches_the_general_cluster(broker, settings):
    """Also from the timers cluster, whose own broker is another."""
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "broker_class": "escalation.engine.redis_queue.RedisStandbyBroker"}
    bell.send_ring()
    assert broker.queue_size() == 1


def test_a_redis_that_is_away_delays_the_pusher_once_and_not_each_time(broker, settings, caplog):
    broker.enqueue("one")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    away = RedisStandbyBroker("general")
    assert [away.claim() for _ in range(5)] == [[]] * 5
    assert caplog.text.count("Redis does not answer") == 1


@pytest.mark.processes
@pytest.mark.xdist_group("processes")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")
def test_messages_leave_with_redis_without_it_and_when_it_is_back(server, tmp_path):
    with Baton(tmp_path, BATON_REDIS_URL=server.url) as baton:
        sent = "SELECT COUNT(*) FROM engine_delivery WHERE state = 'sent'"

        def calls_leave() -> None:
            before = baton.database.rows(sent)[0][0]
            baton.climb(1)
            wait_for(lambda: baton.database.rows(sent)[0][0] > before, why=baton.output[-2000:])

        calls_leave()
        assert baton.database.rows("SELECT COUNT(*) FROM django_q_ormq") == [(0,)]
        server.kill()
        calls_leave()
        server.start()
        calls_leave()
        time.sleep(1)
        assert baton.get("/livez") == 200
