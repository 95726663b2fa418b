"""Heartbeats: what beats, is late, or fell silent. Read by whoever would see its incident; set up in Admin."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from escalation.people.models import User
from incidents.models import AlertKey, Heartbeat, Incident
from incidents.models.beatclock import Since
from incidents.models.heartbeats import State, key_of
from incidents.models.maintenance import Calendar

from .cards import clock_time
from .dialogs import user_of
from .versions import now_of
from .words import spelt

MOST = 500
ORDER = list(State)
LOOKS = {State.SILENT: "bad", State.LATE: "warn", State.BEATS: "ok"}


@dataclass(frozen=True)
class Row:
    """One heartbeat as the list shows it."""

    heartbeat: Heartbeat
    standing: State
    state: str
    agreed: str
    last: str
    then: str = ""
    incident: Incident | None = None

    @property
    def look(self) -> str:
        return LOOKS.get(self.standing, "")


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    user, now = user_of(request), now_of(request)
    mine = list(Heartbeat.objects.visible_to(user).select_related("source__service")[:MOST])
    calendar, about = Calendar(now), _incidents(user, mine)
    rows = sorted((_row(one, now, calendar, about) for one in mine), key=lambda row: ORDER.index(row.standing))
    context = {
        "watched": [row for row in rows if row.standing != State.STOPPED],
        "stopped": [row for row in rows if row.standing == State.STOPPED],
        "here": "heartbeats",
    }
    return render(request, "desk/heartbeats/list.html", context)


def _incidents(user: User, heartbeats: Iterable[Heartbeat]) -> dict[str, Incident]:
    """By key, those that tell of a silence and that this person may see."""
    silent = [key_of(one.pk) for one in heartbeats if one.silent_since]
    if not silent:
        return {}
    seen = Incident.objects.visible_to(user)
    living = AlertKey.objects.filter(key__in=silent, ended_at=None, incident__in=seen).select_related("incident")
    return {row.key: row.incident for row in living}


def _row(one: Heartbeat, now: datetime, calendar: Calendar, about: dict[str, Incident]) -> Row:
    standing, state, then = _standing(one, now, calendar)
    return Row(
        heartbeat=one,
        standing=standing,
        state=state,
        agreed=_agreed(one),
        last=_("last beat %(at)s") % {"at": clock_time(one.last_beat, now)} if one.last_beat else _("no beat yet"),
        then=then,
        incident=about.get(key_of(one.pk)),
    )


def _standing(one: Heartbeat, now: datetime, calendar: Calendar) -> tuple[State, str, str]:
    """How it is, in a word or two, and what comes next."""
    quiet = calendar.silence(one.source.service_id)
    state = one.state(now, quiet=quiet is not None)
    if state is State.SILENT and one.silent_since is not None:
        return state, _("silent since %(at)s") % {"at": clock_time(one.silent_since, now)}, ""
    if state is State.STOPPED:
        return state, str(state.label), "" if one.source.enabled else _("its source is disabled")
    if state is State.QUIET and quiet is not None:
        end = clock_time(quiet.until, now)
        return state, _("maintenance until %(end)s") % {"end": end}, _("then it has a whole interval")
    return state, str(state.label), _then(one, one.due, now) if one.due is not None else ""


def _then(one: Heartbeat, due: datetime, now: datetime) -> str:
    words = {
        Since.BEAT: _("due by %(due)s"),
        Since.OUTAGE: _("due by %(due)s, counted from when Baton was back"),
        Since.MAINTENANCE: _("due by %(due)s, counted from the end of the maintenance"),
        Since.CHANGE: _("due by %(due)s, counted from when this was changed"),
    }
    return words[one.waits.why] % {"due": clock_time(due, now)}


def _agreed(one: Heartbeat) -> str:
    every = _("every %(every)s") % {"every": spelt(one.rhythm.every)}
    return f"{every}, {_('%(grace)s of grace') % {'grace': spelt(one.rhythm.grace)}}" if one.grace else every
