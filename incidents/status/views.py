"""The addresses. What they answer does not depend on who asks, nor on anything in the request but its ETag."""

from django.contrib.auth.decorators import login_not_required
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
)
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from . import kept

CACHED = 10  # seconds for which a proxy or a browser may go on showing it
POLICY = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'"
POLICY += "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return answer(request, "status")


@login_not_required
@require_safe
def bare(request: HttpRequest) -> HttpResponse:
    """As people type it who have it from the telephone."""
    return HttpResponsePermanentRedirect(reverse("status"))


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    return answer(request, "status-feed")


@require_safe
def as_json(request: HttpRequest) -> HttpResponse:
    return answer(request, "status-json")


def answer(request: HttpRequest, name: str) -> HttpResponse:
    """For whoever is signed in; a public page has been answered before, by ``public``."""
    found = kept.latest()
    if name not in found.bodies:
        raise Http404
    return _sent(request, found, name)


def public(request: HttpRequest, name: str) -> HttpResponse | None:
    """The answer for anybody; None if the page is not for everybody."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    found = kept.latest()
    return _sent(request, found, name) if found.is_public and name in found.bodies else None


def _sent(request: HttpRequest, found: kept.Kept, name: str) -> HttpResponse:
    body = found.bodies[name]
    whole = HttpResponse(body.content, content_type=body.kind)
    response = get_conditional_response(request, etag=body.etag, response=whole) or whole
    if not isinstance(response, HttpResponseNotModified):
        response = whole  # no other condition is of interest here
    response["ETag"] = body.etag
    response["Cache-Control"] = f"public, max-age={CACHED}" if found.is_public else "private, no-cache"
    response["Content-Security-Policy"] = POLICY
    response["Referrer-Policy"] = "no-referrer"
    response["X-Frame-Options"] = "DENY"
    if found.is_public and name == "status-json":
        response["Access-Control-Allow-Origin"] = "*"  # other pages may show it; it is the same for everybody
    return response
