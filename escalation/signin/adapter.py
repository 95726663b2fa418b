"""What allauth asks this installation: who may sign up (nobody), what comes between a password and being signed in, and
where to afterwards. Its pages and words are ours (see the door-plate)."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.http import HttpRequest, HttpResponse

from . import guessing, proof

STAGES = ["allauth.mfa.stages.AuthenticateStage"]


class Adapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # people are invited

    def get_login_stages(self) -> list[str]:
        """Every way in passes these, whatever was proved before: a password, a passkey, another system's word."""
        return STAGES

    def post_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **more)
        guessing.know(request, response, user.email)
        return response

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        request = self.request or context.request
        return request is None or not proof.is_fresh(request)

    def add_message(self, *said: Any, **more: Any) -> None:
        """The pages say themselves what they did."""
