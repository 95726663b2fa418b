"""The queue and the board: the same incidents, as a list and as columns."""

import json
from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.once import once, said_before
from incidents.models import Incident
from incidents.models.search import LOOK, is_more
from incidents.models.verb import meanwhile

from . import bulk, crowding, duty, filtering, hands, lanes, queries, sorting, unanswered, wall, workload
from .cards import cards, with_last_word
from .cells import COLUMNS
from .columns import NONE, Band, Lane, Look
from .found_in import with_places
from .moving import Verb, carry_out, situation, verb_for
from .pages import Pages, in_order
from .undoing import way_back
from .versions import live, now_of
from .views_menu import Menu, first_address, views_of
from .wider import KINDS

PAGE = 50
WAYS = {
    "status": gettext_lazy("Status"),
    "tier": gettext_lazy("Tier"),
    "person": gettext_lazy("Person"),
    "service": gettext_lazy("Service"),
}
SCOPES = {"mine": gettext_lazy("Mine"), "teams": gettext_lazy("My teams"), "all": gettext_lazy("All")}
QUEUE_CHIPS = (queries.severity_chip, queries.service_chip, queries.status_chip)
BOARD_CHIPS = (queries.team_chip, queries.severity_chip, queries.service_chip)


@require_safe
@live
def queue(request: HttpRequest, **kwargs) -> HttpResponse:
    if (only := queries.named_incident(request.user, request.GET.get("q", ""))) is not None:
        return redirect(only)
    views = [] if _htmx(request) else views_of(cast(User, request.user))
    if begin := first_address(request, views):
        return redirect(begin)
    filters, now, path = queries.Filters.of(request), now_of(request), reverse("queue")
    listed = Pages(filters.found(now), PAGE)
    if filters.is_bare:
        request.desk_open = listed.found  # type: ignore[attr-defined]
    found = listed.get_page(request.GET.get("page"))
    rows = in_order(with_last_word(Incident.objects.for_cards(), filters.user), found.object_list)  # type: ignore[arg-type]
    shown = cards(rows, now)
    if "hands" in filters.columns:
        shown = hands.on_cards(shown, rows, filters.user, now)
    context = {
        "filters": filters,
        "page": found,
        "bulk": bulk.verbs_for(filters.user),
        "columns": [(name, COLUMNS[name]) for name in filters.columns],
        "heads": _heads(filters, path),
        "all_picked": request.GET.get("picked") == "all",
        "all_url": f"{_page(filters, path, found.number)}&picked=all",
        "rows": with_places(shown, rows, filters.words) if filters.q else shown,
        "looked": LOOK if filters.q and filters.shows_over and not listed.more and is_more(filters.words) else 0,
        "earlier": _page(filters, path, found.previous_page_number()) if found.has_previous() else "",
        "later": _page(filters, path, found.next_page_number()) if found.has_next() else "",
        "everything": filters.address(
            path, scope="all", **dict.fromkeys(("severity", "service", "status", "team", *KINDS))
        ),
    }
    if not _htmx(request):
        context |= {
            "clear_q": filters.address(path, q=None),
            "scopes": [(key, label, filters.address(path, scope=key)) for key, label in SCOPES.items()],
            "chips": [chip(filters, path) for chip in QUEUE_CHIPS],
            "set": filtering.chips(filters, path),
            "views": Menu.of(filters, views),
            "more": filters.address(reverse("queue-filters")),
            "glance": duty.of_list(filters, now),
        }
    return render(request, "desk/queue.html#region" if _htmx(request) else "desk/queue.html", context)


def _heads(filters: queries.Filters, path: str) -> list[sorting.Head]:
    names = ("severity", *(filters.columns or ("service", "path", "call")))
    labels = {"severity": _("Severity"), **COLUMNS}
    columns = [(name, labels[name]) for name in names]
    return sorting.heads(columns, filters.order, lambda order: filters.address(path, sort=order))


def _page(filters: queries.Filters, path: str, number: int) -> str:
    here = filters.address(path)
    return f"{here}{'&' if '?' in here else '?'}page={number}"


def _htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


# --- the board ------------------------------------------------------------------------------


@require_safe
@live
def board(request: HttpRequest, **kwargs) -> HttpResponse:
    filters, now, path = queries.BoardFilters.of(request), now_of(request), reverse("board")
    look = Look.of(request.GET)
    columns = lanes.board(filters, look, now)
    if look.by == "person":
        workload.set_on(columns, filters.user, now)
    for lane in columns:
        lane.fold_url = filters.address(path, fold=look.without(lane.key))
        for band in lane.bands:
            if band.hidden:
                band.more_url = _more(filters, look.by, lane, band)
    context = {"lanes": columns, "look": look, "by": look.by, "filters": filters}
    if not _htmx(request):
        context |= {
            "clear_q": filters.address(path, q=None),
            "ways": [(key, label, filters.address(path, by=key, fold=None)) for key, label in WAYS.items()],
            "banded_url": filters.address(path, rows=None if look.banded else "severity"),
            "wall_url": wall.address(filters),
            "chips": [chip(filters, path) for chip in BOARD_CHIPS],
            "unanswered": unanswered.of(filters),
            "glance": duty.of_list(filters, now),
        }
    return render(request, "desk/board.html#region" if _htmx(request) else "desk/board.html", context)


def _more(filters: queries.Filters, by: str, lane: Lane, band: Band) -> str:
    """The rest of a column, in the queue."""
    changes: dict[str, object] = {"by": None, "rows": None, "fold": None, "scope": "all"}
    if by == "status":
        changes["status"] = lane.key
        if lane.key == "resolved":
            changes["within"] = "24h"
    else:  # "nobody" and "none" are words of both
        changes[{"person": "holder"}.get(by, by)] = lane.key
    if band.severity:
        changes["severity"] = band.severity
    return filters.address(reverse("queue"), **changes)


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, **kwargs) -> HttpResponse:
    """GET: where this card may go and which verb leads there. POST: go there."""
    asked = request.POST if request.method == "POST" else request.GET
    user, to = request.user, asked.get("to", "")
    by = asked.get("by", "") if asked.get("by") in WAYS else "tier"
    assert isinstance(user, User)
    visible = Incident.objects.visible_to(user).with_runs()
    incident = get_object_or_404(visible, number=_number(asked.get("incident")))
    if request.method != "POST":
        return _menu(request, incident, user, by)
    said = said_before(request)
    if said is None:
        try:
            return _go(request, incident, user, by, to)
        except Refused as refusal:
            said = said_before(request)  # the first press was still on its way
            if said is None:
                return _refusal(request, incident, by, str(refusal))
    return _moved(request, incident, user, by, said)


def _go(request: HttpRequest, incident: Incident, user: User, by: str, to: str) -> HttpResponse:
    seen = request.POST.get("seen") or None
    if seen is not None and seen != incident.state_token:  # also when it went where it was to go, by other hands
        raise Refused(meanwhile(incident), code="stale")
    columns = _columns(incident, user, by, to)
    verb = _chosen(incident, user, by, to, columns)
    if verb is None:
        return _done(request, incident, by)
    if verb.dialog:
        return _dialog(request, verb.url(incident.number))

    def do() -> str:
        crowd = crowding.after(user, by, {to: columns[to]}).get(to, "")
        carry_out(verb, incident, user, by=by, to=to, seen=seen)
        said = _("%(ref)s: %(verb)s.") % {"ref": incident.ref, "verb": verb.label}
        if crowd:
            said += " " + _("%(column)s: %(crowd)s.") % {"column": columns[to].label, "crowd": crowd}
        return said

    return _moved(request, incident, user, by, once(request, do))


def _moved(request: HttpRequest, incident: Incident, user: User, by: str, said: str) -> HttpResponse:
    return _done(request, incident, by, said, way_back(incident, user, "reassigned"))


def _number(asked: str | None) -> int:
    return int(asked) if asked and asked.isascii() and asked.isdigit() and len(asked) < 16 else 0


def _columns(incident: Incident, user: User, by: str, to: str = "") -> dict[str, Lane]:
    """The columns of this board, and the holder or person asked for who may be of another team."""
    if by == "service":
        key = str(incident.service_id or NONE)
        return {key: Lane(key, str(incident.service or ""))}
    found = {lane.key: lane for lane in lanes.columns(by, user, clock.now())}
    if by == "person":
        holder = incident.run.holder_id if incident.run else None
        others = User.objects.filter(pk__in={holder or 0, _number(to)} - {int(k) for k in found if k.isdigit()})
        for person, limit in crowding.with_limits(others):
            if person.is_active or person.pk == holder:
                found[str(person.pk)] = lanes.of_person(person, user, limit)
    return found


def _chosen(incident: Incident, user: User, by: str, to: str, columns: dict[str, Lane]) -> Verb | None:
    if to not in columns:
        raise Refused(_("This column is gone. Look at the board again."), code="stale")
    verb = verb_for(situation(incident, user), by, to, columns[to].label)
    if verb is not None and verb.refused:
        raise Refused(verb.refused)
    return verb


@dataclass(frozen=True)
class _Way:
    """A line of the menu. ``crowd``: how far over its limit the column would be."""

    key: str
    label: str
    verb: Verb
    crowd: str = ""


def _menu(request: HttpRequest, incident: Incident, user: User, by: str) -> HttpResponse:
    now, columns = situation(incident, user), _columns(incident, user, by)
    crowds = crowding.after(user, by, columns)
    ways = []
    for key, lane in columns.items():
        verb = verb_for(now, by, key, lane.label)
        if verb is not None and key != NONE:
            ways.append(_Way(key, lane.label, verb, "" if verb.refused else crowds.get(key, "")))
    context = {"incident": incident, "by": by, "here": "board", "back": _back(request, by), "ways": ways}
    name = "desk/board_move.html#sheet" if _htmx(request) else "desk/board_move.html"
    return render(request, name, context)


def _dialog(request: HttpRequest, url: str) -> HttpResponse:
    if not _htmx(request):
        return redirect(url)
    return _told(204, {"dialog": {"url": url}})


def _done(request: HttpRequest, incident: Incident, by: str, said: str = "", undo: str = "") -> HttpResponse:
    if not _htmx(request):
        if said:
            messages.success(request, said, extra_tags=undo)
        return redirect(_back(request, by))
    events: dict = {"done": {"ids": [incident.number]}}
    if said:
        events |= {"announce": {"text": said}, "toast": {"text": said, **({"undo": undo} if undo else {})}}
    return _told(204, events)


def _back(request: HttpRequest, by: str) -> str:
    """The board as it was drawn when the menu was opened from it; the menu's form carries that along."""
    drawn = request.POST.get("view")
    if drawn is None:
        drawn = request.headers.get("Referer", "")
    query = QueryDict(drawn.partition("?")[2])
    return queries.BoardFilters(cast(User, request.user), query).address(reverse("board"), by=by)


def _refusal(request: HttpRequest, incident: Incident, by: str, why: str) -> HttpResponse:
    """Somebody was faster, or it may not be: said aloud, and the card goes where it truly is."""
    if not _htmx(request):
        messages.error(request, why)
        return redirect(_back(request, by))
    return _told(409, {"done": {"ids": [incident.number]}, "toast": {"text": why, "level": "error"}})


def _told(status: int, events: dict) -> HttpResponse:
    return HttpResponse(status=status, headers={"HX-Trigger": json.dumps(events), "HX-Reswap": "none"})
