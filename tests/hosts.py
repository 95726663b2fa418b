"""Several hosts on one PostgreSQL, each with a network of its own that can be cut.

Where network namespaces are to be had (Linux, root, iproute2) a host is one, joined to ours by a
pair of virtual cards, and cutting it takes its card down: packets vanish, nobody is told. Elsewhere
a host is a process group whose way to the database is a forwarder that falls silent.
"""

import os
import selectors
import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.processes import Baton, Scratch


def run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def namespaces_are_to_be_had() -> bool:
    if shutil.which("ip") is None or os.geteuid() != 0:
        return False
    name = f"baton-try-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        return False
    run("ip", "netns", "del", name)
    return True


class Forwarder:
    """Carries bytes from one address to another until it is silenced; then nothing moves and nobody is told."""

    def __init__(self, host: str, to: tuple[str, int]):
        self.to = to
        self.silent = threading.Event()
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):  # closed: it is over
            while True:
                threading.Thread(target=self._carry, args=(self.listener.accept()[0],), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with suppress(OSError), closing(near), closing(socket.create_connection(self.to)) as far:
            looks = selectors.DefaultSelector()
            looks.register(near, selectors.EVENT_READ, far)
            looks.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _events in looks.select(timeout=0.5):
                    data = key.fileobj.recv(65536) if not self.silent.wait(0) else self._sleep()
                    if data == b"":
                        return
                    if data:
                        key.data.sendall(data)

    def _sleep(self) -> None:
        """Leave what comes where it is."""
        threading.Event().wait(0.2)

    def close(self) -> None:
        self.listener.close()


class Host(Baton):
    """One host's ``manage.py up`` on a database it shares with others. ``number`` (1, 2, …) sets it apart."""

    def __init__(self, home: Path, database: Scratch, number: int, **env: str):
        server = urlsplit(database.url)
        self.name = f"baton{os.getpid() % 10_000}-{number}"
        self.own_network = namespaces_are_to_be_had()
        address = self._plug_in(number) if self.own_network else "127.0.0.1"
        self.way = Forwarder(address, (server.hostname or "127.0.0.1", server.port or 5432))
        login = server.netloc.rpartition("@")[0]
        url = urlunsplit(server._replace(netloc=f"{login}@{address}:{self.way.port}"))
        super().__init__(home, database=database, words=self._inside(), **{**env, "DATABASE_URL": url})

    def _plug_in(self, number: int) -> str:
        """A namespace and a pair of cards; returns our end's address."""
        net = f"10.{100 + os.getpid() % 100}.{number}"
        self.card = f"bt{os.getpid() % 10_000}n{number}"
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", self.card, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        run("ip", "address", "add", f"{net}.1/30", "dev", self.card)
        run("ip", "link", "set", self.card, "up")
        for words in (["address", "add", f"{net}.2/30", "dev", "eth0"], ["link", "set", "eth0", "up"]):
            run("ip", "-n", self.name, *words)
        run("ip", "-n", self.name, "link", "set", "lo", "up")
        return f"{net}.1"

    def _inside(self) -> Sequence[str]:
        return ("ip", "netns", "exec", self.name) if self.own_network else ()

    def cut_off(self) -> None:
        if self.own_network:
            run("ip", "link", "set", self.card, "down")
        else:
            self.way.silent.set()

    def mend(self) -> None:
        if self.own_network:
            run("ip", "link", "set", self.card, "up")
        else:
            self.way.silent.clear()

    def end(self) -> None:
        """The host goes; the database is for whoever made it."""
        try:
            self.kill_all()
        finally:
            self.way.close()
            if self.own_network:
                subprocess.run(["ip", "netns", "del", self.name], check=False)  # its cards go with it
