"""Who must know of an incident without working on it: stakeholders, whom admins name, and followers, who wish to.

Decided, as simply as it can be said: a stakeholder (a person, or everybody of a team) hears of updates on one service,
or on all, from a severity on. Who has been told once of an incident hears the rest of it, though it be less severe by
then: else they would not learn that it is over. Of an incident into which others were merged, theirs hear too.

Being a stakeholder gives no right to see anything. Who may not see the incident is sent the words of the update and the
name of the service, and no more: no reference, no title, nobody's name. Of a restricted incident they are sent nothing
at all, and nobody can choose otherwise: to tell them is to lift the restriction, or to let them in. A follower follows
what they may see, and for as long as they may.

Everybody is an account: the outbox knows people, their ways and their quiet hours, and no bare addresses. A mailing
list is an account with the list's address and no team: it sees nothing.
"""

from dataclasses import dataclass

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from escalation.engine.models import Delivery
from escalation.people.models import Membership, Team, User

from .access import sees
from .catalogue import SEVERITY_RANGE, Service

KIND = "update"  # of the message
_FROM = (
    (1, "SEV1"),
    (2, _("SEV2 or worse")),
    (3, _("SEV3 or worse")),
    (4, _("SEV4 or worse")),
    (5, _("any severity")),
)
_LAYERS = 20  # of what was merged into what was merged; nobody merges so deep


class Stakeholder(models.Model):
    """A person, or a team, who must know how incidents of a service stand."""

    person = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="stakes", verbose_name=_("person")
    )
    team = models.ForeignKey(
        Team,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stakes",
        verbose_name=_("team"),
        help_text=_("Instead of a person: everybody who is in it."),
    )
    service = models.ForeignKey(
        Service,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stakeholders",
        verbose_name=_("service"),
        help_text=_("Empty: every service, and incidents of none."),
    )
    severity = models.PositiveSmallIntegerField(
        _("from severity"),
        default=5,
        choices=_FROM,
        validators=SEVERITY_RANGE,
        help_text=_("They hear of incidents that are so severe. Who was told of one hears the rest of it."),
    )

    class Meta:
        verbose_name = _("stakeholder")
        verbose_name_plural = _("stakeholders")
        ordering = ["service__name", "team__name", "person__name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None, team__isnull=False) | Q(team=None, person__isnull=False),
                name="stakeholder_is_one_of",
                violation_error_message=_("Choose a person or a team."),
            ),
            models.UniqueConstraint(
                Coalesce("person", 0),
                Coalesce("team", 0),
                Coalesce("service", 0),
                name="stakeholder_once",
                violation_error_message=_("They are a stakeholder of this already."),
            ),
        ]

    def __str__(self):
        who = self.person.name if self.person else self.team.name if self.team else ""
        return f"{who}: {self.service.name if self.service else _('every service')}"


class Follow(models.Model):
    """Somebody wishes to hear of updates on an incident that they may see."""

    incident = models.ForeignKey("incidents.Incident", models.CASCADE, related_name="follows", db_index=False)
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("follower")
        verbose_name_plural = _("followers")
        constraints = [models.UniqueConstraint(fields=["incident", "person"], name="follow_once")]

    def __str__(self):
        return f"{self.person_id} follows incident {self.incident_id}"


@dataclass(frozen=True)
class Audience:
    """Who is told, in the order of their names. ``outside``: they may not see it. ``left_out``: nor are they told."""

    inside: tuple[User, ...] = ()
    outside: tuple[User, ...] = ()
    left_out: int = 0

    @property
    def people(self) -> list[User]:
        return sorted([*self.inside, *self.outside], key=lambda person: (person.name.casefold(), person.pk))

    def __len__(self) -> int:
        return len(self.inside) + len(self.outside)


def audience_of(incident, *, but: User | None = None, alone: bool = False) -> Audience:
    """Who an update of it goes to now. One query. ``but``: whoever sends it knows. ``alone``: nothing was merged into
    it, as whoever asks has just read."""
    of = type(incident).objects.filter(pk__in=[incident.pk] if alone else _with_merged(incident))
    stakes = Stakeholder.objects.filter(Q(service=None) | Q(service__in=of.values("service")))
    told = Delivery.objects.filter(trail__in=of.values("trail"), kind=KIND)
    stake = _named(stakes.filter(severity__gte=incident.severity)) | (_named(stakes) & Q(pk__in=told.values("person")))
    follows = Follow.objects.filter(incident__in=of.values("pk"))
    people = User.objects.filter(is_active=True).annotate(may_see=sees(incident), stake=stake)
    people = people.exclude(pk=but.pk) if but is not None else people
    found = list(people.filter(Q(stake=True) | Q(pk__in=follows.values("person"))).order_by("name", "pk"))
    blind = [person for person in found if not person.may_see and person.stake]
    return Audience(
        inside=tuple(person for person in found if person.may_see),
        outside=() if incident.restricted else tuple(blind),
        left_out=len(blind) if incident.restricted else 0,
    )


def _named(stakes: QuerySet[Stakeholder]) -> Q:
    """Whoever is named themselves, or by their team. Sets, that are made once: there are more people than stakes."""
    teams = Membership.objects.filter(team__in=stakes.filter(team__isnull=False).values("team"))
    return Q(pk__in=stakes.filter(person__isnull=False).values("person")) | Q(pk__in=teams.values("user"))


def flags(user) -> dict:
    """For the query that finds an incident: who could be told of it, and whether this person follows it."""
    follows = Follow.objects.filter(incident=OuterRef("pk"))
    return {
        "informs": Q(Exists(Stakeholder.objects.all())) | Q(Exists(follows)),
        "followed": Exists(follows.filter(person=user)),
    }


def _with_merged(incident) -> list[int]:
    """It and all that was merged into it."""
    found, layer = [incident.pk], [incident.pk]
    for _layer in range(_LAYERS):
        layer = list(type(incident).objects.filter(merged_into__in=layer).values_list("pk", flat=True))
        if not layer:
            break
        found += layer
    return found
