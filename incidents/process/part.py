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
from django.utils.translation import gettext_lazy

from escalation.people.models import User
from escalation.policies.readiness import badge
from escalation.policies.readiness.gathering import Report

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
        shared = [getattr(self.since, name) == getattr(self.until, name) for name in ("year", "month")]
        first = date_format(self.since, "j" if all(shared) else "j F" if shared[0] else "j F Y")
        return f"{first} – {date_format(self.until, 'j F Y')}"

    @property
    def said_before(self) -> str:
        """The one before, as ``compared`` takes it; ``said`` is this one."""
        return self._weeks(_("in the week before"), _("in the %(weeks)d weeks before"))

    @property
    def said(self) -> str:
        return self._weeks(_("in this week"), _("in these %(weeks)d weeks"))

    def _weeks(self, one: str, several: str) -> str:
        weeks = self.days // 7
        return one if weeks == 1 else several % {"weeks": weeks}


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


def compared(now: int, before: int, when: str) -> str:
    """``when``: in the week before; on 20 November."""
    if now == before:
        return _("The same as %(when)s.") % {"when": when}
    words = _("↑ more: it was %(before)d %(when)s.") if now > before else _("↓ fewer: it was %(before)d %(when)s.")
    return words % {"before": before, "when": when}


def then(period: Period) -> str:
    """When the period began, as ``compared`` takes it."""
    return _("on %(day)s") % {"day": date_format(period.since, "j F")}


def day(at: datetime | date) -> str:
    return date_format(localtime(at) if isinstance(at, datetime) else at, "j F")


def cut(lines: Sequence[Line]) -> dict[str, Any]:
    """The first, and how many there are besides."""
    return {"lines": lines[:LINES], "more": max(0, len(lines) - LINES)}
