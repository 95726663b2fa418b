"""What a board is made of: how it is drawn, its columns, their rows, and what stands beside a name. No query here.

How a board is drawn stands in its address (``Look``), so that it can be shared, kept and gone back to.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.http import QueryDict

from escalation.people.models import User
from incidents.finding import NOBODY as NOBODY
from incidents.finding import NONE as NONE

from .cards import Card, aged
from .filling import Part

WAYS = ("tier", "status", "person", "service")
FACES = 3
MOST_FOLDED = 100  # columns that an address may fold


@dataclass(frozen=True)
class Look:
    """How a board is drawn."""

    by: str = "tier"
    banded: bool = False
    folded: frozenset[str] = frozenset()

    @classmethod
    def of(cls, asked: QueryDict) -> "Look":
        """Anything that makes no sense is left out, never an error."""
        by = asked.get("by", "")
        folded = asked.get("fold", "").split(".")[:MOST_FOLDED]
        known = (key for key in folded if key.isascii() and key.replace("_", "").isalnum() and len(key) < 16)
        return cls(by if by in WAYS else "tier", asked.get("rows") == "severity", frozenset(known))

    def without(self, key: str) -> str:
        """The other columns that are folded, as the address says it; with this one if it is not."""
        return ".".join(sorted(self.folded ^ {key}))


@dataclass(slots=True)
class Band:
    """One row of a column: a severity's, or the whole."""

    severity: int
    count: int = 0
    ids: list[int] = field(default_factory=list)  # that are shown
    cards: list[Card] = field(default_factory=list)
    more_url: str = ""

    @property
    def hidden(self) -> int:
        return self.count - len(self.ids)


@dataclass(frozen=True)
class Load:
    """What a person carried in the last seven days. ``hands``: the hands-on time in words."""

    nights: int
    hands: str = ""


@dataclass(slots=True)
class Lane:
    key: str
    label: str
    people: list[User] = field(default_factory=list)
    now: datetime = datetime.min
    limit: int | None = None  # more than so many are over it
    folded: bool = False
    parts: dict[int, Part] = field(default_factory=dict)
    bands: list[Band] = field(default_factory=list)
    fold_url: str = ""
    load: Load | None = None  # of a person, for those who may know it

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts.values())

    @property
    def over(self) -> bool:
        return self.limit is not None and self.count > self.limit

    @property
    def cards(self) -> list[Card]:
        return [card for band in self.bands for card in band.cards]

    @property
    def hidden(self) -> int:
        return sum(band.hidden for band in self.bands)

    @property
    def worst(self) -> int | None:
        return min((part.worst for part in self.parts.values()), default=None)

    @property
    def oldest(self) -> datetime | None:
        return min((part.oldest for part in self.parts.values() if part.oldest), default=None)

    @property
    def age(self) -> str:
        return aged(self.oldest, self.now) if self.oldest else ""

    @property
    def faces(self) -> list[User]:
        return self.people[:FACES]

    @property
    def next_iso(self) -> str:
        return f"{self.next_call:%Y-%m-%dT%H:%M:%SZ}" if self.next_call else ""

    @property
    def next_call(self) -> datetime | None:
        """The earliest countdown here that still runs."""
        return min((card.due for card in self.cards if card.due and not card.paused), default=None)

    def add(self, band: int, part: Part) -> None:
        """Several parts may end in one column, such as those of tiers that are archived."""
        known = self.parts.setdefault(band, Part([], 0, part.worst, part.oldest))
        known.ids = [*known.ids, *part.ids]
        known.count += part.count
        known.worst = min(known.worst, part.worst)
        known.oldest = min(filter(None, (known.oldest, part.oldest)), default=None)
