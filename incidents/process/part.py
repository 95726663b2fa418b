"""One part of the picture, and what it is made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy

from escalation.people.models import User
from escalation.policies.readiness import badge
from escalation.policies.readiness.gathering import Report

from .period import Period
from .rows import Rows

AHEAD = timedelta(days=28)  # so far the coverage looks
LINES = 3  # of one part; what is left is counted


class Standing(StrEnum):
    """In the order in which somebody has to do something."""

    ACT = "act"
    LOOK = "look"
    GOOD = "good"
    NONE = "none"  # there is nothing to judge

    @property
    def label(self) -> str:
        return str(_LABELS[self])


_LABELS = {
    Standing.ACT: gettext_lazy("act"),
    Standing.LOOK: gettext_lazy("look"),
    Standing.GOOD: gettext_lazy("good"),
    Standing.NONE: gettext_lazy("nothing yet"),
}


@dataclass(frozen=True)
class Look:
    """Who looks, at which team and period. ``leads``: they see what its supervisors see; ``compares``: measures show
    them more than their own incidents. ``today``: where they live."""

    reader: User
    team: int
    leads: bool
    compares: bool
    period: Period
    now: datetime
    today: date
    rows: Rows

    @cached_property
    def report(self) -> Report:
        """What readiness found, of this team."""
        return badge.lately(self.rows.record, self.now).of([self.team])


@dataclass(frozen=True)
class Line:
    """One thing of a part. ``before`` and ``after``: lengths of a hundred, of what a fix came to."""

    text: str
    note: str = ""
    url: str = ""
    counts: tuple[int, int] | None = None
    before: int = 0
    after: int = 0


@dataclass(frozen=True)
class Part:
    """``number`` and ``unit`` read as one ("3", "gaps in the next four weeks"); ``change``: beside it, how it was.
    One without a number is ``short``.
    ``picture``: the template that draws ``drawn``. ``lines``: the first of them, and ``more`` that are not shown."""

    key: str
    title: str
    standing: Standing
    sentence: str
    number: int | None = None
    unit: str = ""
    change: str = ""
    picture: str = ""
    drawn: Any = None
    lines: Sequence[Line] = ()
    more: int = 0
    url: str = ""
    link: str = ""


def short(key: str, title: str, standing: Standing, sentence: str, url: str = "", link: str = "") -> Part:
    """One that says its sentence and no more: a line at the end, and no panel of zeros."""
    return Part(key, title, standing, sentence, url=url, link=link)


def day(at: datetime | date) -> str:
    return date_format(localtime(at) if isinstance(at, datetime) else at, "j F")


def cut(lines: Sequence[Line]) -> dict[str, Any]:
    """The first, and how many there are besides."""
    return {"lines": lines[:LINES], "more": max(0, len(lines) - LINES)}
