"""Who may see an incident. Rows are added by verbs and the engine, and never removed."""

from collections.abc import Iterable

from django.db import models
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q, Value

from escalation.people.models import Membership, Team, User

from .summary_days import SummaryChange


class Access(models.Model):
    """A team or a person that may see an incident."""

    incident = models.ForeignKey(
        "incidents.Incident", models.CASCADE, related_name="access", db_index=False
    )  # access_by_incident begins with it
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "team"], condition=Q(person=None), name="access_team_once"),
            models.UniqueConstraint(fields=["incident", "person"], condition=Q(team=None), name="access_person_once"),
            models.CheckConstraint(
                condition=Q(team=None, person__isnull=False) | Q(person=None, team__isnull=False),
                name="access_is_one_of",
            ),
        ]
        indexes = [
            models.Index(fields=["incident", "person", "team"], name="access_by_incident"),
            models.Index(fields=["person", "incident"], name="access_by_person"),
            models.Index(fields=["team", "incident"], name="access_by_team"),
        ]

    def __str__(self):
        return f"{self.incident_id}: {self.team or self.person}"


def grant(incident_id: int, *, teams: Iterable[int] = (), people: Iterable[int] = ()) -> list[Access]:
    """Rows for ``let_in``. Who opens incidents or calls people inserts them, for nothing is over then."""
    return [Access(incident_id=incident_id, team_id=team) for team in dict.fromkeys(teams)] + [
        Access(incident_id=incident_id, person_id=person) for person in dict.fromkeys(people)
    ]


def let_in(rows: Iterable[Access]) -> None:
    """More teams or people may see incidents; the same access twice is one. Of those that are over, what was packed for
    counting does not hold any more."""
    found = list(rows)
    Access.objects.bulk_create(found, ignore_conflicts=True)
    over = Access.objects.filter(incident__in={row.incident_id for row in found}, incident__summary__isnull=False)
    SummaryChange.note(over.values_list("incident__summary__resolved_on", flat=True).distinct())


def sees_all(user) -> bool:
    return bool(user.is_active and (user.is_staff or user.is_auditor))


def visible(user, at: str = "") -> Q:
    """The one visibility rule, as a condition on ``Incident``: teams' incidents and one's own.

    ``at``: as a condition on what has an incident, the way there: ``"incident__"``. (``incident__in`` would leave it
    to the database to look for the same rows twice, in an order of its own.)

    A restricted incident ignores team rows: its participants only. One look at the few rows of each incident: asked
    as two questions, PostgreSQL would rather read all that the person ever had access to, for each page.
    """
    if not user.is_active:
        return Q(pk=None)
    if sees_all(user):
        return Q()
    secret = ExpressionWrapper(OuterRef(f"{at}restricted"), output_field=models.BooleanField())
    rows = Access.objects.filter(incident=OuterRef(f"{at}pk")).alias(secret=secret)
    teams = Membership.objects.filter(user=user).values("team")
    return Q(Exists(rows.filter(Q(person=user) | Q(team__in=teams, secret=False))))


def flags(user) -> dict:
    """For the query that finds an incident: what this person may do, see ``rights_as_read``."""
    rows = Access.objects.filter(incident=OuterRef("pk"))
    supervises = rows.filter(team__memberships__user=user, team__memberships__role=Membership.Role.SUPERVISOR)
    return {
        "read_for": Value(user.pk),
        "by_name": Exists(rows.filter(person=user)),
        "by_team": Exists(rows.filter(team__memberships__user=user)),
        "by_supervising": Exists(supervises),
    }


def sees(incident) -> Q:
    """The same rule, asked the other way round: as a condition on people whose accounts are active."""
    rows = Access.objects.filter(incident=incident)
    may = Q(is_staff=True) | Q(is_auditor=True) | Q(Exists(rows.filter(person=OuterRef("pk"))))
    if not incident.restricted:
        teams = rows.filter(team__isnull=False).values("team")
        may |= Q(Exists(Membership.objects.filter(user=OuterRef("pk"), team__in=teams)))
    return may


def seers(incident, people):
    """Those of ``people`` (a queryset) who may see it."""
    return people.filter(sees(incident), is_active=True)
