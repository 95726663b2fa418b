"""The page on which somebody sees how they sign in, and where they are signed in."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from escalation.kit import clock
from escalation.people.models import User
from escalation.people.sessions import instant_of, row_of
from escalation.trail.writing import Actor

from . import ending
from .factors import pages


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    context = {
        "sessions": ending.sessions_of(person, instant_of(request)),
        "this": row_of(request),
        "here": "signing-in",
        **pages.context_of(request),
    }
    response = render(request, "signin/page.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def session_end(request: HttpRequest, handle: str) -> HttpResponse:
    person, now = _person(request), clock.now()
    found = [one for one in ending.sessions_of(person, now) if one.handle == handle]
    if not found or found[0].pk == row_of(request):
        raise Http404  # ended already, or this one: signing out is for that
    ending.end(person, found, by=Actor.person(person), now=now)
    messages.success(request, _("Ended: %(device)s is signed out.") % {"device": found[0].device or _("that browser")})
    return redirect("signing-in")


@require_POST
def others_end(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    ended = ending.end_all(person, by=Actor.person(person), now=clock.now(), but=row_of(request))
    said = ngettext("Signed out in %(n)d other browser.", "Signed out in %(n)d other browsers.", ended) % {"n": ended}
    messages.success(request, said if ended else _("You were signed in nowhere else."))
    return redirect("signing-in")


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
