"""A form that is a page of its own, and a button that is a form with nothing in it: as reviews and problems have them.

Floor 7.5, below the doors. What is sent twice is done once; a refusal comes back with what was typed, in a sentence
above the form, and one that is about who may is a page of its own, as everywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from escalation.kit.errors import Refused
from escalation.people.once import once


@dataclass(frozen=True)
class Sheet:
    """``ref`` and ``about``: what it is a form of. ``lead`` stands above the fields; ``seen`` is sent along."""

    title: str
    button: str
    ref: str
    about: str
    back: str
    here: str
    lead: str = ""
    seen: str = ""


def filled_in(
    request: HttpRequest,
    form: forms.Form,
    do: Callable[[forms.Form], str],
    sheet: Sheet,
    *,
    then: Callable[[], str] | str,
) -> HttpResponse:
    """``do`` returns what to say once it is done; ``then`` is where it leads."""
    status, refusal = 200, ""
    if request.method == "POST":
        form.is_bound, form.data = True, request.POST  # also of a form with nothing to fill in
        status = 422
        if form.is_valid():
            try:
                said = once(request, lambda: do(form))
            except Refused as refused:
                if refused.code == "not-allowed":
                    raise
                status, refusal = (422 if refused.code == "invalid" else 409), str(refused)
            else:
                messages.success(request, said)
                return redirect(then if isinstance(then, str) else then())
    context = {"sheet": sheet, "form": form, "refusal": refusal, "here": sheet.here}
    return render(request, "components/sheet.html", context, status=status)


def pressed(request: HttpRequest, do: Callable[[], None], said: str, *, then: str) -> HttpResponse:
    """Carried out, or refused in a sentence on the page where it leads."""

    def whole() -> str:
        do()
        return said

    try:
        messages.success(request, once(request, whole))
    except Refused as refused:
        if refused.code == "not-allowed":
            raise
        messages.error(request, str(refused))
    return redirect(then)


def seen(request: HttpRequest) -> str | None:
    """What the form was made from."""
    return request.POST.get("seen") or None
