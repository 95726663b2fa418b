"""The small forms of these pages: the same address serves the dialog (htmx) and the page (without script)."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.once import once, said_before

from .models import Schedule

CHANGED = -1  # under this number pages with schedules hear that something changed (js/live.js)
either = require_http_methods(["GET", "HEAD", "POST"])
Do = Callable[[dict[str, Any]], str]  # carries it out and returns what to say about it


class Sure(forms.Form):
    """Nothing to fill in: one press."""


def sent(request: HttpRequest) -> QueryDict | None:
    """What was sent, also if that is nothing but the press."""
    return request.POST if request.method == "POST" else None


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def visible_schedule(request: HttpRequest, pk: int) -> Schedule:
    found = Schedule.objects.in_use().visible_to(user_of(request)).select_related("team")
    return get_object_or_404(found, pk=pk)


def sheet(
    request: HttpRequest, schedule: Schedule, form: forms.Form, do: Do, *, title: str, button: str, **more: Any
) -> HttpResponse:
    """Show the form, or carry out what it says, or say why not with all that was typed."""
    status, refusal = 200, ""
    if request.method == "POST":
        known = said_before(request)  # what is in the form may not be possible any more, since it was done
        if known is not None:
            return _done(request, schedule, known)
        if form.is_valid():
            try:
                return _done(request, schedule, once(request, partial(do, form.cleaned_data)))
            except Refused as refused:
                if refused.code == "not-allowed":
                    raise
                status, refusal = 409, str(refused)
        else:
            status = 422
    context = {
        "schedule": schedule,
        "form": form,
        "title": title,
        "button": button,
        "refusal": refusal,
        "action": request.get_full_path(),
        **more,
    }
    part = "#sheet" if request.htmx else ""  # type: ignore[attr-defined]
    return render(request, f"oncall/sheet.html{part}", context, status=status)


def _done(request: HttpRequest, schedule: Schedule, said: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        response = HttpResponse(status=204)
        toast = {"text": said, "level": "success"}
        response["HX-Trigger"] = json.dumps({"done": {"ids": [CHANGED]}, "toast": toast})
        return response
    messages.success(request, said)
    return redirect(reverse("schedule", args=[schedule.pk]))
