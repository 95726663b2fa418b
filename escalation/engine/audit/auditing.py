"""One audit: look, repair, look again at what was repaired; and in production, whose turn it is."""

import logging
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.dateparse import parse_datetime

from escalation.kit import clock

from .. import beats, health, standstill
from ..models import Beat
from . import outbox, reading, record, repairs, ruled, runs
from .findings import Check, Finding, Look, added

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=settings.AUDIT_SECONDS)
MISSED = timedelta(seconds=90)  # so long without an audit means that nobody was there
BEAT, TURN = "audit", "audit turn"
UNSOUND = 20  # records that are read again in each round until they are sound
READ_SECONDS, REPAIR_SECONDS = 2.0, 10.0  # of each minute, at most
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Report:
    """What an audit found, after its repairs."""

    at: datetime
    findings: Sequence[Finding]
    repaired: int  # trails
    read: reading.Progress
    seconds: float

    @property
    def green(self) -> bool:
        return not self.findings

    @property
    def counts(self) -> dict[str, int]:
        """Findings by invariant, in the invariants' order."""
        found = Counter(finding.invariant for finding in self.findings)
        return dict(sorted(found.items(), key=lambda one: int(one[0][1:])))


def checks() -> list[Check]:
    """Every check of a state, by invariant."""
    mine = [*runs.CHECKS, *ruled.CHECKS, *outbox.CHECKS, *record.CHECKS, *added()]
    return sorted(mine, key=lambda check: int(check.invariant[1:]))


def audit(
    *,
    after: int = 0,
    again: Sequence[int] = (),
    read_seconds: float | None = None,
    repair: bool = True,
    awake: datetime | None = None,
) -> Report:
    """Look at all open incidents. The records are read in turn, first ``again``, then behind trail ``after``.

    ``read_seconds``: for how long, at most; None reads all of them. ``awake``: see ``Look``.
    """
    began, now = time.monotonic(), clock.now()
    held = standstill.held()
    look = Look(now=now, held=held, awake=awake)
    found = [finding for check in checks() for finding in check(look)]
    read, progress = _read(after, again, now, read_seconds)
    found += read
    repaired: set[int] = set()
    if repair and not held:
        repaired = repairs.carry_out(found, _again, look, seconds=REPAIR_SECONDS)
    if repaired:
        found = [finding for finding in found if finding.trail not in repaired]
        found += _again(replace(look, now=clock.now(), trails=sorted(repaired)))
    return Report(now, found, len(repaired), progress, time.monotonic() - began)


def _read(
    after: int, again: Sequence[int], now: datetime, seconds: float | None
) -> tuple[list[Finding], reading.Progress]:
    try:
        return reading.read(after, now=now, seconds=seconds, again=again)
    except Exception as error:
        log.exception("records could not be read")
        what = f"the records could not be read: {type(error).__name__}"
        return [Finding(what, invariant="I12")], reading.Progress(after, unsound=tuple(again))


def _again(look: Look, numbers: Collection[str] = ()) -> list[Finding]:
    """The same look at a few trails; ``numbers``: only at these promises."""
    found = [one for check in checks() if not numbers or check.invariant in numbers for one in check(look)]
    return found + reading.examined(list(look.trails or ()), now=look.now)


# --- in production --------------------------------------------------------------------------------


def next_turn() -> datetime:
    """When the next audit is due, whichever host carries it out. A look at one row.

    A turn in the future, as a clock that was set back leaves it, is nobody's: the next is due.
    """
    last = Beat.objects.filter(name=TURN, host="").values_list("at", flat=True).first()
    return _EVER if last is None or last > clock.now() else last + EVERY


def take_turn() -> Report | None:
    """The minute's audit, by whoever is first; None for the others. What it found stands in its beat."""
    now = clock.now()
    if not beats.mine(TURN, now=now, every=EVERY):
        return None
    last = beats.latest(BEAT, now=now)
    kept = last.detail if last else {}
    awake = _awake(last, now)
    again = kept.get("unsound", [])
    report = audit(after=kept.get("position", 0), again=again, read_seconds=READ_SECONDS, awake=awake)
    for finding in report.findings[:20]:
        log.error("%s", finding)
    detail = {
        "green": report.green,
        "findings": report.counts,
        "repairs": report.repaired,
        "position": report.read.after,
        "read": report.read.trails,
        "unsound": report.read.unsound[:UNSOUND],
        "awake": awake.isoformat(),
        "seconds": round(report.seconds, 2),
    }
    beats.beat(BEAT, now=clock.now(), detail=detail)
    _forget_hosts(now)
    return report


def _forget_hosts(now: datetime) -> None:
    """Hosts that are gone leave their beats behind. The newest of each part stays: since when is it silent?"""
    newer = Beat.objects.filter(name=OuterRef("name"), at__gt=OuterRef("at"))
    Beat.objects.filter(Exists(newer), at__lt=now - health.GONE).delete()


def _awake(last: Beat | None, now: datetime) -> datetime:
    """Since when audits have followed one another. What waits after an outage is not late before somebody is there."""
    known = parse_datetime(last.detail.get("awake", "")) if last else None
    if last is None or known is None or not now - MISSED < last.at <= now or standstill.held():
        return now
    return known
