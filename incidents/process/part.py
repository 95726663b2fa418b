"""One part of the picture, and what it is made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from escalation.people.models import User
from escalation.policies.readiness import badge
from escalation.policies.readiness.gathering import Report

LINES = 3  # of one part; what is left is counted


class Standing(StrEnum):
    """In the order in which somebody has to do something."""

    ACT = "act"
    LOOK = "look"
    GOOD = "good"
    NONE = "none"  # nothing to say

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
class Period:
    """Whole days in UTC, both included, and as many before."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def before(self) -> "Period":
        length = timedelta(days=self.days)
        return Period(self.since - length, self.until - length)

    @property
    def began_at(self) -> datetime:
        return datetime.combine(self.since, time(), UTC)

    def __contains__(self, day: date) -> bool:
        return self.since <= day <= self.until

    def __str__(self) -> str:
        first = date_format(self.since, "j F" if self.since.year == self.until.year else "j F Y")
        return f"{first} – {date_format(self.until, 'j F Y')}"


@dataclass(frozen=True)
class Look:
    """Who looks, at which team and period. ``leads``: they see what its supervisors see; ``compares``: measures show
    them more than their own incidents. ``record``: how many entries the installation's own record has."""

    reader: User
    team: int
    leads: bool
    compares: bool
    period: Period
    now: datetime
    record: int

    @cached_property
    def report(self) -> Report:
        """What readiness found, of this team."""
        return badge.lately(self.record, self.now).of([self.team])


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


def nothing(key: str, title: str, sentence: str, url: str = "", link: str = "") -> Part:
    return Part(key, title, Standing.NONE, sentence, url=url, link=link)


def compared(now: int, before: int, when: str) -> str:
    """``when``: in the week before; on 20 November."""
    if now == before:
        return _("The same as %(when)s.") % {"when": when}
    words = _("↑ more: it was %(before)d %(when)s.") if now > before else _("↓ fewer: it was %(before)d %(when)s.")
    return words % {"before": before, "when": when}


def then(period: Period) -> str:
    """When the period began, as ``compared`` takes it."""
    return _("on %(day)s") % {"day": date_format(period.since, "j F")}


def week_or_more(period: Period) -> tuple[str, str]:
    """The period and the one before, within a sentence."""
    weeks = period.days // 7
    said = {"weeks": weeks}
    return (
        ngettext("in this week", "in these %(weeks)d weeks", weeks) % said,
        ngettext("in the week before", "in the %(weeks)d weeks before", weeks) % said,
    )


def day(at: datetime | date) -> str:
    return date_format(localtime(at) if isinstance(at, datetime) else at, "j F")


def cut(lines: Sequence[Line]) -> dict[str, Any]:
    """The first, and how many there are besides."""
    return {"lines": lines[:LINES], "more": max(0, len(lines) - LINES)}
