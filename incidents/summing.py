"""The rows that measures are made of, kept: written with what resolves or re-opens an incident, and made anew.

The engine hands over each transaction's entries (``follow``): all verbs and all that happens by itself pass there. An
incident that is worked on costs nothing here; one that is resolved, six queries and the rows; a drill has none.
Nothing that is still possible once it is resolved changes a figure, until it is re-opened. That is no promise of this
file: the property test compares every row with the record after every step.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from escalation.engine.models import EscalationRun
from escalation.engine.work import Work
from escalation.people.models import User
from escalation.policies.freezing import last_tier
from escalation.trail.models import Entry, Trail

from .learning.climbs import REASONS
from .learning.summary import KINDS, Figures, figures_of
from .models import Incident, Summary, SummaryChange, SummaryShare, similar

ENDS = ("resolved", "reopened")
SHOWS = ("restricted", "unrestricted")  # changes who may see it
SLICE = 200
_PLAIN: tuple[str, ...] = ("opened_at", "resolved_at", "resolve_s", "acknowledge_s", "escalate_s", "expert_s")
_PLAIN += ("hands_on_s", "furthest")
_PLAIN += ("solver", "tiers", "misrouted", "handovers", "reopened", "alone", "by_clock", "warned_s", "hesitated")


def follow(work: Work, entries: Sequence[Entry]) -> None:
    """Registered with the engine: these entries have just been written, under their trails' locks."""
    trails = {entry.trail_id for entry in entries if entry.kind in ENDS}
    if trails:
        keep(trails)
    if shown := {entry.trail_id for entry in entries if entry.kind in SHOWS}:
        SummaryChange.note(Summary.objects.filter(incident__trail__in=shown).values_list("resolved_on", flat=True))


def keep(trails: Collection[int]) -> int:
    """Make the rows of these incidents anew. The caller holds the locks. Returns how many there are then."""
    before = Summary.objects.filter(incident__trail__in=trails)
    days = set(before.values_list("resolved_on", flat=True))
    before.delete()
    rows, shares = made(trails)
    Summary.objects.bulk_create(rows)
    SummaryShare.objects.bulk_create(shares)
    SummaryChange.note(days | {row.resolved_on for row in rows})
    return len(rows)


def made(trails: Collection[int]) -> tuple[list[Summary], list[SummaryShare]]:
    """The rows that follow from the record, in memory."""
    over = Incident.objects.real().filter(trail__in=trails, resolved_at__isnull=False, merged_into=None)
    over = over.order_by("trail")
    incidents = {one.trail_id: one for one in over.only("trail", "severity", "owner", "service", "source")}
    told = similar.told_of(incidents, KINDS)
    policies, ends = _paths(incidents)
    found = {trail: figures for trail in incidents if (figures := figures_of(told.get(trail, ()), ends.get(trail, "")))}
    zones = _zones(found.values())
    rows = [_row(incidents[trail], policies.get(trail), figures) for trail, figures in found.items()]
    shares = [share for trail, figures in found.items() for share in _shares(incidents[trail], figures, zones)]
    return rows, shares


def refresh(incidents: QuerySet) -> int:
    """Make the rows of these anew from the record as it is now, a slice at a time. Returns how many rows there are."""
    ids = list(incidents.order_by("trail").values_list("trail", flat=True))
    count = 0
    for at in range(0, len(ids), SLICE):
        with transaction.atomic():
            Trail.objects.lock(ids[at : at + SLICE])
            count += keep(ids[at : at + SLICE])
    return count


def _paths(trails: Iterable[int]) -> tuple[dict[int, int], dict[int, str]]:
    """Up which policy each climbed last, and the last tier of that path as it was frozen."""
    runs = EscalationRun.objects.functional().filter(trail__in=list(trails)).order_by("id")
    policies, ends = {}, {}
    for run in runs.only("trail", "policy", "frozen_path"):
        policies[run.trail_id], ends[run.trail_id] = run.policy_id, last_tier(run.frozen)
    return policies, ends


def _zones(found: Iterable[Figures]) -> dict[int, str]:
    """Where each of the people lives who are still known."""
    people = {person for figures in found for person in figures.people}
    return dict(User.objects.filter(pk__in=people).values_list("pk", "time_zone"))


def _row(incident: Incident, policy: int | None, figures: Figures) -> Summary:
    values: Mapping[str, Any] = {name: getattr(figures, name) for name in _PLAIN}
    return Summary(
        incident_id=incident.pk,
        resolved_on=figures.resolved_at.astimezone(UTC).date(),
        severity=incident.severity,
        team_id=incident.owner_id,
        service_id=incident.service_id,
        source_id=incident.source_id,
        policy_id=policy,
        **values,
        **{reason: figures.reasons.get(reason, 0) for reason in REASONS},
    )


def _shares(incident: Incident, figures: Figures, zones: Mapping[int, str]) -> list[SummaryShare]:
    return [
        SummaryShare(
            summary_id=incident.pk,
            person_id=person,
            hands_on_s=share.hands_on_s,
            calls=share.calls,
            night_calls=share.at_night(zones[person]),
        )
        for person, share in figures.people.items()
        if person in zones
    ]
