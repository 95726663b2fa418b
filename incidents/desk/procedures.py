"""Procedures as pages show them: the text in pieces, and at each step what was ticked and how often it worked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.core.cache import cache
from django.db.models import Count, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

from escalation.people.models import User
from incidents.models import Incident, Runbook, RunbookStep, Tick
from incidents.models import procedure as text
from incidents.models.access import visible

from .versions import TURN, rules_of

MOST = 5  # runbooks with their text on one incident's page
NAMED = 20  # and others by name
SHORT, FEW = 1500, 10  # characters and steps of one that is unfolded from the start


@dataclass
class Step:
    """A step as its reader sees it, and on an incident its tick."""

    row: RunbookStep
    may_untick: bool = False

    @property
    def ticked(self) -> bool:
        return self.row.tick is not None  # type: ignore[attr-defined]

    @property
    def settled(self) -> str:
        return str(dict(Tick.Settled.choices).get(self.row.tick_settled, ""))  # type: ignore[attr-defined]

    @property
    def rate(self) -> str:
        """``worked 7 of 9 times``; nothing for what nobody has tried."""
        tried = self._tried
        words = ngettext("worked %(n)d of %(all)d time", "worked %(n)d of %(all)d times", tried)
        return words % {"n": self._worked, "all": tried} if tried else ""

    @property
    def poor(self) -> bool:
        return self._tried > 2 and self._worked * 2 < self._tried

    @property
    def _tried(self) -> int:
        return self.row.tried or 0  # type: ignore[attr-defined]

    @property
    def _worked(self) -> int:
        return self.row.worked or 0  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Piece:
    html: SafeString
    opens: Step | None = None
    closes: Step | None = None


@dataclass
class Shown:
    """One runbook, ready for its template."""

    runbook: Runbook
    steps: Sequence[Step]  # of its text, in order
    gone: Sequence[Step] = ()  # ticked here by words that it no longer has
    top: int = 2
    whole: bool = True  # not by its name alone

    @cached_property
    def pieces(self) -> list[Piece]:
        found = text.read(self.runbook.body, self.top)
        known = {step.row.number: step for step in self.steps}  # read a moment later: nobody ticks what they cannot see
        same = {n: known[n] for n, words in enumerate(found.steps, 1) if n in known and known[n].row.words == words}
        return [Piece(_trusted(one.html), _at(same, one.opens), _at(same, one.closes)) for one in found.pieces]

    @property
    def short(self) -> bool:
        """Not so long that the record would be far below it."""
        return len(self.runbook.body) <= SHORT and len(self.steps) <= FEW

    @property
    def ticked(self) -> int:
        return sum(step.ticked for step in self.steps)


def _trusted(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 sieved by ``procedure.read``


def _at(steps: Mapping[int, Step], index: int | None) -> Step | None:
    return None if index is None else steps.get(index + 1)


def drawn(body: str) -> list[Piece]:
    """What a text would look like that nobody has saved."""
    return [Piece(_trusted(one.html)) for one in text.read(body, 3).pieces]


def of_runbook(runbook: Runbook, user: User) -> Shown:
    """To read, with its rates: one query."""
    rows = _counted(runbook.steps.exclude(number=None), user)
    return Shown(runbook, [Step(row) for row in rows.order_by("number")])


def on_incident(incident: Incident, user: User, now: datetime, *, may_change: bool) -> list[Shown]:
    """Those that fit, with what was ticked here, and those of which something was before the baton moved on.

    One query, and others only if the installation's record has changed."""
    near = _near(incident, user, now)
    read = {runbook.pk for runbook in near[:MOST]}
    begun = RunbookStep.objects.filter(ticks__incident=incident, ticks__taken_back_at__isnull=True).values("runbook")
    whole = Q(number__isnull=False) & (Q(runbook__in=read) | Q(runbook__in=begun))
    rows = list(_with_ticks(incident, user).filter(whole | Q(tick__isnull=False)))
    left = {row.runbook_id for row in rows} - read
    if left:
        others = [runbook for runbook in near[MOST:] if runbook.pk not in left]
        near = [*near[:MOST], *_left(left, user, now), *others]
        read |= left
    steps: dict[int, list[Step]] = {}
    for row in sorted(rows, key=lambda row: (row.number or 0, row.pk)):
        may = may_change and row.tick is not None and not row.tick_settled and incident.may_untick(user, row.tick_by)
        steps.setdefault(row.runbook_id, []).append(Step(row, may))
    return [_shown(runbook, steps.get(runbook.pk, []), whole=runbook.pk in read) for runbook in near]


def _near(incident: Incident, user: User, now: datetime) -> list[Runbook]:
    """What is attached where changes with the installation's record alone: kept until then."""
    run = incident.run
    service, tier, policy = incident.service_id, run.tier_id if run else None, run.policy_id if run else None

    def ask() -> list[Runbook]:
        return list(Runbook.objects.fitting(service=service, tier=tier, policy=policy)[: MOST + NAMED])

    return cache.get_or_set(f"near:{rules_of(user, now)}:{service}:{tier}:{policy}", ask, TURN) or []


def _left(ids: set[int], user: User, now: datetime) -> list[Runbook]:
    """Of which something was ticked before the baton moved on, or before they were archived. Kept in the same way."""

    def ask() -> list[Runbook]:
        return list(Runbook.objects.filter(pk__in=ids).order_by("title", "pk"))

    return cache.get_or_set(f"left:{rules_of(user, now)}:{sorted(ids)}".replace(" ", ""), ask, TURN) or []


def _shown(runbook: Runbook, steps: Iterable[Step], *, whole: bool) -> Shown:
    kept: list[Step] = []
    gone: list[Step] = []
    for step in steps:
        (gone if step.row.number is None else kept).append(step)
    return Shown(runbook, kept, gone, top=4, whole=whole)


def _with_ticks(incident: Incident, user: User) -> QuerySet:
    """Steps, each with its one tick here that stands."""
    stands = Q(ticks__incident=incident, ticks__taken_back_at__isnull=True)
    return _counted(RunbookStep.objects.all(), user).annotate(
        here=FilteredRelation("ticks", condition=stands),
        tick=F("here__pk"),
        tick_worked=F("here__worked"),
        tick_at=F("here__at"),
        tick_by=F("here__by"),
        tick_name=F("here__by__name"),
        tick_settled=F("here__settled_as"),
        archived=F("runbook__archived_at"),
    )


def _counted(rows: QuerySet[RunbookStep], user: User) -> QuerySet:
    """How often each worked, and was tried, on the incidents that ``user`` may see."""
    seen = Tick.objects.standing().filter(visible(user, "incident__"), incident__drill=False, step=OuterRef("pk"))

    def count(ticks: QuerySet[Tick]) -> Subquery:
        return Subquery(ticks.order_by().values("step").annotate(n=Count("pk")).values("n"))

    return rows.annotate(tried=count(seen), worked=count(seen.filter(worked=True)))
