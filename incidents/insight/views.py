"""The page, the incidents behind a number, and the same as CSV."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from escalation.kit import clock, sheets
from escalation.people.models import User
from incidents.learning.climbs import REASONS

from . import figures, pictures, words
from .asked import Asked
from .listed import Listed, Pages

BY = {
    "severity": gettext_lazy("Severity"),
    "team": gettext_lazy("Team"),
    "service": gettext_lazy("Service"),
    "policy": gettext_lazy("Policy"),
    "source": gettext_lazy("Source"),
}
COLUMNS: tuple[str, ...] = ("opened_at", "resolved_at", "severity", "team__name", "service__name", "policy__name")
COLUMNS += ("source__name", "acknowledge_s", "escalate_s", "expert_s", "resolve_s", "hands_on_s", "furthest", "solver")
COLUMNS += ("misrouted", "tiers", "handovers", "reopened", "alone", "warned_s", "hesitated", "by_clock", *REASONS)
SHARED = ("person__name", "hands_on_s", "calls", "night_calls")


def _asked(request: HttpRequest) -> Asked:
    return Asked.of(request.GET.dict(), cast(User, request.user), clock.now())


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    asked = _asked(request)
    sums, name = figures.sums(asked.rows_found), request.GET.get("by", "")
    name = name if name in BY else "severity"
    context = {
        "asked": asked,
        "sums": sums,
        "said": figures.said(sums.all),
        "list": asked.address(reverse("measured")),
        "csv": asked.address(reverse("measured-csv")),
        "trend": pictures.trend(asked, sums),
        "times": [pictures.time(asked, sums, key) for key in figures.TIMES],
        "whys": pictures.bars(asked, sums, [(f"why.{key}", words) for key, words in figures.WHYS.items()]),
        "others": pictures.bars(asked, sums, [(key, words) for key, words in figures.OTHERS.items()]),
        "tiers": pictures.tiers(asked),
        "people": pictures.people(asked),
        "people_csv": asked.address(reverse("measured-people-csv")),
        "by": name,
        "by_label": BY[name],
        "rows": pictures.compared(asked, name),
        "ways": [(key, label, asked.address(reverse("measures"), by=key)) for key, label in BY.items()],
        "here": "measures",
    }
    return render(request, "insight/measures.html", context)


@require_safe
def incidents(request: HttpRequest) -> HttpResponse:
    asked = _asked(request)
    if asked.broken:
        return _what_is_wrong(request)
    listed = Listed(asked, request.GET.dict())
    here = Pages(listed).get_page(request.GET.get("page"))
    path, more, rows = reverse("measured"), listed.more, list(here.object_list)
    shares = listed.shares(rows)
    context = {
        "asked": asked,
        "page": here,
        "rows": [(row, shares.get(row.pk)) for row in rows],
        "shared": bool(shares),
        "said": figures.said(here.paginator.count),
        "about": words.about(listed),
        "back": asked.address(reverse("measures")),
        "csv": asked.address(reverse("measured-csv"), **more),
        "earlier": asked.address(path, **more, page=here.previous_page_number()) if here.has_previous() else "",
        "later": asked.address(path, **more, page=here.next_page_number()) if here.has_next() else "",
        "here": "measures",
    }
    return render(request, "insight/incidents.html", context)


@require_safe
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """One line for each incident: the figures of the page are sums and counts of these."""
    asked = _asked(request)
    if asked.broken:
        return _what_is_wrong(request)
    found = Listed(asked, request.GET.dict()).found.order_by("resolved_on", "resolved_at", "pk")
    rows = found.values_list("incident__number", "incident__title", *COLUMNS)
    weeks = (rows.filter(resolved_on__range=week) for week in _weeks(asked))
    return _table("measures.csv", ("incident", "title", *COLUMNS), _one_by_one(weeks))


@require_safe
def people_as_csv(request: HttpRequest) -> HttpResponseBase:
    """One line for what each person had of each incident."""
    asked = _asked(request)
    if asked.broken:
        return _what_is_wrong(request)
    columns = ("summary__resolved_at", *SHARED)
    order = ("summary__resolved_on", "summary__resolved_at", "summary", "person")
    shares = (asked.shares(*week).order_by(*order) for week in _weeks(asked))
    weeks = (rows.values_list("summary__incident__number", *columns) for rows in shares)
    return _table("measures-of-people.csv", ("incident", *columns), _one_by_one(weeks))


def _what_is_wrong(request: HttpRequest) -> HttpResponse:
    """The page has the form, which says it at its place: no answer without it reads as if there was nothing."""
    return redirect(f"{reverse('measures')}?{request.GET.urlencode()}")


def _weeks(asked: Asked) -> Iterator[tuple[date, date]]:
    """What was resolved in each is read when it is its turn. PostgreSQL keeps what it found for as long as a file is
    read, and goes through all of it before it gives the first row."""
    since = asked.since
    while since <= asked.until:
        yield since, min(since + timedelta(days=6), asked.until)
        since += timedelta(days=7)


def _one_by_one(parts: Iterable[QuerySet]) -> Iterator[tuple]:
    """Each part whole: asked for row by row, PostgreSQL plans as if only the first were wanted, and takes longer."""
    for rows in parts:
        yield from rows


def _table(name: str, head: Iterable[str], found: Iterable[tuple]) -> StreamingHttpResponse:
    titles = [one.removeprefix("summary__").removesuffix("__name") for one in head]
    return sheets.download(name, titles, ([f"INC-{number}", *values] for number, *values in found))
