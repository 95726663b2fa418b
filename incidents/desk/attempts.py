"""What was tried before: a search through the latest attempts that one may see, with how often it helped."""

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from escalation.notify.so_far import tally
from incidents.models import Attempt, Incident
from incidents.models.attempts import LOOK, AttemptQuerySet, Found, Outcome, by_service, counted

from . import queries
from .columns import NONE
from .record import PAGE as TRAIL_PAGE
from .tried import as_tried

PAGE = 25
SERVICES = 6  # the most tried are named


class Asked(queries.Filters):
    """Words, a service and an outcome, kept in the address."""

    NAMES: ClassVar[tuple[str, ...]] = ("q", "service", "outcome")

    @cached_property
    def outcome(self) -> str:
        asked = self.asked.get("outcome", "")
        return asked if asked in Outcome.values else ""

    @property
    def any(self) -> bool:
        return bool(self.q or self.service or self.no_service or self.outcome)

    @property
    def within(self) -> AttemptQuerySet:
        """All that this person may see, of the service if one is asked for."""
        if not (self.service or self.no_service):
            return Attempt.objects.visible_to(self.user)
        return Attempt.objects.on(Incident.objects.visible_to(self.user).filter(service=self.service))


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    asked, path = Asked.of(request), reverse("tried")
    found, more = asked.within.looked_through(asked.q, LOOK)
    rows = [one.pk for one in found if asked.outcome in ("", one.outcome)]
    here = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    listed = Attempt.objects.filter(pk__in=list(here.object_list)).latest_first()
    context = {
        "asked": asked,
        "page": here,
        "rows": [_row(row) for row in listed.select_related("incident__service", "incident__trail")],
        # Of every outcome: how often it helped is the answer.
        "tally": tally(**counted(found)) if found else "",
        "looked": LOOK if more else 0,
        "services": [] if asked.service or asked.no_service else _by_service(asked, found, path),
        "chips": [queries.service_chip(asked, path), _outcome_chip(asked, path)],
        "clear_q": asked.address(path, q=None),
        "everything": path,
        "earlier": _page(asked, path, here.previous_page_number()) if here.has_previous() else "",
        "later": _page(asked, path, here.next_page_number()) if here.has_next() else "",
    }
    return render(request, "desk/attempts.html", context)


def _row(row: Attempt) -> dict:
    """An attempt, and where it stands in its record: the newest page shows it, or an earlier one does."""
    one, incident = as_tried(row.entry), row.incident
    newest = incident.trail.length - one.seq < TRAIL_PAGE
    return {
        "one": one,
        "incident": incident,
        "url": f"{incident.get_absolute_url()}{'' if newest else f'?before={one.seq + 1}'}#e{one.seq}",
    }


def _by_service(asked: Asked, found: Sequence[Found], path: str) -> list[dict]:
    """The same words on each service, the most tried first. One service is no comparison."""
    groups = by_service(found, SERVICES)
    return [
        {
            "name": some[0].service_name or _("no service"),
            "url": asked.address(path, service=some[0].service or NONE),
            "tally": tally(**counted(some)),
        }
        for some in groups
        if len(groups) > 1
    ]


def _outcome_chip(asked: Asked, path: str) -> dict:
    return queries.chip(asked, path, "outcome", _("Outcome"), asked.outcome or None, Outcome.choices)


def _page(asked: Asked, path: str, number: int) -> str:
    here = asked.address(path)
    return f"{here}{'&' if '?' in here else '?'}page={number}"
