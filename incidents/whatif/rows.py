"""The incidents of the past that are played, and their records, a slice at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from escalation.people.models import Tier
from escalation.policies.freezing import Frozen, thaw
from escalation.policies.models import Installation
from escalation.policies.past import Past
from escalation.policies.replaying import Paths, Wanted
from incidents.learning.whatif.playing import Track, Version
from incidents.learning.whatif.recorded import ALWAYS, WITH_RULES, Record, record_of
from incidents.models import Incident, similar

SLICE = 500


@dataclass(frozen=True)
class Row:
    """What the page shows of an incident."""

    pk: int
    trail: int
    number: int
    title: str
    opened_at: datetime
    resolved_at: datetime


def incidents(wanted: Wanted, now: datetime) -> list[Row]:
    """Those of its services that are over, and that whoever asks may see; the latest first."""
    found: QuerySet = Incident.objects.real().visible_to(wanted.user).resolved().filter(merged_into=None)
    found = found.filter(_goes_by(wanted.policy), opened_at__lte=now)
    if wanted.days is not None:
        found = found.filter(opened_at__gt=now - timedelta(days=wanted.days))
    columns = ("pk", "trail", "number", "title", "opened_at", "resolved_at")
    return [Row(*row) for row in found.order_by("-opened_at", "-pk").values_list(*columns)[: wanted.most]]


def _goes_by(policy: int) -> Q:
    """What has no service, or one without a policy, goes by the catch-all."""
    theirs = Q(service__policy=policy)
    if Installation.objects.filter(catch_all=policy).exists():
        theirs |= Q(service=None) | Q(service__policy=None)
    return theirs


def records(rows: Sequence[Row], *, with_rules: bool) -> Iterator[tuple[Row, Record]]:
    """In their order, without those of whose record not enough is left."""
    kinds = WITH_RULES if with_rules else ALWAYS
    for start in range(0, len(rows), SLICE):
        some = rows[start : start + SLICE]
        told = similar.told_of([row.trail for row in some], kinds)
        for row in some:
            record = record_of(told.pop(row.trail, ()))
            if record is not None:
                yield row, record


class Versions:
    """The present policy and the one that is tried, for incidents of so long."""

    def __init__(self, wanted: Wanted, since: datetime, until: datetime):
        paths = [*wanted.before.values(), *wanted.after.values()]
        self.past = Past(paths, since, until)
        self.last_resort: int = Installation.objects.values_list("last_resort", flat=True).get()
        self.before, self.after = self._version(wanted.before), self._version(wanted.after)
        self.same = _plain(wanted.before) == _plain(wanted.after)
        self.with_rules = bool(self.before.work.policy.rules or self.after.work.policy.rules)

    def _version(self, paths: Paths) -> Version:
        authority = paths[Tier.Track.HIERARCHICAL]
        return Version(
            self._track(paths[Tier.Track.FUNCTIONAL]),
            self._track(authority) if authority["laps"] else None,
            self.last_resort,
        )

    def _track(self, frozen: Frozen) -> Track:
        seconds = frozen["starts_after_s"]
        begins_after = None if seconds is None else timedelta(seconds=seconds)
        return Track(thaw(frozen), self.past.seating(frozen), begins_after)


def _plain(paths: Paths) -> dict[str, Frozen]:
    """Without its name and number, which call nobody."""
    return {track: {**frozen, "policy": None} for track, frozen in paths.items()}
