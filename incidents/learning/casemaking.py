"""An incident that is over, as the steps of a training case: pure, its record in, plain values out.

A step is a minute at which something had happened, or a sign began, while the incident was somebody's to escalate:
neither over nor on hold nor on offer. Its facts are those that the signs read then, to the second, and written as the
cases that come with the product have them (``training``): so the same code says what was right at it.

Words are not made here: a step carries what happened since the one before, and others say it without names.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from . import signs
from .reviewing import Line, Moment, moment_of, taken_back, turns
from .signs import BALANCED, Level
from .story import Facts, Story, Usual, compared

MINUTE = timedelta(minutes=1)
MOST = 8  # steps; what happens at others is told at the one that follows
_TOLD = {"note", "outside_note"}  # beside the turning points: what people wrote


UNKNOWN = Usual()


@dataclass(frozen=True)
class Around:
    """What the record alone does not know, as it is known today. ``lacks``: by person, what they do not have of what
    it needs, and of which kind that is; since ``needed_at``."""

    before: int = 0
    usual: Usual = UNKNOWN
    lacks: Mapping[int, tuple[tuple[str, ...], str]] | None = None
    needed_at: datetime | None = None


_NOTHING = Around()


@dataclass(frozen=True)
class Made:
    """One step. ``facts`` as a case has them."""

    minute: int
    facts: Mapping[str, Any]
    moments: Sequence[Moment]  # since the step before


@dataclass(frozen=True)
class _Look:
    """The incident at the end of a minute."""

    minute: int
    facts: Facts
    moments: Sequence[Moment]
    taken: bool
    changed: bool = False  # another sign shows than at the look before, or a stronger one


def steps(lines: Sequence[Line], until: datetime, around: Around = _NOTHING) -> list[Made]:
    """``until``: when it was resolved. No steps if there was no minute at which anybody could have escalated."""
    if not lines:
        return []
    begun, waiting = lines[0].told.at, []
    looks = _from_first_taken(_marked(list(_looks(lines, until, around)), begun))
    kept, found, since = _kept(looks), [], begun - MINUTE
    for look in looks:
        waiting += look.moments
        if look.minute in kept:
            found.append(Made(look.minute, _written(look.facts, begun, since), tuple(waiting)))
            waiting, since = [], begun + look.minute * MINUTE
    return found


def at_the_end(lines: Sequence[Line], found: Sequence[Made]) -> list[Moment]:
    """What happened after the last step."""
    last = lines[0].told.at + (found[-1].minute if found else 0) * MINUTE
    return [moment for moment in _moments(lines) if moment.at > last]


# --- which minutes ----------------------------------------------------------------------------


def _looks(lines: Sequence[Line], until: datetime, around: Around) -> Iterator[_Look]:
    begun, story = lines[0].told.at, Story()
    moments = {moment.seq: moment for moment in _moments(lines)}
    waiting: list[Moment] = []
    for n, line in enumerate(lines):
        story.hear(line.told)
        if line.seq in moments:
            waiting.append(moments[line.seq])
        ahead = lines[n + 1].told.at if n + 1 < len(lines) else until
        first = _minute(line.told.at - begun)
        if begun + first * MINUTE >= ahead or not story.open:
            continue  # more happens within the minute, or there is nothing to decide
        here = _Look(first, _facts(story, begun + first * MINUTE, around), tuple(waiting), story.taken)
        if waiting:
            yield here
            waiting = []
        yield from _between(story, here, begun, ahead, around)


def _moments(lines: Sequence[Line]) -> Iterator[Moment]:
    """What is told, each by the tier that did it."""
    undone, story = taken_back(lines), Story()
    for line in lines:
        before, told = story.stated.tier, line.told
        story.hear(told)
        counts = line.seq not in undone and not told.data.get("undoes")
        if counts and (turns(told) or (told.kind in _TOLD and line.text.strip())):
            yield moment_of(line, before)


def _between(story: Story, last: _Look, begun: datetime, end: datetime, around: Around) -> Iterator[_Look]:
    """The minutes at which only time has passed, and a sign begins or gets stronger by it."""
    stop = ceil((end - begun) / MINUTE) - 1  # the last whole minute before it
    while last.minute < stop:
        minute = _first_worse(story, last, begun, stop, around)
        if minute is None:
            return
        last = _Look(minute, _facts(story, begun + minute * MINUTE, around), (), story.taken)
        yield last


def _first_worse(story: Story, last: _Look, begun: datetime, stop: int, around: Around) -> int | None:
    """By halves: until the next entry nothing but the growth of an hour ago gets less."""
    before = _levels(last.facts, begun + last.minute * MINUTE)

    def worse(minute: int) -> bool:
        at = begun + minute * MINUTE
        levels = _levels(_facts(story, at, around), at)
        return any(level > before.get(key, 0) for key, level in levels.items())

    low, high = last.minute, stop
    if not worse(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if worse(middle) else (middle, high)
    return high


def _marked(looks: list[_Look], begun: datetime) -> list[_Look]:
    found, before = [], {}
    for look in looks:
        levels = _levels(look.facts, begun + look.minute * MINUTE)
        found.append(replace(look, changed=levels != before))
        before = levels
    return found


def _from_first_taken(looks: list[_Look]) -> list[_Look]:
    """What was before somebody had it is told at their first step: until then there was nobody to ask. Of what
    nobody ever took, all of it."""
    first = next((n for n, one in enumerate(looks) if one.taken), 0)
    if not looks:
        return []
    earlier = [moment for one in looks[:first] for moment in one.moments]
    return [replace(looks[first], moments=(*earlier, *looks[first].moments)), *looks[first + 1 :]]


def _kept(looks: Sequence[_Look]) -> set[int]:
    """The minutes of those that tell most: the first and the last, where a sign changed, and the others in turn."""
    ends = {0, len(looks) - 1}
    order = sorted(range(len(looks)), key=lambda n: (n not in ends, not looks[n].changed, n))
    return {looks[n].minute for n in order[:MOST]}


# --- its facts --------------------------------------------------------------------------------


def _facts(story: Story, at: datetime, around: Around) -> Facts:
    facts = compared(story.facts(at), before=around.before, usual=around.usual)
    needed = around.lacks is not None and (around.needed_at is None or around.needed_at <= at)
    if not needed or not story.taken or story.clock.holder is None:
        return facts
    what, kind = (around.lacks or {}).get(story.clock.holder, ((), ""))
    return replace(facts, missing=what, missing_kind=kind)


def _levels(facts: Facts, at: datetime) -> dict[str, int]:
    return {one.key: int(one.level) for one in signs.seen(facts, at, BALANCED) if one.level > Level.UNKNOWN}


def _written(facts: Facts, begun: datetime, since: datetime) -> dict[str, Any]:
    """``since``: the step before, at which the people of until then are said. No tier: it would say whose it was."""
    said: dict[str, Any] = {name: getattr(facts, name) for name in _PLAIN}
    said["missing"] = list(facts.missing)
    said["hands_on"] = facts.hands_on // MINUTE
    said["people"] = [[_minutes(at - begun), number] for at, number in facts.people if at > since]
    said["usual"] = {"count": facts.usual.count, "minutes": facts.usual.minutes}
    said["limit"] = _minutes(facts.limit) if facts.limit and facts.limit_at else 0
    instants = {"here": facts.here_since, "heard": facts.heard_at, "limit_at": facts.limit_at}
    said |= {name: _minutes(at - begun) for name, at in instants.items() if at is not None}
    return said


_PLAIN = ("severity", "taken", "failed", "worse", "passes", "returns", "reopened", "climbed", "before", "missing_kind")


def _minute(length: timedelta) -> int:
    return max(0, ceil(length / MINUTE))


def _minutes(length: timedelta) -> float:
    """Minutes and their parts, to the second that is begun."""
    seconds = ceil(length / timedelta(seconds=1))
    return seconds // 60 if seconds % 60 == 0 else seconds / 60
