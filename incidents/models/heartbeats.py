"""Heartbeats: what is to beat regularly, and opens an incident when it stops.

Each has a trail of its own: its lock, and the record of when its watch began, when it fell silent and when it came
back. While it is watched one timer on that trail waits for its silence; a beat moves the timer, so nothing fires as
long as all is well. That it stopped, or is back, goes to its source's door as a receipt in the same transaction: from
there on it is a signal like any other, with a key of its own. So a drain waits for no incident's lock, no second
process opens a second incident, and what was judged is not lost.

Silence is told once. If people resolve its incident while it is silent, they know; it is watched again from its
next beat on.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import Max, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from escalation.engine import beats, bell
from escalation.engine.audit.findings import MOST, Finding, Look, Repair, invariant
from escalation.engine.models import Timer
from escalation.engine.work import Work
from escalation.people.models import User
from escalation.policies.models import Installation
from escalation.trail.models import Trail
from escalation.trail.writing import ENGINE, Actor

from .access import sees_all
from .beatclock import Rhythm, Since, Wait, judge, quiet_until
from .catalogue import SEVERITIES, SEVERITY_RANGE
from .doors import Receipt, Source
from .maintenance import MaintenanceWindow

TIMER = "heartbeat"  # waits for its silence
DOOR = "heartbeat"  # by which its receipts are read
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z")
LONGEST = 60 * 24 * 400  # minutes: once a year, and a month of grace
PROCESS = "incidents.inbound.tasks.process_waiting"


class State(models.TextChoices):
    """How one is, in the order in which they are shown."""

    SILENT = "silent", _("silent")
    LATE = "late", _("late")
    WAITS = "waits", _("waits for its first beat")
    QUIET = "maintenance", _("maintenance")
    BEATS = "beats", _("beats")
    STOPPED = "not_watched", _("not watched")


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def watched(self) -> "HeartbeatQuerySet":
        """Those whose silence is waited for."""
        return self.filter(enabled=True, source__enabled=True, since__isnull=False, silent_since__isnull=True)

    def visible_to(self, user: User) -> "HeartbeatQuerySet":
        """Whoever would see its incident: the service's team, or without a service the installation's own."""
        if sees_all(user):
            return self
        teams = user.teams.all()
        nobodys = Q(source__service=None) if Installation.objects.filter(owner__in=teams).exists() else Q(pk=None)
        return self.filter(nobodys | Q(source__service__team__in=teams))


class Heartbeat(models.Model):
    """One thing that is to beat: a job of the night, a monitor's watchdog."""

    source = models.ForeignKey(
        Source,
        models.PROTECT,
        related_name="heartbeats",
        verbose_name=_("source"),
        help_text=_("Its key is what a beat shows; its service is what the incident is about."),
    )
    name = models.CharField(
        _("name"),
        max_length=80,
        validators=[RegexValidator(NAME.pattern, _("Letters, digits, dots, dashes, underscores."))],
        help_text=_("The last part of the address that it beats at."),
    )
    title = models.CharField(
        _("title of the incident"),
        max_length=200,
        blank=True,
        help_text=_("Empty: “No heartbeat from …”."),
    )
    severity = models.PositiveSmallIntegerField(_("severity"), choices=SEVERITIES, default=2, validators=SEVERITY_RANGE)
    every = models.PositiveIntegerField(
        _("a beat every (minutes)"), default=60, validators=[MinValueValidator(1), MaxValueValidator(LONGEST)]
    )
    grace = models.PositiveIntegerField(
        _("grace (minutes)"),
        default=5,
        validators=[MaxValueValidator(LONGEST)],
        help_text=_("How much later than that it may come."),
    )
    enabled = models.BooleanField(
        _("watched"), default=True, help_text=_("If not, its silence opens nothing. Its first beat begins the watch.")
    )
    trail = models.OneToOneField(Trail, models.PROTECT, related_name="heartbeat", editable=False)
    last_beat = models.DateTimeField(null=True, editable=False)  # known within a step
    since = models.DateTimeField(null=True, editable=False)  # what its time counts from; None: not watched
    since_why = models.CharField(max_length=11, blank=True, default="", editable=False)
    silent_since = models.DateTimeField(null=True, editable=False)  # its alarm was given then, and no beat came since

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")
        ordering = ["source__name", "name"]
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="heartbeat_once")]

    def __str__(self):
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """With a trail from the first moment on, which is called by its number as soon as it has one."""
        if self.trail_id is not None:
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            for_now = f"heartbeat {secrets.token_hex(12)}"
            self.trail = Trail.objects.create(kind=Trail.Kind.HEARTBEAT, subject=for_now)
            super().save(*args, **kwargs)
            Trail.objects.filter(pk=self.trail_id).update(subject=f"heartbeat {self.pk}")

    @property
    def rhythm(self) -> Rhythm:
        minute = timedelta(seconds=settings.POLICY_MINUTE_SECONDS)
        return Rhythm(self.every * minute, self.grace * minute)

    @property
    def waits(self) -> Wait:
        """What is waited for; of those only that are watched."""
        assert self.since is not None
        return Wait(self.since, Since(self.since_why))

    @property
    def due(self) -> datetime | None:
        """When its silence is an alarm; None: it is not waited for."""
        return None if self.since is None or self.silent_since is not None else self.rhythm.due(self.since)

    def state(self, now: datetime, *, quiet: bool) -> "State":
        """``quiet``: its service is in maintenance."""
        if self.silent_since is not None:
            return State.SILENT
        if not self.enabled or not self.source.enabled:
            return State.STOPPED
        if self.since is None:
            return State.WAITS
        if quiet:
            return State.QUIET
        return State.LATE if now >= self.rhythm.late(self.since) else State.BEATS

    # --- verbs ------------------------------------------------------------------------------

    def covers(self, now: datetime) -> bool:
        """Whether what is on disk says already that it beats at ``now``, as exactly as it is known."""
        as_ever = self.silent_since is None and (self.since is not None or not self.enabled)
        return as_ever and self.last_beat is not None and self.rhythm.covers(self.last_beat, now)

    @transaction.atomic
    def beat(self) -> None:
        """It beats: its watch begins, or goes on; or its silence is over, and its incident hears of it."""
        work = self._locked(Actor.source(self.source_id, self.source.name))
        silent_since, self.last_beat, self.silent_since = self.silent_since, work.now, None
        if silent_since is not None:
            self._tell(work, "heartbeat_back", rank=Receipt.Rank.ENDS, silent_since=silent_since)
            _ring_after_commit()
        if self.enabled:
            if self.since is None:
                work.entry(self.trail_id, "heartbeat_began", self._agreed())
            self._wait(work, Wait(work.now, Since.BEAT))
        self._save_state()
        work.write()

    @transaction.atomic
    def agree(self, *, anew: bool = False) -> None:
        """After a change of what was agreed: not watched, nothing is waited for; ``anew``, its time counts from now."""
        work = self._locked(ENGINE)
        if not self.enabled:
            self.since, self.since_why = None, ""
            _cancel(self.trail_id)
        elif anew and self.due is not None:
            self._wait(work, Wait(work.now, Since.CHANGE))
        self._save_state()
        work.write()

    def _locked(self, actor: Actor) -> Work:
        work = Work.lock([self.trail_id], actor=actor)
        self.refresh_from_db(from_queryset=Heartbeat.objects.select_related("source"))
        return work

    def _wait(self, work: Work, wait: Wait) -> None:
        """Its one timer waits for the silence from then on: the armed one moves, or a new one is armed."""
        self.since, self.since_why = wait.since, wait.why.value
        due = self.rhythm.due(wait.since)
        timers = Timer.objects.filter(trail=self.trail_id, kind=TIMER)
        if not timers.filter(state=Timer.State.ARMED).update(due_at=due, next_at=due, severity=self.severity):
            last = timers.aggregate(last=Max("epoch"))["last"] or 0
            work.arm(self.trail_id, kind=TIMER, due=due, epoch=last + 1, severity=self.severity)

    def _go_on_waiting(self, work: Work, wait: Wait) -> None:
        if wait != self.waits:
            why = {"why": wait.why.value, "since": wait.since.isoformat()}
            work.entry(self.trail_id, "heartbeat_spared", why)
        self._wait(work, wait)

    def _fall_silent(self, work: Work) -> None:
        self.silent_since = work.now
        self._tell(work, "heartbeat_stopped", rank=self.severity, silent_since=work.now)

    def _tell(self, work: Work, kind: str, *, rank: int, silent_since: datetime) -> None:
        """On record, and to its source's door."""
        said = {
            "heartbeat": self.pk,
            "name": self.name,
            "title": self.title,
            "severity": self.severity,
            "state": kind.removeprefix("heartbeat_"),
            "silent_since": silent_since.isoformat(),
            "last_beat": self.last_beat.isoformat() if self.last_beat else None,
            "at": work.now.isoformat(),
            **self._agreed(),
        }
        work.entry(self.trail_id, kind, said)
        body = json.dumps(said).encode()
        Receipt.objects.create(
            source_id=self.source_id,
            received_at=work.now,
            body=body,
            envelope={"door": DOOR},
            digest=hashlib.sha256(body).hexdigest(),
            line=key_of(self.pk),
            rank=rank,
        )

    def _agreed(self) -> dict[str, Any]:
        return {"every_min": self.every, "grace_min": self.grace}

    def _save_state(self) -> None:
        self.save(update_fields=["last_beat", "since", "since_why", "silent_since"])


def key_of(heartbeat: int) -> str:
    """Its alert's key, and the line in which what is said of it keeps its order."""
    return f"heartbeat/{heartbeat}"


def _ring_after_commit() -> None:
    """For what waits at the door. A lost ring costs a moment: receipts are watched."""
    transaction.on_commit(partial(bell.ask, PROCESS), robust=True)


def _cancel(trail: int) -> None:
    armed = Timer.objects.filter(trail=trail, kind=TIMER, state=Timer.State.ARMED)
    armed.update(state=Timer.State.CANCELLED, next_at=None)


# --- its timer --------------------------------------------------------------------------------


def look(work: Work, timers: Sequence[Timer]) -> None:
    """Registered with the engine: each of these was to beat by now. Judged as things are at this moment."""
    found = Heartbeat.objects.filter(trail__in=[timer.trail_id for timer in timers]).select_related("source")
    watched = list(found.watched().order_by("pk"))
    for stopped in found.exclude(pk__in=[one.pk for one in watched]):  # its source was disabled meanwhile
        if stopped.silent_since is None:
            stopped.since, stopped.since_why = None, ""
            stopped._save_state()
    if not watched:
        return
    _ring_after_commit()
    there, quiet = beats.unbroken(work.now), Quiet(watched, work.now)
    for one in watched:
        wait = judge(one.rhythm, one.waits, work.now, there=there, quiet=quiet.until(one))
        if wait is None:
            one._fall_silent(work)
        else:
            one._go_on_waiting(work, wait)
        one._save_state()


class Quiet:
    """When maintenance last ended, or will, for the services of some heartbeats: at most two queries."""

    def __init__(self, heartbeats: Iterable[Heartbeat], now: datetime):
        self.now = now
        since = min(one.since for one in heartbeats if one.since is not None)
        self._plans = [(window, window.plan) for window in MaintenanceWindow.objects.living(since)]
        links = MaintenanceWindow.services.through.objects
        rows = links.filter(maintenancewindow__in=[window for window, _plan in self._plans]) if self._plans else []
        self._covers = {(row.maintenancewindow_id, row.service_id) for row in rows}

    def until(self, one: Heartbeat) -> datetime | None:
        assert one.since is not None
        service = one.source.service_id
        mine = [plan for window, plan in self._plans if window.everything or (window.pk, service) in self._covers]
        return quiet_until(mine, one.since, self.now)


# --- the audit --------------------------------------------------------------------------------


def _see_to(work: Work, findings: Sequence[Finding]) -> None:
    for one in Heartbeat.objects.watched().filter(pk__in={finding.about for finding in findings}):
        one._wait(work, one.waits)


AGAIN = Repair("heartbeat", _see_to)


@invariant("I16")
def heartbeats_unheeded(look: Look) -> Iterator[Finding]:
    """Whatever is watched has its timer, by the instant at which its silence is an alarm."""
    armed = Timer.objects.filter(trail=OuterRef("trail"), kind=TIMER, state=Timer.State.ARMED)
    watched = look.only(Heartbeat.objects.watched()).annotate(armed_for=Subquery(armed.values("due_at")[:1]))
    for one in watched.order_by("pk")[:MOST]:
        if one.due is not None and (one.armed_for is None or one.armed_for > one.due):
            what = f"{one.name} is watched, and no timer waits for its silence at {one.due:%Y-%m-%d %H:%M:%S}"
            yield Finding(what, one.trail_id, f"heartbeat {one.pk}", one.pk, AGAIN)
