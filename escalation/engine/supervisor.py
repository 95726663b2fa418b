"""The one command that keeps Baton running: starts its processes, and starts them again.

Web, the timers cluster and the general cluster are children in process groups of their own.
Whatever ends is followed by a fresh one; what is left of its group is killed first, because
an orphaned worker would go on unguarded. The listening socket is ours and handed to the web
process, so a request that comes while that restarts waits instead of being refused.
"""

import errno
import logging
import math
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection, connections

from escalation.kit import checks, clock, migrating

from . import lifeline, standstill, systemd
from .copies import begun
from .watching import Watch, in_background
from .whereabouts import address_of, answers

try:
    import fcntl
except ImportError:  # this system has no such locks
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

BACK_OFF, BACK_OFF_MOST = 0.1, 1.0
SETTLED_SECONDS = 10.0  # alive for so long: the next end is not part of a series
CAREFUL_SECONDS = 60
STOP_SECONDS = 4.0  # then what is left is killed
TURN_SECONDS = 0.5
CLUSTERS = ("timers", "general")


class CannotStart(Exception):
    """A reason not to start, in one line for the person at the terminal."""


# --- a child ---------------------------------------------------------------------------------


@dataclass
class Child:
    """One process with its group: started, watched, ended."""

    name: str
    words: Sequence[str]  # of manage.py
    env: dict[str, str]
    fds: tuple[int, ...] = ()
    errand: bool = False  # it ends by itself when its work is done, and is not started again then
    back_off: float = BACK_OFF
    start_at: float = 0.0
    started: float = 0.0
    careful_until: float = 0.0
    process: Popen | None = field(default=None, repr=False)
    _ready: int | None = None  # where it says that it works; None: it has, or it is gone

    def start(self) -> None:
        self._hear_no_more()
        self._ready, tell = os.pipe()
        os.set_blocking(self._ready, False)
        env = {**os.environ, **self.env, "BATON_CAREFUL_UNTIL": str(self.careful_until), lifeline.READY: str(tell)}
        parent = os.getpid()
        try:
            self.process = Popen(  # noqa: S603
                [sys.executable, str(Path(settings.BASE_DIR, "manage.py")), *self.words],
                env=env,
                pass_fds=(*self.fds, tell),
                start_new_session=True,  # Ctrl-C is ours alone; and the group can be killed as one
                preexec_fn=lambda: lifeline.tie(parent),
            )
        finally:
            os.close(tell)
        self.started = time.monotonic()

    def has_come_up(self) -> bool:
        """Once, when it has said so."""
        if self._ready is None:
            return False
        try:
            said = os.read(self._ready, 1)
        except BlockingIOError:
            return False
        self._hear_no_more()
        return bool(said)

    def _hear_no_more(self) -> None:
        if self._ready is not None:
            os.close(self._ready)
            self._ready = None

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """The main process only: it tells its own."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """The whole group, also when its main process is gone already."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def ended(self) -> None:
        """Clear up behind it, and say when it may start again."""
        assert self.process is not None
        self.kill()
        code = self.process.wait()
        self.process = None
        now = time.monotonic()
        if now - self.started > SETTLED_SECONDS:
            self.back_off = BACK_OFF
        self.start_at = now + self.back_off
        self.back_off = min(self.back_off * 2, BACK_OFF_MOST)
        if self.errand and code == 0:
            self.start_at = math.inf
            return
        if code != 0:
            self.careful_until = time.time() + CAREFUL_SECONDS
        log.warning("%s ended (%s) and is started again", self.name, code)


# --- before anything starts --------------------------------------------------------------------


def listen(host: str, port: int) -> socket.socket:
    """Take the port now, so that a taken one is told at once and in one line."""
    if not 0 <= port <= 65535:
        raise CannotStart(f"{port} is not a port; choose one from 1 to 65535.")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise CannotStart(f"{host} is not an address of this machine.") from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(2048)
    except PermissionError:
        raise CannotStart(f"Port {port} needs more rights than this user has; use --port 8000.") from None
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise CannotStart(f"{host} is not an address of this machine.") from None
        raise CannotStart(
            f"Port {port} is taken; stop what runs there or use --port {port + 1 if port < 65535 else 8000}."
        ) from None
    return listener


def prepare_database(say: Callable[[str], None]) -> None:
    """Reachable, writable, in the shape this version needs, and no copy that is put back by halves."""
    if left := begun.unfinished():
        raise CannotStart(left)
    if connection.vendor == "sqlite":
        _check_file(Path(connection.settings_dict["NAME"]))
    try:
        if newer := migrating.newer(connection):
            raise CannotStart(newer)
        if migrating.is_due(connection):
            say("Preparing the database …")
            with systemd.taking_long():
                call_command("migrate", interactive=False, verbosity=0)
        standstill.finish()
        checks.of_the_database()
    except OperationalError as error:
        raise CannotStart(f"The database cannot be used: {str(error).strip().splitlines()[0]}") from None
    finally:
        connections.close_all()


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise CannotStart(f"The folder {folder} does not exist; the database is kept there.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CannotStart(f"The folder {folder} cannot be written; the database is kept there.")


def _check_file(file: Path) -> None:
    _check_folder(file.parent)
    if file.exists() and not os.access(file, os.W_OK):
        raise CannotStart(f"The database {file} cannot be written.")
    if not file.exists():
        file.touch(mode=0o600)  # incidents and password hashes are nobody else's


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """One supervisor to a SQLite file. The lock is the kernel's and ends with the process."""
    if fcntl is None or connection.vendor != "sqlite":
        yield
        return
    _check_folder(database.parent)
    with open(f"{database}.lock", "a") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(f"Baton runs already on {database}; stop it first (Ctrl-C where it runs).") from None
        yield


# --- the supervisor ----------------------------------------------------------------------------


class Supervisor:
    """The main thread's loop: start what is not running, end what is stuck, stop when told."""

    def __init__(self, children: Iterable[Child], watch: Watch) -> None:
        self.children = list(children)
        self.watch = watch
        self.told = 0  # how often somebody told us to stop
        self._awake, self._waker = socket.socketpair()
        for end in (self._awake, self._waker):
            end.setblocking(False)

    def run(self) -> None:
        self._hear()
        try:
            for child in self.children:
                self._start(child)
            self.watch.start()
            while not self.told:
                self._turn()
                systemd.say(systemd.ALIVE)
                self._sleep(TURN_SECONDS)
        finally:
            systemd.say(systemd.STOPPING)
            self.stop()

    def _start(self, child: Child) -> None:
        child.start()
        if child.name in CLUSTERS:
            self.watch.starts.begin(child.name, child.started)

    def _hear(self) -> None:
        """Signals end the sleep at once: an ended child, or somebody who wants us to stop."""
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._told_to_stop)

    def _told_to_stop(self, *_: object) -> None:
        self.told += 1
        if self.told > 1:
            for child in self.children:
                child.kill()

    def _turn(self) -> None:
        while not self.watch.verdicts.empty():
            self._end_stuck(self.watch.verdicts.get())
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and not child.runs:
                child.ended()
            if child.process is None and now >= child.start_at:
                self._start(child)
            if child.has_come_up():
                self.watch.starts.done(child.name, time.monotonic())

    def _end_stuck(self, names: Sequence[str]) -> None:
        for child in self.children:
            if child.name in names:
                log.error("work is due and nothing moves: ending %s to start it afresh", child.name)
                child.kill()

    def _sleep(self, seconds: float) -> None:
        starts = [child.start_at - time.monotonic() for child in self.children if child.process is None]
        seconds = max(0.0, min([seconds, *starts]))
        if select.select([self._awake], [], [], seconds)[0]:
            with suppress(BlockingIOError):
                self._awake.recv(4096)

    def stop(self) -> None:
        """Everybody is asked; who has not left in time, or left somebody behind, is killed."""
        for child in self.children:
            child.ask_to_stop()
        end = time.monotonic() + STOP_SECONDS
        while self.told < 2 and time.monotonic() < end and any(child.runs for child in self.children):
            self._sleep(0.1)
        for child in self.children:
            child.kill()
        for child in self.children:
            if child.process is not None:
                child.process.wait()


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    web: bool = True,
    banner: Callable[[], str] | None = None,
    companions: Sequence[Sequence[str]] = (),
    errands: Sequence[Sequence[str]] = (),
    listening: Sequence[tuple[str, str, int]] = (),
    prepare: Callable[[], None] | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Run Baton until told to stop. Raises ``CannotStart`` before anything runs.

    ``prepare`` is done once the database is ready and before anything runs. ``banner`` makes further lines to show
    once the pages answer. ``companions`` are words of ``manage.py`` commands that live and die with the rest, such as
    ``[["visitors", "--fast"]]``; ``errands`` those that end with 0 when their work is done, and stay away then;
    ``listening`` those that serve something at a host and port, on a socket that is ours as the web's is.
    """
    try:
        warnings = checks.before_start(listens_on=host if web else "")
    except checks.NotLikeThis as reason:
        raise CannotStart(str(reason)) from None
    listener = listen(host, port) if web else None
    others = [(name, listen(where, at)) for name, where, at in listening]
    env = {"BATON_DESK": address_of(listener, host)} if listener is not None else {}
    if listener is not None and "BATON_ADDRESS" not in os.environ:
        env["BATON_ADDRESS"] = address_of(listener, host)
    children = [
        Child(name, ["runcluster", name], {**env, "BATON_ROLE": name, "Q_CLUSTER_NAME": name}) for name in CLUSTERS
    ]
    if listener is not None:
        words = ["runweb", "--fd", str(listener.fileno())]
        children.insert(0, Child("web", words, {**env, "BATON_ROLE": "web"}, fds=(listener.fileno(),)))
    children += [Child(words[0], words, {**env, "BATON_ROLE": "companion"}) for words in companions]
    children += [Child(words[0], words, {**env, "BATON_ROLE": "companion"}, errand=True) for words in errands]
    for name, taken in others:
        words = [name, "--fd", str(taken.fileno())]
        children.append(Child(name, words, {**env, "BATON_ROLE": "companion"}, fds=(taken.fileno(),)))
    lifeline.name("baton")
    with alone(Path(connection.settings_dict["NAME"])):
        prepare_database(say)  # here, so that of two at once the one that is refused has changed nothing
        if prepare is not None:
            prepare()
        if listener is not None:
            in_background(lambda: _announce(address_of(listener, host), banner, say))
        else:
            systemd.say(systemd.READY)
        for warning in warnings:
            log.warning(warning)
        Supervisor(children, _watch(say)).run()


def _watch(say: Callable[[str], None]) -> Watch:
    """Its first look is before anything runs: from an older copy nobody may be called."""
    watch = Watch()
    try:
        if watch.lookout.stopped():
            for notice in standstill.notices(clock.now()):
                say(f"{notice.in_utc()} Here: manage.py resume")
    except Exception:  # the watch looks again, and so does who is about to call
        log.exception("cannot tell whether this is the database we knew")
    finally:
        connections.close_all()
    return watch


def _announce(url: str, banner: Callable[[], str] | None, say: Callable[[str], None]) -> None:
    while not answers(url):
        time.sleep(0.5)
    systemd.say(systemd.READY)
    say(f"Baton is ready: {os.environ.get('BATON_ADDRESS', url)}")
    if os.environ.get("BATON_ADDRESS", url) != url:
        say(f"It listens on {url}; the proxy in front leads there.")
    if banner is not None:
        say(banner())
