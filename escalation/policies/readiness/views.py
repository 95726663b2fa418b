"""The page: for supervisors about their teams, for admins and auditors about everybody."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from escalation.kit import clock
from escalation.people.models import Membership, User

from . import badge, checks, gathering, saying


def supervised(person: User) -> list[int]:
    rows = Membership.objects.filter(user=person, role=Membership.Role.SUPERVISOR)
    return list(rows.values_list("team", flat=True))


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Whoever answers for nobody has no such page."""
    reader = cast(User, request.user)
    sees_all = reader.is_staff or reader.is_auditor
    teams = [] if sees_all else supervised(reader)
    if not (sees_all or teams):
        raise Http404
    report = gathering.report(clock.now())
    badge.keep(report)
    mine = report if sees_all else report.of(teams)
    groups = saying.groups(mine, reader)
    context = {
        "red": [one for one in groups if one.red],
        "amber": [one for one in groups if not one.red],
        "report": mine,
        "checked": saying.checked(mine),
        "ahead": checks.AHEAD.days,
    }
    return render(request, "readiness/page.html", context)
