"""What a session has proved, and what admins' pages demand of it."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from escalation.people.models import User
from escalation.signin import views
from escalation.signin.onward import is_inside

from . import verbs

_LED_FROM = "led_from"


def passed(request: HttpRequest, person: User, factor: Authenticator, *, alone: bool = False) -> None:
    """This session has passed the second step. ``alone``: with a passkey that stands for the password, too."""
    more = {"passwordless": True} if alone else {}
    record_authentication(request, person, "mfa", id=factor.pk, type=factor.type, **more)


def has_passed(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    return any(one.get("method") == "mfa" for one in records)


def is_lacking(request: HttpRequest) -> bool:
    """Whether this is an admin's session that must pass a second step before it can do what admins do."""
    person = request.user
    return isinstance(person, User) and verbs.is_demanded(person) and not has_passed(request)


def lead(request: HttpRequest, onward: str) -> HttpResponse:
    """``onward``: where they were going, from whoever asks: kept if it is a page of this installation."""
    if is_inside(request, onward):
        request.session[_LED_FROM] = onward[:2000]
    messages.warning(request, _("Admins sign in with a second step. Set one up here; Admin opens then."))
    return redirect("signing-in")


def onward(request: HttpRequest) -> str:
    """Where somebody was going when they were led away, this once; else the page on which they are."""
    return request.session.pop(_LED_FROM, "") or reverse("signing-in")


def guard(site: AdminSite) -> None:
    """Admin opens to nobody who is lacking; its door leads them to where a second step is set up."""
    may, door = site.has_permission, views.admin_login

    def has_permission(request: HttpRequest) -> bool:
        return may(request) and not is_lacking(request)

    @login_not_required
    def login(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if is_lacking(request):
            return lead(request, request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index"))
        return door(request, extra_context)

    site.has_permission = has_permission  # type: ignore[method-assign]
    site.login = login  # type: ignore[method-assign]
