"""The numbers in the bar, kept fresh on every open page: a live region without a face of its own."""

import json
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from escalation.people.models import User

from .context import Numbers
from .versions import live


@require_safe
@live
def counts(request: HttpRequest) -> HttpResponse:
    """The region again; the numbers travel in a header, because two bars show them."""
    numbers = Numbers(request, cast(User, request.user), exact=True)
    response = render(request, "desk/parts/counts.html")
    response["HX-Trigger"] = json.dumps({"counts": {"cues": numbers.cues, "queue": numbers.queue}})
    return response
