"""What each incident that is over comes to, in one row: measures are made of these, never of the record itself.

The rows follow from the record (``incidents.learning.summary``): ``incidents.summing`` writes them in the transaction
that resolves or re-opens an incident, and makes them anew at any time. An incident that is open, or was merged into
another, has none; so nothing is written while people work, and no figure moves before it is known.

Severity, team, service, policy and source are the incident's when it was resolved.

What is kept beside them makes counting fast and says nothing of its own: see ``incidents.counting``.
"""

from django.db import models

from escalation.people.models import Team, User
from escalation.policies.models import Policy

from .access import visible
from .catalogue import SEVERITY_RANGE, Service
from .doors import Source
from .incident import Incident


class SummaryQuerySet(models.QuerySet["Summary"]):
    def visible_to(self, user: User):
        return self.filter(visible(user, at="incident__")) if user.is_active else self.none()


class Summary(models.Model):
    """Seconds count from the opening, on the wall; None: it never was. See ``learning.summary.Figures``."""

    incident = models.OneToOneField(Incident, models.CASCADE, primary_key=True, related_name="summary")
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField()
    resolved_on = models.DateField()  # of that instant in UTC, to count by days
    severity = models.PositiveSmallIntegerField(validators=SEVERITY_RANGE)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", db_index=False)
    service = models.ForeignKey(Service, models.PROTECT, null=True, related_name="+", db_index=False)
    policy = models.ForeignKey(Policy, models.PROTECT, null=True, related_name="+", db_index=False)
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+", db_index=False)

    resolve_s = models.PositiveBigIntegerField()
    acknowledge_s = models.PositiveBigIntegerField(null=True)
    escalate_s = models.PositiveBigIntegerField(null=True)
    expert_s = models.PositiveBigIntegerField(null=True)
    hands_on_s = models.PositiveBigIntegerField()

    furthest = models.CharField(max_length=80)
    solver = models.CharField(max_length=80)
    tiers = models.PositiveSmallIntegerField()
    misrouted = models.BooleanField()
    handovers = models.PositiveIntegerField()
    reopened = models.PositiveIntegerField()
    alone = models.BooleanField()
    warned_s = models.PositiveBigIntegerField(null=True)
    hesitated = models.BooleanField()
    # Escalations: those that nobody asked for, and those by hand, by their reason.
    by_clock = models.PositiveIntegerField()
    expertise = models.PositiveIntegerField(default=0)
    authority = models.PositiveIntegerField(default=0)
    access = models.PositiveIntegerField(default=0)
    impact = models.PositiveIntegerField(default=0)
    time = models.PositiveIntegerField(default=0)
    capacity = models.PositiveIntegerField(default=0)

    objects = SummaryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "summaries"
        indexes = [models.Index(fields=["resolved_on"], name="summary_by_day")]

    def __str__(self):
        return f"{self.incident_id} resolved after {self.resolve_s} s"


class SummaryShare(models.Model):
    """What one person had of an incident that is over: seconds of work, and how often they were called for it."""

    summary = models.ForeignKey(Summary, models.CASCADE, related_name="shares", db_index=False)
    person = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    hands_on_s = models.PositiveBigIntegerField()
    calls = models.PositiveIntegerField()
    night_calls = models.PositiveIntegerField()  # where the person lived when the row was made

    class Meta:
        constraints = [models.UniqueConstraint(fields=["summary", "person"], name="share_once")]
        indexes = [models.Index(fields=["person"], name="share_of")]

    def __str__(self):
        return f"{self.person_id} of {self.summary_id}: {self.hands_on_s} s"
