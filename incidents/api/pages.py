"""The page of one's own tokens: make one, copy it once, revoke it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import ApiToken, User
from escalation.people.shown_once import ShownOnce
from escalation.people.tokens import Scope, hashed
from escalation.signin import tokens as programs

_SHOWN = ShownOnce("baton_token", "tokens")
_NEVER = "never"
ENDS = {
    "30": gettext_lazy("in 30 days"),
    "90": gettext_lazy("in 90 days"),
    "365": gettext_lazy("in a year"),
    _NEVER: gettext_lazy("never"),
}


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=80,
        help_text=gettext_lazy("The program or the machine that is to have it."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do besides reading"), required=False, widget=forms.CheckboxSelectMultiple
    )
    ends = forms.ChoiceField(
        label=gettext_lazy("Ends"), choices=list(ENDS.items()), initial="90", widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if person.is_auditor and not person.is_staff:
            del self.fields["scopes"]  # an auditor changes nothing
        else:
            more = [(scope.value, str(scope.label).capitalize()) for scope in Scope if scope is not Scope.READ]
            self.fields["scopes"].choices = more  # type: ignore[attr-defined]

    def ends_at(self, now: datetime) -> datetime | None:
        days = self.cleaned_data["ends"]
        return None if days == _NEVER else now + timedelta(days=int(days))


@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    form = TokenForm(request.POST if request.method == "POST" else None, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            now = clock.now()
            made, key = programs.make(
                person,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data.get("scopes", []),
                now=now,
                ends_at=form.ends_at(now),
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return _SHOWN.redirect(made.pk, key)
    now, new = clock.now(), _new(request, person)
    context = {
        "form": form,
        "tokens": ApiToken.objects.living(now).filter(person=person),
        "new": new,
        "address": settings.ADDRESS + "/api/v1",
        "here": "tokens",
    }
    response = render(request, "api/tokens.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store"
    if new is not None:
        _SHOWN.forget(response)
    return response


@require_POST
def revocation(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request)
    token = get_object_or_404(ApiToken, pk=pk, person=person)
    programs.revoke(token, by=person, now=clock.now())
    messages.success(request, _("Revoked: the token opens nothing now."))
    return redirect("tokens")


def _new(request: HttpRequest, person: User) -> dict[str, str] | None:
    """The token that was just made, with its key."""
    pk, key = _SHOWN.read(request) or (None, "")
    made = ApiToken.objects.filter(pk=pk, person=person, key_hash=hashed(key)).first() if pk else None
    return {"name": made.name, "key": key} if made else None


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
