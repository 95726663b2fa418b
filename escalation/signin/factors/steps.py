"""Between a password and being signed in; and a passkey instead of both."""

from collections.abc import Callable
from functools import wraps

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import perform_login
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.mfa.stages import AuthenticateStage
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.signin.forms import wait_of
from escalation.signin.pending import still_counts

from . import demand, passkeys, verbs
from .forms import CodeForm, PasskeyForm

_staged = login_stage_required(stage=AuthenticateStage.key, redirect_urlname="login")


def of_the_second_step(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """For whoever has taken the first step, with the password that counts now."""

    @wraps(view)
    def judged(request: HttpRequest) -> HttpResponse:
        if not still_counts(request, request._login_stage.login.user):  # type: ignore[attr-defined]
            clear_login(request)
            return redirect("login")
        return view(request)

    staged: Callable[[HttpRequest], HttpResponse] = _staged(judged)
    return staged


@of_the_second_step
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """A code, or a passkey, of whoever has proved the first thing in this session."""
    stage = request._login_stage  # type: ignore[attr-defined]
    person: User = stage.login.user
    have, refused = verbs.owned(person), ""
    form = CodeForm(request.POST if "code" in request.POST else None, request=request, person=person)
    if "answer" in request.POST:
        try:
            factor = proved(request, have, passkeys.SECOND_STEP)
        except Refused as why:
            refused = str(why)
        else:
            demand.passed(request, person, factor)
            return stage.exit()
    elif form.is_valid():
        demand.passed(request, person, form.factor)
        return stage.exit()
    seconds = wait_of(form)
    context = {"form": form, "have": have, "refused": refused, "possible": passkeys.possible()}
    status = 429 if seconds else 422 if form.errors or refused else 200
    response = render(request, "signin/second_step.html", context, status=status)
    if seconds:
        response["Retry-After"] = str(seconds)
    return response


@of_the_second_step
@require_POST
def second_step_question(request: HttpRequest) -> JsonResponse:
    person = request._login_stage.login.user  # type: ignore[attr-defined]
    return JsonResponse(passkeys.ask(request, passkeys.SECOND_STEP, verbs.owned(person).keys))


@login_not_required
@never_cache
@require_POST
def passkey_question(request: HttpRequest) -> JsonResponse:
    return JsonResponse(passkeys.ask(request, passkeys.SIGNING_IN))


@login_not_required
@never_cache
@require_POST
def passkey(request: HttpRequest) -> HttpResponse:
    """Signs in with a passkey alone: whoever has it has shown it a finger or a PIN."""
    form = PasskeyForm(request.POST)
    goes_on = request.POST.get("next", "")
    try:
        if not form.is_valid():
            raise Refused(_("The browser gave no answer. Try again."))
        person = User.objects.filter(pk=passkeys.whose(form.cleaned_data["answer"]) or 0, is_active=True).first()
        have = verbs.owned(person) if person is not None else verbs.Owned(None, [], None)
        factor = proved(request, have, passkeys.SIGNING_IN)
    except Refused as why:
        page = {"refused": str(why), "next": goes_on, "possible": True}
        return render(request, "signin/passkey_refused.html", page, status=422)
    assert person is not None
    if request.user.is_authenticated:  # as somebody else, maybe
        logout(request)
    demand.passed(request, person, factor, alone=True)
    inside = url_has_allowed_host_and_scheme(goes_on, {request.get_host()}, require_https=request.is_secure())
    return perform_login(request, Login(user=person, redirect_url=goes_on if inside else None, email=person.email))


def proved(request: HttpRequest, have: verbs.Owned, purpose: str) -> verbs.Authenticator:
    """The passkey, of those somebody has, that this answer proves."""
    form = PasskeyForm(request.POST)
    if not form.is_valid():
        raise Refused(_("The browser gave no answer. Try again."))
    factor = have.keys[passkeys.proved(request, purpose, form.cleaned_data["answer"], have.keys)]
    verbs.was_used(factor, now=clock.now())
    return factor
