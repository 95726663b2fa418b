"""The feeds themselves, and a person's pages about calendars."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.once import once
from escalation.people.sessions import instant_of
from escalation.people.shown_once import ShownOnce

from ..models import Layer, overrides_of, plans_of, seats_of
from . import absences, building, wording
from .feeds import Feed, hashed, schedules_of_pages
from .forms import MINE, FeedForm, OutsideForm
from .outside import OutsideCalendar

KINDS = tuple(Feed.Kind.values)
_SHOWN = ShownOnce("baton_feed", "calendars")


@login_not_required
@require_safe
def feed(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """The calendar of this address. Whatever is wrong with the address is the same plain answer."""
    found = Feed.objects.opened_by(key, kind)
    if found is None or not found.may_be_read():
        return HttpResponseNotFound("not found\n", content_type="text/plain; charset=utf-8")
    now = clock.now()
    made = building.build(found, building.Options.read(request.GET.dict()), now)
    changed = found.last_told(made.etag, made.changed, now)
    found.was_read(request.headers.get("User-Agent", ""), now)
    name = slugify(found.about) if found.kind != Feed.Kind.USER else "my-shifts"
    response = HttpResponse(made.body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="oncall-{name or found.kind}.ics"'
    response["ETag"] = made.etag
    response["Last-Modified"] = http_date(int(changed.timestamp()))
    response["Cache-Control"] = "private, max-age=300"
    answer = get_conditional_response(request, made.etag, int(changed.timestamp()), response) or response
    answer["Referrer-Policy"] = "no-referrer"  # the address is a key
    if request.method == "HEAD" and answer is response:
        answer["Content-Length"] = str(len(made.body))
        answer.content = b""
    return answer


# --- the page of one's feeds ----------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def feeds(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    form = FeedForm(request.POST or None, person=person, initial={"what": request.GET.get("what", MINE)})
    if request.method == "POST" and form.is_valid():
        try:
            made, key = Feed.make(by=person, **form.chosen)  # type: ignore[arg-type]
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _SHOWN.redirect(made.pk, key)
    mine = Feed.objects.live().filter(person=person).select_related("schedule", "team", "person")
    new = _new(request, person)
    context = {"form": form, "feeds": mine, "new": new, "here": "calendars"}
    response = render(request, "calendars/feeds.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store"
    if new is not None:
        _SHOWN.forget(response)
    return response


def _new(request: HttpRequest, person: User) -> dict[str, str] | None:
    """The addresses of the feed that was just made."""
    pk, key = _SHOWN.read(request) or (None, "")
    made = Feed.objects.live().filter(pk=pk, person=person, key_hash=hashed(key)).first() if pk else None
    if made is None:
        return None
    address = settings.ADDRESS + reverse(f"feed-{made.kind}", kwargs={"key": key})
    return {"about": made.about, "address": address, "webcal": "webcal://" + address.partition("://")[2]}


@require_POST
def revocation(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request)
    get_object_or_404(Feed, pk=pk, person=person).revoke(by=person)
    messages.success(request, _("Revoked: the address leads nowhere now."))
    return redirect("calendars")


# --- the page of calendars that are read ----------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def outside(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    mine = schedules_of_pages(person)
    form = OutsideForm(request.POST or None, schedules=[one for one, may_change in mine if may_change])

    def do() -> str:
        OutsideCalendar.add(form.cleaned_data["address"], by=person, schedule=form.schedule)
        return _("Added. It is read within a minute.")

    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, once(request, do))
        except Refused as refusal:
            form.add_error("address", str(refusal))
        else:
            return redirect("absences")
    now = instant_of(request)
    by_holidays = Layer.objects.filter(schedule=OuterRef("schedule")).exclude(on_holidays=Layer.OnHolidays.TOO)
    read = list(
        OutsideCalendar.objects.read_by(person)
        .select_related("person", "schedule")
        .annotate(total=Count("dates"), counts=Exists(by_holidays))
    )
    seen = {one.pk: one for one, _may_change in mine}
    plans = plans_of({pk: one.time_zone for pk, one in seen.items()}, seats_of(seen), overrides_of(seen, since=now))
    people = absences.people_in(plans)
    away, holidays = absences.coming(plans, people, now), absences.holidays(plans, people, now)
    context = {
        "form": form,
        "calendars": [(one, one.overdue(now)) for one in read],
        "away": [(one, [wording.sentence(found) for found in away[pk]]) for pk, one in seen.items() if away.get(pk)],
        "holidays": [
            (one, [wording.holiday(found) for found in holidays[pk]]) for pk, one in seen.items() if holidays.get(pk)
        ],
        "here": "absences",
    }
    return render(request, "calendars/outside.html", context, status=422 if form.errors else 200)


@require_POST
def removal(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request)

    def do() -> str:
        get_object_or_404(OutsideCalendar.objects.read_by(person), pk=pk).remove(by=person)
        return _("Removed, with its dates.")

    messages.success(request, once(request, do))
    return redirect("absences")


@require_POST
def reading(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request)
    get_object_or_404(OutsideCalendar.objects.read_by(person), pk=pk).read_again(by=person, now=clock.now())
    messages.success(request, _("It is read again within a minute."))
    return redirect("absences")


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
