"""Changes become messages for whoever listens, in the transaction that makes them. Registered with the engine.

With nobody listening this is one look into the process's memory. Else it is a fixed number of queries for all entries
of a transaction, whether one incident moved or a hundred. What is kept are facts as they stand at the end of the
transaction; of who must not see them, the sender asks again before anything leaves.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from escalation.engine.models import EscalationRun
from escalation.engine.work import Work
from escalation.kit.rows import insert_all
from escalation.people.models import Tier, User
from escalation.trail.models import Entry

from . import webhook_events
from .access import Access
from .incident import Incident
from .webhooks import Listener, WebhookMessage, listening, new_id

_ACTORS = {
    Entry.Actor.PERSON.value: "user",
    Entry.Actor.SOURCE.value: "integration",
    Entry.Actor.ENGINE.value: "system",
}


def follow(work: Work, entries: Sequence[Entry]) -> None:
    """These entries have just been written, under their trails' locks."""
    listeners = listening()
    if not listeners:
        return
    events = [(entry, type_, data) for entry in entries for type_, data in _event(entry)]
    if not events:
        return
    shown = Shown(work, {entry.trail_id for entry, *_rest in events}, listeners)
    messages: list[WebhookMessage] = []
    for entry, type_, data in events:
        if entry.trail_id in shown.incidents:  # and not the installation's own
            messages += _messages(shown, entry, type_, data, listeners)
    insert_all(messages)


def _event(entry: Entry) -> Iterable[tuple[str, dict[str, Any]]]:
    data = json.loads(entry.data)
    if type_ := webhook_events.type_of(entry.kind, data):
        yield type_, data


def _messages(
    shown: "Shown", entry: Entry, type_: str, data: Mapping[str, Any], listeners: Iterable[Listener]
) -> Iterable[WebhookMessage]:
    incident, now = shown.incidents[entry.trail_id], shown.now
    severity, teams = webhook_events.severities(entry.kind, data, incident.severity), shown.teams[entry.trail_id]
    facts: dict[str, Any] = {}
    for one in listeners:
        if not one.wants(type_, severity) or not one.may_hear(restricted=incident.restricted, teams=teams):
            continue
        facts = facts or {
            "incident": {**shown.facts(incident), "version": entry.seq},
            "actor": {"type": _ACTORS[entry.actor_kind], "id": entry.actor_id, "name": entry.actor_name},
            "change": webhook_events.change(entry.kind, data),
        }
        yield WebhookMessage(
            hook_id=one.pk,
            mid=new_id(now),
            type=type_,
            trail_id=entry.trail_id,
            seq=entry.seq,
            at=entry.at,
            facts=facts,
            queued_at=now,
            next_at=now,
        )


class Shown:
    """The incidents of some trails as other systems see them. Four queries, or five where teams matter."""

    def __init__(self, work: Work, trails: set[int], listeners: Iterable[Listener]):
        self.now = work.now
        rows = Incident.objects.filter(trail__in=trails).select_related("service", "owner", "resolver", "merged_into")
        self.incidents = {one.trail_id: one for one in rows}
        runs = EscalationRun.objects.functional().filter(trail__in=self.incidents).order_by("id")
        self.runs = {run.trail_id: work.moving(run) for run in runs}
        moved = self.runs.values()
        self.tiers = dict(Tier.objects.filter(pk__in={run.tier_id for run in moved}).values_list("pk", "name"))
        people = {pk for run in moved for pk in (run.holder_id, run.offered_to_id) if pk}
        self.people = dict(User.objects.filter(pk__in=people).values_list("pk", "name")) if people else {}
        self.teams: dict[int, set[int]] = {trail: set() for trail in self.incidents}
        if any(one.teams for one in listeners):
            seen = Access.objects.filter(incident__trail__in=self.incidents, team__isnull=False)
            called = work.teams_called()  # in this transaction: their rows come after the entries
            for trail, team in [*seen.values_list("incident__trail", "team"), *called]:
                self.teams.get(trail, set()).add(team)

    def facts(self, incident: Incident) -> dict[str, Any]:
        run = self.runs.get(incident.trail_id)
        running = run if run is not None and run.ended_at is None and incident.resolved_at is None else None
        return {
            "id": incident.number,
            "ref": incident.ref,
            "url": f"{settings.ADDRESS}{incident.get_absolute_url()}",
            "title": incident.title,
            "status": _status(incident, run),
            "severity": incident.severity,
            "service": _named(incident.service_id, incident.service.name if incident.service else ""),
            "owner": _named(incident.owner_id, incident.owner.name),
            "restricted": incident.restricted,
            "drill": incident.drill,
            "people_affected": incident.people_affected,
            "impact": incident.impact,
            "urgency": incident.urgency,
            "tier": _named(running.tier_id, self.tiers.get(running.tier_id or 0, "")) if running else None,
            "holder": self._person(running.holder_id) if running else None,
            "offered_to": self._person(running.offered_to_id) if running else None,
            "opened_at": instant(incident.opened_at),
            "acknowledged_at": instant(run.acknowledged_at) if run else None,
            "held_until": instant(running.held_until) if running else None,
            "resolved_at": instant(incident.resolved_at),
            "closed_at": instant(incident.closed_at),
            "cause": incident.cause or None,
            "resolver": _named(incident.resolver_id, incident.resolver.name if incident.resolver else ""),
            "merged_into": incident.merged_into.ref if incident.merged_into else None,
        }

    def _person(self, pk: int | None) -> dict[str, Any] | None:
        return _named(pk, self.people.get(pk or 0, ""))


def _status(incident: Incident, run: EscalationRun | None) -> str:
    incident._runs = [run] if run else []
    return incident.status


def _named(pk: int | None, name: str) -> dict[str, Any] | None:
    return None if pk is None else {"id": pk, "name": name}


def instant(at: datetime | None) -> str | None:
    """As the wire has it: UTC, six digits, Z."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
