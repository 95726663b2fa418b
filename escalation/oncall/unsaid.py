"""What was to be said of who is on call and has not left yet, when who is on call changes again. Pure.

A message carries the times that it gives its reader (``gains``) and those that it takes from them (``loses``). One
that a later change gainsays is not sent any more. What of it still holds is said anew, with the later change; and
nobody is told that they are free of what they never heard of. But whoever is on call at a time hears it in any case:
they may have read elsewhere that they were not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .spans import Span, common, outside, union

MOST = 200  # times in one message; who changes more at once is told of all of it, in turn


@dataclass(frozen=True)
class Change:
    """What becomes different for one person: spans in order, without overlaps."""

    gains: Sequence[Span] = ()
    loses: Sequence[Span] = ()

    def __bool__(self) -> bool:
        return bool(self.gains or self.loses)

    def gainsays(self, other: "Change") -> bool:
        return bool(common(self.gains, other.loses) or common(self.loses, other.gains))

    def since(self, now: datetime) -> "Change":
        """Without what is over."""
        return Change([one for one in self.gains if one.end > now], [one for one in self.loses if one.end > now])


@dataclass(frozen=True)
class Unsaid:
    """A message to somebody that waits, on one way at least. ``heard``: it has left, or may have, by another."""

    cause: str
    person: int
    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    heard: bool = False

    @property
    def change(self) -> Change:
        return change_in(self.facts)


@dataclass(frozen=True)
class Settled:
    """``gainsaid`` is not sent any more. ``change`` is still to be said; ``rest`` of it is not new."""

    gainsaid: list[Unsaid]
    change: Change
    rest: Change


def settle(new: Change, unsaid: Iterable[Unsaid], now: datetime, *, knows: bool = False) -> Settled:
    """``knows``: the person need not be told of ``new``, because they made it, or are told otherwise."""
    gainsaid = [one for one in unsaid if new.gainsays(one.change)]
    unheard = [one.change for one in gainsaid if not one.heard]
    gained, lost = _all(one.gains for one in unheard), _all(one.loses for one in unheard)
    rest = Change(without(gained, new.loses), without(lost, new.gains)).since(now)
    if knows:
        return Settled(gainsaid, rest, rest)
    gains, loses = union([*new.gains, *rest.gains]), union([*without(new.loses, gained), *rest.loses])
    return Settled(gainsaid, Change(gains, loses), rest)


def without(spans: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    return [left for span in spans for left in outside(span, others)]


def _all(spans: Iterable[Sequence[Span]]) -> list[Span]:
    return union(span for some in spans for span in some)


# --- in a message's facts -------------------------------------------------------------------------


def facts_of(schedule: int, shift: Span, change: Change) -> dict[str, Any]:
    """``time``: the shift that the words are about."""
    facts: dict[str, Any] = {"schedule": schedule, "time": _written(shift)}
    if len(change.gains) + len(change.loses) <= MOST:
        facts |= {"gains": [_written(one) for one in change.gains], "loses": [_written(one) for one in change.loses]}
    return facts


def change_in(facts: Mapping[str, Any]) -> Change:
    return Change(*([_read(one) for one in facts.get(name, ())] for name in ("gains", "loses")))


def time_in(facts: Mapping[str, Any]) -> Span | None:
    return _read(facts["time"]) if facts.get("time") else None


def _written(span: Span) -> list[str]:
    return [span.start.isoformat(), span.end.isoformat()]


def _read(written: Sequence[str]) -> Span:
    start, end = (datetime.fromisoformat(one).astimezone(UTC) for one in written)
    return Span(start, end)
