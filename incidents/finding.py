"""Which incidents are asked for, by what narrows a list: the queue's address and the API's query mean the same by it.

Floor 7. Only querysets; which words are allowed, and what they are called, is the doors' business.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from escalation.engine.models import EscalationRun
from escalation.people.models import Tier, User

from .models import IncidentRole, Promise

NOBODY, NONE = "nobody", "none"
SPANS = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "365d": timedelta(days=365),
}
AT_RISK, BREACHED = "at-risk", "breached"
ROLE_OPEN, ROLE_MINE = "open", "mine"


def _running(**conditions: object) -> Exists:
    return Exists(EscalationRun.objects.functional().running().filter(trail=OuterRef("trail"), **conditions))


def of_teams(incidents: Any, teams: Sequence[int]) -> Any:
    """Those a team answers for: it owns the incident, or its tier has the baton."""
    return incidents.filter(Q(owner__in=teams) | Q(_running(tier__team__in=teams)))


def of_person(incidents: QuerySet, user: User, *, over: bool) -> QuerySet:
    """Of what is open those a person holds or is offered, of what is ``over`` those they resolved."""
    if over:
        return incidents.filter(resolver=user)
    mine = EscalationRun.objects.functional().running().filter(Q(holder=user) | Q(offered_to=user))
    return incidents.filter(trail__in=mine.values("trail"))


def by_tier(incidents: QuerySet, tier: int | str) -> QuerySet:
    """At which it is, or was resolved; ``NONE``: at none, or one that is no longer in use, as the board has it."""
    if tier == NONE:
        known = Tier.objects.in_use().filter(track=Tier.Track.FUNCTIONAL)
        nowhere = _running() & ~_running(tier__in=known)
        return incidents.filter(nowhere | Q(resolved_at__isnull=False, resolver_tier=None))
    return incidents.filter(Q(_running(tier=tier)) | Q(resolver_tier=tier))


def by_holder(incidents: QuerySet, person: int | str) -> QuerySet:
    """Who has it, or resolved it; ``NOBODY``: it is open and nobody has it."""
    if person == NOBODY:
        return incidents.filter(_running(holder=None))
    return incidents.filter(Q(_running(holder=person)) | Q(resolver=person))


def by_promise(incidents: QuerySet, how: str, now: datetime) -> QuerySet:
    rows = Promise.objects.filter(incident=OuterRef("pk"))
    return incidents.filter(Exists(rows.at_risk(now) if how == AT_RISK else rows.broken(now)))


def by_role(incidents: QuerySet, role: str, user: User) -> QuerySet:
    """On which a role is open, or this person has one, or this very one."""
    rows = IncidentRole.objects.filter(incident=OuterRef("pk"))
    if role == ROLE_OPEN:
        return incidents.filter(Exists(rows.vacant()))
    mine = rows.held_by(user)
    return incidents.filter(Exists(mine if role == ROLE_MINE else mine.filter(role=role)))
