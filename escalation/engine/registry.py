"""How rooms upstairs take part in the engine's transactions without the engine knowing them.

Handlers are set-based: each is called once per transaction with everything of its kind, and
may only write to the database. Filled in ``AppConfig.ready``.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from . import knowing
from .work import DecisionHandler, EntryHandler, Work, besides, followers

if TYPE_CHECKING:
    from django.db.models import Model
    from django_stubs_ext import StrPromise

    from .models import Timer

    SilenceMaker = Callable[[Iterable[int], datetime], Mapping[int, "Silence"]]
    TimerHandler = Callable[[Work, Sequence[Timer]], None]
    NoticeMaker = Callable[[datetime], Iterable["Notice"]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Watched:
    """Rows that wait, seen to by the general cluster even if every bell for them was lost."""

    next_due: "Callable[[], datetime | None]"  # an index-only look
    task: str  # what to run then: a dotted name, without arguments
    patience: timedelta  # how long a bell has before the watch takes over
    chore: bool = False  # nobody waits for it: being behind with it is no sign of trouble
    every: float = 0.0  # seconds between two looks, at the least


@dataclass(frozen=True)
class Silence:
    """Why nobody is called about a trail now, and until when."""

    until: datetime
    why: list[dict] = field(default_factory=list)  # as the record keeps it: {"id", "name"} of each window


SINCE = "{since}"  # in a notice's text, where its instant stands


@dataclass(frozen=True)
class Notice:
    """Something about the engine that everybody at work must know, shown above every page."""

    code: str  # "late", "stopped", "held", "storm" …: one banner each
    text: "StrPromise | str"  # one sentence, as it is shown; "{since}" in it becomes the viewer's own time
    since: datetime
    urgent: bool = False
    moving: bool = False  # its words change all the time: pages that are open keep those they have
    discreet: "StrPromise | str" = ""  # instead of ``text``, for those who may not see every incident

    def in_utc(self) -> str:
        """The sentence for a place that knows no viewer, such as a terminal."""
        return str(self.text).replace(SINCE, f"{self.since.astimezone(UTC):%d %b %H:%M} UTC")


_watched: dict[str, Watched] = {}
_silences: list["SilenceMaker"] = []
_notices: list["NoticeMaker"] = []
_numbered: list[tuple[type["Model"], int]] = []
_on_timer: dict[str, "TimerHandler"] = {}


def on_call(handler: DecisionHandler) -> DecisionHandler:
    """Register what happens besides when people or teams are called: ``[(run, {"people", "teams"})]``, ids."""
    if handler not in besides:
        besides.append(handler)
    return handler


def knows(hears: knowing.Hears, knower: knowing.Knower) -> None:
    """Register who reads from the record what rules go by, and which entries, by kind and data, say something of it.
    Set-based: ``(runs, now)``, with what has just been written; few queries for all of them."""
    knowing.knowers[:] = [(hears, knower)]


def on_entries(handler: EntryHandler) -> EntryHandler:
    """Register what follows from entries: called with each transaction's, once they are sealed. May arm timers."""
    if handler not in followers:
        followers.append(handler)
    return handler


def on_timer(kind: str) -> "Callable[[TimerHandler], TimerHandler]":
    """Register the handler of a trail's own timers (those without a run) of one kind."""

    def register(handler: "TimerHandler") -> "TimerHandler":
        _on_timer[kind] = handler
        return handler

    return register


def silence(maker: "SilenceMaker") -> "SilenceMaker":
    """Register who knows which of some trails are to be left in peace at an instant. Few queries for all of them."""
    if maker not in _silences:
        _silences.append(maker)
    return maker


def silences(trails: Iterable[int], now: datetime) -> "dict[int, Silence]":
    """Those of ``trails`` about which nobody is called by itself now. Asked before every step."""
    asked = set(trails)
    return {trail: one for maker in _silences for trail, one in maker(asked, now).items()} if asked else {}


def watch(
    name: str,
    next_due: "Callable[[], datetime | None]",
    task: str,
    *,
    patience: timedelta,
    chore: bool = False,
    every: float = 0.0,
) -> None:
    _watched[name] = Watched(next_due, task, patience, chore, every)


def watched() -> list[Watched]:
    return list(_watched.values())


def oldest_waiting() -> "dict[str, datetime | None]":
    """For each name whose rows somebody waits for, when the first was or will be due."""
    return {name: one.next_due() for name, one in _watched.items() if not one.chore}


def notice(maker: "NoticeMaker") -> "NoticeMaker":
    """Register who says, for an instant, what must be known now. A few index reads at most."""
    if maker not in _notices:
        _notices.append(maker)
    return maker


def notices(now: datetime, said: "dict[NoticeMaker, tuple[Notice, ...]] | None" = None) -> list[Notice]:
    """What must be known now, the urgent first. Whoever fails silences nobody else: of them stays what they said
    last, as ``said`` keeps it from look to look."""
    said = {} if said is None else said
    for maker in _notices:
        try:
            said[maker] = tuple(maker(now))
        except Exception as error:
            log.warning("cannot see what %s has to say: %r", maker.__module__, error)
    found = [one for maker in _notices for one in said.get(maker, ())]
    return sorted(found, key=lambda one: not one.urgent)


def numbers(model: "type[Model]", *, apart: int) -> None:
    """Register rows whose numbers people know. After an older copy was put back they go on ``apart`` further
    on: what is heard of, or written down somewhere, must not come to mean something else."""
    if (model, apart) not in _numbered:
        _numbered.append((model, apart))


def numbered() -> "list[tuple[type[Model], int]]":
    return list(_numbered)


def fired(work: Work, timers: Sequence["Timer"]) -> None:
    """Hand each kind's timers to its handler. An unknown kind is a fault, not a silence."""
    for kind in dict.fromkeys(timer.kind for timer in timers):
        _on_timer[kind](work, [timer for timer in timers if timer.kind == kind])
