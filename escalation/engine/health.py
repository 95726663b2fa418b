"""How the engine is, in numbers: read from the rows, so that whichever process is asked says the same.

``look`` reads, ``Health.problems`` judges; the probes, the metrics, the banners and the dead-man's
switch all show this one judgement. Numbers and names of parts only: no title, no person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Exists, OuterRef
from django.utils.module_loading import import_string

from escalation.kit import clock
from escalation.notify.models import Breaker
from escalation.trail import triggers

from . import anchoring, beats, registry, standstill
from .copies import aging
from .models import Beat, Delivery, EscalationRun, Timer
from .waiting import pending

CLUSTERS = beats.CLUSTERS  # while one of them beats, steps are taken
SILENT = timedelta(seconds=4.5 * beats.EVERY)  # without a beat for so long nobody takes steps
LATE = timedelta(seconds=20)  # a step so long overdue is an alarm about us
AUDIT_OLD = timedelta(minutes=2)
WAITING = timedelta(seconds=60)  # a message or a receipt that nobody has seen to for so long
LATELY = timedelta(minutes=5)
GONE = timedelta(days=1)  # a host that has not beaten for so long was taken away
NEWEST = 10_000  # finished deliveries and fired timers are counted among so many


@dataclass(frozen=True)
class Lateness:
    """Of the steps fired in the last ``LATELY``: how many, and how many seconds after their time."""

    count: int = 0
    p50: float = 0.0
    p99: float = 0.0
    most: float = 0.0

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Lateness":
        if not seconds:
            return cls()
        ranked = sorted(seconds)
        at = [ranked[min(len(ranked) - 1, int(len(ranked) * share))] for share in (0.5, 0.99)]
        return cls(len(ranked), at[0], at[1], ranked[-1])


@dataclass(frozen=True)
class Audit:
    """The last run of the audit: ``green`` found nothing wrong; ``findings`` counts per invariant."""

    at: datetime
    green: bool
    findings: dict[str, int]


@dataclass(frozen=True)
class Health:
    """One look. Spans are in seconds and never negative."""

    at: datetime
    held: bool  # nobody is called: an operator must say "resume" first
    beats: tuple[Beat, ...]
    lateness: Lateness
    overdue: float  # of the oldest step that is due
    without_step: int  # open runs with neither a timer nor a reason to have none
    deliveries: dict[str, int]  # by state; the finished ones among the newest ``NEWEST``
    queued: int | None  # packages in the general cluster's queue; None if that cannot be asked
    waiting: dict[str, float]  # per kind of row that waits, how long the oldest one has been due
    away: dict[str, float]  # services that do not answer: no fault of ours, so no problem, and for how long
    audit: Audit | None
    backup: aging.Age | None  # None: there never was a copy, and none is asked for
    unanchored: float = 0.0  # for how long the record has lacked its anchors in some place

    def age(self, beat: Beat) -> float:
        return seconds_between(beat.at, self.at)

    @property
    def problems(self) -> list[str]:
        """What is wrong, as words from a short list: ``held stopped late without_step unanchored audit_… waiting_…
        backup_old``."""
        found = []
        if self.held:
            found.append("held")  # and that nothing happens is no further one
        else:
            if stopped(self.beats, self.at):
                found.append("stopped")
            if self.overdue > LATE.total_seconds():
                found.append("late")
            found += [
                f"waiting_{name}" for name, span in sorted(self.waiting.items()) if span > WAITING.total_seconds()
            ]
        if self.without_step:
            found.append("without_step")
        if self.unanchored:
            found.append("unanchored")
        if self.audit is None:
            found.append("audit_missing")
        elif self.at - self.audit.at > AUDIT_OLD:
            found.append("audit_old")
        elif not self.audit.green:
            found.append("audit_failing")
        if self.backup is not None and self.backup.old:
            found.append("backup_old")
        return found


def look(now: datetime) -> Health:
    last = beats_of_now(now)
    waiting = registry.oldest_waiting()
    lacking = anchoring.trouble(now)
    return Health(
        at=now,
        held=standstill.held(),
        beats=last,
        lateness=_lateness(now),
        overdue=seconds_between(oldest_due(), now),
        without_step=_without_step(),
        deliveries=_deliveries(),
        queued=_queued(),
        waiting={name: seconds_between(due, now) for name, due in waiting.items()},
        away={str(row): seconds_between(row.since, row.untried_since(now) or now) for row in Breaker.objects.away(now)},
        audit=audit_among(last),
        unanchored=max(1.0, seconds_between(lacking[0], now)) if lacking else 0.0,
        backup=aging.age(now),
    )


def seconds_between(earlier: datetime | None, now: datetime) -> float:
    return 0.0 if earlier is None else max(0.0, (now - earlier).total_seconds())


def beats_of_now(now: datetime) -> tuple[Beat, ...]:
    """Every part's beats, newest first, without those of hosts that are gone and of clocks that were set back."""
    found: list[Beat] = []
    for beat in beats.until(now).order_by("name", "-at"):
        if now - beat.at < GONE or beat.name not in [one.name for one in found]:
            found.append(beat)
    return tuple(found)


def stopped(last: Sequence[Beat], now: datetime) -> bool:
    """Whether no cluster has proved for a while that it can take a step."""
    return not any(now - beat.at <= SILENT for beat in last if beat.name in CLUSTERS)


def oldest_due() -> datetime | None:
    """When the first armed timer was or will be due. One that is put back after a failure counts from its own time."""
    armed = Timer.objects.filter(state=Timer.State.ARMED).order_by("next_at", "id")
    return armed.values_list("due_at", flat=True).first()


def audit_among(last: Sequence[Beat]) -> Audit | None:
    found = max((beat for beat in last if beat.name == "audit"), key=lambda beat: beat.at, default=None)
    if found is None:
        return None
    return Audit(found.at, found.detail.get("green") is True, found.detail.get("findings") or {})


def _lateness(now: datetime) -> Lateness:
    fired = Timer.objects.filter(fired_at__gt=now - LATELY).order_by("-fired_at")
    rows = fired.values_list("due_at", "fired_at")[:NEWEST]
    return Lateness.of([seconds_between(due, at) for due, at in rows if at])


def _without_step() -> int:
    armed = Timer.objects.filter(run=OuterRef("pk"), state=Timer.State.ARMED)
    return EscalationRun.objects.running().filter(~Exists(armed), idle="").count()


def _deliveries() -> dict[str, int]:
    """The pending ones all, through their index; the finished ones among the newest."""
    head = Delivery.objects.order_by("-id").values_list("id", flat=True).first() or 0
    ended = Delivery.objects.filter(id__gt=head - NEWEST).exclude(state__in=["queued", "sending"])
    counts = dict.fromkeys(Delivery.State.values, 0)
    for rows in (pending(), ended):
        counts |= dict(rows.order_by().values_list("state").annotate(n=Count("id")))
    return counts


def _queued() -> int | None:
    general: dict[str, Any] = settings.Q_CLUSTER
    try:
        return import_string(general["broker_class"])(general["name"]).queue_size()
    except Error:
        raise
    except Exception:  # a Redis that is away costs a number
        return None


# --- can pages be served? ---------------------------------------------------------------------


def not_ready() -> list[str]:
    """What this process lacks to serve pages, in words. Raises if the database does not answer."""
    clock.now()
    wrong = []
    applied = MigrationRecorder(connection).applied_migrations()
    if waiting := [f"{app}.{name}" for app, name in _known_migrations() if (app, name) not in applied]:
        wrong.append(f"migrations are not applied: {', '.join(waiting)}")
    elif lacking := triggers.missing(connection):
        wrong.append(f"the record is not protected, triggers are missing or different: {', '.join(lacking)}")
    return wrong


@cache
def _known_migrations() -> list[tuple[str, str]]:
    """Those of the code, which do not change while it runs."""
    return sorted(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
