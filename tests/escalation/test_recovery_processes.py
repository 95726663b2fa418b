"""Real processes, real restores, and a mail server that remembers every key: nobody is called twice for one cause."""

import json
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from aiosmtpd.controller import Controller

from tests.processes import Baton, Scratch, wait_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc"),
]

PATH = ("L1 Service desk", "L2 Applications", "L3 Platform")
OPENED = 3
OPEN = f"""
from tests.organisation import assemble
from incidents.models import Incident
cast = assemble()
cast.policy.steps.filter(tier=cast.tiers["duty"]).update(mode="decide", ack_minutes=5)
for number in range({OPENED}):
    Incident.open(title=f"Number {{number}}", service=cast.service, people_affected=1900, by=cast.ana)
"""
STEPS = """SELECT trail_id, at, data FROM trail_entry
           WHERE kind IN ('called', 'exhausted') ORDER BY trail_id, seq"""
HELD = "SELECT held_at FROM policies_installation"


class Post:
    """A mail server that refuses nothing and remembers what it got: (key, address), in order."""

    def __init__(self):
        self.got: list[tuple[str, str]] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.server = Controller(self, hostname="127.0.0.1", port=port)
        self.url = f"smtp://127.0.0.1:{port}"

    async def handle_DATA(self, _server, _session, envelope):
        head = envelope.content.decode(errors="replace").split("\r\n\r\n", 1)[0]
        [key] = [line.split(": ", 1)[1] for line in head.splitlines() if line.startswith("X-Baton-Key")]
        self.got.append((key, envelope.rcpt_tos[0]))
        return "250 kept"

    def keys(self, kind: str) -> list[str]:
        return [key for key, _to in self.got if f":{kind}:" in key or key.startswith(f"{kind}:")]

    def __enter__(self) -> "Post":
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()


@pytest.fixture
def post():
    with Post() as running:
        yield running


def pace(post: Post, minute: float = 0.6) -> dict[str, str]:
    """Five of a policy's minutes, which last so many seconds, are what L1 and L2 have to answer."""
    return {"EMAIL_URL": post.url, "BATON_POLICY_MINUTE_SECONDS": str(minute), "BATON_BUNDLE_SECONDS": "0"}


def open_some(baton: Baton) -> None:
    baton.manage("shell", "-v", "0", "-c", OPEN)


def moment(value) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def steps(baton: Baton) -> dict[tuple[int, str], list[tuple[datetime, dict]]]:
    """(trail, track) → when each step was taken, and what its entry says."""
    found: dict = {}
    for trail, at, data in baton.database.rows(STEPS):
        facts = json.loads(data)
        found.setdefault((trail, facts["track"]), []).append((moment(at), facts))
    return found


def nothing_waits(baton: Baton) -> None:
    wait_for(lambda: not baton.database.rows("SELECT 1 FROM engine_delivery WHERE state IN ('queued', 'sending')"))


def nobody_twice(post: Post) -> None:
    twice = [key for key, count in Counter(key for key, _to in post.got).items() if count > 1]
    assert twice == []


# --- an outage ------------------------------------------------------------------------------------


def test_after_an_outage_over_several_steps_each_track_takes_one_and_says_how_late(tmp_path, post):
    with Baton(tmp_path, **pace(post, minute=1.2)) as baton:
        open_some(baton)
        nothing_waits(baton)  # a message on its way would come again after a kill, with the same key
        baton.kill_all()
        before = {which: len(taken) for which, taken in steps(baton).items()}
        assert len(before) == 2 * OPENED
        away = time.monotonic()
        wait_for(lambda: time.monotonic() - away > 22)  # six seconds a step: two more come due, and the managers' end
        baton.start()
        wait_for(lambda: all(len(taken) > before[which] for which, taken in steps(baton).items()))
        # Until the clocks that count from these late calls have run out in their turn.
        functional = [which for which in before if which[1] == "functional"]
        wait_for(lambda: all(len(steps(baton)[which]) > before[which] + 1 for which in functional))
        for which, taken in steps(baton).items():
            (first, facts), *later = taken[before[which] :]
            assert facts["late_s"] > 10
            if which in functional:
                assert facts["to"] == PATH[before[which]]
                assert (later[0][0] - first).total_seconds() >= 5 * 1.2
                assert "late_s" not in later[0][1]
        nobody_twice(post)


# --- the clock jumps ------------------------------------------------------------------------------

# Python loads a module of this name before anything else: the wall clock is ahead by what a file says.
JUMPING = """
import datetime, os, time
real, truly, file = datetime.datetime, time.time, os.environ["JUMP_FILE"]
class Kind(type):
    def __instancecheck__(cls, one):
        return isinstance(one, real)
class Jumping(real, metaclass=Kind):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)
Jumping.__name__ = Jumping.__qualname__ = "datetime"
Jumping.__module__ = "datetime"
datetime.datetime = Jumping
time.time = lambda: truly() + float(open(file).read() or 0)
"""


@pytest.mark.sqlite_only
def test_the_clock_jumps_two_hours_ahead_and_each_track_takes_one_step_that_says_so(tmp_path, post):
    (tmp_path / "sitecustomize.py").write_text(JUMPING)
    ahead = tmp_path / "ahead"
    ahead.write_text("0")
    with Baton(tmp_path, **pace(post, minute=3), PYTHONPATH=str(tmp_path), JUMP_FILE=str(ahead)) as baton:
        open_some(baton)
        nothing_waits(baton)  # or a lease would be over, and its message come again with the same key
        before = {which: len(taken) for which, taken in steps(baton).items()}
        ahead.write_text("7200")
        wait_for(lambda: all(len(taken) > before[which] for which, taken in steps(baton).items()))
        functional = [which for which in before if which[1] == "functional"]
        wait_for(lambda: all(len(steps(baton)[which]) > before[which] + 1 for which in functional), seconds=60)
        for which, taken in steps(baton).items():
            (first, facts), *later = taken[before[which] :]
            assert 7200 - 60 < facts["clock_jumped_s"] <= 7200
            if which in functional:
                assert (later[0][0] - first).total_seconds() >= 5 * 3
                assert "clock_jumped_s" not in later[0][1]
        assert baton.database.rows("SELECT COUNT(*) FROM trail_entry WHERE kind = 'clock_jumped'") == [(1,)]
        nobody_twice(post)


# --- a copy put back ------------------------------------------------------------------------------


def held(baton: Baton) -> bool:
    return baton.database.rows(HELD)[0][0] is not None


def seen(host: Baton) -> int:
    """The newest entry that the host knows."""
    return max(json.loads(mark.read_text())["entry"] for mark in host.home.glob(".baton/*/mark"))


def go_on_for_a_step(baton: Baton, post: Post) -> None:
    wait_for(lambda: len([key for key in post.keys("call") if ":0:1:" in key]) >= OPENED, why="L2 was not called")


def nothing_moves_until_resumed(baton: Baton, post: Post) -> None:
    """From the restored copy nothing fires and nothing leaves; then each is told once and it goes on."""
    wait_for(lambda: held(baton), why=f"the copy was not noticed\n{baton.output[-2000:]}")
    time.sleep(1)  # what another process was sending at that instant is on its way
    got, fired = len(post.got), baton.fired()
    quiet = time.monotonic()
    wait_for(lambda: time.monotonic() - quiet > 4)
    assert (len(post.got), baton.fired()) == (got, fired)
    assert baton.get("/livez")
    said = baton.manage("resume", "--yes")
    assert f"{OPENED} incidents were open then." in said
    wait_for(lambda: len(post.keys("put_back")) >= OPENED, why="nobody was told")
    # Nobody answers: the next step of each is a new cause and is called.
    wait_for(lambda: baton.fired() >= fired + OPENED)
    go_on_for_a_step(baton, post)
    nothing_waits(baton)
    nobody_twice(post)
    assert "all intact" in baton.manage("verifytrails")


@pytest.mark.sqlite_only
def test_yesterdays_sqlite_file_is_held_until_somebody_says_resume(tmp_path, post):
    with Baton(tmp_path, **pace(post)) as baton:
        open_some(baton)
        copy = tmp_path / "copy"
        with closing(sqlite3.connect(baton.database.file)) as live, closing(sqlite3.connect(copy)) as kept:
            live.backup(kept)  # while it runs; the first calls may be queued, on their way or sent
        go_on_for_a_step(baton, post)
        baton.stop()
        for name in ("baton.sqlite3", "baton.sqlite3-wal", "baton.sqlite3-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        copy.rename(baton.database.file)
        baton.start()
        assert re.search(
            r"Nobody is being called since \d\d \w{3} \d\d:\d\d UTC: .* Here: manage.py resume", baton.output
        )
        nothing_moves_until_resumed(baton, post)


@pytest.mark.postgresql_only
def test_a_postgresql_put_back_under_running_hosts_is_held_until_somebody_says_resume(tmp_path, post):
    database = Scratch(tmp_path, migrated=True)
    hosts = []
    try:
        for number in (1, 2):
            home = tmp_path / f"host{number}"
            home.mkdir()
            hosts.append(Baton(home, database=database, BATON_HOST=f"host{number}", **pace(post)))
            hosts[-1].start()
        here, there = hosts
        open_some(here)
        with dumped(database) as put_back:
            go_on_for_a_step(here, post)
            # A host notices a copy of what it has seen; of the second between two looks it cannot know.
            wait_for(lambda: all(seen(host) > put_back.newest for host in hosts), why="nothing came after the copy")
            put_back()
        nothing_moves_until_resumed(here, post)
        assert here.database.rows("SELECT COUNT(*) FROM trail_entry WHERE kind = 'escalations_held'") == [(1,)]
        assert there.get("/livez")
    finally:
        for host in hosts:
            host.kill_all()
        database.drop()


class dumped:
    """A copy of a PostgreSQL database as it is now; call it to put it in the other's place, whoever is connected."""

    def __init__(self, database: Scratch):
        self.database, self.copy = database, f"{database.name}_copy"

    def __enter__(self) -> "dumped":
        url = urlunsplit(urlsplit(self.database.url)._replace(path=f"/{self.copy}"))
        dump = subprocess.run(["pg_dump", self.database.url], check=True, capture_output=True).stdout
        self.database._admin(f"CREATE DATABASE {self.copy}")
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", url], input=dump, check=True, capture_output=True)
        with psycopg.connect(url) as copy:
            [self.newest] = copy.execute("SELECT MAX(id) FROM trail_entry").fetchone()
        return self

    def __call__(self) -> None:
        name, lost = self.database.name, f"{self.database.name}_lost"
        self.database._admin(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        wait_for(lambda: self._renamed(name, lost), why="somebody is still connected")
        self.database._admin(f"ALTER DATABASE {self.copy} RENAME TO {name}")

    def _renamed(self, name: str, lost: str) -> bool:
        self.database.end_sessions(name)
        try:
            self.database._admin(f"ALTER DATABASE {name} RENAME TO {lost}")
        except psycopg.errors.ObjectInUse:
            return False
        return True

    def __exit__(self, *_: object) -> None:
        for name in (f"{self.database.name}_lost", self.copy):
            wait_for(lambda name=name: self.database.is_dropped(name))


# --- a machine is lost: the drill that every operator should have done once ---------------------------------

RECORD = "SELECT trail_id, seq, hash FROM trail_entry ORDER BY id"
OPEN_LATER = """
from incidents.models import Incident, Service
from django.contrib.auth import get_user_model
Incident.open(title="After the copy", service=Service.objects.first(), by=get_user_model().objects.first())
"""


@pytest.mark.sqlite_enough  # beside the restores of each database, which are played on it
def test_a_machine_is_lost_and_its_copy_goes_on_elsewhere(tmp_path, post):
    copy, lost, new = tmp_path / "copy.zip", tmp_path / "lost", tmp_path / "new"
    lost.mkdir()
    new.mkdir()
    with Baton(lost, **pace(post, minute=1.5)) as old:  # commands are run meanwhile, and no step is to overtake another
        open_some(old)  # the first calls may be queued, on their way or sent
        assert "read again and whole" in old.manage("backup", str(copy))
        go_on_for_a_step(old, post)
        old.manage("shell", "-v", "0", "-c", OPEN_LATER)
        old.kill_all()
        record = old.database.rows(RECORD)
    shutil.rmtree(lost)

    elsewhere = Baton(new, **pace(post, minute=1.5))
    try:
        said = elsewhere.manage("restore", str(copy))
        assert re.search(r"The copy of 20\d\d-\d\d-\d\d \d\d:\d\d UTC is the database now", said)
        assert "What happened after it is not in it, and is lost." in said
        kept = elsewhere.database.rows(RECORD)
        assert kept[:-1] == record[: len(kept) - 1]  # all up to the copy, and the entry that it is held
        elsewhere.start()
        assert held(elsewhere)
        nothing_moves_until_resumed(elsewhere, post)
        assert not elsewhere.database.rows("SELECT 1 FROM incidents_incident WHERE title = 'After the copy'")
    finally:
        elsewhere.end()
