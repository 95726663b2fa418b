"""The page behind an invitation: whoever has its link makes their account, and then signs in as everybody does."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.kit.zones import time_zones
from escalation.people.models import User

from . import guessing, inviting, pending
from .models import Invitation


class InvitedForm(SetPasswordMixin, forms.ModelForm):
    password1, password2 = SetPasswordMixin.create_password_fields()

    class Meta:
        model = User
        fields = ["name", "time_zone"]
        labels = {"name": _("Your name"), "time_zone": _("Your time zone")}
        widgets = {"name": forms.TextInput({"autocomplete": "name"}), "time_zone": forms.Select}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].widget.choices = [(zone, zone.replace("_", " ")) for zone in sorted(time_zones())]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        self.validate_passwords()
        self.validate_password_for_user(User(email=self.instance.email, name=data.get("name", "")))
        return data


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, key: str) -> HttpResponse:
    try:
        one = guessing.begin_unnamed(request, "link")
    except guessing.TooMany as wait:
        return pending.waiting(request, wait)
    now = clock.now()
    invitation = Invitation.objects.open(now).filter(key_hash=inviting.hashed(key)).select_related("team").first()
    if invitation is None:
        return _private(render(request, "signin/invited.html", {"invitation": None}, status=404))
    one.was_right()
    start = User(email=invitation.email, name=invitation.name, time_zone=invitation.made_by.time_zone)
    form = InvitedForm(request.POST if request.method == "POST" else None, instance=start)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            inviting.take(
                invitation, name=said["name"], password=said["password1"], time_zone=said["time_zone"], now=now
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Your account is there. Sign in with it."))
            response = redirect("login")
            guessing.know(request, response, invitation.email)  # so that nobody's tries keep them out here
            return _private(response)
    context = {"invitation": invitation, "form": form}
    return _private(render(request, "signin/invited.html", context, status=422 if form.errors else 200))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
