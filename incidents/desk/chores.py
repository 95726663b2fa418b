"""What waits for those who keep runbooks: steps that did not work somewhere, and reviews that are due.

Which runbooks somebody keeps changes with the installation's record alone, and is asked once for each: who keeps
none costs nothing, who keeps some one query.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import OuterRef, QuerySet, Subquery

from escalation.people.models import User
from escalation.trail.models import EntryText
from incidents.models import Runbook, Tick
from incidents.models.access import visible
from incidents.models.following import parted

from .queries import team_ids
from .versions import TURN, rules_of

MOST = 20  # of each, on one page


@dataclass(frozen=True)
class Review:
    """A runbook whose review may be somebody's."""

    runbook: int
    title: str
    url: str
    due: datetime
    last: datetime | None
    by: str


@dataclass(frozen=True)
class Chores:
    tasks: Sequence[Tick] = ()
    reviews: Sequence[Review] = ()

    def __len__(self) -> int:
        return len(self.tasks) + len(self.reviews)


def chores_of(user: User, now: datetime) -> Chores:
    """For their cues."""
    kept, due = kept_by(user, now)
    return Chores(tasks_of(kept, user) if kept else [], due)


def kept_by(user: User, now: datetime) -> tuple[Sequence[int], Sequence[Review]]:
    """The runbooks of this person, and those whose review is theirs and due. An auditor keeps nothing."""
    if user.is_auditor and not user.is_staff:
        return [], []
    kept, reviews = cache.get_or_set(f"kept:{rules_of(user, now)}", lambda: _kept(user), TURN) or ([], [])
    due = sorted((one for one in reviews if one.due <= now), key=lambda one: (one.due, one.runbook))
    return kept, due[:MOST]


def seen_tasks(runbooks: Iterable[int], user: User) -> QuerySet[Tick]:
    """What did not work, as far as ``user`` may see the incident."""
    return Tick.objects.tasks().filter(visible(user, "incident__"), step__runbook__in=runbooks)


def _kept(user: User) -> tuple[list[int], list[Review]]:
    """The runbooks of this person and their teams; and those whose review is theirs: as its owner, or as one of its
    team if it has none (any more)."""
    rows = Runbook.objects.in_use().kept_by(user, team_ids(user)).select_related("owner", "reviewed_by").defer("body")
    reviews = [
        Review(row.pk, row.title, row.get_absolute_url(), row.review_at, row.reviewed_at, str(row.reviewed_by or ""))
        for row in rows
        if row.review_at and (row.owner_id == user.pk or not (row.owner and row.owner.is_active))
    ]
    return [row.pk for row in rows], reviews


def tasks_of(runbooks: Iterable[int], user: User, most: int = MOST) -> Sequence[Tick]:
    """Each with what was ``said`` of it. One query."""
    said = EntryText.objects.filter(entry__trail=OuterRef("incident__trail"), entry__seq=OuterRef("seq"))
    found = (
        seen_tasks(runbooks, user)
        .select_related("step__runbook", "incident", "by")
        .defer("step__runbook__body", "incident__symptom")
    )
    found = found.annotate(text=Subquery(said.values("text")[:1])).order_by("at", "pk")
    for tick in (ticks := list(found[:most])):
        tick.said = parted(tick.text or "")[1]  # type: ignore[attr-defined]
    return ticks
