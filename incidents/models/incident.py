"""The incident: what people state about it. Who has the baton is the run's business."""

from collections.abc import Sequence

from django.db import models
from django.db.models import F, FilteredRelation, Prefetch, Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from escalation.engine.models import EscalationRun, Timer
from escalation.people.models import Skill, Team, Tier, User
from escalation.trail.models import Trail

from . import search
from .access import visible
from .advising import Advising
from .attachments import Attaching
from .catalogue import SEVERITY_RANGE, Cause, Level, Service
from .doors import Source
from .ending import Ending
from .following import Following
from .informing import Informing
from .linking import Linking
from .needing import Needing
from .opening import DRILL, Opening
from .outside import Outside
from .passing import Passing
from .redacting import Redacting
from .roles import HavingRoles
from .rooms import InRooms
from .sharing import Sharing
from .undoing import Undoing
from .words import Wish
from .working import Working

# What a card shows. Of the many columns of hundreds of rows the others are never read.
ON_CARDS = (
    *("number", "trail", "title", "severity", "service__name", "restricted", "drill", "people_affected", "attempts"),
    *("opened_at", "resolved_at", "closed_at", "resolver__name"),
)
ON_CARDS_OF_RUN = (
    *("trail", "track", "frozen_path", "ended_at", "epoch", "tier__name", "holder__name", "lap", "place", "reach"),
    *("offered_to__name", "offered_by__name", "offer_returned_at", "unanswered_by__name"),
    *("acknowledged_at", "held_at", "held_until", "quiet_until", "finished", "acted"),
)


PEOPLE_OF_RUN = ("tier", "holder", "offered_to", "offered_by", "unanswered_by")


def with_climbs(incidents: "Sequence[Incident]") -> None:
    """Give each of ``for_cards`` its runs, with when a timer of theirs is due and what for. One query.

    Paths are read once in a process: see ``freezing.learn``.
    """
    armed = FilteredRelation("timers", condition=Q(timers__state=Timer.State.ARMED))
    runs = EscalationRun.objects.annotate(armed=armed, timer_due=F("armed__due_at"), timer_kind=F("armed__kind"))
    found: dict[int, list[EscalationRun]] = {one.trail_id: [] for one in incidents}
    for run in runs.filter(trail__in=found).select_related(*PEOPLE_OF_RUN).only(*ON_CARDS_OF_RUN).order_by("id"):
        found[run.trail_id].append(run)
    for one in incidents:
        one._runs = found[one.trail_id]


class IncidentQuerySet(models.QuerySet):
    """Sets named for the question they answer. Status comes from the current functional run."""

    def visible_to(self, user):
        return self.filter(visible(user))

    def open(self):
        return self.filter(resolved_at__isnull=True)

    def resolved(self):
        return self.filter(resolved_at__isnull=False)

    def _running(self, **conditions):
        run = EscalationRun.objects.functional().running().filter(**conditions)
        return self.open().filter(trail__in=run.values("trail"))

    def triggered(self):
        return self._running(acknowledged_at__isnull=True, held_until__isnull=True)

    def acknowledged(self):
        return self._running(acknowledged_at__isnull=False, held_until__isnull=True)

    def on_hold(self):
        return self._running(held_until__isnull=False)

    def real(self):
        """Without drills: whatever counts or compares incidents begins here."""
        return self.filter(drill=False)

    def search(self, asked: Sequence[Wish]):
        """Every word must be found: in the reference, the title, the service's name or anything written about it.

        For what is open: see ``search.among``.
        """
        return search.among(self, asked)

    def search_over(self, asked: Sequence[Wish]):
        """The same of what is resolved: see ``search.over``."""
        return search.over(self.resolved(), asked)

    def most_urgent_first(self):
        return self.order_by("severity", "opened_at", "id")

    def with_runs(self):
        """Everything a card or a row shows, in three queries however many there are."""
        runs = EscalationRun.objects.order_by("id").select_related("frozen_path", *PEOPLE_OF_RUN)
        found = self.select_related("trail", "service", "owner", "resolver")
        return found.prefetch_related(Prefetch("trail__runs", runs))

    def for_cards(self):
        """What a card shows of each and no more; their runs are read by ``with_climbs``."""
        return self.select_related("service", "resolver").only(*ON_CARDS)


class Incident(
    Opening,
    Working,
    Following,
    Linking,
    Sharing,
    Attaching,
    Redacting,
    Needing,
    Informing,
    InRooms,
    Passing,
    HavingRoles,
    Ending,
    Outside,
    Undoing,
    Advising,
    models.Model,
):
    """One problem being worked. The verbs live in the mixins, one file per kind of verb."""

    number = models.PositiveBigIntegerField(unique=True)
    trail = models.OneToOneField(Trail, models.PROTECT, related_name="incident")
    title = models.CharField(_("title"), max_length=1024)
    symptom = models.TextField(_("symptom"), blank=True, default="")  # as first reported, never edited
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, related_name="incidents", db_index=False
    )  # incident_by_service begins with it
    owner = models.ForeignKey(Team, models.PROTECT, related_name="incidents")
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="incidents")
    previous = models.ForeignKey("self", models.PROTECT, null=True, related_name="later")
    restricted = models.BooleanField(_("restricted"), default=False)
    drill = models.BooleanField(_("drill"), default=False)  # from its opening on; no verb changes it
    call_anyway = models.BooleanField(_("call anyway"), default=False)  # even in maintenance, as its reporter wished

    people_affected = models.PositiveIntegerField(_("people affected"), default=0)
    impact = models.PositiveSmallIntegerField(_("impact"), choices=Level, default=Level.MEDIUM)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Level, default=Level.MEDIUM)
    reported_severity = models.PositiveSmallIntegerField(null=True, validators=SEVERITY_RANGE)
    severity_override = models.PositiveSmallIntegerField(null=True, validators=SEVERITY_RANGE)
    severity = models.PositiveSmallIntegerField(_("severity"), validators=SEVERITY_RANGE)
    attempts = models.PositiveIntegerField(default=0)
    failed_attempts = models.PositiveIntegerField(default=0)

    needs = models.ManyToManyField(Skill, blank=True, related_name="+", verbose_name=_("skills needed"))
    needs_stated_at = models.DateTimeField(null=True)  # before that, what its service needs

    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    cause = models.CharField(_("cause"), max_length=16, choices=Cause, blank=True, default="")
    resolver = models.ForeignKey(User, models.PROTECT, null=True, related_name="resolved")
    resolver_tier = models.ForeignKey(Tier, models.PROTECT, null=True, related_name="+")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="duplicates")

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        indexes = [
            models.Index(fields=["severity", "opened_at"], condition=Q(resolved_at__isnull=True), name="incident_open"),
            models.Index(fields=["-resolved_at"], condition=Q(resolved_at__isnull=False), name="incident_resolved"),
            models.Index(fields=["service", "opened_at"], name="incident_by_service"),
            models.Index(
                fields=["service"], condition=Q(resolved_at__isnull=True), name="incident_open_of_service"
            ),  # which services have something open
            models.Index(
                fields=["service", "-resolved_at"],
                condition=Q(resolved_at__isnull=False),
                name="incident_resolved_of_service",
            ),
        ]

    def __str__(self):
        return f"{self.ref} {self.title}"

    def get_absolute_url(self):
        return reverse("incident", args=[self.number])

    @property
    def ref(self) -> str:
        return f"INC-{self.number}"

    @property
    def bare_title(self) -> str:
        """Without the word that marks a drill: where the mark stands beside it."""
        return self.title.removeprefix(DRILL) if self.drill else self.title

    def ref_for(self, user: User) -> str:
        """What may be said of it to somebody who need not see it."""
        seen = type(self).objects.visible_to(user).filter(pk=self.pk).exists()
        return self.ref if seen else str(_("another incident"))

    @cached_property
    def _runs(self) -> list[EscalationRun]:
        return sorted(self.trail.runs.all(), key=lambda run: run.pk)

    def _latest(self, functional: bool) -> EscalationRun | None:
        return next((run for run in reversed(self._runs) if run.is_functional == functional), None)

    @property
    def run(self) -> EscalationRun | None:
        """The functional run that is, or was last, climbing: who works on it."""
        return self._latest(functional=True)

    @property
    def authority_run(self) -> EscalationRun | None:
        """The latest hierarchical run: who must know."""
        return self._latest(functional=False)

    @property
    def status(self) -> str:
        """``triggered``, ``acknowledged``, ``on_hold``, ``resolved`` or ``closed``; derived, never stored."""
        if self.closed_at:
            return "closed"
        if self.resolved_at:
            return "resolved"
        run = self.run
        if run and run.held_until:
            return "on_hold"
        return "acknowledged" if run and run.acknowledged_at else "triggered"
