"""Who covers, by hand: an override, its change and its end, and “take it now”."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User

from . import as_seen, changing, shifts, verbs
from .coverform import CoverForm
from .models import Override, Schedule
from .sheets import Sure, either, sent, sheet, user_of, visible_schedule
from .spans import Span
from .templatetags.oncall import moment, upto

NOT_YOURS = "not-allowed"
SHOWN = 3  # names


def zone_of(request: HttpRequest, schedule: Schedule) -> ZoneInfo:
    """On whose clock times are shown and typed: the viewer's, or the schedule's if the address says so."""
    if request.GET.get("zone") == "schedule":
        return schedule.zone
    here = timezone.get_current_timezone()
    return here if isinstance(here, ZoneInfo) else ZoneInfo("UTC")


def instant_in(request: HttpRequest, name: str) -> datetime | None:
    """An instant in the address; what cannot be read is none."""
    try:
        found = datetime.fromisoformat(request.GET.get(name, "").replace(" ", "+"))
        return found if found.tzinfo is not None and 1970 < found.year < 2200 else None
    except ValueError:
        return None


@either
def override(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody else, or nobody, for a while. Supervisors choose whom; others of the team cover themselves."""
    schedule, user = visible_schedule(request, pk), user_of(request)
    changes = verbs.may_change(schedule, user)
    if not changes and not verbs.may_cover(schedule, user):
        raise Refused(
            _("Only people of %(team)s and of this schedule can cover.") % {"team": schedule.team}, code=NOT_YOURS
        )
    old = _instead_of(request, schedule)
    zone = zone_of(request, schedule)
    initial = _initial(request, old)
    form = CoverForm(sent(request), schedule=schedule, zone=zone, chooses=changes, initial=initial)

    def do(found: dict[str, Any]) -> str:
        span = {"starts_at": found["starts_at"], "ends_at": found["ends_at"], "reason": found["reason"]}
        seen = request.POST.get("seen")
        if changes:
            made = schedule.override(by=user, person=found["person"], instead=old, seen=seen, **span)
        else:
            made = schedule.cover(by=user, instead=old, seen=seen, **span)
        return _said(made, zone)

    return sheet(
        request,
        schedule,
        form,
        do,
        title=_title(old, changes),
        button=_("Save") if changes else _("I cover"),
        lead=SimpleLazyObject(lambda: _lead_of_override(schedule, old, initial, zone)),
        seen=SimpleLazyObject(lambda: as_seen.now_of(schedule, clock.now())),  # as it is when the form is shown
    )


def _lead_of_override(schedule: Schedule, old: Override | None, initial: dict[str, Any], zone: ZoneInfo) -> str:
    lead = _("Times are on the clock of %(zone)s.") % {"zone": zone.key}
    start, end = initial["starts_at"], initial["ends_at"]
    if old is None and start and end and start < end <= start + changing.LONGEST:
        lead = _on_call_so_far(schedule, Span(start, end)) + " " + lead
    other = old.other_half() if old is not None else None
    if other is None or not other.lasts(clock.now()):
        return lead
    return (
        lead + " " + _("This is half of a swap. The other half stays: %(other)s.") % {"other": _who_when(other, zone)}
    )


def _on_call_so_far(schedule: Schedule, span: Span) -> str:
    """The page behind the form may be older than a cover by somebody else."""
    found = shifts.final(schedule.plan(since=span.start), *span)
    people = User.objects.in_bulk({shift.person for shift in found if shift.person is not None})
    names = dict.fromkeys(people[shift.person].name for shift in found if shift.person is not None)
    if not names:
        return _("So far nobody is on call then.")
    if len(names) > SHOWN:
        return _("So far %(n)d people share this time.") % {"n": len(names)}
    return _("So far on call then: %(names)s.") % {"names": ", ".join(names)}


def _who_when(one: Override, zone: ZoneInfo) -> str:
    words = {
        "who": one.person.name if one.person else _("Nobody"),
        "span": span_words(one.starts_at, one.ends_at, zone),
    }
    return _("%(who)s, %(span)s") % words


def _title(old: Override | None, changes: bool) -> str:
    if old is not None:
        return _("Change who covers")
    return _("Override") if changes else _("Cover a time")


def _instead_of(request: HttpRequest, schedule: Schedule) -> Override | None:
    number = request.GET.get("instead", "")
    if not number:
        return None
    if not number.isdecimal() or len(number) > 15:
        raise Http404
    return get_object_or_404(Override, pk=int(number), schedule=schedule)


def _initial(request: HttpRequest, old: Override | None) -> dict[str, Any]:
    if old is not None:
        now = clock.now()  # what is past of it stays true: the new one begins now
        return {
            "person": old.person_id or "nobody",
            "starts_at": max(old.starts_at, now),
            "ends_at": old.ends_at,
            "reason": old.reason,
        }
    return {"person": "", "starts_at": instant_in(request, "from"), "ends_at": instant_in(request, "until")}


def _said(made: Override, zone: ZoneInfo) -> str:
    who = made.person.name if made.person else _("Nobody")
    return _("%(who)s is on call %(span)s.") % {"who": who, "span": span_words(made.starts_at, made.ends_at, zone)}


def span_words(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    with timezone.override(zone):
        return f"{moment(start, clock.now())} – {upto(end, start)}"


@either
def cancellation(request: HttpRequest, pk: int, override: int) -> HttpResponse:
    """End an override, or take it back before it begins."""
    schedule, user = visible_schedule(request, pk), user_of(request)
    found = get_object_or_404(Override.objects.select_related("person"), pk=override, schedule=schedule)
    changing.may_cancel(schedule, found, user)
    zone = zone_of(request, schedule)

    other = found.other_half()
    both = other is not None and other.lasts(clock.now())

    def do(_found: dict[str, Any]) -> str:
        if len(schedule.cancel_override(found, by=user)) > 1:
            return _("Cancelled, both halves: the layers count again.")
        return _("Cancelled: the layers count again.")

    return sheet(
        request,
        schedule,
        Sure(sent(request)),
        do,
        title=_("Cancel this swap") if both else _("Cancel this override"),
        button=_("Cancel both") if both else _("Cancel it"),
        lead=_lead_of_cancelling(found, other, zone),
    )


def _lead_of_cancelling(found: Override, other: Override | None, zone: ZoneInfo) -> str:
    """What ends: this one, and of a swap the other half too, unless that is over."""
    this, now = _who_when(found, zone), clock.now()
    lead = _("%(this)s. It ends at once; what it did before stays true.") % {"this": this}
    if other is None or other.cancelled_at is not None:
        return lead
    words = {"this": this, "other": _who_when(other, zone)}
    if other.lasts(now):
        return (
            _("A swap has two halves, and both end at once: %(this)s; %(other)s. What they did before stays true.")
            % words
        )
    return lead + " " + _("It is half of a swap. The other half is over and stays as it was: %(other)s.") % words


@either
def take_now(request: HttpRequest, pk: int) -> HttpResponse:
    """From now on it is me, until the shift that is under way ends. Of two at once, one has it."""
    schedule, user = visible_schedule(request, pk), user_of(request)
    if not (verbs.may_cover(schedule, user) or verbs.may_change(schedule, user)):
        said = _("Only people of %(team)s and of this schedule can take it.")
        raise Refused(said % {"team": schedule.team}, code=NOT_YOURS)
    now, zone = clock.now(), zone_of(request, schedule)
    plan = schedule.plan(since=now)

    def do(_found: dict[str, Any]) -> str:
        made = schedule.take_now(by=user, seen=request.POST.get("seen"))
        with timezone.override(zone):
            until = moment(made.ends_at, made.starts_at)
        return _("You are on call for %(schedule)s until %(until)s.") % {"schedule": schedule.name, "until": until}

    return sheet(
        request,
        schedule,
        Sure(sent(request)),
        do,
        title=_("Take it now"),
        button=_("Take it now"),
        lead=_lead(plan, now, user, zone),
        seen=changing.under_way(plan, now),
    )


def _lead(plan: shifts.Plan, now: datetime, user: User, zone: ZoneInfo) -> str:
    here = shifts.on_call(plan, now)
    if user.pk in here:
        return _("You are on call already.")
    with timezone.override(zone):
        said = _who_until(plan, now, here)
    return said + " " + _("Times are on the clock of %(zone)s.") % {"zone": zone.key}


def _who_until(plan: shifts.Plan, now: datetime, here: tuple[int, ...]) -> str:
    shift = shifts.shift_at(plan, now)
    end = shift.end if shift else shifts.next_change(plan, now)
    until = moment(end, now) if end else ""
    there = User.objects.filter(pk__in=here, is_active=True, is_auditor=False)
    name = there.values_list("name", flat=True).first()
    if name and until:
        return _("%(name)s is on call until %(until)s. From now until then it will be you.") % {
            "name": name,
            "until": until,
        }
    if until:
        return _("Nobody is on call until %(until)s. From now until then it will be you.") % {"until": until}
    return _("Nobody is on call.")
