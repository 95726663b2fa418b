"""What waits to be worked off, and in whose turn. Reads only.

First alerts before what repeats, the worse before the less; in a round each source gives its most
urgent few, so that a flood from one delays no other. A *line* is one alert group of one source:
its messages are heard in the order in which they came in, so an urgent one takes along what
came in before it, and a flood on one group fills at most its own share of a batch.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from incidents.models import Receipt

SHARE = 10  # of one source in each round
LINE_SHARE = 50  # of one line in a batch
OLD = 4  # every so many places, the one that has waited longest comes whatever its rank


@dataclass
class Line:
    """The beginning of one line: receipts in their order. Without a name it is one receipt that nobody understood."""

    source: int
    name: str
    receipts: list[int] = field(default_factory=list)
    tried: bool = False  # one of them has failed before, or killed its process

    @property
    def key(self) -> str:
        """What its lock goes by."""
        return key_of(self.source, self.name or f"#{self.receipts[0]}")

    @property
    def plain(self) -> bool:
        """May be worked off together with others."""
        return bool(self.name) and not self.tried


def key_of(source: int, line: str) -> str:
    return f"{source}/{line}"


def oldest_waiting() -> datetime | None:
    """When the receipt came in that has waited longest; an index-only look over the few that wait."""
    return _oldest().values_list("received_at", flat=True).first()


def _oldest():
    return Receipt.objects.waiting().order_by("received_at", "id")


def any_waiting(least: int = 1) -> bool:
    return len(Receipt.objects.waiting().order_by().values_list("pk")[:least]) >= least


def choose(limit: int, *, without: Iterable[int] = ()) -> list[Line]:
    """Whose turn it is: lines with at most ``limit`` receipts in all, none of which begins with one ``without``."""
    sources = Receipt.objects.waiting().order_by().values_list("source", flat=True).distinct()
    old: dict[int, list[tuple[int, int, str]]] = {}
    for source, *one in _oldest().values_list("source", "rank", "id", "line")[:limit]:
        old.setdefault(source, []).append((one[0], one[1], one[2]))
    rounds: list[tuple[int, int, int, tuple[int, str]]] = []
    for source in sources:
        for place, (rank, pk, line) in enumerate(_of_source(source, old.get(source, []), limit * 2)):
            rounds.append((place // SHARE, rank, pk, (source, line or f"#{pk}")))
    last: dict[tuple[int, str], int] = {}
    for _round, _rank, pk, which in sorted(rounds)[: limit * 2]:
        last[which] = max(pk, last.get(which, 0))
    return _cut(_lines(last), limit, set(without))


def _of_source(source: int, oldest: list[tuple[int, int, str]], limit: int) -> list[tuple[int, int, str]]:
    """(rank, id, line) of the most urgent of one source, with the longest waiting among them.

    More than one batch of them: others may be at work on some.
    """
    mine = Receipt.objects.waiting().filter(source=source)
    urgent = list(mine.order_by("rank", "id").values_list("rank", "id", "line")[:limit])
    if len(urgent) < limit:
        return urgent  # all there is
    mixed: dict[int, tuple[int, int, str]] = {}
    for place, one in enumerate(urgent):
        if place % OLD == 0 and place // OLD < len(oldest):
            old = oldest[place // OLD]
            mixed.setdefault(old[1], old)
        mixed.setdefault(one[1], one)
    return list(mixed.values())[:limit]


def _lines(last: dict[tuple[int, str], int]) -> list[Line]:
    """Each line up to the receipt that was chosen, in the order of choice."""
    by_source: dict[int, dict[str, int]] = {}
    found: dict[tuple[int, str], Line] = {}
    for (source, name), pk in last.items():
        if name.startswith("#"):
            found[source, name] = Line(source, "", [pk])
        else:
            found[source, name] = Line(source, name)
            by_source.setdefault(source, {})[name] = pk
    for source, ends in by_source.items():
        which = Q(source=source, line__in=ends, id__lte=max(ends.values()))
        rows = Receipt.objects.waiting().filter(which).order_by().values_list("id", "line", "attempts")
        for pk, name, attempts in sorted(rows):
            line = found[source, name]
            if pk <= ends[name] and len(line.receipts) < LINE_SHARE:
                line.receipts.append(pk)
                line.tried |= attempts > 0
    return [line for line in found.values() if line.receipts]


def _cut(lines: list[Line], limit: int, without: set[int]) -> list[Line]:
    chosen, room = [], limit
    for line in lines:
        if line.receipts[0] not in without and room > 0:
            del line.receipts[room:]
            room -= len(line.receipts)
            chosen.append(line)
    return chosen
