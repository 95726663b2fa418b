"""Where somebody proves again that it is them, and from where they go on with what they had sent."""

from copy import deepcopy
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from escalation.kit.errors import Refused
from escalation.people.models import User

from . import guessing, proof
from .factors import passkeys, steps, verbs
from .factors.forms import CodeForm
from .forms import wait_of
from .onward import is_inside


class ProofForm(forms.Form):
    """What opens an account: its password if it has one, and a code if it has a second step. Asked in this order, so
    that no code is used up by a wrong password."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, *args: Any, request: HttpRequest, have: verbs.Owned, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.person = request, cast(User, request.user)
        if not self.person.has_usable_password():
            del self.fields["password"]
        if have:
            self.fields["code"] = deepcopy(CodeForm.base_fields["code"])
            if "password" in self.fields:
                self.fields["code"].widget.attrs.pop("autofocus", None)  # the password comes first

    def clean_password(self) -> str:
        said: str = self.cleaned_data["password"]
        one = guessing.begin_named(self.request, f"own:{self.person.pk}", known=self.person.email)
        if not self.person.check_password(said):
            raise forms.ValidationError(_t("This is not your password. Capital letters count."))
        one.was_right()
        return said

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "code" in self.fields and not self.errors:
            asked = CodeForm(self.data, request=self.request, person=self.person)
            for error in asked.errors.as_data().get("code", []):
                self.add_error("code", error)
        return data


@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    person, onward = cast(User, request.user), _onward(request)
    if request.method != "POST" and proof.is_fresh(request):
        return redirect(onward)
    have, refused, wait = verbs.owned(person), "", None
    form = ProofForm(
        request.POST if "answer" not in request.POST and request.POST else None, request=request, have=have
    )
    if "answer" in request.POST:  # a passkey stands for both
        try:
            steps.proved(request, person, have, passkeys.AGAIN)
        except Refused as why:
            refused = str(why)
        except guessing.TooMany as too_many:
            refused, wait = too_many.words, too_many
        else:
            proof.proved(request)
            return redirect(onward)
    elif form.fields and form.is_valid():
        proof.proved(request)
        return redirect(onward)
    waiting, wait = proof.kept(request), wait or wait_of(form)
    context = {"form": form, "next": request.POST.get(REDIRECT_FIELD_NAME, request.GET.get(REDIRECT_FIELD_NAME, ""))}
    context |= {"onward": onward, "openid": settings.OPENID and settings.OPENID["name"]}
    context |= {"kept": waiting is not None, "refused": refused, "passkeys": have.passkeys and passkeys.possible()}
    response = render(request, "signin/again.html", context, status=422 if form.errors or refused else 200)
    if wait:
        wait.tell(response)
    return response


@require_POST
def question(request: HttpRequest) -> JsonResponse:
    return JsonResponse(passkeys.ask(request, passkeys.AGAIN, verbs.owned(cast(User, request.user)).keys))


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
    return wanted if is_inside(request, wanted) else reverse("signing-in")
