"""What the values of an unsaved form would mean: the shifts of the next two weeks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.forms.models import BaseModelFormSet
from django.utils.translation import gettext as _

from escalation.people.models import User

from . import shifts
from .calendars import festive
from .models import Layer, Override, Schedule, holidays_of
from .rotation import Layer as PlainLayer
from .spans import common
from .wall import shown

AHEAD = timedelta(days=14)
BACK = timedelta(days=366)


@dataclass(frozen=True)
class Row:
    """A shift, or a gap if there is no person; its times as the schedule's wall shows them."""

    start: datetime
    end: datetime
    person: User | None = None
    override: bool = False


def planned(schedule: Schedule, formsets: Sequence[BaseModelFormSet]) -> shifts.Plan:
    """The plan of valid, unsaved forms."""
    layers: list[tuple[int, PlainLayer]] = []
    put: list[tuple[bool, int, shifts.Override]] = []  # the later made wins, and those of the form are not made yet
    holidays = holidays_of([schedule.pk] if schedule.pk else []).get(schedule.pk, [])
    for formset in formsets:
        for form in formset.forms:
            data = form.cleaned_data
            if not data or data.get("DELETE") or data.get("cancel"):
                continue
            if formset.model is Layer and hasattr(form, "seats"):
                layers.append((form.instance.position, form.instance.plain(form.seats, holidays)))
            elif formset.model is Override and data.get("starts_at") and data.get("ends_at"):
                pk, person = form.instance.pk or 0, data.get("person")
                one = shifts.Override(pk, data["starts_at"], data["ends_at"], person and person.pk)
                put.append((pk == 0, pk, one))
    layers.sort(key=lambda pair: pair[0])
    put.sort(key=lambda made: made[:2])
    return shifts.Plan(
        schedule.time_zone, tuple(layer for _position, layer in layers), tuple(one for *_when, one in put)
    )


@dataclass(frozen=True)
class Changed:
    """A time of the past at which it was somebody else, as the schedule's wall shows it. Empty: nobody."""

    start: datetime
    end: datetime
    was: str
    would_be: str


def of_the_past(schedule: Schedule, layers: BaseModelFormSet, now: datetime) -> list[Changed]:
    """What valid, unsaved layers would change of who was on call."""
    since = now - BACK
    before = Schedule.objects.get(pk=schedule.pk).plan(since=since)
    after = replace(planned(schedule, [layers]), overrides=before.overrides)
    gaps = shifts.gaps(after, since, now)
    found = [span for spans in shifts.gained(before, after, since, now).values() for span in spans]
    found += [one for spans in shifts.gained(after, before, since, now).values() for one in common(spans, gaps)]
    there = [(span, shifts.on_call(before, span.start), shifts.on_call(after, span.start)) for span in sorted(found)]
    people = {pk for _, *both in there for one in both for pk in one}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
    zone = schedule.zone
    return [
        Changed(shown(start, zone), shown(end, zone), *(", ".join(names[pk] for pk in one) for one in both))
        for (start, end), *both in there
    ]


def said(one: Changed) -> str:
    words = {"span": f"{one.start:%a %Y-%m-%d %H:%M} – {one.end:%a %Y-%m-%d %H:%M}"}
    words |= {"was": one.was or _("nobody"), "would_be": one.would_be or _("nobody")}
    return _("%(span)s: %(would_be)s instead of %(was)s") % words


def rows(plan: shifts.Plan, now: datetime, zone: ZoneInfo) -> list[Row]:
    """Each shift and each gap from now on, in order."""
    found = [shift for shift in shifts.final(plan, now, now + AHEAD) if shift.person is not None]
    people = User.objects.in_bulk({shift.person for shift in found})
    whole: list[Row] = [
        Row(one.start, one.end, people[one.person], one.override is not None) for one in found if one.person is not None
    ]
    whole += [Row(*gap) for gap in shifts.gaps(plan, now, now + AHEAD)]
    whole.sort(key=lambda row: row.start)
    return [replace(row, start=shown(row.start, zone), end=shown(row.end, zone)) for row in whole]


def holidays(schedule: Schedule, now: datetime, zone: ZoneInfo) -> list[tuple[date, str]]:
    """The days of these weeks that are holidays, by name."""
    if not schedule.pk:
        return []
    return sorted(festive.days(schedule, now, now + AHEAD, zone).items())
