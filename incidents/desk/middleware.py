"""Around every page: times in the viewer's zone, and refusals as pages with a way back."""

import json
import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from escalation.kit.errors import Refused

from .context import forget_numbers


class ZoneMiddleware:
    """Activate the zone the person chose; UTC for strangers and for zones this machine does not know."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        name = getattr(request.user, "time_zone", "") or "UTC"
        try:
            zone: zoneinfo.ZoneInfo = zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            zone = zoneinfo.ZoneInfo("UTC")
        with timezone.override(zone):
            return self.get_response(request)


class OwnDeedsMiddleware:
    """Whoever has just done something sees what it changed: nothing that was counted before is shown to them."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        response = self.get_response(request)
        if request.method not in ("GET", "HEAD", "OPTIONS", "TRACE") and request.user.is_authenticated:
            forget_numbers(request.user)
        return response


class RefusalMiddleware:
    """A ``Refused`` that no view turned into a form: its sentence, and a way back."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        return refused(request, str(exception), status=403 if exception.code == "not-allowed" else 409)


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was made for another session: somebody signed in or out in between."""
    return refused(request, _("This page is from an earlier sign-in. Load it again and send it once more."), status=403)


def refused(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    """A sentence and a way back: a page, a dialog, or a toast."""
    htmx = getattr(request, "htmx", None) or HtmxDetails(request)
    back = request.resolver_match.kwargs.get("number") if request.resolver_match else None
    context = {"sentence": sentence, "number": back, "status": status}
    template = "desk/dialogs/refused.html" + ("#sheet" if htmx else "")
    response = render(request, template, context, status=status)
    if htmx and htmx.target != "dialog":
        response["HX-Reswap"] = "none"
        response["HX-Trigger"] = json.dumps({"toast": {"text": sentence, "level": "error"}})
    return response
