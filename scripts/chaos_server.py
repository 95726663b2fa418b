"""A PostgreSQL of the script's own, to be stopped, restarted and lied to about the time."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psycopg

from tests import migrated

OWNER = "postgres"  # it refuses to run as root


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def programs() -> Path:
    """The newest version that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda file: float(file.parts[-3]))
    on_path = shutil.which("pg_ctl")
    if not found and on_path is None:
        raise SystemExit("PostgreSQL's server is not installed; on Debian: apt install postgresql")
    return (found[-1] if found else Path(str(on_path))).parent


_one_first = threading.Lock()
_made: list[Path] = []  # the files of a server, from which others are made


def _files() -> Path:
    """Of a server with the role and a migrated database, made once: each storm has a copy."""
    with _one_first:
        if not _made:
            first = Server({})
            migrated.template(first.url)
            first.stop("fast")
            atexit.register(forget)
            _made.append(first.home / "data")
    return _made[0]


def forget() -> None:
    for files in _made:
        shutil.rmtree(files.parent, ignore_errors=True)


class Server:
    """``env`` is what its processes see besides, such as a library that fakes the time."""

    def __init__(self, env: dict[str, str], files: Path | None = None):
        self.bin, self.env, self.port = programs(), env, free_port()
        self._one_at_a_time = threading.Lock()
        self.user = OWNER if os.geteuid() == 0 else None
        self.home = Path(tempfile.mkdtemp(prefix="baton-chaos-pg-"))
        self.url = f"postgres://baton:baton@127.0.0.1:{self.port}/baton"
        if self.user:
            shutil.chown(self.home, self.user)
        if files is not None:
            subprocess.run(["cp", "-a", str(files), str(self.home / "data")], check=True)
            self.start()
            return
        self._run("initdb", "-D", str(self.home / "data"), "-A", "trust", "-U", OWNER, "--no-sync")
        self.start()
        self._ask("CREATE ROLE baton LOGIN CREATEDB PASSWORD 'baton'")

    @classmethod
    def ready(cls, env: dict[str, str]) -> "Server":
        """With a migrated database to make others from: see ``tests.migrated``."""
        return cls(env, _files())

    def _run(self, program: str, *words: str) -> None:
        with (self.home / "log").open("ab") as log:
            subprocess.run(
                [str(self.bin / program), *words],
                check=True,
                user=self.user,
                cwd=self.home,
                env={**os.environ, **self.env},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _ask(self, sql: str) -> list[tuple]:
        url = f"postgres://{OWNER}@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(url, autocommit=True) as connection:
            answer = connection.execute(sql)
            return answer.fetchall() if answer.description else []

    def start(self) -> None:
        options = f"-p {self.port} -k {self.home} -c listen_addresses=127.0.0.1 -c max_connections=100"
        self._run("pg_ctl", "-D", str(self.home / "data"), "-w", "-t", "60", "-o", options, "start")

    def stop(self, how: str) -> None:
        """``immediate`` is a crash, ``fast`` ends every connection first."""
        self._run("pg_ctl", "-D", str(self.home / "data"), "-w", "-m", how, "stop")

    def restart(self, how: str, *, away: float = 0.0) -> None:
        with self._one_at_a_time:
            self.stop(how)
            time.sleep(away)
            self.start()

    def terminate(self) -> None:
        """End every connection."""
        with self._one_at_a_time:
            self._ask(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )

    def end(self) -> None:
        pid = self.home / "data" / "postmaster.pid"
        try:
            if pid.exists():
                self.stop("immediate")
        except subprocess.CalledProcessError:
            os.kill(int(pid.read_text().split("\n", 1)[0]), signal.SIGQUIT)
        finally:
            shutil.rmtree(self.home, ignore_errors=True)
