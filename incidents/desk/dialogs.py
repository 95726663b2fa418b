"""The machinery of the verbs' dialogs: show a form, carry out what it says, or say why not.

The same address serves the dialog (htmx) and the full page (without script). A refusal comes
back with the typed text and the sentence that explains it; only then is a stale form renewed,
so that whoever presses again knows what happened meanwhile.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.once import once
from incidents.models import Incident

from .undoing import way_back
from .visible import visible_incident

either = require_http_methods(["GET", "HEAD", "POST"])
F = TypeVar("F", bound=forms.Form)
Do = Callable[[dict[str, Any]], str]  # carries the verb out and returns what to say about it


def workable(request: HttpRequest, number: int) -> Incident:
    """An incident this person may see and act on."""
    incident = visible_incident(request, number)
    if not incident.rights_as_read(user_of(request)).act:
        raise Refused(_("You may look at %(ref)s but not change it.") % {"ref": incident.ref}, code="not-allowed")
    return incident


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def seen_in(request: HttpRequest) -> str | None:
    return request.POST.get("seen") or request.GET.get("seen") or None


@dataclass(frozen=True)
class Asked:
    """Who asks what of which incident, from a page that showed it as ``seen``."""

    request: HttpRequest
    incident: Incident

    @property
    def user(self) -> User:
        return user_of(self.request)

    @property
    def seen(self) -> str | None:
        return seen_in(self.request)


def verb(
    form: type[F],
    *,
    title: Any,
    button: Any,
    initial: Callable[[Incident], Mapping[str, Any]] | None = None,
    warn: Callable[[Asked], str] | None = None,
    **look: Any,
) -> Callable[[Callable[[Asked, dict[str, Any]], str]], Callable[..., HttpResponse]]:
    """A view that is one verb with its dialog: what it decorates carries it out and returns what to say about it.

    ``initial`` fills the form, ``warn`` says above it what this very incident needs to have said.
    """

    def decorate(carry_out: Callable[[Asked, dict[str, Any]], str]) -> Callable[..., HttpResponse]:
        @either
        @wraps(carry_out)
        def view(request: HttpRequest, number: int) -> HttpResponse:
            asked = Asked(request, workable(request, number))
            filled = form_of(request, form, **(initial(asked.incident) if initial else {}))
            said = {**look, "lead": warn(asked)} if warn else look
            do = partial(carry_out, asked)
            return dialog(request, asked.incident, filled, do, title=title, button=button, **said)

        return view

    return decorate


def dialog(
    request: HttpRequest,
    incident: Incident,
    form: forms.Form,
    do: Do,
    *,
    title: str,
    button: str,
    lead: str = "",
    fields: str = "desk/dialogs/fields.html",
    undo: str = "",
    **more: Any,
) -> HttpResponse:
    """Show the form, or carry out what it says. Without a ``button`` there is nothing to carry out, only to read.

    ``undo``: the kind of entry that this writes, if it can be taken back for some seconds.
    """
    status, refusal, seen = 200, "", incident.state_token
    if request.method == "POST" and "find" not in request.POST:
        if form.is_valid():
            try:
                said = once(request, partial(do, form.cleaned_data))
            except Refused as refused:
                if refused.code == "not-allowed":
                    raise
                if _is_direct(request):
                    return _refused_at_once(incident, refused)
                status, refusal, seen = 409, str(refused), incident.state_token
            else:
                return _done(request, incident, said, way_back(incident, user_of(request), undo) if undo else "")
        else:
            status = 422
    if status != 409:
        seen = seen_in(request) or seen
    context = {
        "incident": incident,
        "form": form,
        "title": title,
        "button": button,
        "lead": lead,
        "fields": fields,
        "refusal": refusal,
        "seen": seen,
        "action": request.path,
        **more,
    }
    part = "#sheet" if request.htmx else ""  # type: ignore[attr-defined]
    return render(request, f"desk/dialogs/dialog.html{part}", context, status=status)


def _is_direct(request: HttpRequest) -> bool:
    """A button's own form, sent by htmx from the page: there is no dialog to answer into."""
    return bool(request.htmx) and request.htmx.target != "dialog"  # type: ignore[attr-defined]


def _done(request: HttpRequest, incident: Incident, said: str, undo: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return _trigger(204, {"ids": [incident.number]}, said, undo=undo)
    messages.success(request, said, extra_tags=undo)  # whose button is a form of its own there
    return redirect(incident)


def _refused_at_once(incident: Incident, refused: Refused) -> HttpResponse:
    response = _trigger(409, {"ids": [incident.number]}, str(refused), level="error")
    response["HX-Reswap"] = "none"
    return response


def _trigger(status: int, done: dict, text: str, *, level: str = "success", undo: str = "") -> HttpResponse:
    toast = {"text": text, "level": level, **({"undo": undo} if undo else {})}
    response = HttpResponse(status=status)
    response["HX-Trigger"] = json.dumps({"done": done, "toast": toast})  # ASCII, as a header must be
    return response


def form_of(request: HttpRequest, kind: type[F], **initial: Any) -> F:
    """The form with what was typed. Looking for somebody is no attempt to send: no error shows, the text stays."""
    if request.method != "POST":
        return kind(initial=initial)
    if "find" in request.POST:
        return kind(initial=request.POST.dict())
    return kind(request.POST)
