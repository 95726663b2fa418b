"""Maintenance windows: what is on, what is coming, what was; planned by supervisors and admins, read by all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.once import once
from incidents.models import MaintenanceWindow
from incidents.models.maintenance import supervised
from incidents.planning import may_plan_some

from .cards import clock_time
from .dialogs import either, user_of
from .maintenance_forms import WindowForm, last_time, ordinal_day, weekday_names
from .maintenance_stale import changes, differences
from .versions import now_of
from .words import spelt

PAST = 30  # windows that are over, on one page
COMING = 200


@dataclass(frozen=True)
class Row:
    """One window as the list shows it."""

    window: MaintenanceWindow
    covers: str
    when: str
    whole: str  # the instants behind it
    again: str
    ended: str = ""
    on: bool = False
    may: bool = False


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    now, user = now_of(request), user_of(request)
    windows = MaintenanceWindow.objects.select_related("planned_by").prefetch_related("services")
    living = list(windows.living(now)[:COMING])
    mine = supervised(user)
    rows = [_row(window, now, may=_may(window, user, mine)) for window in living]
    context = {
        "on": [row for row in rows if row.on],
        "coming": sorted((row for row in rows if not row.on), key=lambda row: _begins(row.window, now)),
        "past": [_row(window, now) for window in windows.over(now).order_by("-over_at", "-id")[:PAST]],
        "may_plan": may_plan_some(user, mine),
        "here": "maintenance",
    }
    return render(request, "desk/maintenance/list.html", context)


@either
def plan(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if not may_plan_some(user, supervised(user)):
        said = _("Supervisors plan windows for the services of their teams, admins for any service.")
        raise PermissionDenied(said)
    return _form(request, user, None)


@either
def change(request: HttpRequest, pk: int) -> HttpResponse:
    return _form(request, user_of(request), _changeable(request, pk))


@either
def end(request: HttpRequest, pk: int) -> HttpResponse:
    window = _changeable(request, pk)
    lead = _("What is still open goes on at once, and its people are told.")
    if window.repeats:
        lead += " " + _("The window comes again at its next time.")
    return _sure(request, window, window.end, title=_("End it now"), lead=lead, said=_("The maintenance has ended."))


@either
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    window = _changeable(request, pk)
    lead = _("It does not take place. If it is on now, what is still open goes on at once.")
    title, said = _("Cancel the window"), _("The window is cancelled.")
    return _sure(request, window, window.cancel, title=title, lead=lead, said=said)


# --- who may ----------------------------------------------------------------------------------


def _changeable(request: HttpRequest, pk: int) -> MaintenanceWindow:
    window = get_object_or_404(MaintenanceWindow.objects.prefetch_related("services"), pk=pk)
    if not window.may_change(user_of(request)):
        raise PermissionDenied(_("Only a supervisor of each of its services' teams may change it."))
    return window


# --- forms ------------------------------------------------------------------------------------


def _seen(request: HttpRequest) -> int | None:
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isdecimal() and len(seen) < 10 else None


def _form(request: HttpRequest, user: User, window: MaintenanceWindow | None) -> HttpResponse:
    form = WindowForm(user, request.POST if request.method == "POST" else None, window=window)
    status, refusal, stale = 200, "", {}
    if request.method == "POST":
        status = 422
        if form.is_valid():
            facts = form.facts() | {"services": form.cleaned_data["services"]}
            try:
                if window is None:
                    once(request, lambda: str(MaintenanceWindow.schedule(by=user, **facts)))
                else:
                    window.change(by=user, seen=_seen(request), **facts)
            except Refused as refused:
                if refused.code == "not-allowed":
                    raise
                status, refusal = 409, str(refused)
                if window is not None and refused.code == "stale":
                    window, stale = _stale(request, window)
                    stale["differences"] = differences(form, window)
            else:
                said = _("The window is planned.") if window is None else _("The window is changed.")
                messages.success(request, said)
                return redirect("maintenance")
    seen = window and (_seen(request) if status == 422 else window.version)
    context = {"form": form, "window": window, "seen": seen, "refusal": refusal, "here": "maintenance", **stale}
    return render(request, "desk/maintenance/form.html", context, status=status)


def _stale(request: HttpRequest, window: MaintenanceWindow) -> tuple[MaintenanceWindow, dict[str, Any]]:
    """As it is now, and who made it so: what is pressed next is decided knowing that."""
    window = MaintenanceWindow.objects.prefetch_related("services").get(pk=window.pk)
    return window, {"stale": True, "changes": changes(window, _seen(request), now_of(request))}


def _sure(request: HttpRequest, window: MaintenanceWindow, do, *, title: str, lead: str, said: str) -> HttpResponse:
    status, refusal, stale = 200, "", {}
    if request.method == "POST":
        try:
            do(by=user_of(request), seen=_seen(request))
        except Refused as refused:
            if refused.code == "not-allowed":
                raise
            status, refusal = 409, str(refused)
            window, stale = _stale(request, window)
        else:
            messages.success(request, said)
            return redirect("maintenance")
    stale = {**stale, "row": _row(window, now_of(request))} if stale.get("changes") else {}
    context = {"window": window, "title": title, "lead": lead, "refusal": refusal, "here": "maintenance", **stale}
    return render(request, "desk/maintenance/sure.html", context, status=status)


# --- rows -------------------------------------------------------------------------------------


def _begins(window: MaintenanceWindow, now: datetime) -> datetime:
    return window.plan.next_start(now) or window.begins_at


def _may(window: MaintenanceWindow, user: User, mine: set[int]) -> bool:
    """As ``may_change``, without a query for each."""
    teams = {service.team_id for service in window.services.all()}
    return user.is_staff or (not window.everything and not user.is_auditor and teams <= mine)


def _row(window: MaintenanceWindow, now: datetime, *, may: bool = False) -> Row:
    on = window.plan.on(now)
    shown = on or next(window.plan.stretches(now), None)
    start = shown.start if shown else window.begins_at
    finish = shown.end if shown else window.over_at or start + timedelta(minutes=window.minutes)
    return Row(
        window=window,
        covers=_("everything") if window.everything else ", ".join(one.name for one in window.services.all()),
        when=_("until %(end)s") % {"end": clock_time(finish, now)} if on else _span(start, finish, now),
        whole=f"{_whole(start)} – {_whole(finish)}",
        again=_again(window),
        ended=_how_it_ended(window, now),
        on=on is not None,
        may=may,
    )


def _span(start: datetime, finish: datetime, now: datetime) -> str:
    same_day = localtime(start).date() == localtime(finish).date()
    end = date_format(localtime(finish), "H:i") if same_day else clock_time(finish, now)
    return f"{clock_time(start, now)} – {end}"


def _whole(instant: datetime) -> str:
    return date_format(localtime(instant), "j F Y, H:i T")


def _again(window: MaintenanceWindow) -> str:
    if not window.repeats:
        return ""
    days = weekday_names(window.weekdays) if window.repeats == "weekly" else ordinal_day(window)
    words = _("%(days)s at %(at)s for %(length)s (%(zone)s)") % {
        "days": days,
        "at": f"{window.at:%H:%M}",
        "length": spelt(window.minutes * 60),
        "zone": window.zone,
    }
    return ", ".join(filter(None, [words, last_time(window.last_day)]))


def _how_it_ended(window: MaintenanceWindow, now: datetime) -> str:
    if window.cancelled_at:
        return _("cancelled %(at)s") % {"at": clock_time(window.cancelled_at, now)}
    if window.ended_at and not window.repeats:
        return _("ended early, %(at)s") % {"at": clock_time(window.ended_at, now)}
    return ""
