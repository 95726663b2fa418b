"""Signing in and out, and passwords: Django's views, with links that lead to this installation's address."""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from .forms import SignInForm

logout = login_not_required(views.LogoutView.as_view())  # twice is not an error
password_change = views.PasswordChangeView.as_view()
password_change_done = views.PasswordChangeDoneView.as_view()
password_reset_done = views.PasswordResetDoneView.as_view()
password_reset_confirm = views.PasswordResetConfirmView.as_view()
password_reset_complete = views.PasswordResetCompleteView.as_view()


class SignIn(views.LoginView):
    """The password is the first step; the stages of ``adapter`` come between it and being signed in."""

    authentication_form = SignInForm

    def form_valid(self, form: Any) -> HttpResponse:
        person = form.get_user()
        step = Login(user=person, redirect_url=self.get_success_url(), email=person.email)
        return perform_password_login(self.request, {"email": person.email}, step)


login = SignIn.as_view()


class PasswordReset(views.PasswordResetView):
    """The link in the mail leads to our address, whatever host the request was sent to."""

    subject_template_name = "registration/password_reset_subject.txt"

    def form_valid(self, form: Any) -> HttpResponse:
        protocol, _, domain = settings.ADDRESS.partition("://")
        self.extra_email_context = {"protocol": protocol, "domain": domain}
        return super().form_valid(form)


password_reset = PasswordReset.as_view()


# --- the admin site's own doors lead to ours ----------------------------------------------------


@login_not_required
def admin_login(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"), settings.LOGIN_URL)


def admin_logout(request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:
    return logout(request)


def admin_password_change(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    return redirect("password_change")
