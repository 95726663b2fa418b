"""The page: for supervisors about their teams, for admins and auditors about everybody."""

from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from escalation.kit.errors import Refused
from escalation.people.models import Membership, Team, User
from escalation.people.once import once
from escalation.people.sessions import instant_of

from .. import asking
from . import badge, gathering, holes, saying


def supervised(person: User) -> list[int]:
    return [team for team, _name, role in person.belongs if role == Membership.Role.SUPERVISOR]


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Whoever answers for nobody has no such page."""
    reader = cast(User, request.user)
    sees_all = reader.is_staff or reader.is_auditor
    teams = [] if sees_all else supervised(reader)
    if not (sees_all or teams):
        raise Http404
    report = gathering.report(instant_of(request))
    badge.keep(report)
    mine = report if sees_all else report.of(teams)
    team = _one_team(request, None if sees_all else teams)
    if team is not None:
        mine = report.of([team.pk])
    groups = saying.groups(mine, saying.Reader(reader, frozenset(teams)))
    context = {
        "red": [one for one in groups if one.red],
        "amber": [one for one in groups if not one.red],
        "report": mine,
        "team": team,
        "checked": saying.checked(mine),
        "ahead": holes.AHEAD.days,
    }
    return render(request, "readiness/page.html", context)


def _one_team(request: HttpRequest, teams: list[int] | None) -> Team | None:
    """The one it is narrowed to, if any: one of these; None: one of all there are."""
    said = request.GET.get("team", "")
    if not said:
        return None
    found = Team.objects.all() if teams is None else Team.objects.filter(pk__in=teams)
    if not (said.isascii() and said.isdigit() and len(said) < 16):
        raise Http404
    return get_object_or_404(found, pk=int(said))


@require_POST
def test_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask somebody to send themselves a test, and back to the page of the same team. Who is not shown to this reader is
    not there."""
    reader = cast(User, request.user)
    person = get_object_or_404(User.objects.filter(is_active=True), pk=pk)
    if not asking.may_ask(reader, person):
        raise Http404

    def do() -> str:
        asking.ask(person, by=reader)
        return _("%(name)s is asked: a message is on its way, and a cue waits.") % {"name": person.name}

    try:
        messages.success(request, once(request, do))
    except Refused as refusal:
        messages.error(request, str(refusal))
    team = request.POST.get("team", "")
    return redirect(f"{reverse('readiness')}?{urlencode({'team': team})}" if team else "readiness")
