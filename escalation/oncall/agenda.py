"""A calendar as a list: day by day, shift by shift, each with what the viewer may do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from escalation.people.models import User

from .asking import may_answer
from .models import Schedule, SwapRequest
from .showing import Piece
from .wall import shown


@dataclass(frozen=True)
class Rights:
    """What somebody may do on a schedule."""

    viewer: User
    changes: bool
    covers: bool


@dataclass(frozen=True)
class Line:
    """One shift or gap, and which buttons stand beside it."""

    piece: Piece
    running: bool
    over: bool
    mine: bool
    may_override: bool
    may_cover: bool
    may_cancel: bool
    may_change: bool
    may_ask: bool
    earlier: bool = False  # it began before the day under which it stands


@dataclass(frozen=True)
class Day:
    date: date
    today: bool
    past: bool
    lines: list[Line]
    holiday: str = ""

    @property
    def over(self) -> bool:
        return self.past if not self.lines else not self.today and all(line.over for line in self.lines)


def days(
    pieces: Sequence[Piece],
    span: tuple[date, date],
    zone: tzinfo,
    now: datetime,
    rights: Rights,
    holidays: Mapping[date, str],
) -> list[Day]:
    """The days of ``span`` on which something begins, and its holidays. What runs on from before is of the first."""
    first, last = span
    found: dict[date, list[Line]] = {day: [] for day in holidays if first <= day < last}
    for piece in pieces:
        began = shown(piece.start, zone).date()
        day = max(began, first)
        if day < last and shown(piece.end, zone).date() >= first and not _ended(piece, first, zone):
            found.setdefault(day, []).append(line(piece, now, rights, earlier=began < day))
    today = shown(now, zone).date()
    return [Day(day, day == today, day < today, lines, holidays.get(day, "")) for day, lines in sorted(found.items())]


def _ended(piece: Piece, first: date, zone: tzinfo) -> bool:
    end = shown(piece.end, zone)
    return end.date() == first and end.time() == end.time().min


def line(piece: Piece, now: datetime, rights: Rights, *, earlier: bool = False) -> Line:
    over, running = piece.end <= now, piece.start <= now < piece.end
    mine = piece.person is not None and piece.person == rights.viewer
    cover = piece.override
    theirs = cover is not None and rights.viewer.pk in (cover.person_id, cover.by_id)
    return Line(
        piece=piece,
        running=running,
        over=over,
        mine=mine,
        may_override=not over and rights.changes,
        may_cover=not over and rights.covers and not rights.changes and not mine,
        may_cancel=not over and cover is not None and (rights.changes or theirs),
        may_change=not over and cover is not None and (rights.changes or (theirs and cover.half_of_id is None)),
        may_ask=mine and piece.start > now and not over,
        earlier=earlier,
    )


@dataclass(frozen=True)
class Asked:
    """An open request, and what the viewer may answer."""

    swap: SwapRequest
    may_answer: bool
    may_decline: bool


def requests(schedule: Schedule, now: datetime, rights: Rights) -> list[Asked]:
    """What waits for an answer on this schedule. One query."""
    found = SwapRequest.objects.open(now).filter(schedule=schedule).select_related("giver", "asked")
    return [
        Asked(
            swap,
            may_answer=may_answer(swap, rights.viewer, changes=rights.changes, covers=rights.covers),
            may_decline=rights.changes or swap.asked_id == rights.viewer.pk,
        )
        for swap in found.order_by("starts_at", "id")
    ]
