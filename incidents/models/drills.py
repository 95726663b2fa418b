"""Drills: practice incidents on the real path, planned ahead, and each time that one was held.

What a drill opens is an incident like any other: the service's policy is climbed, and the people on call are called by
their own rules. It carries ``Incident.drill`` from its first moment to its last, which no verb changes. By that flag
it is marked wherever it is shown or said, and left out of whatever is counted.

A run is one time that a drill was due: a row for (drill, occurrence), unique, so however many workers look there is one
incident. If it was not held, the row says why: nobody practises while the team has a severe incident, while nobody
would be called, or hours after the time that was planned. Plans are configuration: their changes are entries on the
installation's trail.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine.work import Work
from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.kit.text import clean, one_line
from escalation.people.models import Membership, User, validate_timezone
from escalation.trail.models import Trail
from escalation.trail.writing import Actor

from .access import sees_all
from .catalogue import SEVERITIES, SEVERITY_RANGE, Service
from .drill_times import MOST_WEEKS, Rhythm
from .incident import Incident
from .maintenance import Calendar

TITLE = 150
LONGEST = 4000  # characters of what the practice says
SHORTEST_LIMIT, LONGEST_LIMIT = 5, 120  # minutes
SEVERE = 2  # a real incident this severe, or more, leaves no time to practise


class DrillQuerySet(models.QuerySet["Drill"]):
    def visible_to(self, user: User) -> "DrillQuerySet":
        """Who may plan them, and auditors: whoever is to be surprised does not read when."""
        if not user.is_active:
            return self.none()
        if sees_all(user):
            return self.all()
        led = Membership.objects.filter(user=user, role=Membership.Role.SUPERVISOR).values("team")
        return self.filter(service__team__in=led)

    def next_first(self) -> "DrillQuerySet":
        return self.order_by(models.F("next_at").asc(nulls_last=True), "title", "pk")


class Drill(models.Model):
    """What is practised, of which service, and when. ``next_at`` follows from the plan; None: not any more, or off."""

    title = models.CharField(gettext_lazy("title"), max_length=TITLE)
    service = models.ForeignKey(Service, models.PROTECT, related_name="drills", verbose_name=gettext_lazy("service"))
    severity = models.PositiveSmallIntegerField(
        gettext_lazy("severity"), choices=SEVERITIES, default=3, validators=SEVERITY_RANGE
    )
    text = models.TextField(gettext_lazy("what is said to have happened"), blank=True, default="")
    zone = models.CharField(gettext_lazy("time zone"), max_length=64, default="UTC", validators=[validate_timezone])
    day = models.DateField(gettext_lazy("first day"))
    at = models.TimeField(gettext_lazy("time"))
    weeks = models.PositiveSmallIntegerField(
        gettext_lazy("every so many weeks"), default=0, validators=[MaxValueValidator(MOST_WEEKS)]
    )  # 0: once
    limit = models.PositiveSmallIntegerField(
        gettext_lazy("ends by itself after (minutes)"),
        default=60,
        validators=[MinValueValidator(SHORTEST_LIMIT), MaxValueValidator(LONGEST_LIMIT)],
    )
    on = models.BooleanField(gettext_lazy("on"), default=True)
    next_at = models.DateTimeField(null=True)
    planned_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)  # forms made from an older one are stale

    objects = DrillQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("drill")
        verbose_name_plural = gettext_lazy("drills")
        indexes = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="drill_next")]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("drill", args=[self.pk])

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.day, self.at, self.zone, self.weeks)

    # --- who may ----------------------------------------------------------------------------

    def may_change(self, user: User) -> bool:
        return may_plan(user, self.service)

    # --- verbs ------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def plan(cls, *, by: User, **facts: Any) -> "Drill":
        """Plan one: ``title``, ``service``, ``severity``, ``text``, ``zone``, ``day``, ``at``, ``weeks``, ``limit``."""
        work = _locked(by)
        drill = cls(planned_by=by, planned_at=work.now)
        drill._take(facts, by, work.now)
        drill.save()
        drill._record(work, "drill_planned", {})
        return drill

    @transaction.atomic
    def change(self, *, by: User, seen: int | None = None, **facts: Any) -> None:
        """Plan it anew. What goes on goes on as it began."""
        work, before = self._begin(by, seen)
        self._take(facts, by, work.now)
        self.save()
        self._record(work, "drill_changed", before)

    @transaction.atomic
    def switch(self, *, by: User, on: bool, seen: int | None = None) -> None:
        """Off: it is not held by itself any more, until it is switched on again. It can still be started."""
        work, before = self._begin(by, seen)
        self.on = on
        self._look_ahead(work.now)
        if on and self.next_at is None:
            raise Refused(_("Its time has passed. Plan another one first."))
        self.save()
        self._record(work, "drill_switched", before)

    @transaction.atomic
    def start(self, *, by: User) -> "DrillRun":
        """Hold it now, whatever is planned."""
        self._fresh(by)
        why = self._hindered(clock.now())
        if why is not None:
            raise Refused(_not_now(why, self))
        return self._open(clock.now(), by)

    def hold(self, now: datetime) -> "DrillRun | None":
        """Its time has come: hold it, or keep why not; and look ahead. The caller has the row's lock.

        None: this occurrence was seen to already.
        """
        occurrence = self.next_at
        assert occurrence is not None
        try:
            self.next_at, why = self.rhythm.after(max(now, occurrence)), None
        except ZoneInfoNotFoundError:  # it left the lists of zones: when it would be due is known to nobody
            self.next_at, why = None, DrillRun.WhyNot.ZONE
        self.save(update_fields=["next_at"])
        if self.runs.filter(occurrence=occurrence).exists():
            return None
        why = why or (DrillRun.WhyNot.LATE if now - occurrence > GRACE else self._hindered(now))
        if why is not None:
            return self.runs.create(occurrence=occurrence, why_not=why)
        return self._open(occurrence, None)

    # --- what they share --------------------------------------------------------------------

    def _open(self, occurrence: datetime, by: User | None) -> "DrillRun":
        incident = Incident.open_drill(
            title=self.title, symptom=self.text, service=self.service, severity=self.severity, by=by
        )
        ends_at = incident.opened_at + timedelta(minutes=self.limit)
        return self.runs.create(occurrence=occurrence, incident=incident, started_by=by, ends_at=ends_at)

    def _hindered(self, now: datetime) -> "DrillRun.WhyNot | None":
        """What speaks against holding it now."""
        if self.service.archived_at is not None:
            return DrillRun.WhyNot.ARCHIVED
        if Incident.objects.open().filter(drill_run__drill=self).exists():
            return DrillRun.WhyNot.GOES_ON
        if Calendar(now).silence(self.service_id) is not None:
            return DrillRun.WhyNot.MAINTENANCE
        if severe_of(self.service.team_id).exists():
            return DrillRun.WhyNot.SEVERE
        return None

    def _begin(self, by: User, seen: int | None) -> tuple[Work, dict]:
        """The lock, a fresh look, and what is on record of it so far."""
        work = _locked(by)
        self._fresh(by)
        if seen is not None and seen != self.version:
            raise Refused(_("Somebody has changed this drill since the page was loaded."), code="stale")
        self.version += 1
        return work, self._facts()

    def _fresh(self, by: User) -> None:
        """The row's lock: whoever is about to hold it is waited for, and a second press finds the first."""
        rows = Drill.objects.select_for_update(of=("self",), no_key=True).select_related("service")
        self.refresh_from_db(from_queryset=rows)
        if not self.may_change(by):
            raise Refused(_("Only supervisors of the service's team may plan its drills."), code="not-allowed")

    def _take(self, facts: Mapping[str, Any], by: User, now: datetime) -> None:
        for name, value in facts.items():
            setattr(self, name, value)
        self.title, self.text = one_line(self.title, limit=TITLE), clean(self.text.strip(), limit=LONGEST)
        if not self.title:
            raise Refused(_("Give it a title."), code="invalid")
        if not may_plan(by, self.service):
            raise Refused(_("You may plan drills of the services of teams you supervise."), code="not-allowed")
        if self.service.archived_at is not None:
            raise Refused(_("%(service)s is no service any more.") % {"service": self.service.name}, code="invalid")
        self._look_ahead(now)
        if self.on and self.next_at is None:
            raise Refused(_("That time has passed. Choose a later one."), code="invalid")

    def _look_ahead(self, now: datetime) -> None:
        try:
            self.next_at = self.rhythm.after(now) if self.on else None
        except ZoneInfoNotFoundError as error:
            raise Refused(_("Its time zone is not known here any more. Choose another one."), code="invalid") from error

    def _facts(self) -> dict:
        """What the record keeps of it."""
        plain = {name: getattr(self, name) for name in ("title", "text", "severity", "zone", "weeks", "limit", "on")}
        service = {"id": self.service_id, "name": self.service.name}
        return {**plain, "service": service, "day": self.day.isoformat(), "at": f"{self.at:%H:%M}"}

    def _record(self, work: Work, kind: str, before: Mapping[str, Any]) -> None:
        """On the installation's trail, before and after."""
        facts = self._facts()
        changed = [name for name, value in facts.items() if name not in before or before[name] != value]
        was = {name: before[name] for name in changed if name in before}
        about = {"what": "drill", "id": self.pk, "name": self.title}
        [trail] = work.heads
        work.entry(trail, kind, {**about, "before": was, "after": {name: facts[name] for name in changed}})
        work.write()


GRACE = timedelta(minutes=15)  # so late it is still held; a drill that was planned for ten calls nobody at three


class DrillRunQuerySet(models.QuerySet["DrillRun"]):
    def visible_to(self, user: User) -> "DrillRunQuerySet":
        return self.filter(drill__in=Drill.objects.visible_to(user))

    def held(self) -> "DrillRunQuerySet":
        return self.filter(incident__isnull=False)

    def crossed(self) -> "DrillRunQuerySet":
        """Those that go on, whose team has got something real to do."""
        going = self.filter(settled=False, ends_at__isnull=False)
        return going.filter(models.Exists(severe_of(models.OuterRef("drill__service__team"))))

    def latest_first(self) -> "DrillRunQuerySet":
        return self.order_by("-occurrence", "-pk")


class DrillRun(models.Model):
    """One time that a drill was due, or was started. What came of it is on its incident's record."""

    class WhyNot(models.TextChoices):
        LATE = "late", gettext_lazy("it could not be held in time")
        MAINTENANCE = "maintenance", gettext_lazy("the service was in maintenance: nobody would have been called")
        SEVERE = "severe", gettext_lazy("the team had a severe incident")
        GOES_ON = "goes_on", gettext_lazy("the run before had not ended")
        ARCHIVED = "archived", gettext_lazy("the service is archived")
        ZONE = "zone", gettext_lazy("its time zone is not known here any more")

    drill = models.ForeignKey(Drill, models.PROTECT, related_name="runs", db_index=False)  # drill_run_once begins so
    occurrence = models.DateTimeField()  # when it was due; if it was started by hand, when that was
    incident = models.OneToOneField(Incident, models.PROTECT, null=True, related_name="drill_run")
    why_not = models.CharField(max_length=11, choices=WhyNot, blank=True, default="")  # it was not held
    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    ends_at = models.DateTimeField(null=True)  # by itself, if nobody has ended it by then
    settled = models.BooleanField(default=False)  # that was seen to

    objects = DrillRunQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("run of a drill")
        verbose_name_plural = gettext_lazy("runs of drills")
        constraints = [
            models.UniqueConstraint(fields=["drill", "occurrence"], name="drill_run_once"),
            models.CheckConstraint(
                condition=Q(why_not="", incident__isnull=False) | (~Q(why_not="") & Q(incident__isnull=True)),
                name="drill_run_held_or_why_not",
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], condition=Q(settled=False, ends_at__isnull=False), name="drill_run_ends")
        ]

    def __str__(self):
        return f"run {self.pk} of drill {self.drill_id}"

    def get_absolute_url(self):
        return reverse("drill-run", args=[self.drill_id, self.pk])

    @transaction.atomic
    def stop(self, *, by: User) -> None:
        """It was practised for long enough. Refused if somebody was faster."""
        if not self.drill.may_change(by):
            raise Refused(_("Only supervisors of the service's team may end its drills."), code="not-allowed")
        if self.incident is None or not self.incident.end_drill(by=by):
            raise Refused(_("It is over already."), code="stale")

    @transaction.atomic
    def end(self) -> None:
        """Its time is up, or the team has a severe incident. Safe to run twice."""
        assert self.incident is not None
        severe = severe_of(self.drill.service.team_id).order_by("severity", "pk").first()
        if severe is None and self.ends_at is not None and clock.now() < self.ends_at:
            return  # what crossed it is over since: it goes on, and did not end at its limit
        self.incident.end_drill(by=None, severe=severe)
        type(self).objects.filter(pk=self.pk).update(settled=True)


def severe_of(team: Any) -> "models.QuerySet[Incident]":
    """What is real, open, and so severe that this team practises nothing now."""
    severe = Incident.objects.real().open().filter(severity__lte=SEVERE)
    return severe.filter(Q(owner=team) | Q(service__team=team))


def may_plan(user: User, service: Service) -> bool:
    """Supervisors of the team that owns the service, and admins."""
    if not user.is_active or (user.is_auditor and not user.is_staff):
        return False
    if user.is_staff:
        return True
    led = Membership.objects.filter(user=user, team=service.team_id, role=Membership.Role.SUPERVISOR)
    return led.exists()


def plannable_by(user: User) -> "models.QuerySet[Service]":
    """The services whose drills somebody may plan."""
    if not user.is_active or (user.is_auditor and not user.is_staff):
        return Service.objects.none()
    found = Service.objects.in_use().order_by("name", "pk")
    led = Membership.objects.filter(user=user, role=Membership.Role.SUPERVISOR).values("team")
    return found if user.is_staff else found.filter(team__in=led)


def _locked(by: User) -> Work:
    return Work.lock([Trail.objects.installation().pk], actor=Actor.person(by))


def _not_now(why: "DrillRun.WhyNot", drill: Drill) -> str:
    about = {"service": drill.service.name, "team": drill.service.team.name}
    words = {
        DrillRun.WhyNot.MAINTENANCE: _("%(service)s is in maintenance: nobody would be called."),
        DrillRun.WhyNot.SEVERE: _("%(team)s has a severe incident: nobody practises while it is open."),
        DrillRun.WhyNot.GOES_ON: _("This drill goes on. End it first."),
        DrillRun.WhyNot.ARCHIVED: _("%(service)s is no service any more."),
    }
    return words[why] % about
