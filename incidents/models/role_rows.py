"""Who has which role on which incident now. What became of it is on the record; these rows are where it stands."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from escalation.engine.models import EscalationRun
from escalation.oncall.models import Schedule
from escalation.people.models import Tier, User

from .role_plans import Role

ANSWER = timedelta(minutes=15)  # an offer moves nothing by itself; so long after it, others learn that nobody answers


class IncidentRoleQuerySet(models.QuerySet["IncidentRole"]):
    def living(self):
        """Of incidents that are open."""
        return self.filter(ended_at__isnull=True)

    def vacant(self):
        """Nobody has it, nor does whoever has the baton."""
        return self.living().filter(Q(schedule__isnull=False) | Q(tier__isnull=False), person__isnull=True)

    def unanswered(self, now: datetime):
        """Somebody was asked, and has said neither yes nor no for a while."""
        return self.living().filter(offered_to__isnull=False, offered_at__lte=now - ANSWER)

    def held_by(self, user: User):
        """By name, or with the baton."""
        runs = EscalationRun.objects.functional().running().filter(holder=user)
        baton = Q(person=None, schedule=None, tier=None, incident__trail__in=runs.values("trail"))
        return self.living().filter(Q(person=user) | baton)

    def along(self):
        """With all that is said of them."""
        return self.select_related("person", "offered_to", "offered_by", "schedule", "tier")


class IncidentRole(models.Model):
    """A role of an incident: by whom it is filled, who has it, and who is asked to take it.

    Neither a schedule nor a tier, nor a person: whoever has the baton has it. ``refused``: whom the roster does not ask
    again. ``offered_by`` is None where the roster asks. The rows of what is over stay, and say who had it last.
    """

    incident = models.ForeignKey("incidents.Incident", models.CASCADE, related_name="roles", db_index=False)
    role = models.CharField(max_length=12, choices=Role)
    schedule = models.ForeignKey(Schedule, models.PROTECT, null=True, related_name="+", db_index=False)
    tier = models.ForeignKey(Tier, models.PROTECT, null=True, related_name="+", db_index=False)
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    since = models.DateTimeField()
    offered_to = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    offered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    offered_at = models.DateTimeField(null=True)  # when the latest was asked
    refused = models.JSONField(default=list)
    ended_at = models.DateTimeField(null=True)

    objects = IncidentRoleQuerySet.as_manager()

    class Meta:
        verbose_name = _("role of an incident")
        verbose_name_plural = _("roles of incidents")
        constraints = [models.UniqueConstraint(fields=["incident", "role"], name="incident_role_once")]
        indexes = [models.Index(fields=["incident"], condition=Q(ended_at__isnull=True), name="incident_role_living")]

    def __str__(self):
        return f"{self.role} of incident {self.incident_id}"

    @property
    def of_baton(self) -> bool:
        """Whoever has the baton is to have it, unless somebody took it."""
        return self.schedule_id is None and self.tier_id is None

    @property
    def is_vacant(self) -> bool:
        return self.person_id is None and not self.of_baton

    def waits_in_vain(self, now: datetime) -> bool:
        return self.offered_to_id is not None and self.offered_at is not None and self.offered_at <= now - ANSWER

    @property
    def token(self) -> str:
        """Changes whenever somebody's form would be stale."""
        return f"{self.pk}.{self.person_id or 0}.{self.offered_to_id or 0}"

    @property
    def by(self) -> dict:
        """Where it is filled from, for an entry, with the names as they are now."""
        if self.schedule is not None:
            return {"schedules": [{"id": self.schedule.pk, "name": self.schedule.name}]}
        return {"tier": {"id": self.tier.pk, "name": self.tier.name}} if self.tier is not None else {"baton": True}
