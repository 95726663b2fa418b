"""The page: for everybody of a team, and for admins and auditors of any."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from escalation.people.models import User
from escalation.people.sessions import instant_of
from incidents.models.access import sees_all

from . import parts
from .asked import Asked, team_of
from .part import Standing

FIRST = 4  # things to do that are said above the parts


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Whoever is in no team has no such page."""
    reader, now, data = cast(User, request.user), instant_of(request), request.GET.dict()
    team = team_of(data, reader)
    if team is None:
        if not sees_all(reader):
            raise Http404
        return render(request, "process/page.html", {"here": "process"})
    asked = Asked.of(data, reader, team, now)
    context = {"asked": asked, "look": asked.look, "here": "process", "at": now}
    if not asked.broken:
        found = [made for part in parts.ALL if (made := part(asked.look)) is not None]
        first = [part for part in parts.most_urgent_first(found) if part.standing in (Standing.ACT, Standing.LOOK)]
        context |= {
            "parts": found,
            "panels": [part for part in found if part.number is not None],
            "short": [part for part in found if part.number is None],
            "first": first[:FIRST],
            "more": len(first[FIRST:]),
            "unjudged": [part for part in found if part.standing is Standing.NONE],
        }
    return render(request, "process/page.html", context)
