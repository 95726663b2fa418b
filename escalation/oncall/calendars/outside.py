"""Calendars from elsewhere, by their address: somebody's absences, or a schedule's public holidays."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit.errors import Refused
from escalation.kit.sealed import SealedAddress
from escalation.people.models import User
from escalation.trail.writing import Actor, record_configuration

from .. import turnover, verbs
from ..models import Schedule
from ..spans import Span

MOST = 5  # calendars of one person or schedule
TELL_AFTER = timedelta(hours=24)


def validate_address(value: str) -> None:
    try:
        parts = urlsplit(value)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise ValidationError(_("This is not an http, https or webcal address."))


def host_of(address: str) -> str:
    """All that is shown of an address: the rest of it is often a key."""
    return urlsplit(address).hostname or "?"


class OutsideQuerySet(models.QuerySet["OutsideCalendar"]):
    def wanted(self):
        """Those of people who work here and of schedules in use: the others are not read any more."""
        return self.filter(Q(person__is_active=True) | Q(schedule__archived_at__isnull=True, schedule__isnull=False))

    def overdue(self, now: datetime):
        """Those that have failed for so long that their owners must know."""
        return self.wanted().filter(failing_since__lte=now - TELL_AFTER)

    def read_by(self, person: User):
        """Those whose state somebody may see and which they may change: their own, and their schedules'."""
        mine = Q(person=person)
        theirs = Q(schedule__archived_at__isnull=True)
        if not person.is_staff:
            theirs &= Q(schedule__team__memberships__user=person, schedule__team__memberships__role="supervisor")
        return self.filter(mine | (Q(schedule__isnull=False) & theirs)).distinct()


class OutsideCalendar(models.Model):
    """Read every few hours. What was last read well is kept until it is read well again."""

    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="absence_calendars")
    schedule = models.ForeignKey(Schedule, models.CASCADE, null=True, related_name="holiday_calendars")
    address = SealedAddress(_("address"), max_length=1000, validators=[validate_address])
    made_at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    next_at = models.DateTimeField(db_index=True)
    claimed_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)  # since the last answer, counted before each try
    read_at = models.DateTimeField(null=True)  # well, the last time
    failing_since = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")  # while it fails; else what was left out

    objects = OutsideQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar from elsewhere")
        verbose_name_plural = _("calendars from elsewhere")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, schedule__isnull=True)
                | Q(person__isnull=True, schedule__isnull=False),
                name="outside_calendar_of_one",
            )
        ]

    def __str__(self):
        return self.host

    @property
    def host(self) -> str:
        return host_of(self.address)

    @property
    def zone(self) -> str:
        return self.schedule.time_zone if self.schedule else self.person.time_zone if self.person else "UTC"

    def overdue(self, now: datetime) -> bool:
        """Whether it has failed for so long that its owner must know."""
        return self.failing_since is not None and now - self.failing_since >= TELL_AFTER

    @classmethod
    def add(cls, address: str, *, by: User, schedule: Schedule | None = None) -> "OutsideCalendar":
        """Somebody's own absences, or a schedule's holidays."""
        with verbs.turn() as now:
            if schedule is not None and not verbs.may_change(schedule, by):
                said = _t("Only a supervisor of %(team)s can choose its holidays.")
                raise Refused(said % {"team": schedule.team}, code="not-allowed")
            of = {"schedule": schedule} if schedule else {"person": by}
            there = cls.objects.filter(**of)
            if there.filter(address=address).exists():
                raise Refused(_t("This calendar is read already."), code="invalid")
            if there.count() >= MOST:
                raise Refused(_t("No more than %(most)d calendars are read.") % {"most": MOST}, code="invalid")
            made = cls.objects.create(address=address, by=by, made_at=now, next_at=now, **of)
            made.enter(Actor.person(by), "calendar_added", now)
            return made

    def remove(self, *, by: User) -> None:
        """Its dates go with it."""
        with verbs.turn() as now:
            self._needs_right(by)
            self.enter(Actor.person(by), "calendar_removed", now)
            before = turnover.by_holidays(self, now)
            self.dates.all().delete()
            turnover.tell_of_holidays(self, before, now, by=by)
            self.delete()

    def read_again(self, *, by: User, now: datetime) -> None:
        """Soon, instead of in a few hours."""
        self._needs_right(by)
        OutsideCalendar.objects.filter(pk=self.pk).update(next_at=now, tries=0)

    def _needs_right(self, by: User) -> None:
        if not OutsideCalendar.objects.read_by(by).filter(pk=self.pk).exists():
            raise Refused(_t("This calendar is not yours."), code="not-allowed")

    @property
    def decides(self) -> bool:
        """Whether a layer of its schedule goes by its holidays."""
        return self.schedule is not None and self.schedule.layers.exclude(on_holidays="").exists()

    def enter(self, actor: Actor, kind: str, now: datetime, **more: object) -> None:
        of = {"person": verbs.named(self.person), "schedule": self.schedule and self.schedule.name}
        record_configuration(actor, kind, {"what": "calendar", "id": self.pk, "host": self.host, **of, **more}, now=now)


class OutsideDate(models.Model):
    """A date of such a calendar. Of somebody's absence only the time is kept, and not what for."""

    calendar = models.ForeignKey(OutsideCalendar, models.CASCADE, related_name="dates")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    title = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("date from elsewhere")
        verbose_name_plural = _("dates from elsewhere")
        ordering = ["starts_at", "id"]
        indexes = [models.Index(fields=["calendar", "ends_at"], name="outside_date_by_end")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="outside_date_is_a_span")
        ]

    def __str__(self):
        return f"{self.starts_at:%Y-%m-%d %H:%M} – {self.ends_at:%Y-%m-%d %H:%M} UTC"

    @property
    def span(self) -> Span:
        return Span(self.starts_at, self.ends_at)
