"""What is learnt from an incident: its review, what contributed, and the actions that follow from it.

The record stays the truth: a review's timeline is read from it each time, and only remarks are kept here, each with
the number of the entry it is about. What people write in a review is theirs to correct, also after it was shared; the
incident's record says who changed it and when, not every wording. Its actions are as a problem's are (``actions``).

**No status column.** A review is a draft until it is shared, and done when none of its actions is open any more.
Actions are chased until then (``chasing``).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.kit.text import clean
from escalation.people.models import User
from escalation.trail.models import EntryText

from .access import grant, let_in, seers, visible
from .actions import LONGEST, Action, ActionQuerySet, HasActions
from .quoting import lines_without

if TYPE_CHECKING:
    from .incident import Incident

MOST_FACTORS = 20


class Factor(models.TextChoices):
    """What kind of thing contributed. None of them is a person."""

    CHANGE = "change", gettext_lazy("a change")
    CONFIGURATION = "configuration", gettext_lazy("configuration")
    CAPACITY = "capacity", gettext_lazy("load or capacity")
    DEPENDENCY = "dependency", gettext_lazy("something we depend on")
    DESIGN = "design", gettext_lazy("how it is built")
    DETECTION = "detection", gettext_lazy("noticed late, or not by us")
    KNOWLEDGE = "knowledge", gettext_lazy("what was not known or written down")
    ACCESS = "access", gettext_lazy("access or authority that was missing")
    HANDOVER = "handover", gettext_lazy("how it was passed on")
    STAFFING = "staffing", gettext_lazy("too few hands, or too tired")
    OTHER = "other", gettext_lazy("something else")


@dataclass(frozen=True)
class Words:
    """What people write in a review. ``factors``: of which kind each is, and what."""

    summary: str = ""
    helped: str = ""
    hindered: str = ""
    factors: Sequence[tuple[str, str]] = ()


class ReviewQuerySet(models.QuerySet["Review"]):
    def visible_to(self, user) -> "ReviewQuerySet":
        """As its incident is."""
        return self.filter(visible(user, "incident__"))

    def with_state(self) -> "ReviewQuerySet":
        """Each with ``has_open``, whether an action of it is open; so ``state`` asks nothing."""
        return self.annotate(has_open=Exists(Action.objects.open().filter(review=OuterRef("pk"))))


class Review(HasActions):
    """How an incident went, and what follows from it."""

    incident = models.OneToOneField("incidents.Incident", models.PROTECT, related_name="+")
    summary = models.TextField(gettext_lazy("what happened"), blank=True, default="")
    helped = models.TextField(gettext_lazy("what helped"), blank=True, default="")
    hindered = models.TextField(gettext_lazy("what made it harder"), blank=True, default="")
    version = models.PositiveIntegerField(default=1)  # of these words
    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    shared_at = models.DateTimeField(null=True)
    shared_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = ReviewQuerySet.as_manager()
    noun = "review"

    class Meta:
        verbose_name = gettext_lazy("review")
        verbose_name_plural = gettext_lazy("reviews")
        indexes = [models.Index(fields=["-begun_at"], name="review_latest")]

    def __str__(self):
        return f"review of incident {self.incident_id}"

    def get_absolute_url(self):
        return reverse("review", args=[self.incident.number])

    @property
    def trail_id(self) -> int:
        return self.incident.trail_id

    @property
    def ref(self) -> str:
        return self.incident.ref

    @property
    def team_id(self) -> int:
        return self.incident.owner_id

    def seers(self, people):
        return seers(self.incident, people)

    @property
    def state(self) -> str:
        """``draft``, ``shared`` or ``done``."""
        if self.shared_at is None:
            return "draft"
        known = getattr(self, "has_open", None)
        is_open = self.actions.open().exists() if known is None else known
        return "shared" if is_open else "done"

    # --- verbs ------------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def begin(cls, incident: "Incident", *, by: User, words: Words | Callable[[], Words]) -> "Review":
        """Open the draft, with what can be said from the record; a draft is made under its lock, so that what leaves
        the record in that moment is not in it. Who was faster is said."""
        work = incident._begin(by=by, needs_open=False)
        if incident.resolved_at is None:
            raise Refused(_("%(ref)s is open. Its review begins when it is resolved.") % {"ref": incident.ref})
        if incident.merged_into_id is not None:
            raise Refused(_("%(ref)s was merged: what it goes on as is reviewed.") % {"ref": incident.ref})
        if incident.drill:
            raise Refused(_("%(ref)s was a drill: its report says who answered when.") % {"ref": incident.ref})
        if cls.objects.filter(incident=incident).exists():
            raise Refused(_("Somebody has begun this review already."), code="stale")
        review = cls(incident=incident, begun_at=work.now, begun_by=by)
        review._keep(words() if callable(words) else words)
        review._said(work, "review_begun", {})
        return review

    @transaction.atomic
    def write(self, *, by: User, words: Words, seen: str | None = None) -> None:
        """Other words. ``seen``: the version that the form was made from."""
        work = self._at(by)
        if seen is not None and seen != str(self.version):
            raise Refused(_("Somebody has changed this review since the page was loaded."), code="stale")
        self.version += 1
        self._keep(words)
        self._said(work, "review_changed", {"number": self.version})

    @transaction.atomic
    def share(self, *, by: User, seen: str | None = None) -> None:
        """It is no draft any more: whoever sees the incident finds it there as it is meant."""
        work = self._at(by)
        if seen is not None and seen != str(self.version):
            raise Refused(_("Somebody has changed this review since the page was loaded."), code="stale")
        if self.shared_at is not None:
            raise Refused(_("It is shared already."), code="stale")
        if self.incident.resolved_at is None:
            raise Refused(
                _("%(ref)s was re-opened. Share its review when it is resolved.") % {"ref": self.incident.ref}
            )
        if not self.summary.strip():
            raise Refused(_("Say what happened first: the summary is empty."), code="invalid")
        self.shared_at, self.shared_by = work.now, by
        self.save()
        self._said(work, "review_shared", {"number": self.version})

    @transaction.atomic
    def remark(self, *, by: User, seq: int, text: str, seen: str | None = None) -> None:
        """Say something about one line of the timeline; no text takes the remark away. ``seen``: the number of the
        remark that was there, 0 if none was."""
        work = self._at(by)
        if not self.incident.trail.entries.filter(seq=seq).exists():
            raise Refused(_("There is no such entry on the record."), code="invalid")
        said, rows = clean(text.strip(), limit=LONGEST), ReviewRemark.objects.filter(review=self, seq=seq)
        there = rows.select_related("by").first()
        if seen is not None and seen != str(there.pk if there else 0):
            raise Refused(_meanwhile(there), code="stale")
        if not said and there is None:
            return
        rows.delete()
        if said:
            ReviewRemark.objects.create(review=self, seq=seq, text=said, by=by, at=work.now)
        self._said(work, "review_remark", {"of": seq}, text=said)

    def forget_words(self, gone: EntryText, work: Work) -> None:
        """What was written with an entry is leaving the record: so do the lines that say it, whether they are as they
        were drafted or people wrote around it; the remark, or the action, that it was. What somebody has open in a form
        is stale then. The caller holds the lock, and writes the record."""
        facts = json.loads(gone.entry.data)
        if gone.entry.kind == "review_remark":
            self.remarks.filter(seq=facts["of"], text=gone.text).delete()
        elif gone.entry.kind.startswith("review_action"):
            for action in self.actions.filter(number=facts["number"]):
                action.forget_words(work.now)
        before = self._written()
        after = [lines_without(said, gone.text, called=[self.incident.title], instead=_gone()) for said in before]
        if after == before:
            return
        summary, helped, hindered, *factors = after
        kinds = self.factors.values_list("kind", flat=True)
        self.version += 1
        self._keep(Words(summary, helped, hindered, list(zip(kinds, factors, strict=True))))
        work.entry(self.incident.trail_id, "review_changed", {"number": self.version})

    # --- what they share --------------------------------------------------------------------------

    def _written(self) -> list[str]:
        return [self.summary, self.helped, self.hindered, *self.factors.values_list("text", flat=True)]

    def _at(self, by: User) -> Work:
        """The incident's lock, whether this person may, and the row under it."""
        work = self.incident._begin(by=by, needs_open=False)
        self.refresh_from_db(fields=[field.attname for field in self._meta.concrete_fields if field.name != "incident"])
        return work

    def _keep(self, words: Words) -> None:
        self.summary, self.helped, self.hindered = (
            clean(text, limit=LONGEST) for text in (words.summary, words.helped, words.hindered)
        )
        kept = [(Factor(kind).value, clean(text.strip(), limit=LONGEST)) for kind, text in words.factors]
        if len(kept) > MOST_FACTORS:
            raise Refused(_("No more than %(most)d factors fit a review.") % {"most": MOST_FACTORS}, code="invalid")
        self.save()
        self.factors.all().delete()
        ReviewFactor.objects.bulk_create(ReviewFactor(review=self, kind=kind, text=text) for kind, text in kept)

    def _let_in(self, person: User) -> None:
        let_in(grant(self.incident_id, people=[person.pk]))

    def _said(self, work: Work, kind: str, data: dict, *, text: str = "") -> None:
        work.entry(self.incident.trail_id, kind, data, text=text)
        work.write()


def _gone() -> str:
    return _("(A text was taken out of the record.)")


def _meanwhile(there: "ReviewRemark | None") -> str:
    if there is None:
        return _("Somebody has taken the remark away meanwhile. Save again to keep yours.")
    said = {"name": there.by.name, "text": Truncator(there.text).chars(500)}
    return _("%(name)s has written here meanwhile: “%(text)s” Save again to put yours in its place.") % said


def forget(incident: "Incident", gone: EntryText, work: Work) -> None:
    """A text is leaving the record (see ``redacting``)."""
    review = Review.objects.filter(incident=incident).first()
    if review is not None:
        review.forget_words(gone, work)


def along() -> dict:
    """For the query that finds an incident: whether it has a review."""
    return {"has_review": Exists(Review.objects.filter(incident=OuterRef("pk")))}


class ReviewFactor(models.Model):
    """One thing that contributed."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="factors")
    kind = models.CharField(gettext_lazy("kind"), max_length=16, choices=Factor)
    text = models.TextField(gettext_lazy("what it was"))

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"{self.review_id}: {self.kind}"


class ReviewRemark(models.Model):
    """What somebody says about one entry of the record."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="remarks")
    seq = models.PositiveIntegerField()
    text = models.TextField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "seq"], name="one_remark_each")]

    def __str__(self):
        return f"{self.review_id}: {self.seq}"


def actions_visible_to(user) -> ActionQuerySet:
    """Actions of the reviews that this person may see."""
    return Action.objects.filter(visible(user, "review__incident__"), review__isnull=False)
