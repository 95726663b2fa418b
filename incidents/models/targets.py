"""What admins promise: targets by severity and service, and the business hours in which their time counts.

Read when an incident is opened or judged anew, and written into that entry (``incidents.promises`` says why).
Of several targets of one kind the most specific counts: a service's own before one for all services, and then a
severity's own before one for all severities. One without minutes promises nothing, where another would.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from escalation.oncall.calendars import festive
from escalation.oncall.models import Schedule, validate_hours
from escalation.people.models import validate_timezone
from incidents.promises.cycle import Counts, Kind, Term
from incidents.promises.hours import Hours

from .catalogue import SEVERITIES, SEVERITY_RANGE, Service

AHEAD = timedelta(days=400)  # so far ahead holidays are promised with the hours
LONGEST = 60 * 24 * 366  # minutes


def holidays_read(text: str) -> list[tuple[int | None, int, int]]:
    """(year or None for every year, month, day) of each line; raises ValueError with the line."""
    found = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        try:
            parts = [int(part) for part in line.split()[0].split("-")]
            year, month, day = parts if len(parts) == 3 else [None, *parts]
            date(year or 2024, month or 0, day or 0)  # a leap year has every day
        except (ValueError, TypeError, OverflowError):
            raise ValueError(line) from None
        found.append((year, month or 0, day or 0))
    return found


def validate_holidays(text: str) -> None:
    try:
        holidays_read(text)
    except ValueError as line:
        said = _("“%(line)s” is not understood. Write one day a line, such as 2026-12-25, or 12-25 for every year.")
        raise ValidationError(said, params={"line": line}) from None


def validate_some_hours(text: str) -> None:
    if not text.strip():
        raise ValidationError(_("Write at least one window, such as Mon-Fri 08:00-18:00."))


class BusinessHours(models.Model):
    """When the time of a promise counts."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_timezone])
    hours = models.TextField(
        _("hours"),
        max_length=2000,
        validators=[validate_some_hours, validate_hours],
        help_text=_("One window a line, such as Mon-Fri 08:00-18:00, or Sat 09:00-13:00."),
    )
    holidays = models.TextField(
        _("holidays"),
        max_length=10_000,
        blank=True,
        default="",
        validators=[validate_holidays],
        help_text=_(
            "One day a line, such as 2026-12-25 Christmas Day; 12-25 is every year's. Their time does not count."
        ),
    )
    holidays_of = models.ForeignKey(
        Schedule,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("holidays of a schedule"),
        help_text=_("Also the holidays of the calendars that this schedule reads."),
    )

    class Meta:
        verbose_name = _("business hours")
        verbose_name_plural = _("business hours")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def frozen(self, now: datetime) -> Hours:
        """As they are now, with the holidays of the days ahead: plain values, to go on record."""
        return Hours(self.hours.strip(), self.time_zone, frozenset(self._days(now)), self.name)

    def _days(self, now: datetime) -> Iterable[date]:
        zone = ZoneInfo(self.time_zone)
        since, until = now - timedelta(days=1), now + AHEAD
        first, last = since.astimezone(zone).date(), until.astimezone(zone).date()
        for year, month, day in holidays_read(self.holidays):
            for each in (year,) if year else range(first.year, last.year + 1):
                found = _date(each, month, day)
                if found is not None and first <= found <= last:
                    yield found
        if self.holidays_of is not None:
            yield from festive.days(self.holidays_of, since, until, zone)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:  # 29 February
        return None


class Target(models.Model):
    """One promise: of this kind, on incidents of this severity and service."""

    class What(models.TextChoices):
        RESPONSE = Kind.RESPONSE.value, _("answered within")
        UPDATE = Kind.UPDATE.value, _("an update every")
        RESOLVE = Kind.RESOLVE.value, _("resolved within")

    kind = models.CharField(_("what is promised"), max_length=8, choices=What)
    minutes = models.PositiveIntegerField(
        _("minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST)],
        help_text=_("Empty: nothing is promised here, although a less specific promise would count."),
    )
    severity = models.PositiveSmallIntegerField(
        _("severity"),
        null=True,
        blank=True,
        choices=SEVERITIES,
        validators=SEVERITY_RANGE,
        help_text=_("Empty: every severity that has no target of its own."),
    )
    service = models.ForeignKey(
        Service,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="targets",
        verbose_name=_("service"),
        help_text=_(
            "Empty: every service that has no target of its own. A service's target goes before one for a severity."
        ),
    )
    hours = models.ForeignKey(
        BusinessHours,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="targets",
        verbose_name=_("business hours"),
        help_text=_("Empty: round the clock."),
    )
    warn = models.PositiveSmallIntegerField(
        _("warn at %"),
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "Whoever has the incident is told when so much of the time has passed. 100: not before it is late."
        ),
    )

    class Counting(models.TextChoices):
        WRITTEN = Counts.WRITTEN.value, _("whatever a person writes")
        PUBLISHED = Counts.PUBLISHED.value, _("published updates only")

    counts = models.CharField(
        _("an update is"),
        max_length=9,
        choices=Counting,
        default=Counting.WRITTEN,
        help_text=_(
            "Published updates only: the communicator, or whoever has the incident, is reminded again after each"
            " further interval without one."
        ),
    )

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        ordering = ["service__name", "severity", "kind"]
        constraints = [
            models.UniqueConstraint(
                Coalesce("service", 0),
                Coalesce("severity", 0),
                "kind",
                name="one_target_each",
                violation_error_message=_("There is such a promise already for this severity and service."),
            )
        ]

    def __str__(self):
        parts = [f"SEV{self.severity}" if self.severity else "", self.service.name if self.service else ""]
        about = " · ".join(filter(None, parts)) or _("every incident")
        return f"{about}: {self.get_kind_display()} {self.minutes or '–'} min"

    @property
    def rank(self) -> tuple[bool, bool]:
        """The more specific, the higher."""
        return self.service_id is not None, self.severity is not None

    def term(self, now: datetime) -> Term:
        return self.term_in(self.hours.frozen(now) if self.hours else None)

    def term_in(self, hours: Hours | None) -> Term:
        """``counts`` says something of updates alone."""
        assert self.minutes is not None, "it promises nothing"
        kind = Kind(self.kind)
        counts = Counts(self.counts) if kind is Kind.UPDATE else Counts.WRITTEN
        return Term(kind, self.minutes, self.warn, hours, counts)

    def covers(self, service: int | None, severity: int) -> bool:
        return self.service_id in (None, service) and self.severity in (None, severity)


class Targets:
    """All there are, as they are at an instant: one query, and one more for hours that take a schedule's holidays."""

    def __init__(self, now: datetime):
        self._rows = list(Target.objects.select_related("hours", "hours__holidays_of", "service").order_by("pk"))
        self._now = now
        self._hours: dict[int, Hours] = {}

    def of(self, service: int | None, severity: int) -> list[Target]:
        """The target that counts of each kind, in the order of the kinds; none where that promises nothing."""
        found: dict[str, Target] = {}
        for row in self._rows:
            if row.covers(service, severity) and (row.kind not in found or row.rank > found[row.kind].rank):
                found[row.kind] = row
        counts = (found[kind.value] for kind in Kind if kind.value in found)
        return [target for target in counts if target.minutes is not None]

    def terms(self, service: int | None, severity: int) -> list[Term]:
        return [row.term_in(self._frozen(row.hours)) for row in self.of(service, severity)]

    def on_record(self, service: int | None, severity: int) -> Mapping[str, Any]:
        """What an entry keeps of it; nothing, where nothing is promised to anybody."""
        if not self._rows:
            return {}
        return {"promised": [term.plain() for term in self.terms(service, severity)]}

    def _frozen(self, hours: BusinessHours | None) -> Hours | None:
        if hours is None:
            return None
        if hours.pk not in self._hours:
            self._hours[hours.pk] = hours.frozen(self._now)
        return self._hours[hours.pk]
