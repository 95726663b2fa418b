"""To the provider and back."""

import hmac
import logging
import time
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from escalation.kit import clock
from escalation.people.models import User
from escalation.signin import guessing, pending, proof
from escalation.signin.onward import is_inside

from . import arriving
from .provider import NoAnswer, Question, told, where_to
from .words import NotBelieved, NotProved, Trust, somebody

log = logging.getLogger(__name__)
_KEY = "openid"
_SECONDS = 600


class Refusal(Exception):
    """A sentence for whoever wanted to come in, and the status of its page."""

    def __init__(self, sentence: str, status: int):
        super().__init__(sentence)
        self.status = status


@login_not_required
@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponseBase:
    """Send the browser to the provider. A link, not a form: the policy against foreign forms would stop it."""
    trust = _trust()
    # Whoever is signed in here asks for a proof that it is them, or wants to be another.
    question = Question.new(anew=clock.now().timestamp() if request.user.is_authenticated else 0.0)
    onward = request.GET.get("next", "")[:2000]
    try:
        guessing.ask_question(request)
        address = where_to(trust, question, _comes_back())
    except guessing.TooMany as wait:
        return pending.waiting(request, wait)
    except NoAnswer as why:
        return _refused(request, _away(trust, why), onward)
    request.session[_KEY] = {**asdict(question), "next": onward, "at": time.time()}
    return redirect(address)


@login_not_required
@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponseBase:
    """The browser comes back with a code."""
    trust = _trust()
    try:
        one = guessing.begin_unnamed(request, "provider")
    except guessing.TooMany as wait:
        return pending.waiting(request, wait)
    kept = request.session.pop(_KEY, None)
    try:
        person = _arrived(request, trust, kept)
    except Refusal as refusal:
        if refusal.status == HTTPStatus.BAD_GATEWAY:
            one.was_not_judged()
        return _refused(request, refusal, kept["next"] if kept else "")
    one.was_right()
    if request.user.is_authenticated and request.user != person:  # whose own form may be kept in this session
        logout(request)
    record_authentication(request, person, "openid", issuer=trust.issuer)
    redirect_url = kept["next"] if is_inside(request, kept["next"]) else None
    return perform_login(request, Login(user=person, redirect_url=redirect_url, email=person.email))


def _arrived(request: HttpRequest, trust: Trust, kept: Any) -> User:
    """Who it is that comes back. Raises ``Refusal``."""
    said = request.GET
    if not kept or not hmac.compare_digest(kept["state"].encode(), said.get("state", "").encode()):
        raise Refusal(_("This answer belongs to no question of this browser. Please begin anew."), 400)
    if time.time() - kept["at"] > _SECONDS:
        raise Refusal(_("That took too long. Please begin anew."), 400)
    if said.get("error"):
        log.warning("Signing in with %s: it said %r", trust.issuer, said["error"][:100])
        raise Refusal(_("%(name)s did not let you through.") % {"name": trust.name}, 403)
    question = Question(kept["state"], kept["nonce"], kept["verifier"], kept.get("anew", 0.0))
    now = clock.now()
    try:
        who = somebody(told(trust, question, said.get("code", ""), _comes_back(), now=now), trust)
        person = arriving.account_of(who, trust, now=now)
    except NoAnswer as why:
        raise _away(trust, why) from why
    except NotProved as why:
        log.error("Signing in with %s: %s", trust.issuer, why)
        sentence = _("%(name)s did not say that it has asked you anew who you are. That proves nothing.")
        raise Refusal(sentence % {"name": trust.name}, 403) from why
    except NotBelieved as why:
        log.error("Signing in with %s: %s", trust.issuer, why)
        raise Refusal(_("What %(name)s says of you does not open this door.") % {"name": trust.name}, 403) from why
    if person is None:
        raise Refusal(_("You have no account here. Please ask an admin of this installation."), 403)
    return person


def _trust() -> Trust:
    if settings.OPENID is None:
        raise Http404
    return Trust(**settings.OPENID)


def _comes_back() -> str:
    return settings.ADDRESS + reverse("openid-back")


def _away(trust: Trust, why: NoAnswer) -> Refusal:
    log.error("Signing in with %s: %s", trust.issuer, why)
    return Refusal(_("%(name)s cannot be asked at the moment.") % {"name": trust.name}, 502)


def _refused(request: HttpRequest, refusal: Refusal, onward: str) -> HttpResponse:
    """Whoever was signed in still is, and what they had filled in is kept: they can prove it once more."""
    said: dict[str, Any] = {"sentence": str(refusal), "onward": onward}
    if request.user.is_authenticated:
        said |= {"signed_in": True, "kept": proof.kept(request) is not None}
    return render(request, "registration/refused.html", said, status=refusal.status)
