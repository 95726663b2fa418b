"""What the record says of how an incident went, for its review: pure, entries in, plain values out.

**Blameless.** What happened is told by tiers: a moment carries the tier that acted and, apart from it, the name, which
whoever shows it may leave out. What somebody did is never judged; only the signs are, which are about the incident.

A sign shows at the first minute at which it would have been on the page: at an entry, or between two of them, where
only time passes. It is *heeded* by the next move to another tier, whoever made it and in whatever way, or by somebody
who saw the advice and said why not.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from incidents.models import effort
from incidents.models.effort import Told

from . import signs
from .calls import CALLS, called_by
from .signs import Level, Preset, Sign
from .story import Story

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Line:
    """One entry of the record: its number, what the story hears of it, and the words somebody wrote."""

    seq: int
    told: Told
    text: str = ""


@dataclass(frozen=True)
class Moment:
    """One line of the timeline."""

    seq: int
    at: datetime
    kind: str
    tier: str = ""  # that acted, or had it then
    before: str = ""  # that had it until then
    name: str = ""  # of who acted; empty: nobody did
    machine: str = ""  # what acted, if nobody did: a source, or Baton itself
    data: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class Shown:
    """When a sign showed first, and what came of it."""

    key: str
    level: Level
    at: datetime
    heeded_at: datetime | None = None
    how: str = ""  # "escalated", "passed", "by_clock" or "declined"; empty: nothing before the end


@dataclass(frozen=True)
class Spent:
    tier: str
    hands: int  # so many people
    time: timedelta


@dataclass(frozen=True)
class Looked:
    """Everything a review begins with."""

    timeline: Sequence[Moment] = ()
    attempts: Sequence[Moment] = ()
    signs: Sequence[Shown] = ()
    spent: Sequence[Spent] = ()
    called: Sequence[tuple[datetime, int]] = ()  # when somebody was called: each person once for each call
    open_for: timedelta = timedelta()
    answered_after: timedelta | None = None
    steps: int = 0  # so often it went to another tier

    @property
    def helped(self) -> list[Moment]:
        return [one for one in self.attempts if one.data.get("outcome") == "helped"]


def look(lines: Sequence[Line], until: datetime, preset: Preset, *, off: Collection[str] = ()) -> Looked:
    """``until``: the end of what is looked at, which is when it was resolved, or now."""
    if not lines:
        return Looked()
    story = Story()
    timeline: list[Moment] = []
    called: list[tuple[datetime, int]] = []
    shown: dict[str, Shown] = {}
    undone = taken_back(lines)
    for line, ahead in zip(lines, [*(one.told.at for one in lines[1:]), until], strict=True):
        before = story.facts(line.told.at).tier
        story.hear(line.told)
        if line.told.data.get("mode") != "inform":
            called += [(line.told.at, person) for person in called_by(line.told)]
        if line.told.kind == "advice_declined" or line.told.kind == "advice_taken":
            _as_advised(line.told, shown)
        for one in _shows(story, line.told.at, min(ahead, until), preset, off):
            shown.setdefault(one.key, one)
        if turns(line.told) and line.seq not in undone and not line.told.data.get("undoes"):
            timeline.append(moment_of(line, before))
    steps = [one for one in timeline if _steps(one)]
    return Looked(
        timeline=timeline,
        attempts=[one for one in timeline if one.kind == "attempt"],
        signs=sorted((_heeded(one, timeline) for one in shown.values()), key=lambda one: one.at),
        spent=_spent(story, until),
        called=called,
        open_for=until - lines[0].told.at,
        answered_after=_answered_after(lines),
        steps=len(steps),
    )


# --- the timeline -----------------------------------------------------------------------------

_TURNS = {"opened", "acknowledged", "accepted", "reassigned", "exhausted", "held", "woken", "attempt", "decided"}
_TURNS |= {
    "resolved",
    "reopened",
    "update_published",
    "advice_taken",
    "advice_declined",
    "promise_broken",
    "rule_acted",
}
_TURNS |= {"maintenance_began", "maintenance_ended", "called", "step_failed"}
KINDS = (*sorted(_TURNS), "facts", "alert", "absorbed", "note_taken_back", *sorted({*CALLS} - _TURNS))


def turns(told: Told) -> bool:
    """Whether it is a turning point: something moved, was tried, or was known from then on."""
    if told.kind in ("facts", "alert", "absorbed"):
        changed = told.data.get("severity")
        grew = told.kind == "facts" and isinstance(told.data.get("people_affected"), list)
        return grew or isinstance(changed, dict)
    return told.kind in _TURNS


def taken_back(lines: Sequence[Line]) -> set[int]:
    """The numbers of what somebody took back: it counts as not done."""
    undone = (line.told.data.get("undoes") for line in lines)
    return {one["seq"] for one in undone if isinstance(one, dict) and isinstance(one.get("seq"), int)}


def moment_of(line: Line, before: str) -> Moment:
    """By the tier that the entry names, else by the one that had it until then."""
    told, said = line.told, line.told.data.get("tier")
    tier = said if isinstance(said, str) and said else before
    name, machine = (told.actor_name, "") if told.actor_id is not None else ("", told.actor_name)
    return Moment(line.seq, told.at, told.kind, tier, before, name, machine, told.data, line.text)


def _steps(moment: Moment) -> bool:
    """Whether another tier was called. The first call, of being opened or re-opened, comes from nowhere."""
    data = moment.data
    functional = moment.kind == "called" and data.get("track") == "functional"
    return functional and bool(data.get("from")) and data.get("from") != data.get("to")


def _is_passed(moment: Moment) -> bool:
    """Whether somebody of another tier has it now by a hand-over or a reassignment."""
    return moment.kind in ("accepted", "reassigned") and bool(moment.tier) and moment.tier != moment.before


def _answered_after(lines: Sequence[Line]) -> timedelta | None:
    answers = (
        line.told.at
        for line in lines
        if line.told.kind == "acknowledged" and line.told.data.get("track") == "functional"
    )
    first = next(answers, None)
    return first - lines[0].told.at if first is not None else None


# --- the signs --------------------------------------------------------------------------------


def _shows(story: Story, begin: datetime, end: datetime, preset: Preset, off: Collection[str]) -> Iterator[Shown]:
    """What shows from one entry to the next, and since when. Within such a span only time passes: what shows at its
    end and not at its beginning began once in between."""
    if not story.open:
        return
    now = {one.key: one for one in _seen(story, begin, preset, off)}
    yield from (Shown(one.key, one.level, begin) for one in now.values())
    if end - begin < MINUTE:
        return
    last = end - timedelta(microseconds=1)
    for one in _seen(story, last, preset, off):
        if one.key not in now:
            yield Shown(one.key, one.level, _since(story, one.key, begin, last, preset, off))


def _since(story: Story, key: str, begin: datetime, end: datetime, preset: Preset, off: Collection[str]) -> datetime:
    """To the minute."""
    while end - begin > MINUTE:
        middle = begin + (end - begin) / 2
        if any(one.key == key for one in _seen(story, middle, preset, off)):
            end = middle
        else:
            begin = middle
    return end


def _seen(story: Story, at: datetime, preset: Preset, off: Collection[str]) -> list[Sign]:
    return [one for one in signs.seen(story.facts(at), at, preset, off=off) if one.level > Level.UNKNOWN]


def _as_advised(told: Told, shown: dict[str, Shown]) -> None:
    """An answer to an advice names the signs as they were then: of some of them the story alone knows nothing."""
    for one in told.data.get("signs") or []:
        key = one.get("key") if isinstance(one, dict) else None
        if key in signs.SIGNS:
            level = Level.STRONG if one.get("level") == int(Level.STRONG) else Level.MILD
            shown.setdefault(key, Shown(key, level, told.at))


def _heeded(one: Shown, timeline: Sequence[Moment]) -> Shown:
    for moment in timeline:
        if moment.at < one.at or (moment.kind == "opened"):
            continue
        how = _answers(moment)
        if how:
            return Shown(one.key, one.level, one.at, moment.at, how)
    return one


def _answers(moment: Moment) -> str:
    if moment.kind == "advice_declined":
        return "declined"
    if moment.kind == "advice_taken":
        return "escalated"
    if _steps(moment):
        return "escalated" if moment.name else "by_clock"
    return "passed" if _is_passed(moment) else ""


# --- hands ------------------------------------------------------------------------------------


def _spent(story: Story, until: datetime) -> list[Spent]:
    found: dict[str, list[effort.Sum]] = {}
    for one in effort.sums(story.clock.intervals, until):
        found.setdefault(one.tier, []).append(one)
    return [
        Spent(tier, len({one.person for one in rows}), sum((one.spent for one in rows), timedelta()))
        for tier, rows in found.items()
    ]
