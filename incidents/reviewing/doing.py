"""The forms of what is to be done, as the pages of reviews and of problems have them: one and the same."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from escalation.people.models import User
from escalation.people.sessions import instant_of
from incidents.models import Action
from incidents.models.actions import HasActions
from incidents.sheets import pressed, seen

from .forms import ActionForm, MoveForm

Show = Callable[..., HttpResponse]  # of a form, of what it does, and of its words: a page as its door has them


def add(request: HttpRequest, home: HasActions, show: Show) -> HttpResponse:
    form = ActionForm(request.POST or None, today=localdate(instant_of(request)))

    def do(form: forms.Form) -> str:
        home.add_action(by=cast(User, request.user), **form.cleaned_data)
        return _("Added. It is among the cues of whoever does it, until it is done.")

    return show(form, do, title=_("Add an action"), button=_("Add"))


def move(request: HttpRequest, home: HasActions, number: int, show: Show) -> HttpResponse:
    """Somebody else does it, or by another day."""
    one = _action(home, number)
    first = {"owner": one.owner_id, "due": one.due}
    form = MoveForm(request.POST or None, initial=first, today=localdate(instant_of(request)))

    def do(form: forms.Form) -> str:
        home.change_action(number, by=cast(User, request.user), seen=seen(request), **form.cleaned_data)
        return _("Saved.")

    title = _("Who does it, and until when")
    return show(form, do, title=title, button=_("Save"), lead=one.what, seen=one.token)


def complete(request: HttpRequest, home: HasActions, number: int) -> HttpResponse:
    _action(home, number)

    def do() -> None:
        home.complete_action(number, by=cast(User, request.user), seen=seen(request))

    return pressed(request, do, _("Done."), then=home.get_absolute_url())


def drop(request: HttpRequest, home: HasActions, number: int, form: Any, show: Show) -> HttpResponse:
    one = _action(home, number)

    def do(form: forms.Form) -> str:
        text = form.cleaned_data["text"]
        home.drop_action(number, by=cast(User, request.user), text=text, seen=seen(request))
        return _("Dropped.")

    return show(form, do, title=_("Drop it"), button=_("Drop"), lead=one.what, seen=one.token)


def _action(home: HasActions, number: int) -> Action:
    return get_object_or_404(home.actions.select_related("owner"), number=number)
