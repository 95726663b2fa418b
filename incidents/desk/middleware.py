"""Around every page: times in the viewer's zone, and refusals as pages with a way back."""

import json
import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from escalation.kit.errors import Refused


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


class RefusalMiddleware:
    """A ``Refused`` that no view turned into a form: its sentence, and a way back."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        status = 403 if exception.code == "not-allowed" else 409
        htmx = getattr(request, "htmx", None)
        back = request.resolver_match.kwargs.get("number") if request.resolver_match else None
        context = {"sentence": str(exception), "number": back, "status": status}
        template = "desk/dialogs/refused.html" + ("#sheet" if htmx else "")
        response = render(request, template, context, status=status)
        if htmx and htmx.target != "dialog":
            response["HX-Reswap"] = "none"
            response["HX-Trigger"] = json.dumps({"toast": {"text": str(exception), "level": "error"}})
        return response
