"""Up to where somebody has read an incident's record, and where they are mentioned since. No part of the record.

For nobody but the person themselves: unlike presence it is shown to no colleague, so it is kept for everybody. A visit
is one load of the page that shows something new, or the first in a while: it costs one write, and what others add
while the page stays open counts as of after it, until the person adds something themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from escalation.people.models import User
from escalation.trail.models import Entry

NOT_DONE = ("delivery", "told_all")  # entries of what was sent for another: they are of the same deed
LASTS = timedelta(minutes=5)  # a page that is loaded again so soon, and shows nothing new, is of the same visit


@dataclass(frozen=True)
class Visited:
    """What was kept of somebody's visits to one incident; None: they never looked."""

    pk: int | None
    at: datetime | None
    seq: int | None
    before_at: datetime | None
    before_seq: int | None

    def goes_on(self, last: int, now: datetime) -> bool:
        """Whether a page that ends with the entry ``last`` belongs to the latest visit."""
        return self.at is not None and self.seq is not None and last <= self.seq and now - self.at < LASTS


class VisitQuerySet(models.QuerySet["Visit"]):
    def begin(self, incident: int, person: User, *, kept: Visited, last: int, now: datetime) -> None:
        """They read up to the entry ``last``, and with it whatever mentioned them. One statement."""
        seen = {"at": now, "seq": last, "before_at": kept.at, "before_seq": kept.seq, "mention": None}
        if kept.pk is not None:
            self.filter(pk=kept.pk).update(**seen)
        else:
            Visit.objects.bulk_create([Visit(incident_id=incident, person=person, **seen)], ignore_conflicts=True)

    def mention(self, incident: int, people: Iterable[User], *, after: int) -> None:
        """The entry that follows ``after`` is to be read by these. In the transaction of whoever writes it."""
        rows = [Visit(incident_id=incident, person=person, mention=after) for person in people]
        Visit.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["incident", "person"], update_fields=["mention"]
        )

    def mentioned(self, user: User) -> "VisitQuerySet":
        """Those where somebody mentioned them, and they have neither looked nor written anything since."""
        theirs = Entry.objects.filter(actor_kind=Entry.Actor.PERSON, actor_id=user.pk)
        since = theirs.filter(trail=OuterRef("incident__trail"), seq__gt=OuterRef("mention"))
        return self.filter(~Exists(since), person=user, mention__isnull=False)


class Visit(models.Model):
    incident = models.ForeignKey("incidents.Incident", models.CASCADE, related_name="visits", db_index=False)
    person = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField(null=True)
    seq = models.PositiveIntegerField(null=True)  # the last entry there was
    before_at = models.DateTimeField(null=True)  # the visit before it
    before_seq = models.PositiveIntegerField(null=True)
    mention = models.PositiveIntegerField(null=True)  # the entry before the one that mentions them

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints = [models.UniqueConstraint(fields=["incident", "person"], name="visited_once")]
        indexes = [
            models.Index(fields=["person", "-at"], name="visit_latest"),
            models.Index(fields=["person"], condition=Q(mention__isnull=False), name="visit_mentioned"),
        ]

    def __str__(self):
        return f"{self.person} at incident {self.incident_id}"


def along(incidents, user: User | AnonymousUser):
    """Each incident with this person's visits, in the same query."""
    mine = FilteredRelation("visits", condition=Q(visits__person=user))
    kept = {f"visit_{name}": F(f"my_visit__{name}") for name in Visited.__dataclass_fields__}
    return incidents.annotate(my_visit=mine, **kept)


def changed_since(incidents, user: User):
    """Each incident with whether others have added to it since this person looked, if they ever did."""
    theirs = Q(actor_kind=Entry.Actor.PERSON, actor_id=user.pk)
    mine = FilteredRelation("visits", condition=Q(visits__person=user))
    since = Entry.objects.filter(trail=OuterRef("trail"), seq__gt=OuterRef("my_visit__seq"))
    return incidents.annotate(my_visit=mine, changed=Exists(since.exclude(theirs).exclude(kind__in=NOT_DONE)))


def of(incident) -> Visited:
    """As the query has found it."""
    return Visited(*(getattr(incident, f"visit_{name}", None) for name in Visited.__dataclass_fields__))
