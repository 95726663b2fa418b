"""The record of an incident to take along: pressed, not opened, because that it was taken goes on record."""

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from escalation.kit import clock
from incidents.models import exporting

from .dialogs import user_of
from .visible import visible_incident


@require_POST
def evidence(request: HttpRequest, number: int) -> HttpResponse:
    incident = visible_incident(request, number)
    now = clock.now()
    body = exporting.exported(incident, by=user_of(request), now=now)
    response = HttpResponse(body, content_type="application/zip")
    name = f"{incident.ref}-{now:%Y-%m-%d}.zip"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response
