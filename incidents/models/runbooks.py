"""Runbooks: documented procedures, their steps, and what people ticked of them while they worked.

The Markdown is the truth; a row for each of its steps is kept beside it, because ticks need something to point
to. **A step is its words**: moved, numbered anew or set in bold it stays the same step, however much the text
around it changes; with other words it is another one, which nobody has tried yet, so its rate begins anew. The
old row stays with its ticks, and is taken up again if its words come back. Nothing has to be hidden in the
Markdown for that, and whoever writes it does not have to know.

**A task is a tick** that says "did not work here", until somebody settles it: by changing the step's words, or by
saying that it is right as it is. So no second row can disagree with the first.

Everybody who is signed in may read every runbook, as with services and policies. What was ticked belongs to its
incident: rates and tasks are counted over the incidents that their reader may see, and over no others.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.kit.text import clean
from escalation.people.models import ArchivedQuerySet, Membership, Team, Tier, User
from escalation.policies.models import Policy
from escalation.trail.models import Trail
from escalation.trail.writing import Actor

from . import procedure
from .catalogue import Service

MOST_STEPS = 100


def too_many_steps(body: str) -> str:
    """A sentence if there are; nobody ticks a hundred."""
    count = len(procedure.read(body).steps)
    if count <= MOST_STEPS:
        return ""
    return _("%(count)d steps are too many; %(most)d are possible.") % {"count": count, "most": MOST_STEPS}


def beside(data: dict[str, dict]) -> tuple[dict[str, dict], str]:
    """A change as the record keeps it: how long the procedure was and is, and as the entry's text the procedure as
    it is now. An entry is for good; a text can be taken out, whoever has written a password into it."""
    sizes = {
        side: {**facts, "body": f"{len(facts['body'])} characters"} if "body" in facts else facts
        for side, facts in data.items()
    }
    return sizes, data.get("after", {}).get("body", "")


class RunbookQuerySet(ArchivedQuerySet):
    def fitting(self, *, service: int | None, tier: int | None, policy: int | None) -> "RunbookQuerySet":
        """Those in use that are about these, the nearest first: by the service, by the tier, by the policy."""
        by = (
            Runbook.services.through.objects.filter(runbook=OuterRef("pk"), service=service),
            Runbook.tiers.through.objects.filter(runbook=OuterRef("pk"), tier=tier),
            Runbook.policies.through.objects.filter(runbook=OuterRef("pk"), policy=policy),
        )
        near = Case(*(When(Exists(rows), then=Value(n)) for n, rows in enumerate(by)), default=None)
        return self.in_use().annotate(near=near).filter(near__isnull=False).order_by("near", "title", "pk")

    def kept_by(self, user: User, teams: Iterable[int]) -> "RunbookQuerySet":
        """Those that this person or one of their teams owns."""
        return self.filter(Q(owner=user) | Q(team__in=teams))


class Runbook(models.Model):
    """A documented procedure with steps that can be ticked."""

    title = models.CharField(gettext_lazy("title"), max_length=120)
    body = models.TextField(
        gettext_lazy("procedure"),
        validators=[MaxLengthValidator(procedure.LONGEST)],
        help_text=gettext_lazy("Markdown. A line that begins with “- [ ]” is a step that can be ticked."),
    )
    team = models.ForeignKey(Team, models.PROTECT, related_name="runbooks", verbose_name=gettext_lazy("owning team"))
    owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("owner"),
        help_text=gettext_lazy("Who is reminded of its review. Empty: everybody of the team."),
    )
    services = models.ManyToManyField(
        Service, blank=True, related_name="runbooks", verbose_name=gettext_lazy("services")
    )
    tiers = models.ManyToManyField(Tier, blank=True, related_name="runbooks", verbose_name=gettext_lazy("tiers"))
    policies = models.ManyToManyField(
        Policy, blank=True, related_name="runbooks", verbose_name=gettext_lazy("policies")
    )
    review_days = models.PositiveSmallIntegerField(
        gettext_lazy("review every … days"),
        null=True,
        blank=True,
        default=180,
        validators=[MinValueValidator(1), MaxValueValidator(3660)],
        help_text=gettext_lazy("Empty: nobody is reminded."),
    )
    written_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    archived_at = models.DateTimeField(gettext_lazy("archived"), null=True, blank=True)

    objects = RunbookQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("runbook")
        verbose_name_plural = gettext_lazy("runbooks")
        ordering = ["title", "id"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("runbook", args=[self.pk])

    def clean(self):
        super().clean()
        if said := too_many_steps(self.body):
            raise ValidationError({"body": said})

    def may_keep(self, user: User, teams: Collection[int] | None = None) -> bool:
        """Its owner, its team's people and admins. ``teams``: theirs, if they are known."""
        if not user.is_active or (user.is_auditor and not user.is_staff):
            return False
        if user.is_staff or self.owner_id == user.pk:
            return True
        if teams is None:
            return Membership.objects.filter(user=user, team=self.team_id).exists()
        return self.team_id in teams

    @property
    def review_at(self) -> datetime | None:
        """When somebody has to read it again."""
        since = self.reviewed_at or self.written_at
        return since + timedelta(days=self.review_days) if self.review_days else None

    @property
    def version(self) -> str:
        """Changes with the words: by it a form knows that somebody else has saved others."""
        return procedure.fingerprint(self.body)

    # --- writing ----------------------------------------------------------------------------

    def keep(self, *, by: User, now: datetime) -> None:
        """Save it, and with it the rows of its steps. Under the lock of the installation's trail."""
        self.body = clean(self.body)
        if self.pk is None:
            self.written_at = now
        self.save()
        self._keep_steps(by=by, now=now)

    def _keep_steps(self, *, by: User, now: datetime) -> None:
        known: dict[str, list[RunbookStep]] = {}
        for row in self.steps.order_by(models.F("number").asc(nulls_last=True), "-pk"):
            known.setdefault(procedure.key(row.words), []).append(row)
        for number, words in enumerate(procedure.read(self.body).steps, start=1):
            same = known.get(procedure.key(words))
            step = same.pop(0) if same else RunbookStep(runbook=self)
            if (step.number, step.words) != (number, words):
                step.number, step.words = number, words
                step.save()
        gone = [row.pk for rows in known.values() for row in rows if row.number is not None]
        RunbookStep.objects.filter(pk__in=gone).update(number=None)
        waiting = Tick.objects.tasks().filter(step__in=gone)
        waiting.update(settled_at=now, settled_by=by, settled_as=Tick.Settled.CHANGED)

    @transaction.atomic
    def rewrite(self, *, by: User, body: str, seen: str | None = None) -> None:
        """Other words. Tasks about steps that are changed by it are settled."""
        work = self._begin(by)
        if seen is not None and seen != self.version:
            raise Refused(_("Somebody has changed this runbook since the page was loaded."), code="stale")
        before = self.body
        if clean(body) == before:
            return
        self.body = body
        self.keep(by=by, now=work.now)
        self._record(work, "config_changed", {"before": {"body": before}, "after": {"body": self.body}})

    @transaction.atomic
    def review(self, *, by: User, seen: str | None = None) -> None:
        """Somebody has read it, and it is still right."""
        work = self._begin(by)
        if seen is not None and seen != self.version:
            raise Refused(_("Somebody has changed this runbook since the page was loaded."), code="stale")
        before = {"reviewed_at": self.reviewed_at and self.reviewed_at.isoformat()}
        self.reviewed_at, self.reviewed_by = work.now, by
        self.keep(by=by, now=work.now)
        after = {"reviewed_at": work.now.isoformat(), "reviewed_by": {"id": by.pk, "name": by.name}}
        self._record(work, "runbook_reviewed", {"before": before, "after": after})

    def _begin(self, by: User) -> Work:
        """The lock, a fresh look, and whether this person may."""
        work = Work.lock([Trail.objects.installation().pk], actor=Actor.person(by))
        self.refresh_from_db()
        if not self.may_keep(by):
            raise Refused(_("Only its owner, its team and admins may do that."), code="not-allowed")
        if self.archived_at:
            raise Refused(_("This runbook is archived."))
        return work

    def _record(self, work: Work, kind: str, data: dict) -> None:
        [trail] = work.heads
        sizes, text = beside(data)
        work.entry(trail, kind, {"what": "runbook", "id": self.pk, "name": str(self), **sizes}, text=text)
        work.write()


class RunbookStep(models.Model):
    """One step by its words, as long as the runbook has them, and after that for the ticks it has."""

    runbook = models.ForeignKey(Runbook, models.PROTECT, related_name="steps")
    number = models.PositiveSmallIntegerField(null=True)  # its place in the text, from 1; none: no longer in it
    words = models.TextField()

    class Meta:
        ordering = ["runbook", "number", "id"]

    def __str__(self):
        return f"{self.runbook_id}.{self.number}"


class TickQuerySet(models.QuerySet["Tick"]):
    def standing(self) -> "TickQuerySet":
        """Not taken back."""
        return self.filter(taken_back_at__isnull=True)

    def tasks(self) -> "TickQuerySet":
        """What did not work and nobody has settled."""
        return self.standing().filter(worked=False, settled_at__isnull=True)


class Tick(models.Model):
    """What a step did on one incident. Why is on the incident's record, in the entry numbered ``seq``."""

    class Settled(models.TextChoices):
        CHANGED = "changed", gettext_lazy("the step was changed")
        RIGHT = "right", gettext_lazy("right as it is")

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="ticks")
    step = models.ForeignKey(RunbookStep, models.PROTECT, related_name="ticks")
    worked = models.BooleanField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    seq = models.PositiveIntegerField()
    taken_back_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    settled_as = models.CharField(max_length=8, choices=Settled, blank=True, default="")

    objects = TickQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "step"], condition=Q(taken_back_at=None), name="one_tick_per_step"
            )
        ]
        indexes = [
            models.Index(
                fields=["step"], condition=Q(worked=False, settled_at=None, taken_back_at=None), name="tick_task"
            )
        ]

    def __str__(self):
        return f"{self.incident_id}/{self.step_id}: {self.worked}"
