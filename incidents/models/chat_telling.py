"""Changes become wishes of channels to be told anew, in the transaction that makes them. Registered with the engine.

With no channel this is one look into the process's memory. Else it is two or three queries for all entries of a
transaction. No row that somebody else may hold is waited for: what waits already is left alone, and several wishes of
one channel are made one when they are claimed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Max, OuterRef

from escalation.engine.work import Work
from escalation.kit.rows import insert_all
from escalation.trail.models import Entry

from .access import Access
from .chat_rooms import LEFT, TOLD, ChatPost, ChatRoom, Reader, new_key, readers
from .incident import Incident
from .webhooks import WebhookMessage, new_id

TYPE = "chat"  # of its messages in the outbox
FOLLOWS = timedelta(seconds=15)  # where a message cannot be changed: so long, what changes is told as one
# What may change what a channel reads. Every other kind of entry is for those who work on it.
_SHOWN = frozenset(
    (
        *("opened", "acknowledged", "called", "exhausted", "accepted", "reassigned", "offer_returned", "held", "woken"),
        *("resolved", "reopened", "restricted", "unrestricted", "rule_acted", "put_back", TOLD, LEFT),
        *("maintenance_began", "maintenance_ended"),
    )
)
_MAY_CHANGE = ("severity", "people_affected")  # facts of these kinds
_OF_FACTS = ("facts", "alert", "absorbed")


@dataclass(frozen=True)
class Change:
    """The newest that concerns a channel: ``room`` if it concerns that one alone."""

    seq: int
    at: Any
    kind: str
    room: int | None


def follow(work: Work, entries: Sequence[Entry]) -> None:
    """These entries have just been written, under their trails' locks."""
    known = readers()
    changes = _changes(entries) if known else {}
    if not changes:
        return
    incidents = Incident.objects.filter(trail__in=changes).only("trail", "severity", "service", "restricted")
    by_trail = {one.trail_id: one for one in incidents}  # and not the installation's own
    if not by_trail:
        return
    posts = {(one.room_id, one.incident_id): one for one in ChatPost.objects.filter(incident__in=by_trail.values())}
    teams = _teams(work, list(by_trail)) if any(one.teams for one in known) else {}
    new: list[ChatPost] = []
    messages: list[WebhookMessage] = []
    for trail, incident in by_trail.items():
        for one in known:
            post = posts.get((one.pk, incident.pk))
            change = _concerning(one, post, incident, changes[trail], teams.get(trail, set()))
            if change is None:
                continue
            if post is None:
                new.append(ChatPost(room_id=one.pk, incident_id=incident.pk, key=new_key()))
            at_once = one.changes or post is None or post.said_at is None or change.kind in (TOLD, "restricted")
            messages.append(_message(one, trail, change, work, at_once=at_once))
    insert_all(new)
    insert_all(messages)


def catch_up(room: ChatRoom, now: datetime) -> None:
    """It is on again: what changed while it was off is told as it is now, or what became a secret would stay there."""
    newer = Entry.objects.filter(trail=OuterRef("incident__trail"), at__gt=OuterRef("said_at"))
    told = room.posts.filter(Exists(newer.filter(kind__in=(*_SHOWN, *_OF_FACTS)))).values("incident__trail")
    last = room.messages.filter(trail__in=told).order_by().values("trail").annotate(last=Max("pk"))
    room.messages.filter(pk__in=[one["last"] for one in last]).send_again(now)


def _changes(entries: Sequence[Entry]) -> dict[int, list[Change]]:
    found: dict[int, list[Change]] = {}
    for entry in entries:
        data = json.loads(entry.data)
        if entry.kind in _SHOWN or (entry.kind in _OF_FACTS and any(name in data for name in _MAY_CHANGE)):
            room = data["room"]["id"] if entry.kind in (TOLD, LEFT) else None
            found.setdefault(entry.trail_id, []).append(Change(entry.seq, entry.at, entry.kind, room))
    return found


def _concerning(
    reader: Reader, post: ChatPost | None, incident: Incident, changes: Sequence[Change], teams: set[int]
) -> Change | None:
    """The newest of them that this channel is to be told of. Whoever has read of it once reads of its end."""
    mine = [one for one in changes if one.room in (None, reader.pk)]
    if post is not None and post.ended_at is not None:
        mine = [one for one in mine if one.kind == LEFT]
    if incident.restricted:
        mine = [one for one in mine if post is not None and one.kind in ("restricted", LEFT)]
    fits = post is not None or reader.wants(severity=incident.severity, service=incident.service_id, teams=teams)
    return mine[-1] if mine and fits else None


def _message(reader: Reader, trail: int, change: Change, work: Work, *, at_once: bool) -> WebhookMessage:
    due = work.now if at_once else work.now + FOLLOWS
    return WebhookMessage(
        hook_id=reader.pk,
        mid=new_id(work.now),
        type=TYPE,
        trail_id=trail,
        seq=change.seq,
        at=change.at,
        queued_at=work.now,
        next_at=due,
    )


def _teams(work: Work, trails: Sequence[int]) -> dict[int, set[int]]:
    """Which teams may see each, with those that this transaction brings in."""
    found: dict[int, set[int]] = {trail: set() for trail in trails}
    seen = Access.objects.filter(incident__trail__in=trails, team__isnull=False)
    for trail, team in [*seen.values_list("incident__trail", "team"), *work.teams_called()]:
        found.get(trail, set()).add(team)
    return found
