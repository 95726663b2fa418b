"""Where somebody proves again that it is them, and from where they go on with what they had sent."""

from typing import Any, cast

from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from django import forms
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from escalation.people.models import User

from . import guessing, proof
from .forms import wait_of


class ProofForm(forms.Form):
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, *args: Any, request: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        said: str = self.cleaned_data["password"]
        person = self.request.user
        one = guessing.begin(self.request, f"own:{person.pk}", named=person.email)
        if not person.check_password(said):
            raise forms.ValidationError(_t("This is not your password. Capital letters count."))
        one.was_right()
        return said


@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    person, onward = cast(User, request.user), _onward(request)
    if request.method != "POST" and proof.is_fresh(request):
        return redirect(onward)
    form = ProofForm(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid():
        reauthenticate_by_password(request)  # allauth asks its own record
        proof.proved(request)
        return redirect(onward)
    waiting = proof.kept(request)
    context = {"form": form, "next": request.POST.get(REDIRECT_FIELD_NAME, request.GET.get(REDIRECT_FIELD_NAME, ""))}
    context |= {"kept": waiting is not None, "has_password": person.has_usable_password()}
    seconds = wait_of(form)
    response = render(request, "signin/again.html", context, status=429 if seconds else 422 if form.errors else 200)
    if seconds:
        response["Retry-After"] = str(seconds)
    return response


@require_safe
def kept(request: HttpRequest) -> HttpResponse:
    """What had been sent, to be sent now. A form of its own, so that it is checked like any other."""
    found = proof.kept(request)
    if found is None:
        return redirect("cues")
    response = render(request, "signin/kept.html", found)
    response["Cache-Control"] = "no-store"
    return response


def _onward(request: HttpRequest) -> str:
    wanted = request.POST.get(REDIRECT_FIELD_NAME, request.GET.get(REDIRECT_FIELD_NAME, ""))
    found = proof.kept(request)
    if found is not None and found["path"] == wanted:
        return reverse("signing-in-kept")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and safe else reverse("signing-in")
