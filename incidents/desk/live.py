"""The live stream: one for each open page, fed by one look into the database per process.

A stream holds no database connection and no lock; it is a set of numbers and an event to
wait on. It says only which incidents changed, never how: the page asks for itself, through
the same door and the same visibility as ever. When the database cannot be asked the beats
stop, so that no page looks fresh while it is not.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_GET

from escalation.engine import notices
from escalation.people.models import User
from escalation.people.sessions import row_of

from .hints import Look, News
from .versions import version_of

log = logging.getLogger(__name__)

PACE = 0.25  # seconds between two looks
BEAT = 2.0
TRUST = 3.0  # without a look for so long, no beat
BACK_OFF = 1.0


@dataclass(eq=False)
class Listener:
    """One stream: who listens, and what waits to be said."""

    person: int
    session: str
    changed: set[int] = field(default_factory=set)
    present: set[int] = field(default_factory=set)  # incidents that somebody opened or left
    calls: list[dict] = field(default_factory=list)
    over: bool = False
    something: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, news: News) -> None:
        self.changed |= news.changes.get(self.person, set())
        self.present |= news.present.get(self.person, set())
        self.calls += news.calls.get(self.person, [])
        self.over = self.over or (self.person, self.session) in news.gone
        if self.changed or self.present or self.calls or self.over:
            self.something.set()


class Hub:
    """All streams of this process, and the one task that looks for them while there are any."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.looked = time.monotonic()
        self.skew = 0.0
        self.over = False
        self._task: asyncio.Task | None = None
        self._begun = asyncio.Event()
        # One thread for everything that asks the database; its connection is kept between looks.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live")

    def join(self, listener: Listener) -> None:
        self.listeners.add(listener)
        if self._task is None or self._task.done():
            self.looked = time.monotonic()
            self._task = asyncio.create_task(self._watch())

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        if not self.listeners and self._task is not None:
            self._task.cancel()
            self._task = None
            self._begun.clear()

    def end(self) -> None:
        """All its streams end, and nobody waits any more."""
        self.over = True
        self._begun.set()
        for one in self.listeners:
            one.something.set()

    def close(self) -> None:
        """When its loop is over: its thread ends, and with it its connection."""
        self._thread.shutdown(wait=True)

    async def version(self, person: int) -> str | None:
        """What the person sees now. Asked after joining and after the first look: what happens
        from here on is heard as a change, so nothing falls between the two."""
        await self._begun.wait()
        return await self._in_thread(_version, person)

    async def _in_thread(self, act: Callable, *with_what):
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *with_what)

    @property
    def fresh(self) -> bool:
        return time.monotonic() - self.looked < TRUST

    def now(self) -> str:
        return datetime.fromtimestamp(time.time() + self.skew, UTC).isoformat()

    async def _watch(self) -> None:
        """Look, tell, rest. A database that is away is asked again; the pages see that it is."""
        look = Look()
        try:
            while True:
                asking = {(one.person, one.session) for one in self.listeners}
                news = await self._in_thread(_ask, look, asking)
                if news is not None:
                    self._begun.set()
                    self.looked, self.skew = time.monotonic(), news.skew
                    for one in self.listeners:
                        one.hear(news)
                await asyncio.sleep(PACE if news is not None else BACK_OFF)
        finally:
            self._thread.submit(_close)


def _ask(look: Look, asking: set[tuple[int, str]]) -> News | None:
    try:
        return look(asking, time.monotonic())
    except Exception as error:  # whatever it is, the next look may succeed
        log.warning("cannot see what is new: %s", str(error).strip().split("\n", 1)[0])
        connection.close()
        return None


def _close() -> None:
    """The connection of the thread that does it: each has its own."""
    connection.close()


def _version(person: int) -> str | None:
    try:
        return version_of(User.objects.get(pk=person))
    except Exception as error:
        log.warning("cannot see how fresh a page is: %s", str(error).strip().split("\n", 1)[0])
        connection.close()
        return None


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """This process's hub (one per event loop, and a server has one)."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def end_all() -> list[tuple[asyncio.AbstractEventLoop, Hub]]:
    """For whoever stops a server inside its own process: the streams end, and with each its loop if it was its own."""
    loops = [loop for ref in _hubs.keyrefs() if (loop := ref()) is not None]  # a copy: others begin theirs meanwhile
    hubs = [(loop, one) for loop in loops if (one := _hubs.get(loop)) is not None]
    for loop, one in hubs:
        with contextlib.suppress(RuntimeError):  # its loop is closed
            loop.call_soon_threadsafe(one.end)
    return hubs


@require_GET
def stream(request: HttpRequest, **kwargs) -> StreamingHttpResponse:
    """Who listens is settled here, in a thread; the stream itself never touches the database."""
    user = request.user
    assert isinstance(user, User)
    person, session = user.pk, row_of(request)
    if not connection.in_atomic_block:
        connection.close()  # a stream lasts for hours
    response = StreamingHttpResponse(_events(person, session), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache, no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _events(person: int, session: str) -> AsyncIterator[bytes]:
    listener, here = Listener(person, session), hub()
    here.join(listener)
    try:
        version = await here.version(person)
        if version is None:
            return  # the page asks again
        yield event("hello", now=here.now(), version=version, notices=notices.known.version)
        due = time.monotonic() + BEAT
        while not (listener.over or here.over):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(listener.something.wait(), max(0.0, due - time.monotonic()))
            for said in _said(listener, here):
                yield said
            if time.monotonic() >= due:
                due += BEAT
                if here.fresh:
                    yield event("beat", now=here.now(), notices=notices.known.version)
    finally:
        here.leave(listener)


def _said(listener: Listener, here: Hub) -> list[bytes]:
    """What has gathered since the last time, in as few lines as possible."""
    listener.something.clear()
    changed, present, calls = sorted(listener.changed), sorted(listener.present), listener.calls
    listener.changed, listener.present, listener.calls = set(), set(), []
    said = [event("change", ids=changed, version="", now=here.now())] if changed else []
    said += [event("presence", ids=present)] if present else []
    return said + [event("call", **call) for call in calls]


def event(name: str, **data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
