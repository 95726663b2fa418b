"""Signing in and out, and passwords: Django's views, with links that lead to this installation's address."""

import logging
from http import HTTPStatus
from typing import Any, cast

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import auth
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django_q.tasks import async_task

from escalation.kit import clock
from escalation.people.models import User
from escalation.people.sessions import row_of
from escalation.trail.writing import Actor

from . import guessing, passwords, pending
from .factors import passkeys
from .forms import NewPasswordForm, OwnPasswordForm, SignInForm, wait_of

log = logging.getLogger(__name__)

logout = login_not_required(views.LogoutView.as_view())  # twice is not an error
password_change_done = views.PasswordChangeDoneView.as_view()
password_reset_done = views.PasswordResetDoneView.as_view()
password_reset_complete = views.PasswordResetCompleteView.as_view()


class Waits:
    """A form that was sent too often says for how long: 429."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        if wait := wait_of(form):
            wait.tell(response)
        return response


class SignIn(Waits, views.LoginView):
    """The password is the first step; the stages of ``adapter`` come between it and being signed in."""

    authentication_form = SignInForm

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        provider = settings.OPENID and settings.OPENID["name"]
        ways = {"openid": provider, "openid_only": settings.OPENID_ONLY, "passkeys": passkeys.possible()}
        return super().get_context_data(**more) | ways

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if pending.is_provider_only():  # before the password is looked at: nobody learns whether it is right
            return pending.by_the_provider_only(request)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        person = form.get_user()
        if self.request.user.is_authenticated:  # the steps of the one are not those of the other
            auth.logout(self.request)
        step = Login(user=person, redirect_url=self.get_success_url(), email=person.email)
        return perform_password_login(self.request, {"email": person.email}, step)


class PasswordChange(Waits, views.PasswordChangeView):
    form_class = OwnPasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        person, now = cast(User, self.request.user), clock.now()
        response = super().form_valid(form)
        passwords.was_chosen(person, by=Actor.person(person), now=now, but=row_of(self.request))
        return response


@method_decorator(login_not_required, name="dispatch")
class NewPassword(views.PasswordResetConfirmView):
    """By the link in a mail. Whoever was signed in with the old one is not any more."""

    form_class = NewPasswordForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            one = guessing.begin_unnamed(request, "link")
        except guessing.TooMany as wait:
            return pending.waiting(request, wait)
        response = super().dispatch(request, *args, **kwargs)
        if self.validlink or response.status_code == HTTPStatus.FOUND:  # to the form, its address without the key
            one.was_right()
            if not request.user.is_authenticated:  # whoever planted the cookie of before may choose nothing
                request.session.cycle_key()
        return response

    def get_user(self, uidb64: str) -> Any:
        """A link to somebody deactivated since it was sent leads nowhere."""
        person = super().get_user(uidb64)
        return person if person is not None and person.is_active else None

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response, now, person = super().form_valid(form), clock.now(), cast(User, self.user)
        if self.request.user == person:  # this browser's session is one of those that end
            auth.logout(self.request)
        passwords.was_chosen(person, by=Actor.person(person), now=now)
        guessing.know(self.request, response, person.email)  # so that nobody's tries keep them out here
        return response


class PasswordReset(Waits, views.PasswordResetView):
    """The answer is the same, and as quick, for whom nobody knows: the mail is written after it."""

    def form_valid(self, form: Any) -> HttpResponse:
        email = form.cleaned_data["email"].strip().casefold()
        try:
            guessing.ask_for_link(self.request, email)
        except ValidationError as wait:
            form.add_error(None, wait)
            return self.form_invalid(form)
        person = User.objects.filter(email=email, is_active=True).values_list("pk", flat=True).first()
        try:
            async_task("escalation.signin.tasks.send_reset_link", person or 0, save=False)
        except Exception:  # a queue that is away: whoever waits in vain asks again
            log.exception("a link for a new password could not be asked for")
        return HttpResponseRedirect(self.get_success_url())


login = SignIn.as_view()
password_change = PasswordChange.as_view()
password_reset_confirm = NewPassword.as_view()
password_reset = PasswordReset.as_view()


# --- the admin site's own doors lead to ours ----------------------------------------------------


@login_not_required
def admin_login(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"), settings.LOGIN_URL)


def admin_logout(request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:
    return logout(request)


def admin_password_change(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    return redirect("password_change")
