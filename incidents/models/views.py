"""Saved views of the queue: a name for an address, one's own or shared with a team."""

from urllib.parse import urlencode

from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from escalation.people.models import ArchivedQuerySet, Membership, Team, User

LONGEST = 2000
# What the queue's address may ask for, in this order.
NAMES = (
    "scope",
    "status",
    "severity",
    "service",
    "team",
    "q",
    "tier",
    "holder",
    "since",
    "within",
    "people",
    "cause",
    "promise",
    "role",
    "source",
    "sort",
    "show",
)


class ViewQuerySet(ArchivedQuerySet):
    def visible_to(self, user: User):
        """One's own, and those of one's teams."""
        teams = Membership.objects.filter(user=user).values("team")
        return self.in_use().filter(Q(author=user) | Q(team__in=teams))

    def changeable_by(self, user: User):
        """One's own, and as a supervisor those of the team."""
        led = Membership.objects.filter(user=user, role=Membership.Role.SUPERVISOR).values("team")
        return self.in_use().filter(Q(author=user) | Q(team__in=led))


class SavedView(models.Model):
    """What the queue's address asks for, by a name. Who looks at it sees what they themselves may see."""

    name = models.CharField(_("name"), max_length=80)
    asked = models.CharField(max_length=LONGEST, blank=True, default="")  # the address after its question mark
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("shared with")
    )
    archived_at = models.DateTimeField(null=True)

    objects = ViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "id"]

    def __str__(self):
        return self.name


class FirstView(models.Model):
    """The view a person's queue begins with."""

    person = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="+")

    def __str__(self):
        return f"{self.person}: {self.view}"

    @classmethod
    def choose(cls, person: User, view: SavedView, *, on: bool) -> None:
        """This person's queue begins with it, or no longer with it."""
        if on:
            cls.objects.update_or_create(person=person, defaults={"view": view})
        else:
            cls.objects.filter(person=person, view=view).delete()


def asked_in(asked: QueryDict) -> str:
    """What of an address belongs to the queue, and nothing else."""
    parts = [(name, value[:200]) for name in NAMES if (value := ",".join(asked.getlist(name)))]
    return urlencode(parts)[:LONGEST]
