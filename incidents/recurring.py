"""What is of a problem, what looks like it, and whether it came back less often: read anew, for whoever reads.

Floor 7.5: above ``incidents.learning.recurring`` and ``afterwards``, which judge and know no rows, and below the doors
that show it. What people linked and what looks like it count alike: whoever fixed something is not told that it helped
because nobody linked what came after. A restricted incident looks like nothing, and is counted for its participants
alone; of the others each reader counts what they may see. What looks like two problems is the nearer one's, whichever
was asked for: so all that concern the same services are laid side by side, and a problem's page and the page of them
all say the same. Three queries, however many problems are asked for, and one more for what may be another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Left
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.people.models import User

from .learning import afterwards
from .learning.afterwards import Measured, Verdict
from .learning.likeness import Looks
from .learning.recurring import Case, Found, Known, sort_out
from .models import AlertKey, Incident, Problem, ProblemIncident
from .models.access import sees_all, visible
from .models.similar import LATELY, REPORT
from .recognising import sentence

MOST = 1000  # incidents that are looked at, the latest
MOST_PROBLEMS = 100  # whose incidents are not proposed again, the open ones first
MOST_PROPOSALS = 50
ENOUGH = 3  # alike in ``LATELY`` are proposed as a problem
_SAID = ("pk", "number", "title", "report", "cause", "service", "owner", "opened_at", "severity", "resolved_at")
_AT = ("incident__", "incident__merged_into__")  # the way to an incident that was linked, and to what it goes on as


@dataclass(frozen=True)
class Row:
    """An incident in a list. ``why`` it is taken for one of them; empty if somebody said so. ``team``: that has it."""

    pk: int
    number: int
    title: str
    at: datetime
    severity: int
    is_open: bool
    team: int
    why: str = ""

    @property
    def ref(self) -> str:
        return f"INC-{self.number}"


@dataclass(frozen=True)
class Around:
    """What is of a problem, for one reader, the newest first each. ``measured``: None if it is not fixed, or if there
    are more incidents than can be looked at. ``cut``: there are, and what is counted may be too little."""

    linked: Sequence[Row] = ()
    apart: Sequence[Row] = ()  # somebody said that they are none of it
    proposed: Sequence[Row] = ()
    lately: int = 0  # in the last 30 days, linked and proposed
    measured: Measured | None = None
    cut: bool = False

    @property
    def last(self) -> Row | None:
        both = [*self.linked, *self.proposed]
        return max(both, key=lambda row: row.at, default=None)


@dataclass(frozen=True)
class Proposal:
    """Incidents of no problem that look like ``first``, the newest of them."""

    first: Row
    others: Sequence[Row]

    @property
    def count(self) -> int:
        return 1 + len(self.others)


@dataclass(frozen=True)
class Read:
    """``around`` by problem."""

    around: Mapping[int, Around] = field(default_factory=dict)
    proposals: Sequence[Proposal] = ()


def of(problem: Problem, viewer: User, now: datetime) -> Around:
    return read([problem], viewer, now).around[problem.pk]


def read(problems: Sequence[Problem], viewer: User, now: datetime, *, propose: bool = False) -> Read:
    """What is of each of these. ``propose``: and what may be another; all there are have to be among them then."""
    links = _Links([one.pk for one in problems], viewer)
    rows = _counted(links, problems, viewer, now)
    oldest = rows[-1]["opened_at"] if len(rows) >= MOST else None
    if propose:
        rows += _elsewhere(links, viewer, now)
    keys = _keys([row["pk"] for row in rows] + list(links.pks))
    cases = [_case(row, keys) for row in rows]
    found = sort_out(cases, links.known(keys))
    shown = {row["pk"]: row for row in rows}
    around = {one.pk: _around(one, links, found.of_problem.get(one.pk, ()), shown, now, oldest) for one in problems}
    since = now - LATELY
    groups = ((one.first, [other for other in one.others if other.case.at >= since]) for one in found.groups)
    proposals = [
        Proposal(_row(shown[first.pk]), [_row(shown[one.case.pk], sentence(one.why)) for one in others])
        for first, others in groups
        if propose and first.at >= since and 1 + len(others) >= ENOUGH
    ]
    return Read(around, sorted(proposals, key=lambda one: one.count, reverse=True))


def said(measured: Measured) -> str:
    """What a fix came to, in a sentence."""
    days = ngettext("%(days)d day", "%(days)d days", measured.days) % {"days": measured.days}
    counted = {"before": measured.before, "after": measured.after, "days": days}
    words = {
        Verdict.HELPED: _("It helped: %(before)d before, %(after)d after, in %(days)s each."),
        Verdict.NOT: _("It did not help: %(before)d before, %(after)d after, in %(days)s each."),
        Verdict.EARLY: _("Too early to tell: %(before)d before, %(after)d after, in %(days)s each."),
        Verdict.UNCLEAR: _("Not clear: %(before)d before, %(after)d after, in %(days)s each."),
    }
    return words[measured.verdict] % counted


class _Links:
    """What people said of these problems' incidents, and of those of their rivals. One query."""

    def __init__(self, problems: Sequence[int], viewer: User) -> None:
        self.asked = set(problems)
        either = Q(problem__in=problems) | Q(problem__in=_rivals(problems, viewer))
        rows = ProblemIncident.objects.filter(either, Q(incident__merged_into=None) | _stands())
        for at in _AT:
            may = Value(True) if sees_all(viewer) else visible(viewer, at)
            rows = rows.annotate(**{f"{at}report": Left(f"{at}symptom", REPORT), f"{at}may": may})
        columns = [f"{at}{name}" for at in _AT for name in (*_SAID, "may", "restricted")]
        found = [_as_it_goes_on(row) for row in rows.values("problem", "belongs", *columns)]
        self.rows = sorted(found, key=lambda row: (row["opened_at"], row["pk"]), reverse=True)

    @property
    def pks(self) -> set[int]:
        return {row["pk"] for row in self.rows}

    @property
    def services(self) -> set[int]:
        """Which the problems that were asked for concern."""
        ours = (row for row in self.rows if row["belongs"] and row["problem"] in self.asked)
        return {row["service"] for row in ours if row["service"] is not None}

    def of(self, problem: int, *, belongs: bool) -> list[Row]:
        """What their reader may see."""
        mine = (row for row in self.rows if row["problem"] == problem and row["belongs"] == belongs and row["may"])
        return [_row(row) for row in mine]

    def known(self, keys: Mapping[int, frozenset]) -> list[Known]:
        found: dict[int, tuple[list[Case], list[Case]]] = {}
        for row in self.rows:
            if not row["restricted"]:
                ours, theirs = found.setdefault(row["problem"], ([], []))
                (ours if row["belongs"] else theirs).append(_case(row, keys))
        return [Known(problem, ours, theirs) for problem, (ours, theirs) in found.items()]


def _as_it_goes_on(row: Mapping[str, Any]) -> dict[str, Any]:
    own, far = _AT
    at = own if row[f"{far}pk"] is None else far
    said = {name: row[f"{at}{name}"] for name in (*_SAID, "restricted")}
    return said | {"problem": row["problem"], "belongs": row["belongs"], "may": bool(row[f"{at}may"])}


def _stands() -> Q:
    """Of what people linked: one that was merged stands for what it goes on as, unless somebody said of that one whose
    it is, or the like was merged into it that was linked before."""
    far = OuterRef("incident__merged_into")
    said = ProblemIncident.objects.filter(Q(belongs=True) | Q(problem=OuterRef("problem")), incident=far)
    sooner = ProblemIncident.objects.filter(incident__merged_into=far, belongs=True, pk__lt=OuterRef("pk"))
    last = Q(incident__merged_into__isnull=False, incident__merged_into__merged_into=None)
    return Q(last, ~Q(Exists(said)), ~Q(Exists(sooner)), belongs=True)


def _rivals(problems: Sequence[int], viewer: User) -> QuerySet:
    """The problems that their reader may see and that concern the same services, these among them."""
    service = Coalesce("incident__merged_into__service", "incident__service")
    links = ProblemIncident.objects.filter(belongs=True).annotate(service=service)
    ours = links.filter(problem__in=problems, service__isnull=False)
    theirs = links.filter(problem=OuterRef("pk"), service__in=ours.values("service"))
    found = Problem.objects.visible_to(viewer).filter(Exists(theirs))
    return found.open_first().values("pk")[:MOST_PROBLEMS]


def _counted(links: _Links, problems: Sequence[Problem], viewer: User, now: datetime) -> list[dict[str, Any]]:
    """The latest incidents of no problem on the services that these problems concern, of the days that are counted."""
    days = {day for one in problems for day in _days(one, now)}
    when = [Q(opened_at__range=day) for day in sorted(days)]
    return _latest(_of_none(viewer).filter(reduce(or_, when, Q()), service__in=links.services))


def _elsewhere(links: _Links, viewer: User, now: datetime) -> list[dict[str, Any]]:
    """On other services: by itself, so that what may be another problem leaves no less to count."""
    found = _of_none(viewer).filter(opened_at__gte=now - LATELY, service__isnull=False)
    return _latest(found.exclude(service__in=links.services))


def _of_none(viewer: User) -> QuerySet[Incident]:
    taken = Exists(ProblemIncident.objects.filter(incident=OuterRef("pk"), belongs=True))
    stood_for = ProblemIncident.objects.filter(_stands()).values("incident__merged_into")
    found = Incident.objects.real().visible_to(viewer).filter(~taken, restricted=False, merged_into=None)
    return found.exclude(pk__in=stood_for)


def _latest(found: QuerySet[Incident]) -> list[dict[str, Any]]:
    found = found.annotate(report=Left("symptom", REPORT))
    return list(found.order_by("-opened_at", "-pk").values(*_SAID)[:MOST])


def _keys(pks: Sequence[int]) -> dict[int, frozenset[tuple[int, str]]]:
    """By which sources each incident is reported."""
    found: dict[int, set[tuple[int, str]]] = {}
    for pk, source, key in AlertKey.objects.filter(incident__in=pks).values_list("incident", "source", "key"):
        found.setdefault(pk, set()).add((source, key))
    return {pk: frozenset(keys) for pk, keys in found.items()}


def _case(row: Mapping[str, Any], keys: Mapping[int, frozenset]) -> Case:
    looks = Looks(row["service"], row["title"], row["report"], row["cause"])
    return Case(row["pk"], row["opened_at"], looks, keys.get(row["pk"], frozenset()))


def _row(row: Mapping[str, Any], why: str = "") -> Row:
    is_open = row["resolved_at"] is None
    return Row(row["pk"], row["number"], row["title"], row["opened_at"], row["severity"], is_open, row["owner"], why)


def _around(
    problem: Problem,
    links: _Links,
    found: Iterable[Found],
    shown: Mapping[int, Mapping[str, Any]],
    now: datetime,
    oldest: datetime | None,
) -> Around:
    """``oldest``: what was opened before was not looked at. Of what was looked at for another problem's fix, only what
    was opened in this one's own days is told."""
    days = _days(problem, now)
    linked, apart = links.of(problem.pk, belongs=True), links.of(problem.pk, belongs=False)
    mine = (one for one in found if any(begin <= one.case.at <= end for begin, end in days))
    proposed = [_row(shown[one.case.pk], sentence(one.why)) for one in mine]
    opened = [row.at for row in (*linked, *proposed)]
    lately = sum(at >= now - LATELY for at in opened)
    missed = [begin for begin, _end in days if oldest is not None and begin < oldest]
    measured = None
    if problem.fixed_at is not None and days[-1][0] not in missed:
        measured = afterwards.measured(problem.fixed_at, opened, now)
    return Around(linked, apart, proposed, lately, measured, cut=bool(missed))


def _days(problem: Problem, now: datetime) -> list[tuple[datetime, datetime]]:
    """The days of which its incidents are counted: the last 30, and those before and after the fix."""
    found = [(now - LATELY, now)]
    if problem.fixed_at is not None:
        length = afterwards.span(problem.fixed_at, now)
        found.append((problem.fixed_at - length, problem.fixed_at + length))
    return found
