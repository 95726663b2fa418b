"""Maintenance windows: planned ahead, perhaps recurring, never deleted; and what people may do with them.

A window is configuration, so its changes are entries on the installation's trail. Its verbs touch no
incident: each has the timekeeper look at all of them at once (``quieting``), under their own locks.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine.models import Timer
from escalation.engine.registry import Silence
from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import Membership, User, validate_timezone
from escalation.trail.models import Trail
from escalation.trail.writing import Actor

from .catalogue import Service
from .windows import Plan, Repeats, silent_until

LOOK = "windows"  # the installation's timer: when the next window begins, or now if one has changed
LONGEST = 60 * 24 * 31  # minutes


class MaintenanceWindowQuerySet(models.QuerySet["MaintenanceWindow"]):
    def living(self, now: datetime):
        """Those that are on or will be."""
        return self.filter(Q(over_at__isnull=True) | Q(over_at__gt=now))

    def over(self, now: datetime):
        return self.filter(over_at__lte=now)


class MaintenanceWindow(models.Model):
    """When which services are worked on, so that nobody is called about them."""

    class Repeat(models.TextChoices):
        ONCE = Repeats.ONCE.value, gettext_lazy("once")
        WEEKLY = Repeats.WEEKLY.value, gettext_lazy("every week")
        MONTHLY = Repeats.MONTHLY.value, gettext_lazy("every month")

    reason = models.CharField(gettext_lazy("reason"), max_length=200)
    everything = models.BooleanField(gettext_lazy("everything"), default=False)
    services = models.ManyToManyField(
        Service, blank=True, related_name="windows", verbose_name=gettext_lazy("services")
    )
    public_text = models.CharField(max_length=200, blank=True, default="")  # for the status page; empty: not there
    zone = models.CharField(gettext_lazy("time zone"), max_length=64, default="UTC", validators=[validate_timezone])
    day = models.DateField(gettext_lazy("first day"))
    at = models.TimeField(gettext_lazy("begins at"))
    minutes = models.PositiveIntegerField(
        gettext_lazy("minutes"), validators=[MinValueValidator(1), MaxValueValidator(LONGEST)]
    )
    repeats = models.CharField(gettext_lazy("repeats"), max_length=8, choices=Repeat, blank=True, default="")
    weekdays = models.CharField(max_length=7, blank=True, default="")  # "04" is Monday and Friday
    month_day = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )
    last_day = models.DateField(gettext_lazy("last day"), null=True, blank=True)
    planned_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # what was on then ended then
    cancelled_at = models.DateTimeField(null=True)
    begins_at = models.DateTimeField()  # these two follow from the plan, to be asked by
    over_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)  # forms made from an older one are stale

    objects = MaintenanceWindowQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("maintenance window")
        verbose_name_plural = gettext_lazy("maintenance windows")
        ordering = ["begins_at", "id"]
        indexes = [models.Index(fields=["over_at"], name="window_over")]

    def __str__(self):
        return self.reason

    @property
    def plan(self) -> Plan:
        return Plan(
            day=self.day,
            at=self.at,
            length=timedelta(minutes=self.minutes),
            zone=self.zone,
            repeats=Repeats(self.repeats),
            weekdays=frozenset(int(digit) for digit in self.weekdays),
            month_day=self.month_day or 1,
            last_day=self.last_day,
            ended_at=self.ended_at,
            cancelled_at=self.cancelled_at,
        )

    # --- who may ----------------------------------------------------------------------------

    def may_change(self, user: User) -> bool:
        return may_plan(user, everything=self.everything, services=self.services.all())

    # --- verbs ------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def schedule(cls, *, by: User, services: Iterable[Service], **facts: Any) -> "MaintenanceWindow":
        """Plan one."""
        work = _locked(by)
        window = cls(planned_by=by, planned_at=work.now, **facts)
        window._may(by, services)
        window._save()
        window.services.set([] if window.everything else services)
        window._record(work, "maintenance_planned", {})
        return window

    @transaction.atomic
    def change(self, *, by: User, services: Iterable[Service], seen: int | None = None, **facts: Any) -> None:
        """Plan it anew. It counts from now: what was silent and is no longer covered goes on."""
        work, before = self._begin(by, seen)
        if self.over_at is not None and self.over_at <= work.now:
            raise Refused(_("This window is over. Plan a new one."))
        for name, value in facts.items():
            setattr(self, name, value)
        self._may(by, services)
        self._save()
        self.services.set([] if self.everything else services)
        self._record(work, "maintenance_changed", before)

    @transaction.atomic
    def end(self, *, by: User, seen: int | None = None) -> None:
        """It is done before its time. If it recurs, it comes again."""
        work, before = self._begin(by, seen)
        if self.plan.on(work.now) is None:
            raise Refused(_("This window is not on now."))
        self.ended_at = work.now
        self._save()
        self._record(work, "maintenance_cut", before)

    @transaction.atomic
    def cancel(self, *, by: User, seen: int | None = None) -> None:
        """It does not take place, or no longer."""
        work, before = self._begin(by, seen)
        if self.over_at is not None and self.over_at <= work.now:
            raise Refused(_("This window is over already."))
        self.cancelled_at = work.now
        self._save()
        self._record(work, "maintenance_cancelled", before)

    def _begin(self, by: User, seen: int | None) -> tuple[Work, dict]:
        """The lock, a fresh look, and what is on record of it so far."""
        work = _locked(by)
        self.refresh_from_db()
        if not self.may_change(by):
            raise Refused(_("Only a supervisor of each of its services' teams may change it."), code="not-allowed")
        if seen is not None and seen != self.version:
            raise Refused(_("Somebody has changed this window since the page was loaded."), code="stale")
        self.version += 1
        return work, self._facts()

    def _may(self, by: User, services: Iterable[Service]) -> None:
        if not may_plan(by, everything=self.everything, services=services):
            raise Refused(_("You may plan maintenance for the services of teams you supervise."), code="not-allowed")

    def _save(self) -> None:
        plan = self.plan
        self.begins_at = next((one.start for one in plan.stretches(plan.first)), plan.first)
        self.over_at = plan.over_at()
        self.save()

    def _facts(self) -> dict:
        """What the record keeps of it."""
        stated = ("day", "at", "minutes", "zone", "last_day", "ended_at", "cancelled_at")
        when = {name: _plain(getattr(self, name)) for name in stated}
        services = [{"id": one.pk, "name": one.name} for one in self.services.all()]
        chosen = {"repeats": self.repeats, "weekdays": self.weekdays, "month_day": self.month_day}
        said = {"reason": self.reason, "public_text": self.public_text}
        return {**said, "everything": self.everything, "services": services, **when, **chosen}

    def _record(self, work: Work, kind: str, before: Mapping[str, Any]) -> None:
        """On the installation's trail, before and after; and the timekeeper looks at what follows."""
        facts = self._facts()
        changed = [name for name, value in facts.items() if name not in before or before[name] != value]
        was = {name: before[name] for name in changed if name in before}
        about = {"what": "maintenancewindow", "id": self.pk, "name": str(self)}
        [trail] = work.heads
        work.entry(trail, kind, {**about, "before": was, "after": {name: facts[name] for name in changed}})
        look_at(work, trail, work.now)
        work.write()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | time) else value


def may_plan(user: User, *, everything: bool, services: Iterable[Service]) -> bool:
    """Admins; and supervisors for services whose teams they all supervise."""
    if not user.is_active or (user.is_auditor and not user.is_staff):
        return False
    if user.is_staff or everything:
        return user.is_staff
    teams = {service.team_id for service in services}
    return teams <= supervised(user)


def supervised(user: User) -> set[int]:
    mine = Membership.objects.filter(user=user, role=Membership.Role.SUPERVISOR)
    return set(mine.values_list("team", flat=True))


def _locked(by: User) -> Work:
    return Work.lock([Trail.objects.installation().pk], actor=Actor.person(by))


def look_at(work: Work, trail: int, due: datetime) -> None:
    """Arm the one timer that looks at all windows, instead of the one that was armed. Under the trail's lock."""
    timers = Timer.objects.filter(trail=trail, kind=LOOK)
    timers.filter(state=Timer.State.ARMED).update(state=Timer.State.CANCELLED, next_at=None)
    last = timers.aggregate(last=Max("epoch"))["last"] or 0
    work.arm(trail, kind=LOOK, due=due, epoch=last + 1)


# --- who is silent now ------------------------------------------------------------------------


class Calendar:
    """What is on at an instant, and for which services: at most two queries."""

    def __init__(self, now: datetime):
        self.now = now
        windows = list(MaintenanceWindow.objects.living(now))
        self.plans = {window: window.plan for window in windows}
        self.on = [window for window, plan in self.plans.items() if plan.on(now)]
        self._known: dict[int | None, Silence | None] = {}
        links = MaintenanceWindow.services.through.objects
        rows = links.filter(maintenancewindow__in=windows) if self.on else []
        self.covers = {(row.maintenancewindow_id, row.service_id) for row in rows}

    def covered(self) -> set[int] | None:
        """The services with maintenance now; None for every one, and for what has none."""
        if any(window.everything for window in self.on):
            return None
        now = {window.pk for window in self.on}
        return {service for window, service in self.covers if window in now}

    def silence(self, service: int | None) -> Silence | None:
        """Why nobody is called about a service now, and until when."""
        if service not in self._known:
            self._known[service] = self._silence(service) if self.on else None
        return self._known[service]

    def _silence(self, service: int | None) -> Silence | None:
        mine = {w: p for w, p in self.plans.items() if w.everything or (w.pk, service) in self.covers}
        until = silent_until(mine.values(), self.now)
        if until is None:
            return None
        why = [{"id": window.pk, "name": str(window)} for window in self.on if window in mine]
        return Silence(until, why)
