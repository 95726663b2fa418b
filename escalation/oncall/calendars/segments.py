"""Shifts with an identity that lasts, each whole, for a span of days. Pure.

``shifts.final`` cuts at the edges of what it is asked for, and a calendar that is asked every hour
would see its first and last event move every hour. Here each piece is as long as it really is.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ..shifts import Plan, Shift, final
from ..spans import Span, asked, outside

_LOOKS = tuple(timedelta(days=days) for days in (0, 14, 60, 400))  # beyond the end, each time further
_BACK = timedelta(days=400)


@dataclass(frozen=True)
class Segment:
    """A whole shift. ``key`` is the same whoever has it, however long it is and whatever it is called.

    ``covering`` are those who would have been on call by the layers, if it is an override.
    """

    key: str
    shift: Shift
    covering: tuple[int, ...] = ()


@dataclass(frozen=True)
class Gap:
    """Nobody is on call. ``cut``: it goes on beyond the days asked for, so its key holds for these only."""

    key: str
    start: datetime
    end: datetime
    cut: bool


def segments(plan: Plan, since: datetime, until: datetime) -> list[Segment]:
    """The shifts that touch [since, until), in order, uncut (but for what lasts more than a year)."""
    whole = asked(since, until)
    found = _whole(plan, whole)
    usual = final(replace(plan, overrides=()), found[0].start, found[-1].end) if _covers(found) else []
    keyed = list(_keyed(found, usual))
    return [one for one in keyed if one.shift.start < whole.end and one.shift.end > whole.start]


def nobody(one: Segment) -> Segment:
    """The same piece, without whoever has it."""
    return replace(one, shift=replace(one.shift, person=None), covering=())


def gaps(found: list[Segment], since: datetime, until: datetime) -> list[Gap]:
    """When none of them is on call, within [since, until)."""
    whole = asked(since, until)
    there = [Span(one.shift.start, one.shift.end) for one in found if one.shift.person is not None]
    empty = outside(whole, there) if whole.start < whole.end else []
    return [_gap(span, whole) for span in empty]


def _gap(span: Span, whole: Span) -> Gap:
    key = "earlier" if span.start == whole.start else stamp(span.start)
    open_end = "-open" if span.end == whole.end else ""
    return Gap(key + open_end, *span, cut=span.start == whole.start or bool(open_end))


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _whole(plan: Plan, whole: Span) -> list[Shift]:
    """From where the first of them really begins to where the last really ends."""
    inside = final(plan, *whole)
    begin = max(whole.start - _BACK, min([whole.start, *(shift.turn for shift in inside)]))
    found: list[Shift] = []
    for ahead in _LOOKS:
        end = whole.end + ahead
        found = final(plan, begin, end)
        if not any(shift.end == end and shift.start < whole.end for shift in found):
            break
    return found


def _covers(found: list[Shift]) -> bool:
    return any(shift.override is not None and shift.person is not None for shift in found)


def _keyed(found: list[Shift], usual: list[Shift]) -> Iterator[Segment]:
    """A turn that an override splits keeps its key in its first piece; the later ones are numbered."""
    pieces: Counter[str] = Counter()
    for shift in found:
        source = f"o{shift.override}" if shift.override is not None else f"l{shift.layer}"
        key = f"{source}-{stamp(shift.turn)}"
        pieces[key] += 1
        number = f"-{pieces[key]}" if pieces[key] > 1 else ""
        covering = _instead_of(shift, usual) if shift.override is not None and shift.person is not None else ()
        yield Segment(key + number, shift, covering)


def _instead_of(shift: Shift, usual: list[Shift]) -> tuple[int, ...]:
    people = [one.person for one in usual if one.start < shift.end and one.end > shift.start]
    return tuple(dict.fromkeys(who for who in people if who is not None and who != shift.person))
