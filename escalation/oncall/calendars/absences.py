"""Who is away while on call, and which holidays lie ahead. Set-based; shown, never acted upon."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, CharField, Exists, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce

from escalation.people.models import User

from .. import shifts
from ..models import Layer
from ..roster import people_of
from ..spans import Span, common, union
from .outside import OutsideCalendar, OutsideDate, host_of

Plans = Mapping[int, shifts.Plan]  # by their schedules' ids
People = Mapping[int, User]
Dates = dict[int, list[Span]]

AHEAD = timedelta(days=60)
HOLIDAYS_AHEAD = timedelta(days=180)
MOST = 12  # holidays shown of each schedule


@dataclass(frozen=True)
class Away:
    """Somebody is on call at times at which their own calendar says that they are away."""

    person: User
    away: Span
    on_call: tuple[Span, ...]


@dataclass(frozen=True)
class Holiday:
    """A day of a schedule's holiday calendar, and who is on call on it."""

    title: str
    span: Span
    people: tuple[User, ...]


def people_in(plans: Plans) -> People:
    """Everybody the plans name who can be called."""
    named = {who for plan in plans.values() for who in people_of(plan)}
    return User.objects.filter(is_active=True, is_auditor=False).in_bulk(named)


def coming(plans: Plans, people: People, now: datetime, *, ahead: timedelta = AHEAD) -> dict[int, list[Away]]:
    """For each schedule's plan who is away while on call, from now on, in order. One query."""
    away = _away(people, now, now + ahead)
    return {pk: conflicts(plan, away, people, now, now + ahead) for pk, plan in plans.items()}


def conflicts(
    plan: shifts.Plan, away: dict[int, list[Span]], people: People, since: datetime, until: datetime
) -> list[Away]:
    """Each absence that meets turns of the person's."""
    if not away:
        return []
    turns: dict[int, list[Span]] = defaultdict(list)
    for shift in shifts.final(plan, since, until):
        if shift.person in away:
            turns[shift.person].append(Span(shift.start, shift.end))
    found = []
    for person, theirs in turns.items():
        for absence in away[person]:
            if meets := common([absence], union(theirs)):
                found.append(Away(people[person], absence, tuple(meets)))
    return sorted(found, key=lambda one: (one.on_call[0].start, one.person.name))


def holidays(plans: Plans, people: People, now: datetime) -> dict[int, list[Holiday]]:
    """The next ones of each schedule that has any, and who is on call on them. One query."""
    rows = OutsideDate.objects.filter(
        calendar__schedule__in=list(plans), ends_at__gt=now, starts_at__lt=now + HOLIDAYS_AHEAD
    )
    dates: dict[int, list[OutsideDate]] = defaultdict(list)
    for row in rows.select_related("calendar").order_by("starts_at", "id"):
        dates[row.calendar.schedule_id or 0].append(row)
    return {pk: [_holiday(row, plans[pk], people) for row in rows[:MOST]] for pk, rows in dates.items()}


def _holiday(date: OutsideDate, plan: shifts.Plan, people: People) -> Holiday:
    there = dict.fromkeys(shift.person for shift in shifts.final(plan, *date.span))
    return Holiday(date.title, date.span, tuple(people[who] for who in there if who is not None and who in people))


class Overdue(NamedTuple):
    """A calendar that is not read any more: of a ``person``, or of a ``schedule``, by the name of either."""

    person: int | None
    schedule: int | None
    since: datetime
    read_at: datetime | None
    name: str
    host: str
    team: int  # of the schedule
    decides: bool  # a layer of the schedule goes by it


def at_a_glance(now: datetime, until: datetime) -> tuple[Dates, Dates, list[Overdue]]:
    """Everybody's absences of that time by person, all holidays by schedule, and what is overdue. One query."""
    of_people = Q(calendar__person__isnull=False, ends_at__gt=now, starts_at__lt=until)
    dates = OutsideDate.objects.filter(of_people | Q(calendar__schedule__isnull=False)).order_by()
    nothing = [Value("", CharField()), Value("", CharField()), Value(0, IntegerField()), Value(0, IntegerField())]
    spans = dates.values_list("calendar__person", "calendar__schedule", "starts_at", "ends_at", *nothing)
    whose = [Coalesce("schedule__name", "person__name"), "address", Coalesce("schedule__team", 0)]
    going_by = Layer.objects.filter(schedule=OuterRef("schedule")).exclude(on_holidays=Layer.OnHolidays.TOO)
    decides = Case(When(Exists(going_by), then=1), default=0)
    overdue = OutsideCalendar.objects.overdue(now).order_by()
    late = overdue.values_list("person", "schedule", "failing_since", "read_at", *whose, decides)
    rows = [Overdue(*row) for row in spans.union(late, all=True)]
    read = OutsideCalendar._meta.get_field("address").read  # of a union nobody knows what its columns are
    found = [one._replace(host=host_of(read(one.host)), decides=bool(one.decides)) for one in rows if one.name]
    days = _spans(one[:4] for one in rows if not one.name)
    return *days, sorted(found, key=lambda one: (one.name, one.host))


def _away(people: Collection[int], since: datetime, until: datetime) -> Dates:
    rows = OutsideDate.objects.filter(calendar__person__in=people, ends_at__gt=since, starts_at__lt=until)
    return _spans(rows.values_list("calendar__person", "calendar__schedule", "starts_at", "ends_at"))[0]


def _spans(rows: Iterable[Any]) -> tuple[Dates, Dates]:
    of_people: Dates = defaultdict(list)
    of_schedules: Dates = defaultdict(list)
    for person, schedule, start, end in rows:
        some = of_schedules[schedule] if person is None else of_people[person]
        some.append(Span(start, end))
    return _joined(of_people), _joined(of_schedules)


def _joined(found: Dates) -> Dates:
    return {pk: union(spans) for pk, spans in found.items()}
