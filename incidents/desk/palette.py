"""The palette: one line to type into, and from there to an incident, a person, whatever has a name, a page or a verb.

The server finds and the browser shows, so that nobody learns here of what they may not see elsewhere. Without script
it is a page with a field and links.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from escalation.kit.text import one_line
from escalation.people.models import User
from incidents.models import Incident
from incidents.models.search import asked_for

from .incident import Page
from .places import places_of
from .roles import options as of_roles
from .versions import now_of
from .ways import Option, ways_of

MOST = 6  # of each kind


@dataclass(frozen=True)
class Group:
    label: str
    options: list[Option]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    words = one_line(request.GET.get("q", ""), limit=80)
    chosen = _chosen(user, request.GET.get("incident", ""))
    groups = groups_of(user, words, chosen, now_of(request))
    context = {
        "groups": groups,
        "q": words,
        "chosen": chosen,
        "found": sum(len(group.options) for group in groups),
    }
    part = "#results" if request.htmx else ""  # type: ignore[attr-defined]
    response = render(request, f"desk/palette.html{part}", context)
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _chosen(user: User, asked: str) -> Incident | None:
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else 0
    return Incident.objects.visible_to(user).with_runs().filter(number=number).first() if number else None


def groups_of(user: User, words: str, chosen: Incident | None, now: datetime) -> list[Group]:
    """What the words mean: what can be done here first, then pages, and then what has to be looked for."""
    groups = [
        Group(chosen.ref if chosen else "", _matching(_verbs(chosen, user, now), words)),
        Group(_("Pages"), _matching(_pages(user), words)),
    ]
    if words:
        groups += [
            Group(_("Incidents"), _incidents(user, words)),
            *(Group(label, _matching(ways, words)[:MOST]) for label, ways in ways_of(user, now)),
            Group(_("Search"), _searches(words)),
        ]
    return [group for group in groups if group.options]


def _matching(options: Iterable[Option], words: str) -> list[Option]:
    """Those with every word in them; where one begins with what was typed, it comes first."""
    wanted, typed = words.casefold().split(), words.casefold()
    found = [one for one in options if all(word in f"{one.label} {one.said}".casefold() for word in wanted)]
    return sorted(found, key=lambda one: not one.label.casefold().startswith(typed))


def _verbs(incident: Incident | None, user: User, now: datetime) -> list[Option]:
    if incident is None:
        return []
    actions = Page(incident, user, now=now).actions
    found = [
        Option(one.label, reverse(one.name, args=[incident.number]), incident.title, one.key, dialog=True)
        for one in actions
    ]
    about = (
        (_("%(verb)s: %(role)s") % {"verb": can.label, "role": name}, can) for name, can in of_roles(incident, user)
    )
    return found + [Option(label, can.url, incident.title, dialog=True) for label, can in about]


def _pages(user: User) -> list[Option]:
    return [Option(str(one.label), one.url, keys=f"g {one.key}" if one.key else "") for one in places_of(user)]


def _incidents(user: User, words: str) -> list[Option]:
    """As the queue finds them: what is open first."""
    asked, seen = asked_for(words), Incident.objects.visible_to(user).select_related("service").defer("symptom")
    found = list(seen.open().search(asked).most_urgent_first()[:MOST])
    if len(found) < MOST:
        found += seen.search_over(asked).order_by("-number")[: MOST - len(found)]
    return [Option(one.title, one.get_absolute_url(), f"{one.ref}{_at(one)}", severity=one.severity) for one in found]


def _at(incident: Incident) -> str:
    service = f" · {incident.service.name}" if incident.service else ""
    return f"{service} · {_('resolved')}" if incident.resolved_at else service


def _searches(words: str) -> list[Option]:
    asked = QueryDict(mutable=True)
    asked["q"] = words
    return [
        Option(_("All incidents with “%(words)s”") % {"words": words}, f"{reverse('queue')}?{asked.urlencode()}"),
        Option(_("What was tried, with “%(words)s”") % {"words": words}, f"{reverse('tried')}?{asked.urlencode()}"),
    ]
