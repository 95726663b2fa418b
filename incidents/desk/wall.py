"""The wall: what is open, in type that is read from across the room, on a screen that nobody sits at.

A page like any other: somebody is signed in and sees only what they may. But others read along, so it leaves out what
is for one person or for a few: restricted incidents (also for their participants), the viewer's own numbers and calls,
addresses of colleagues, and notices in the words for those who see everything. Nothing on it turns by itself.
"""

from datetime import datetime
from typing import cast

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from escalation.people.models import User
from incidents.models import Incident

from . import duty, roles
from .cards import cards, with_last_word
from .notices import Notices
from .queries import BoardFilters
from .versions import live, now_of

MOST = 8  # lines that one screen shows; the board has them all


def address(filters: BoardFilters) -> str:
    """The wall of what a board shows."""
    return filters.address(reverse("wall"), by=None, rows=None, fold=None)


@require_safe
@live
def page(request: HttpRequest, **kwargs) -> HttpResponse:
    filters, now = BoardFilters.of(request), now_of(request)
    _stay_signed_in(request, now)
    seen = Incident.objects.visible_to(filters.user).filter(restricted=False)
    found = filters.worded(filters.narrowed(seen)).open()
    each = list(found.order_by("severity").values_list("drill", "severity").annotate(Count("pk")))
    counts = [(severity, count) for drill, severity, count in each if not drill]
    total, drills = (sum(count for drill, _severity, count in each if drill is is_drill) for is_drill in (False, True))
    rows = cards(with_last_word(found.most_urgent_first().for_cards())[:MOST], now)
    having = roles.said([card.id for card in rows])
    context = {
        "rows": [(card, *having.get(card.id, ((), ()))) for card in rows],
        "counts": counts,
        "total": total,
        "drills": drills,  # read from across the room, they are not to be taken for what is real
        "hidden": max(0, total + drills - MOST),
    }
    if not request.htmx:  # type: ignore[attr-defined]
        user = cast(User, request.user)
        context |= {
            "theme": user.theme or User.Theme.DARK,
            "board_url": filters.address(reverse("board")),
            "glance": duty.of_list(filters, now),
            "notices": Notices(user, public=True),
        }
    return render(request, "desk/wall.html#region" if request.htmx else "desk/wall.html", context)  # type: ignore[attr-defined]


def _stay_signed_in(request: HttpRequest, now: datetime) -> None:
    """A wall stays up for months: while it does, its session is renewed once a day."""
    today = f"{now:%Y-%m-%d}"
    if request.session.get("wall") != today:
        request.session["wall"] = today
