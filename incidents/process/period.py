"""One week or four, ending on a day; and how a number compares with one before, in words. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Period:
    """Whole days in UTC, both included, and as many before."""

    since: date
    until: date

    @classmethod
    def ending(cls, until: date, weeks: int) -> "Period":
        return cls(until - timedelta(days=7 * weeks - 1), until)

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def weeks(self) -> int:
        return self.days // 7

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
    def said(self) -> str:
        """Within a sentence."""
        return self._weeks(_("in this week"), _("in these %(weeks)d weeks"))

    @property
    def said_before(self) -> str:
        """The one before, as ``compared`` takes it."""
        return self._weeks(_("in the week before"), _("in the %(weeks)d weeks before"))

    @property
    def beginning(self) -> str:
        """When it began, as ``compared`` takes it."""
        return _("on %(day)s") % {"day": date_format(self.since, "j F")}

    def _weeks(self, one: str, several: str) -> str:
        return one if self.weeks == 1 else several % {"weeks": self.weeks}


def compared(now: int, before: int, when: str) -> str:
    """``when``: in the week before; on 20 November."""
    if now == before:
        return _("The same as %(when)s.") % {"when": when}
    words = _("↑ more: it was %(before)d %(when)s.") if now > before else _("↓ fewer: it was %(before)d %(when)s.")
    return words % {"before": before, "when": when}
