"""The pages: who is on call, and one schedule's calendar."""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from escalation.people.models import Membership, User
from escalation.people.sessions import instant_of
from escalation.trail.models import Trail

from . import agenda, drawing, verbs
from .calendars import festive
from .covering import zone_of
from .glance import Glance, Rotas, of_team
from .models import Schedule
from .overview import overview
from .roster import OnCall
from .sheets import user_of, visible_schedule
from .showing import Shown, shown_between
from .wall import shown

FRESH = 60  # seconds; shifts come and go with the time alone


def live(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For htmx the same address answers with the region, or with 304 while no schedule has changed."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        now = instant_of(request)
        if not request.htmx:  # type: ignore[attr-defined]
            response = view(request, now, *args, **kwargs)
            patch_vary_headers(response, ["HX-Request"])
            return response
        etag = quote_etag(_version(user_of(request), now))
        answer = get_conditional_response(request, etag=etag)
        response = answer or view(request, now, *args, **kwargs)
        response["ETag"] = etag
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["HX-Request", "Cookie"])
        return response

    return wrapped


def _version(user: User, now: datetime) -> str:
    """Every change of a schedule is an entry of the installation's own record; shifts change by themselves."""
    head = Trail.objects.filter(kind=Trail.Kind.INSTALLATION).values_list("length", flat=True).first()
    teams = Membership.objects.filter(user=user).order_by("team").values_list("team", "role")
    facts = (
        head,
        int(now.timestamp()) // FRESH,
        user.pk,
        user.is_staff,
        list(teams),
        timezone.get_current_timezone_name(),
    )
    return blake2b(repr(facts).encode(), digest_size=12).hexdigest()


@require_safe
@live
def who(request: HttpRequest, now: datetime) -> HttpResponse:
    """Every schedule that I may see: who is on call now and next; my own coming shifts first."""
    user = user_of(request)
    schedules = list(Schedule.objects.in_use().visible_to(user).select_related("team").order_by("name"))
    context = {"overview": overview(schedules, user, now), "now": now}
    return render(request, "oncall/who.html#region" if request.htmx else "oncall/who.html", context)  # type: ignore[attr-defined]


@require_safe
@live
def glance(request: HttpRequest, now: datetime) -> HttpResponse:
    """The line in the heads of other pages, again and again while they are open."""
    asked = request.GET.get("team", "")
    team = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
    rotas = Rotas.read(of_team(user_of(request), team), now)
    return render(request, "oncall/glance.html", {"glance": Glance.of(rotas, now, team=team), "now": now})


@require_safe
@live
def calendar(request: HttpRequest, now: datetime, pk: int) -> HttpResponse:
    """A month or a week of one schedule, on the viewer's clock or on its own."""
    schedule, user = visible_schedule(request, pk), user_of(request)
    zone = zone_of(request, schedule)
    with timezone.override(zone):
        today = shown(now, zone).date()
        weekly = request.GET.get("view") == "week"
        period = (drawing.week_of if weekly else drawing.month_of)(_day_in(request) or today)
        since, until = drawing.midnight(period.first, zone), drawing.midnight(period.last, zone)
        layers = request.GET.get("layers") == "1"
        on = OnCall([schedule.pk], now)
        found = shown_between(schedule, since, until, layers=layers, seats=on.seats)
        changes, covers = verbs.rights(schedule, user)
        rights = agenda.Rights(user, changes, covers)
        may = covers or (user.is_staff and not user.is_auditor)
        standing = overview([schedule], user, now, on=on, may=lambda one: may).standings[0]
        holidays = festive.days(schedule, since, until, zone)
        days = agenda.days(found.final, _agenda_span(period), zone, now, rights, holidays)
        over = [day for day in days if day.over]
        context = {
            "schedule": schedule,
            "now": now,
            "rows": drawing.rows(period, _lanes(found), zone, now, holidays),
            "shown": found,
            "period": period,
            "weekly": weekly,
            "layers": layers,
            "zone": zone.key,
            "rights": rights,
            "days": days[len(over) :] if len(over) < len(days) else days,
            "earlier": over if len(over) < len(days) else [],
            "gaps": standing.gaps,
            "swaps": agenda.requests(schedule, now, rights),
            "links": _links(request, schedule, period, today, weekly, layers),
            "standing": standing,
        }
        template = "oncall/calendar.html"
        return render(request, f"{template}#region" if request.htmx else template, context)  # type: ignore[attr-defined]


def _agenda_span(period: drawing.Period) -> tuple[date, date]:
    return (period.month, period.after) if period.month else (period.first, period.last)


def _lanes(found: Shown) -> list:
    return [found.final, *(pieces for _layer, pieces in found.layers)]


def _day_in(request: HttpRequest) -> date | None:
    try:
        found = date.fromisoformat(request.GET.get("at", ""))
    except ValueError:
        return None
    return found if 1990 <= found.year < 2150 else None


def _links(
    request: HttpRequest, schedule: Schedule, period: drawing.Period, today: date, weekly: bool, layers: bool
) -> dict[str, str]:
    here = request.path
    own = request.GET.get("zone") == "schedule"
    at = (period.month or period.first).isoformat()
    now_or_at = today.isoformat() if period.first <= today < period.last else at
    given = {
        "view": "week" if weekly else "",
        "at": at,
        "zone": "schedule" if own else "",
        "layers": "1" if layers else "",
    }

    def to(**changes: str) -> str:
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in {**given, **changes}.items() if value})
        return f"{here}?{query.urlencode()}" if query else here

    return {
        "before": to(at=period.before.isoformat()),
        "after": to(at=period.after.isoformat()),
        "today": to(at=""),
        "month": to(view="", at=now_or_at),
        "week": to(view="week", at=now_or_at),
        "mine": to(zone=""),
        "own": to(zone="schedule"),
        "layers": to(layers="" if layers else "1"),
        "override": reverse("override", args=[schedule.pk]) + ("?zone=schedule" if own else "?zone="),
        "zone": "zone=schedule" if own else "zone=",
    }
