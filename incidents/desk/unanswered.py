"""Hand-overs that nobody answered: above the board, until somebody does something about each."""

from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from escalation.engine.models import EscalationRun
from incidents.models import Incident

from .queries import BoardFilters, Filters
from .versions import live

MOST = 10


@dataclass(frozen=True)
class Unanswered:
    ref: str
    url: str
    title: str
    asked: str  # who did not answer


def of(filters: Filters) -> list[Unanswered]:
    """Those of the board, the most urgent first. One query."""
    seen = filters.worded(filters.narrowed(Incident.objects.visible_to(filters.user))).open()
    back = EscalationRun.objects.functional().running().filter(offer_returned_at__isnull=False)
    by = back.filter(trail=OuterRef("trail")).values("unanswered_by__name")
    returned = seen.filter(trail__in=back.values("trail")).annotate(asked=Subquery(by))
    rows = returned.most_urgent_first().values_list("number", "title", "asked")
    return [
        Unanswered(f"INC-{number}", Incident(number=number).get_absolute_url(), title, name or "")
        for number, title, name in rows[:MOST]
    ]


@require_safe
@live
def region(request: HttpRequest, **kwargs) -> HttpResponse:
    """The line alone, for boards that are open."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("board")
    return render(request, "desk/parts/unanswered.html", {"unanswered": of(BoardFilters.of(request))})
