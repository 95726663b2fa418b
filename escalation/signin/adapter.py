"""What allauth asks this installation: who may sign up (nobody), what comes between a password and being signed in, and
where to afterwards. Its pages and words are ours (see the door-plate)."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from . import guessing, pending, proof

STAGES = ["allauth.mfa.stages.AuthenticateStage"]


class Adapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # people are invited

    def get_login_stages(self) -> list[str]:
        """Every way in passes these, whatever was proved before: a password, a passkey, another system's word."""
        return STAGES

    def pre_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse | None:
        """Before the stages, for every way in."""
        if pending.is_provider_only():
            ways = {one.get("method") for one in get_authentication_records(request, user)}
            if "openid" not in ways:
                clear_login(request)
                return pending.by_the_provider_only(request)
        pending.begun(request, user)
        return super().pre_login(request, user, **more)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        said = _("You have no account here. Please ask an admin of this installation.")
        return render(request, "registration/refused.html", {"sentence": said}, status=403)

    def post_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **more)
        guessing.know(request, response, user.email)
        return response

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        request = self.request or context.request
        return request is None or not proof.is_fresh(request)

    def add_message(self, *said: Any, **more: Any) -> None:
        """The pages say themselves what they did."""
