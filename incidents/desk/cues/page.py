"""The page of My cues."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from escalation.people.models import User
from incidents.models import Incident

from .. import pages
from ..queries import of_teams, team_ids
from ..versions import live, now_of
from .collecting import Gathered

TEAM_ROWS = 8
MOST = 50  # cues on one page; the next page has the next


@require_safe
@live
def page(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    now, teams = now_of(request), team_ids(user)
    visible = Incident.objects.visible_to(user).open()
    first = (of_teams(visible, teams) if teams else visible).most_urgent_first().values_list("pk", flat=True)
    ids = list(first[: pages.MOST + 1])
    request.desk_open = len(ids)  # type: ignore[attr-defined]
    gathered = Gathered(user, now)
    request.desk_cues = total = len(gathered)  # type: ignore[attr-defined]
    before = _before(request, total)
    cues, found = gathered.said(gathered.all[before : before + MOST], ids[:TEAM_ROWS])
    by_id = {incident.pk: card for incident, card in found}
    context = {
        "cues": cues,
        "before": before,
        "earlier": max(0, before - MOST),
        "next": before + MOST,
        "hidden": max(0, total - before - MOST),
        "total": total,
        "rows": [by_id[pk] for pk in ids[:TEAM_ROWS] if pk in by_id],
        "more": len(ids) > TEAM_ROWS,
        "teams": bool(teams),
    }
    return render(request, "desk/cues.html#region" if request.htmx else "desk/cues.html", context)  # type: ignore[attr-defined]


def _before(request: HttpRequest, total: int) -> int:
    """How many cues stand before this page's, by its address; anything that makes no sense is the first page."""
    asked = request.GET.get("after", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 0
    return before if before < total else 0
