"""The real processes on a scratch database: start them, hurt them, see that nothing is left.

``with Baton(folder) as baton:`` runs ``manage.py up`` on a free port. Its database is a SQLite
file in the folder; where ``DATABASE_URL`` names a PostgreSQL, a scratch database beside it.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.migrated import copy_to, template

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30  # seconds; machines are slow and noisy, and these tests prove no speed


def wait_for(what: Callable[[], Any], *, seconds: float = PATIENCE, why: str = "") -> Any:
    """Ask until the answer is true; returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(why or f"still not so after {seconds} s")


class Baton:
    """``manage.py up`` with a home of its own; ``words`` go before the command, as ``nice`` would."""

    def __init__(self, home: Path, *, database: "Scratch | None" = None, words: Sequence[str] = (), **env: str):
        self.home = home
        self.words = words
        self.database = database or Scratch(home, migrated=True)
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("BATON_", "Q_CLUSTER"))},
            "DJANGO_SETTINGS_MODULE": "escalation.settings",
            "SECRET_KEY": "only-for-tests-and-long-enough-to-be-no-warning-0123456789",
            "EMAIL_URL": "dummymail://",
            "BATON_PROOF_MINUTES": "1440",  # a slow machine is not made to sign in again
            "BATON_HOME": str(home),
            "DATABASE_URL": self.database.url,
            **env,
        }
        self.process: subprocess.Popen | None = None
        self.url = ""

    def __enter__(self) -> "Baton":
        try:
            self.start()
        except BaseException:  # what has begun must not go on beside all that follows
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    # --- running ------------------------------------------------------------------------

    def start(self, *words: str) -> None:
        self.launch(*words)
        self.url = wait_for(self._address, seconds=110, why="no address was printed")

    def launch(self, *words: str) -> None:
        """Only begin; it may well not come up."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*self.words, sys.executable, "manage.py", "up", "--port", "0", *words],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _address(self) -> str:
        assert self.process is not None
        assert self.process.poll() is None, self.output
        told = [line for line in self.output.splitlines() if line.startswith("Baton is ready: ")]
        return told[-1].removeprefix("Baton is ready: ") if told else ""

    def stop(self, number: int = signal.SIGINT) -> float:
        """Tell it to stop; returns how long that took."""
        assert self.process is not None
        begin = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        return time.monotonic() - begin

    def kill_all(self) -> None:
        """However the test went: nothing may be left."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        wait_for(lambda: not self.pids(), why="processes were left behind")

    def end(self) -> None:
        self.kill_all()
        self.database.drop()

    @property
    def log(self) -> Path:
        return self.home / "up.log"

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    # --- its processes ------------------------------------------------------------------

    def pids(self, name: str = "") -> list[int]:
        """Its processes (found by their home in their environment), of that name if given."""
        mark = f"BATON_HOME={self.home}\0".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid() and _is_ours(entry, mark, name):
                found.append(int(entry.name))
        return sorted(found)

    def kill(self, name: str, number: int = signal.SIGKILL) -> list[int]:
        """Send a signal to every process of that name."""
        pids = wait_for(lambda: self.pids(name), why=f"no process {name}")
        for pid in pids:
            os.kill(pid, number)
        return pids

    def kill_cluster(self, name: str, number: int) -> None:
        """Send a signal to a cluster's whole group."""
        os.killpg(wait_for(lambda: self.pids(name), why=f"no cluster {name}")[0], number)

    def freeze(self, *names: str) -> None:
        """Stop whole clusters in their tracks, once they have come up: what is starting is given more time."""
        for name in names:
            wait_for(lambda name=name: self.has_come_up(name), why=f"{name} has not come up\n{self.output[-2000:]}")
        for name in names:
            self.kill_cluster(name, signal.SIGSTOP)

    def has_come_up(self, name: str) -> bool:
        """Whether a cluster has beaten since it was started."""
        clusters = self.pids(name)
        beats = self.database.rows(f"SELECT at FROM engine_beat WHERE name = '{name}'")
        return bool(clusters and beats) and all(_moment(at) > _started(clusters[0]) for (at,) in beats)

    # --- what it does -------------------------------------------------------------------

    def get(self, path: str) -> int:
        """The status that ``path`` answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as answer:
                return answer.status
        except urllib.error.HTTPError as answer:
            return answer.code

    def manage(self, *words: str) -> str:
        """Run another ``manage.py`` command on the same database."""
        command = [sys.executable, "manage.py", *words]
        try:
            return subprocess.run(command, cwd=ROOT, env=self.env, check=True, capture_output=True, text=True).stdout
        except subprocess.CalledProcessError as error:
            error.add_note(error.stderr[-4000:])  # else nobody would see why
            raise

    def climb(self, count: int) -> None:
        """Begin ``count`` climbs whose timers are minutes away; see ``arm``."""
        self.manage("shell", "-v", "0", "-c", f"from tests.processes import begin_climbs; begin_climbs({count})")

    def arm(self, *, seconds: float = 0.3, step: float = 0.0) -> int:
        """Make every armed timer due in a moment (each ``step`` later than the one before); how many."""
        ids = [row[0] for row in self.database.rows("SELECT id FROM engine_timer WHERE state = 'armed' ORDER BY id")]
        due = datetime.now(UTC) + timedelta(seconds=seconds)
        moments = [due + timedelta(seconds=step * number) for number in range(len(ids))]
        self.database.change(
            "UPDATE engine_timer SET due_at = %s, next_at = %s WHERE id = %s AND state = 'armed'",
            [(moment, moment, pk) for moment, pk in zip(moments, ids, strict=True)],
        )
        return len(ids)

    def fired(self) -> int:
        return self.database.rows("SELECT count(*) FROM engine_timer WHERE state = 'fired'")[0][0]

    def lateness(self) -> list[float]:
        """Of every fired timer, in seconds, sorted."""
        rows = self.database.rows("SELECT due_at, fired_at FROM engine_timer WHERE state = 'fired'")
        return sorted(self.late(due, fired) for due, fired in rows)

    @staticmethod
    def late(due: Any, fired: Any) -> float:
        return (_moment(fired) - _moment(due)).total_seconds()


def _is_ours(entry: Path, mark: bytes, name: str) -> bool:
    try:
        if mark not in (entry / "environ").read_bytes():
            return False
        state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
        return state != "Z" and name in ("", (entry / "comm").read_text().strip())
    except OSError:  # gone meanwhile
        return False


def _started(pid: int) -> datetime:
    ticks = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
    running = float(Path("/proc/uptime").read_text().split()[0])
    return datetime.now(UTC) - timedelta(seconds=running - ticks / os.sysconf("SC_CLK_TCK"))


class Scratch:
    """A database that nobody else uses, read and changed from outside of Django.

    Beside the PostgreSQL that ``server`` (if not given, ``DATABASE_URL``) names, else a SQLite file; empty,
    unless it may be ``migrated`` already.
    """

    def __init__(self, home: Path, server: str | None = None, *, migrated: bool = False):
        server = os.environ.get("DATABASE_URL", "") if server is None else server
        self.server = server if server.startswith("postgres") else ""
        self.file = home / "baton.sqlite3"
        self.name = f"baton_up_{os.getpid()}_{time.monotonic_ns()}"
        self.url = f"sqlite:///{self.file}"
        if self.server:
            self.url = urlunsplit(urlsplit(server)._replace(path=f"/{self.name}"))
            self._admin(f"CREATE DATABASE {self.name}" + (f" TEMPLATE {template(self.server)}" if migrated else ""))
        elif migrated:
            copy_to(self.file)

    def drop(self) -> None:
        if self.server:
            wait_for(lambda: self.is_dropped(self.name), why="somebody is still connected")

    def is_dropped(self, name: str) -> bool:
        """Our own sessions are ended first. A vacuum of the server's may be there too, which is not ours to end."""
        import psycopg

        self.end_sessions(name)
        try:
            self._admin(f"DROP DATABASE IF EXISTS {name}")
        except psycopg.errors.ObjectInUse:
            return False
        return True

    def end_sessions(self, name: str) -> None:
        self._admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{name}' AND usename = current_user"
        )

    def _admin(self, sql: str) -> None:
        import psycopg

        maintenance = urlunsplit(urlsplit(self.server)._replace(path="/postgres"))  # is always there
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute(sql)

    def _connect(self) -> Any:
        if self.server:
            import psycopg

            return psycopg.connect(self.url)
        return sqlite3.connect(self.file, timeout=20)

    def rows(self, sql: str) -> list[tuple]:
        with closing(self._connect()) as connection:
            return connection.execute(sql).fetchall()

    @contextmanager
    def reading(self) -> Iterator[Callable[[str], list[tuple]]]:
        """For many looks in a row: one connection, and each look sees what is committed by then."""
        with closing(self._connect()) as connection:
            if self.server:
                connection.autocommit = True
            yield lambda sql: connection.execute(sql).fetchall()

    def change(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        with closing(self._connect()) as connection:
            if not self.server:
                sql = sql.replace("%s", "?")
                values = [[_text(value) for value in row] for row in values]
            connection.cursor().executemany(sql, values)
            connection.commit()


def _text(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else value


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value


def begin_climbs(count: int) -> None:
    """Inside Django: one person, one tier, one policy, and ``count`` climbs that call them."""
    from django.db import transaction

    from escalation.engine import moves
    from escalation.engine.work import Work
    from escalation.people.models import Membership, Team, Tier
    from escalation.policies.models import Installation, Policy, PolicyStep
    from escalation.trail.models import Trail
    from escalation.trail.writing import ENGINE
    from tests.organisation import person

    policy = Policy.objects.filter(name="Processes").first()
    if policy is None:
        ana = person("Ana Ruiz")
        team = Team.objects.create(name="Processes")
        Membership.objects.create(team=team, user=ana)
        tier = Tier.objects.create(name="L1", rank=1, team=team, ack_minutes=60)
        policy = Policy.objects.create(name="Processes")
        PolicyStep.objects.create(policy=policy, position=1, tier=tier)
        if not Installation.objects.exists():
            Installation.objects.create(catch_all=policy, owner=team, last_resort=ana)
    first = Trail.objects.count()
    with transaction.atomic():
        trails = [Trail.objects.create(subject=f"PROC-{first + number}") for number in range(count)]
        work = Work.lock([trail.pk for trail in trails], actor=ENGINE)
        for trail in trails:
            brief = {"ref": trail.subject, "title": "Something", "link": "/"}
            moves.begin(work, trail=trail, policy=policy, brief=brief, severity=3)
        work.write()
