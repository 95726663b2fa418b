"""What the machine needs of the house: deaths, a second ticker, a post that carries nothing, an empty database."""

import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from unittest.mock import patch

from django.db import connection
from django.db.backends.signals import connection_created

from escalation.engine import deliver
from escalation.engine.bundling import Bundle
from escalation.kit import failpoint
from escalation.notify import senders
from escalation.notify.message import Message
from escalation.notify.senders import SendFailed

MANY = 50  # talks: as many as a worker may begin before others have a turn


class Died(BaseException):
    """A process is gone. No ``except Exception`` can hold it, as with a kill."""


class Stumbled(Exception):
    """Our own code failed, once."""


@dataclass
class Interruption:
    point: str | None
    reached: bool = False  # the point was reached
    died: bool = False  # there, or in a sender


@contextmanager
def interrupted(point: str | None, *, error: type[BaseException] = Died) -> Iterator[Interruption]:
    """Once at ``point``, raise ``error``. Whoever dies is caught here; ``reached`` tells whether somebody did."""
    that = Interruption(point)

    def act(name: str) -> None:
        if name == point and not that.reached:
            that.reached = True
            raise error(name)

    failpoint.arm(act if point else None)
    try:
        yield that
    except Died:
        that.died = True
        if connection.in_atomic_block:  # what a death leaves open, the database rolls back
            raise AssertionError("a transaction is still open after the death") from None
    finally:
        failpoint.arm(None)


@contextmanager
def meanwhile(point: str, act: Callable[[], object], *, then: type[BaseException] | None = None) -> Iterator[None]:
    """Once at ``point``, let ``act`` run to its end; ``then`` die there."""
    reached = False

    def reach(name: str) -> None:
        nonlocal reached
        if name == point and not reached:
            reached = True
            act()
            if then is not None:
                raise then(name)

    failpoint.arm(reach)
    try:
        yield
    except Died:
        pass
    finally:
        failpoint.arm(None)


def elsewhere(act: Callable[[], object]) -> None:
    """Run ``act`` to its end on a connection of its own."""
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:
            trouble.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "the second ticker waits for the first"
    if trouble:
        raise trouble[0]


class Post:
    """The way out of the house, in e-mail's place: keeps what it was given and answers as it is told to."""

    name, label, timeout, in_house = "email", "E-mail", 10.0, False

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.keys: list[str] = []
        self.messages: list[Message] = []
        self.moods: dict[str, str] = {}  # by first name
        self.away: set[str] = set()  # channels whose service answers nobody
        self.kills_nobody = False

    def ready(self) -> str:
        return ""

    def clean(self, address: str) -> str:
        return address.strip()

    def send(self, to, message, key: str) -> str:
        return self.carry(self.name, to, message, key)

    def mood(self, channel: str, person: str) -> str:
        mood = "away" if channel in self.away else self.moods.get(person, "fine")
        return "busy" if mood == "kills" and self.kills_nobody else mood

    def carry(self, channel: str, to, message, key: str) -> str:
        self.keys.append(key)
        self.messages.append(message)
        match self.mood(channel, first(to.name)):
            case "busy":
                raise SendFailed("the post is busy")
            case "breaks":
                raise ValueError("the post fell over")
            case "away":
                raise SendFailed("nobody is at the post", up=False)
            case "refuses":
                raise SendFailed("the post refuses", permanent=True)
            case "kills":
                raise Died("while it talked")
        return f"id-{len(self.keys)}"


class Phone(Post):
    """Short messages: another service, in the same moods; what it is given is kept with the rest."""

    name, label = "sms", "SMS"

    def send(self, to, message, key: str) -> str:
        post = senders.by_name()["email"]
        assert isinstance(post, Post)
        return post.carry(self.name, to, message, key)


ANSWERS = {"fine": "sent", "busy": "later", "breaks": "later", "refuses": "never", "kills": "dies", "away": "away"}


def first(name: str) -> str:
    return name.split()[0].lower()


@contextmanager
def post_office() -> Iterator[Post]:
    """The registry of senders, with the fake in e-mail's place."""
    before = senders.SENDERS
    senders.SENDERS = ("escalation.notify.desk.Desk", f"{__name__}.Post", f"{__name__}.Phone")
    senders.by_name.cache_clear()
    try:
        post = senders.by_name()["email"]
        assert isinstance(post, Post)
        yield post
    finally:
        senders.SENDERS = before
        senders.by_name.cache_clear()


@contextmanager
def together() -> Iterator[None]:
    """One worker takes all that is due and hears all answers at once. Else it depends on its threads who is still
    sent by a service that has just failed, or before a limit is reached."""
    with (
        patch.object(deliver, "AT_ONCE", MANY),
        patch.object(deliver, "wait", lambda talks, **_how: wait(talks)),
    ):
        yield


@contextmanager
def patience() -> Iterator[None]:
    """One stands still in its transaction while another goes through, on however slow a machine."""

    def wait(connection, **_signal) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET idle_in_transaction_session_timeout = '120s'")

    wait(connection)
    connection_created.connect(wait)
    try:
        yield
    finally:
        connection_created.disconnect(wait)


def patient(bundle: Bundle) -> Bundle:
    """A worker may stand still for longer than a lease lasts, on however slow a machine: the plays have a clock."""
    return replace(bundle, last_call=math.inf)
