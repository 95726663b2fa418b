"""An attempt: what somebody tried on an incident, and what it did.

The row is there to be counted and found; the record stays the truth. Everything in it can be made anew from its
entry, and what was written (the hypothesis, and what was tried) is nowhere but in the entry's text: whoever takes
that text away lawfully has taken it from here too. The hypothesis is one line and stands first in it, with an empty
line after; the entry's data say whether there is one.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from escalation.kit.containing import contains
from escalation.kit.text import one_line
from escalation.people.models import Tier, User
from escalation.trail.models import Entry

from .access import visible

HYPOTHESIS = 300  # characters
MOST_MINUTES = 10_000  # a week
_MOST_WORDS = 5  # of a search: each is a look at every text
LOOK = 5_000  # the latest of those that one may see are looked through; a service narrows that


class Outcome(models.TextChoices):
    """What an attempt did."""

    HELPED = "helped", _("helped")
    NO_EFFECT = "no_effect", _("no effect")
    WORSE = "worse", _("made it worse")


class Found(NamedTuple):
    pk: int
    outcome: str
    service: int | None
    service_name: str | None


def counted(found: Collection[Found]) -> dict[str, int]:
    """How often it was ``tried``, and how often that ``helped``."""
    return {"tried": len(found), "helped": sum(one.outcome == Outcome.HELPED for one in found)}


def by_service(found: Iterable[Found], most: int) -> list[list[Found]]:
    """Those of each service together, the most tried first."""
    groups: dict[int | None, list[Found]] = {}
    for one in found:
        groups.setdefault(one.service, []).append(one)
    return sorted(groups.values(), key=lambda some: (-len(some), some[0].service_name or ""))[:most]


_COLUMNS = ("pk", "outcome", "incident__service", "incident__service__name")  # of what is Found


def _having(words: str) -> Q:
    return Q(*(contains("entry__said__text", word) for word in words.split()[:_MOST_WORDS]))


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def visible_to(self, user: User) -> "AttemptQuerySet":
        """What a person may see of them is what they may see of their incidents: looked at one by one. Not of drills:
        what did nothing, or did not have to, helps nobody the next time."""
        return self.filter(visible(user, "incident__"), incident__drill=False)

    def on(self, incidents: models.QuerySet) -> "AttemptQuerySet":
        """Those made on these incidents, which are few among all."""
        return self.filter(incident__in=incidents.filter(drill=False).order_by().values("pk"))

    def search(self, words: str) -> "AttemptQuerySet":
        """Every word must be found in the hypothesis or in what was tried."""
        return self.filter(_having(words))

    def looked_through(self, words: str, most: int) -> tuple[list[Found], bool]:
        """Those of the newest that have the words; and whether there are earlier ones, which were not looked at.

        One query: the texts are looked at where they lie, and what has not the words is left out here.
        """
        having = Case(When(_having(words), then=True), default=False) if words.split() else Value(True)
        rows = self.annotate(has=having).order_by("-at", "-id")
        found = list(rows.values_list("has", *_COLUMNS)[: most + 1])
        return [Found(*row) for has, *row in found[:most] if has], len(found) > most

    def told(self) -> list[Found]:
        """What can be counted and listed of them, the latest first. One query."""
        return [Found(*row) for row in self.order_by("-at", "-id").values_list(*_COLUMNS)]

    def latest_first(self) -> "AttemptQuerySet":
        return self.order_by("-at", "-id").select_related("entry__said")


class Attempt(models.Model):
    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="tried")
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="attempt")
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    tier = models.ForeignKey(Tier, models.PROTECT, null=True, related_name="+", db_index=False)  # the person's, then
    outcome = models.CharField(max_length=9, choices=Outcome)
    minutes = models.PositiveSmallIntegerField(null=True)
    at = models.DateTimeField()

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes = [models.Index(fields=["-at", "-id"], name="attempt_latest")]

    def __str__(self):
        return f"attempt on incident {self.incident_id} ({self.outcome})"


def supposed(hypothesis: str) -> str:
    """A hypothesis as it is kept: one line."""
    return one_line(hypothesis, limit=HYPOTHESIS)


def worded(hypothesis: str, action: str) -> str:
    """One text for the record."""
    return f"{hypothesis}\n\n{action}" if hypothesis else action


def parted(text: str, *, has_hypothesis: bool) -> tuple[str, str]:
    """Hypothesis and action. A text that was replaced by a remark has no hypothesis any more."""
    first, gap, rest = text.partition("\n\n")
    return (first, rest) if has_hypothesis and gap else ("", text)
