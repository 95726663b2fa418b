"""The page: for everybody of a team, and for admins and auditors of any."""

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from escalation.people.models import User
from escalation.people.sessions import instant_of
from incidents.models.access import sees_all

from . import parts
from .asked import Asked
from .part import Standing

FIRST = 4  # things to do that are said above the parts


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Whoever is in no team has no such page."""
    reader, now = cast(User, request.user), instant_of(request)
    asked = Asked.of(request.GET.dict(), reader, now)
    if asked.team is None and not sees_all(reader):
        raise Http404
    context: dict[str, Any] = {"asked": asked, "team": asked.team, "here": "process", "at": now}
    if asked.look is not None:
        found = [part(asked.look) for part in parts.ALL]
        first = [part for part in parts.most_urgent_first(found) if part.standing in (Standing.ACT, Standing.LOOK)]
        context |= {
            "look": asked.look,
            "parts": found,
            "panels": [part for part in found if part.number is not None],
            "short": [part for part in found if part.number is None],
            "first": first[:FIRST],
            "more": len(first[FIRST:]),
        }
    return render(request, "process/page.html", context)
