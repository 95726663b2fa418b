"""Schedules with their layers and seats, overrides and swap requests. The verbs are in ``changing`` and ``swaps``."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from escalation.people.models import ArchivedQuerySet, Membership, Team, Tier, User, validate_timezone

from . import restrictions, rotation, shifts, verbs
from .changing import Changing
from .spans import Span, union
from .swaps import Swapping


def validate_hours(text: str) -> None:
    """The lines of a layer's hours."""
    try:
        restrictions.read(text)
    except restrictions.Unreadable as line:
        said = _("“%(line)s” is not understood. Write one window a line, such as Mon-Fri 09:00-17:00.")
        raise ValidationError(said, params={"line": line}) from None


class ScheduleQuerySet(ArchivedQuerySet):
    def visible_to(self, user: User):
        """Its team's, and theirs who take turns on it, cover on it or are asked to; admins and auditors see all.

        Such a part counts if it is now, to come, or was within the last 30 days.
        """
        if user.is_staff or user.is_auditor:
            return self
        since = verbs.lately()
        teams = Membership.objects.filter(user=user).values("team")
        seats = Seat.objects.held(since).filter(person=user).values("layer__schedule")
        covers = Override.objects.that_count(since).filter(person=user).values("schedule")
        asked = SwapRequest.objects.filter(asked=user, ends_at__gt=since).values("schedule")
        mine = Q(pk__in=seats) | Q(pk__in=covers) | Q(pk__in=asked)
        return self.filter(Q(team__in=teams) | mine)

    def plans(self, *, since: datetime | None = None) -> dict[int, shifts.Plan]:
        """Each schedule's plan by its id, in three queries however many there are; one more if holidays count.

        ``since`` leaves out overrides that were over by then.
        """
        zones = dict(self.values_list("pk", "time_zone"))
        return plans_of(zones, seats_of(zones), overrides_of(zones, since=since))


def seats_of(schedules: Iterable[int]) -> "list[Seat]":
    """Every seat of these, with its layer, schedule and person, in order. A layer without seats is never on."""
    found = Seat.objects.filter(layer__schedule__in=list(schedules)).select_related("layer__schedule", "person")
    return list(found.order_by("layer__schedule", "layer__position", "layer", "position", "id"))


def overrides_of(schedules: Iterable[int], *, since: datetime | None) -> "list[Override]":
    """Every override of these that counts, with its schedule and person, the later made last."""
    found = Override.objects.filter(schedule__in=list(schedules)).that_count(since)
    return list(found.select_related("schedule", "person").order_by("id"))


def holidays_of(schedules: Iterable[int]) -> dict[int, list[Span]]:
    """When it is a holiday on each of these, as far as their calendars have been read. One query, or none."""
    wanted = set(schedules)
    if not wanted:
        return {}
    found: dict[int, list[Span]] = defaultdict(list)
    dates = outside.OutsideDate.objects.filter(calendar__schedule__in=wanted)
    for schedule, start, end in dates.values_list("calendar__schedule", "starts_at", "ends_at"):
        found[schedule or 0].append(Span(start, end))
    return {schedule: union(days) for schedule, days in found.items()}


def plans_of(
    zones: Mapping[int, str],
    seats: "Sequence[Seat]",
    overrides: "Iterable[Override]",
    holidays: Mapping[int, Sequence[Span]] | None = None,
) -> dict[int, shifts.Plan]:
    """Schedules' plans from their rows. Holidays that were not read are asked for only if a layer goes by them."""
    layers: dict[int, list[rotation.Layer]] = defaultdict(list)
    covers: dict[int, list[shifts.Override]] = defaultdict(list)
    if holidays is None:
        holidays = holidays_of(seat.layer.schedule_id for seat in seats if seat.layer.on_holidays)
    for layer, its in groupby(seats, key=lambda seat: seat.layer):
        layers[layer.schedule_id].append(layer.plain(its, holidays.get(layer.schedule_id, ())))
    for override in overrides:
        covers[override.schedule_id].append(override.plain())
    return {pk: shifts.Plan(zone, tuple(layers[pk]), tuple(covers[pk])) for pk, zone in zones.items()}


class Schedule(Changing, Swapping, models.Model):
    """Who is on call when, for one team. Archived, never deleted."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    team = models.ForeignKey(
        Team,
        models.PROTECT,
        related_name="schedules",
        verbose_name=_("team"),
        help_text=_("Sees the incidents its on-call people are called for; its supervisors may change who covers."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="UTC",
        validators=[validate_timezone],
        help_text=_("Hand-offs and hours are meant on this zone's wall clock, such as Europe/Berlin."),
    )
    tiers = models.ManyToManyField(
        Tier,
        blank=True,
        related_name="schedules",
        verbose_name=_("tiers"),
        help_text=_("Steps of these tiers call who is on call here, unless the step itself says whom to call."),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def seats(self) -> "SeatQuerySet":
        """Those of all its layers."""
        return Seat.objects.filter(layer__schedule=self)

    def plan(self, *, since: datetime | None = None) -> shifts.Plan:
        return Schedule.objects.filter(pk=self.pk).plans(since=since)[self.pk]


class Layer(models.Model):
    """A rotation of a schedule: its seats take turns."""

    class Unit(models.TextChoices):
        HOURS = rotation.Unit.HOURS.value, _("hours")
        DAYS = rotation.Unit.DAYS.value, _("days")
        WEEKS = rotation.Unit.WEEKS.value, _("weeks")
        MONTHS = rotation.Unit.MONTHS.value, _("months")

    class OnHolidays(models.TextChoices):
        TOO = restrictions.OnHolidays.TOO.value, _("as on other days")
        ONLY = restrictions.OnHolidays.ONLY.value, _("only on holidays")
        NOT = restrictions.OnHolidays.NOT.value, _("not on holidays")

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="layers", verbose_name=_("schedule"))
    position = models.PositiveSmallIntegerField(
        _("position"), default=1, help_text=_("1 is the highest layer: where it is on, it wins over those below.")
    )
    name = models.CharField(_("name"), max_length=80)
    every = models.PositiveSmallIntegerField(
        _("a turn lasts"), default=1, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    unit = models.CharField(_("unit"), max_length=8, choices=Unit, default=Unit.WEEKS)
    starts_on = models.DateField(
        _("first day"), help_text=_("The first turn begins on this day; turns of weeks or months change on its like.")
    )
    hand_off = models.TimeField(_("hand-off at"), default=time(9), help_text=_("On the schedule's wall clock."))
    hours = models.TextField(
        _("hours"),
        blank=True,
        default="",
        max_length=2000,
        validators=[validate_hours],
        help_text=_("When it is on: one window a line, such as Mon-Fri 09:00-17:00 or 18:00-08:00. Empty: always."),
    )
    on_holidays = models.CharField(
        _("holidays"),
        max_length=4,
        choices=OnHolidays,
        blank=True,
        default=OnHolidays.TOO,
        help_text=_("Those of the calendars that this schedule reads: Preferences, Absences and holidays."),
    )
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True, help_text=_("Off from then on. Empty: goes on."))

    class Meta:
        verbose_name = _("layer")
        verbose_name_plural = _("layers")
        ordering = ["schedule", "position", "id"]

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        if self.starts_on is not None and not 2000 <= self.starts_on.year < 2200:
            raise ValidationError({"starts_on": _("Choose a day between the years 2000 and 2200.")})

    def plain(self, seats: Iterable["Seat"], holidays: Sequence[Span] = ()) -> rotation.Layer:
        """As plain values; ``seats`` in their order, ``holidays`` the schedule's."""
        return rotation.Layer(
            id=self.pk,
            start=datetime.combine(self.starts_on, self.hand_off),
            seats=tuple(seat.plain() for seat in seats),
            unit=rotation.Unit(self.unit),
            every=self.every,
            windows=restrictions.read(self.hours),
            ends=self.ends_at,
            on_holidays=restrictions.OnHolidays(self.on_holidays),
            holidays=tuple(holidays) if self.on_holidays else (),
        )


_AT_MOST = {
    Layer.Unit.HOURS: timedelta(hours=1),
    Layer.Unit.DAYS: timedelta(days=1),
    Layer.Unit.WEEKS: timedelta(weeks=1),
    Layer.Unit.MONTHS: timedelta(days=31),
}


class SeatQuerySet(models.QuerySet):
    def held(self, since: datetime):
        """Those that somebody has, will have or had after ``since``. A turn is never cut: it may outlast its seat."""
        span = models.DurationField()
        unit = Case(*(When(layer__unit=name, then=Value(lasts)) for name, lasts in _AT_MOST.items()), output_field=span)
        turn = ExpressionWrapper(Cast("layer__every", models.IntegerField()) * unit, span)
        over = ExpressionWrapper(F("leaves_at") + turn, models.DateTimeField())
        goes_on = Q(layer__ends_at__isnull=True) | Q(layer__ends_at__gt=since)
        return self.alias(over_at=over).filter(goes_on, Q(leaves_at__isnull=True) | Q(over_at__gt=since))


class Seat(models.Model):
    """A place in a layer's order. Without a person it is nobody's: the layers below have its turns."""

    layer = models.ForeignKey(Layer, models.CASCADE, related_name="seats", verbose_name=_("layer"))
    position = models.PositiveSmallIntegerField(_("position"))
    person = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="seats", verbose_name=_("person")
    )
    joins_at = models.DateTimeField(_("joins"), null=True, blank=True)
    leaves_at = models.DateTimeField(_("leaves"), null=True, blank=True)

    objects = SeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        ordering = ["layer", "position", "id"]

    def __str__(self):
        return f"{self.position}. {self.person or _('nobody')}"

    def clean(self):
        super().clean()
        if self.joins_at and self.leaves_at and self.leaves_at <= self.joins_at:
            raise ValidationError({"leaves_at": _("Leaving comes after joining.")})

    def plain(self) -> rotation.Seat:
        return rotation.Seat(self.person_id, self.joins_at, self.leaves_at)


class OverrideQuerySet(models.QuerySet):
    def that_count(self, since: datetime | None = None):
        """Those that are or were in force for a while: not cancelled before they began."""
        found = self.filter(Q(cancelled_at__isnull=True) | Q(cancelled_at__gt=F("starts_at")))
        if since is None:
            return found
        return found.filter(Q(cancelled_at__isnull=True) | Q(cancelled_at__gt=since), ends_at__gt=since)


class Override(models.Model):
    """For a while it is this person, or nobody, whatever the layers say. Cancelled, never deleted."""

    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="overrides", verbose_name=_("schedule"))
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="overrides", verbose_name=_("person"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    made_at = models.DateTimeField(_("made"))
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)
    cancelled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("cancelled by"))
    half_of = models.ForeignKey(
        "SwapRequest", models.PROTECT, null=True, related_name="halves", verbose_name=_("half of")
    )  # a swap for a time in return

    objects = OverrideQuerySet.as_manager()

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        ordering = ["-starts_at", "-id"]
        indexes = [models.Index(fields=["schedule", "ends_at"], name="override_by_end")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="override_ends_after_its_start")
        ]

    def __str__(self):
        return f"{self.person or _('nobody')}, {self.starts_at:%Y-%m-%d %H:%M} – {self.ends_at:%Y-%m-%d %H:%M} UTC"

    @property
    def end(self) -> datetime:
        """When it stopped or will stop to count."""
        return min(self.ends_at, self.cancelled_at) if self.cancelled_at else self.ends_at

    def other_half(self) -> "Override | None":
        """What the same swap gave in return, whatever has become of it."""
        halves = Override.objects.filter(half_of__isnull=False, half_of=self.half_of_id).exclude(pk=self.pk)
        return halves.select_related("person", "schedule").first()

    def lasts(self, now: datetime) -> bool:
        """Whether it is in force or will be."""
        return self.cancelled_at is None and self.ends_at > now

    def plain(self) -> shifts.Override:
        return shifts.Override(self.pk, self.starts_at, self.end, self.person_id)


class SwapQuerySet(models.QuerySet):
    def open(self, now: datetime):
        """Still to be answered: an unanswered one is over when its shift begins, or the time in return does."""
        undecided = self.filter(accepted_at__isnull=True, declined_at__isnull=True, withdrawn_at__isnull=True)
        to_come = Q(return_starts_at__isnull=True) | Q(return_starts_at__gt=now)
        return undecided.filter(to_come, starts_at__gt=now)


class SwapRequest(models.Model):
    """Somebody asks another person, or anybody of the team, to take their time on call."""

    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="swaps", verbose_name=_("schedule"))
    giver = models.ForeignKey(User, models.PROTECT, related_name="swaps_asked", verbose_name=_("giver"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    asked = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="swaps_to_answer", verbose_name=_("asked")
    )  # None: anybody of the team
    return_starts_at = models.DateTimeField(_("in return from"), null=True)
    return_ends_at = models.DateTimeField(_("in return until"), null=True)
    text = models.CharField(_("text"), max_length=200, blank=True, default="")
    made_at = models.DateTimeField(_("made"))
    accepted_at = models.DateTimeField(_("accepted"), null=True)
    accepted_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="swaps_taken", verbose_name=_("covered by")
    )
    declined_at = models.DateTimeField(_("declined"), null=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    tell_at = models.DateTimeField(null=True, db_index=True)  # when the giver is told that nobody has answered

    objects = SwapQuerySet.as_manager()

    class Meta:
        verbose_name = _("swap request")
        verbose_name_plural = _("swap requests")
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="swap_ends_after_its_start"),
            models.CheckConstraint(
                condition=Q(return_starts_at__isnull=True, return_ends_at__isnull=True)
                | Q(return_ends_at__gt=F("return_starts_at")),
                name="swap_return_is_a_span",
            ),
        ]

    def __str__(self):
        return f"{self.giver}, {self.starts_at:%Y-%m-%d %H:%M} – {self.ends_at:%Y-%m-%d %H:%M} UTC"

    def state(self, now: datetime) -> str:
        """accepted, declined, withdrawn, expired or open."""
        for name in ("accepted", "declined", "withdrawn"):
            if getattr(self, f"{name}_at") is not None:
                return name
        return "open" if self.closes_at > now else "expired"

    @property
    def closes_at(self) -> datetime:
        """When it can be accepted no longer: half of a bargain is none."""
        return min(self.starts_at, self.return_starts_at or self.starts_at)


from .calendars import feeds, outside  # noqa: E402, F401  the models of the calendars, which know those above
