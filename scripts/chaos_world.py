"""The world of one storm: a database, one or two deployments of Baton, a provider, monitoring, and people.

What dies of a fault is started again here, as systemd would; only Baton's own supervisor looks after
Baton's processes.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.hosts import Forwarder
from tests.processes import ROOT, Baton, Scratch, wait_for

from . import chaos_plan, chaos_reading
from .chaos_alerts import Sender
from .chaos_evidence import Clock, Evidence, Fault
from .chaos_server import Server, free_port

SENDERS, DRIVERS = 3, 2
GUARD_SECONDS = 0.3
LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


class Site(Baton):
    """One deployment, on a port that it keeps, with a log for each start."""

    def __init__(self, home: Path, database: Scratch, way: Forwarder | None, **env: str):
        self.way, self.port, self.starts = way, free_port(), 0
        if way is not None:
            parts = urlsplit(database.url)
            netloc = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{way.port}"
            env["DATABASE_URL"] = urlunsplit(parts._replace(netloc=netloc))
        super().__init__(home, database=database, **env)

    @property
    def log(self) -> Path:
        return self.home / f"up-{self.starts}.log"

    def launch(self, *words: str) -> None:
        self.starts += 1
        super().launch("--port", str(self.port), *words)


class Helper:
    """A process of the script's own, started again if it dies."""

    def __init__(self, name: str, words: Sequence[str], env: dict[str, str], log: Path):
        self.name, self.words, self.env, self.log = name, words, env, log
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.words], cwd=ROOT, env=self.env, stdout=log, stderr=log
            )

    def dead(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGCONT)
            self.process.send_signal(number)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class World:
    def __init__(self, home: Path, seed: int, seconds: float, profile: str, database: str):
        self.home, self.seed, self.seconds = home, seed, seconds
        self.profile, self.kind, self.pace = profile, database, chaos_plan.pace(seconds)
        self.points, self.mode = home / "points", home / "mode"
        self.points.mkdir()
        self.mode.write_text("")
        self.offset = 0.0
        self.jumps = [(0.0, time.time() - time.monotonic())]
        self.faults: list[Fault] = []
        self.guarded = True
        self.provider_away = False
        self.sites: list[Site] = []
        self.helpers: list[Helper] = []
        self.senders: list[Sender] = []
        self.server: Server | None = None
        self.tmpfs = False
        self.left: dict[str, int] = {}
        self._over = threading.Event()

    # --- beginning and ending ---------------------------------------------------------------------

    def begin(self) -> None:
        faked = self._faked_time() if self.profile in ("clock", "all") else {}
        if self.kind == "postgres":
            self.server = Server.ready(faked)
            self.database = Scratch(self.home, self.server.url, migrated=True)
        else:
            self.database = Scratch(self._small_disk(), "", migrated=True)
        port = free_port()
        self._begin_provider(port)
        env = {**(faked if self.kind == "sqlite" else {}), **self.pace.settings()}
        env |= {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "BATON_FAILPOINTS": str(self.points)}
        self.sites = [self._site(number, env) for number in range(chaos_plan.hosts(self.profile, self.kind))]
        key = self._prepare()
        for site in self.sites:
            site.start()
        threading.Thread(target=self._guard, daemon=True).start()
        urls = [site.url for site in self.sites]
        self.senders = [Sender(number, SENDERS, urls, key, self.seed) for number in range(SENDERS)]
        self.helpers += [self._driver(number, env) for number in range(DRIVERS)]
        for driver in self.helpers[1:]:
            driver.start()
        wait_for(lambda: all(file.exists() for file in self.said), seconds=120, why="nobody came to work")
        for sender in self.senders:
            sender.start()

    def _faked_time(self) -> dict[str, str]:
        """For PostgreSQL's processes, or for Baton's where the database has no clock of its own."""
        self.clock_file = self.home / "clock"
        self.clock_file.write_text("+0")
        if self.kind == "sqlite":
            return {"CHAOS_CLOCK": str(self.clock_file), "PYTHONPATH": str(ROOT / "scripts" / "chaos_time")}
        if not LIBRARY.exists():
            raise SystemExit("PostgreSQL's time cannot be faked; on Debian: apt install faketime")
        self.home.chmod(0o755)  # the database server's user reads it
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.clock_file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def _small_disk(self) -> Path:
        """A disk of its own for the SQLite file where it is to be filled, if we may mount one."""
        folder = self.home / "disk"
        folder.mkdir()
        if self.profile in ("db", "all"):
            words = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
            self.tmpfs = subprocess.run(words, capture_output=True, check=False).returncode == 0
        return folder

    def _begin_provider(self, port: int) -> None:
        words = [
            "-m",
            "scripts.chaos_provider",
            "--port",
            str(port),
            "--log",
            str(self.arrivals),
            "--mode",
            str(self.mode),
        ]
        self.provider = Helper("provider", words, dict(os.environ), self.home / "provider.log")
        self.provider.start()
        self.helpers.append(self.provider)

    def _site(self, number: int, env: dict[str, str]) -> Site:
        home = self.home / f"site-{number}"
        home.mkdir()
        silenced = self.server is not None and self.profile in ("net", "two", "all")
        way = Forwarder("127.0.0.1", ("127.0.0.1", self.server.port)) if silenced and self.server else None
        return Site(home, self.database, way, **env, BATON_HOST=f"host{number}")

    def _driver(self, number: int, env: dict[str, str]) -> Helper:
        words = ["-m", "scripts.chaos_people", "--seed", f"{self.seed}{number}", "--log", str(self.said[number])]
        own = {**self.sites[0].env, **env, "BATON_HOME": str(self.home), "DATABASE_URL": self.database.url}
        return Helper("people", words, own, self.home / f"people-{number}.log")

    def _prepare(self) -> str:
        """The organisation of every story, and a door; returns the door's key."""
        site = self.sites[0]
        code = "from tests.organisation import assemble, door; assemble(); print(door())"
        return site.manage("shell", "-v", "0", "-c", code).strip().splitlines()[-1]

    def end(self) -> None:
        self.guarded = False
        self._over.set()
        for sender in self.senders:
            sender.over.set()
        for helper in self.helpers:
            helper.end(signal.SIGKILL)
        for site in self.sites:
            with suppress(AssertionError):
                site.kill_all()
            if site.way is not None:
                site.way.close()
        if self.server is not None:
            self.server.end()
        if self.tmpfs:
            subprocess.run(["umount", "-l", str(self.home / "disk")], check=False)

    # --- while it lasts ---------------------------------------------------------------------------

    def _guard(self) -> None:
        """Start again what died."""
        while not self._over.wait(GUARD_SECONDS):
            if not self.guarded:
                continue
            for site in self.sites:
                if site.process is not None and site.process.poll() is not None:
                    site.launch()
            for helper in self.helpers:
                if helper.dead() and not (helper is self.provider and self.provider_away):
                    helper.start()

    def jump(self, seconds: float) -> None:
        """Set the clock of the database (and, on SQLite, of everything) forward or back."""
        self.offset += seconds
        new = self.clock_file.with_suffix(".new")
        new.write_text(f"{self.offset:+.0f}")
        new.rename(self.clock_file)
        self.jumps.append((time.monotonic(), time.time() - time.monotonic() + self.offset))

    def now(self) -> datetime:
        """By the database's clock."""
        return datetime.fromtimestamp(time.time() + self.offset, UTC)

    def host_now(self) -> datetime:
        """By the clock of Baton's processes, which jumps only where the database has none of its own."""
        return self.now() if self.server is None else datetime.now(UTC)

    @property
    def arrivals(self) -> Path:
        return self.home / "arrivals.jsonl"

    @property
    def said(self) -> list[Path]:
        """What each of the people has done. They make the file when they begin."""
        return [self.home / f"said-{number}.jsonl" for number in range(DRIVERS)]

    # --- after it ---------------------------------------------------------------------------------

    def settle(self) -> None:
        """Nobody posts or works any more, nothing goes wrong any more; what is still to come, comes."""
        for sender in self.senders:
            sender.over.set()
        for sender in self.senders:
            sender.join(60)
        for helper in self.helpers[1:]:
            self.helpers.remove(helper)
            helper.end()
        patience = 120 + 4 * sum(self.pace.retry) + 600 * self.pace.minute
        waiting: dict[str, int] = {}

        def still() -> bool:
            nonlocal waiting
            waiting = chaos_reading.waits(self.database, self.now(), self.pace.longest)
            return not any(waiting.values())

        with suppress(AssertionError):  # what is not settled is judged
            wait_for(still, seconds=patience)
            wait_for(lambda: chaos_reading.queued(self.database, self.host_now()) == 0, seconds=30)
        before = self._anchored()
        with suppress(AssertionError):  # what is missing is judged
            wait_for(lambda: self._anchored() > before, seconds=3 * self.pace.audit + 30)
        self.left = {name: count for name, count in waiting.items() if count}

    def _anchored(self) -> int:
        """How long the logs of anchors are."""
        return sum(file.stat().st_size for site in self.sites for file in site.home.rglob("*.anchors"))

    def evidence(self) -> Evidence:
        answers = [answer for sender in self.senders for answer in sender.answers]
        said = [line["words"] for log in self.said for line in chaos_reading.lines(log)]
        seen = Evidence(
            clock=Clock(tuple(self.jumps)),
            send_seconds=self.pace.send,
            lease_seconds=self.pace.lease,
            left_alone_seconds=self.pace.left_alone,
            longest_seconds=self.pace.longest,
            left=self.left,
            now=self.now(),
            answers=answers,
            verbs=len(said),
            said={*said} - {""},
            faults=self.faults,
            restarts=self._restarts(),
            queue=chaos_reading.queued(self.database, self.host_now()),
        )
        chaos_reading.verified(seen, self._verified())
        return chaos_reading.read(seen, self.database, self.arrivals)

    def _restarts(self) -> list[Fault]:
        clock = Clock(tuple(self.jumps if self.server is None else self.jumps[:1]))
        return chaos_reading.restarts([log for site in self.sites for log in site.home.glob("up-*.log")], clock)

    def _verified(self) -> str:
        """What ``verifytrails`` says of the record, and of the anchors that every host wrote over it."""
        words = [sys.executable, "manage.py", "verifytrails", "--json", "--anchors", str(self.home)]
        found = subprocess.run(words, cwd=ROOT, env=self.sites[0].env, capture_output=True, text=True, check=False)
        return found.stdout.strip() or f"it broke down: {found.stderr[-500:]}"
