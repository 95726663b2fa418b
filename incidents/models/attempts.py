"""An attempt: what somebody tried on an incident, and what it did.

The row is there to be counted and found; the record stays the truth. Everything in it can be made anew from its
entry, and what was written (the hypothesis, and what was tried) is nowhere but in the entry's text: whoever takes
that text away lawfully has taken it from here too. The hypothesis is one line and stands first in it, with an empty
line after; the entry's data say whether there is one.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from escalation.kit.containing import contains
from escalation.kit.text import one_line
from escalation.people.models import Tier, User
from escalation.trail.models import Entry

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


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def on(self, incidents: models.QuerySet) -> "AttemptQuerySet":
        """Those made on these incidents; what a person may see is what they may see of those."""
        return self.filter(incident__in=incidents.order_by().values("pk"))

    def search(self, words: str) -> "AttemptQuerySet":
        """Every word must be found in the hypothesis or in what was tried."""
        found = self
        for word in words.split()[:_MOST_WORDS]:
            found = found.filter(contains("entry__said__text", word))
        return found

    def newest(self, most: int) -> "AttemptQuerySet":
        """So many of them, the latest: what is asked of those costs the same however many there are."""
        return Attempt.objects.filter(pk__in=self.order_by("-at", "-id").values("pk")[:most])

    def more_than(self, most: int) -> bool:
        return bool(self.order_by("-at", "-id").values_list("pk")[most : most + 1])

    def told(self) -> list[Found]:
        """What can be counted and listed of them, the latest first. One query."""
        columns = ("pk", "outcome", "incident__service", "incident__service__name")
        return [Found(*row) for row in self.order_by("-at", "-id").values_list(*columns)]

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
