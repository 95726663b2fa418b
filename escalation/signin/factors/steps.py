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
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.signin import guessing, pending
from escalation.signin.forms import wait_of
from escalation.signin.onward import is_inside

from . import demand, passkeys, verbs
from .forms import CodeForm, PasskeyForm

_staged = login_stage_required(stage=AuthenticateStage.key, redirect_urlname="login")


def of_the_second_step(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """For whoever has taken the first step, with the password that counts now."""

    @wraps(view)
    def judged(request: HttpRequest) -> HttpResponse:
        if not pending.still_counts(request, request._login_stage.login.user):  # type: ignore[attr-defined]
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
    have, refused, wait = verbs.owned(person), "", None
    form = CodeForm(request.POST if "code" in request.POST else None, request=request, person=person)
    if "answer" in request.POST:
        try:
            factor = proved(request, person, have, passkeys.SECOND_STEP)
        except Refused as why:
            refused = str(why)
        except guessing.TooMany as too_many:
            refused, wait = too_many.words, too_many
        else:
            demand.passed(request, person, factor)
            return stage.exit()
    elif form.is_valid():
        demand.passed(request, person, form.factor)
        return stage.exit()
    wait = wait or wait_of(form)
    context = {"form": form, "have": have, "refused": refused, "possible": passkeys.possible()}
    response = render(request, "signin/second_step.html", context, status=422 if form.errors or refused else 200)
    if wait:
        wait.tell(response)
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
    try:
        guessing.ask_question(request)
    except guessing.TooMany as wait:
        response = JsonResponse({"refused": wait.words})
        wait.tell(response)
        return response
    return JsonResponse(passkeys.ask(request, passkeys.SIGNING_IN))


@login_not_required
@never_cache
@require_POST
def passkey(request: HttpRequest) -> HttpResponse:
    """Signs in with a passkey alone: whoever has it has shown it a finger or a PIN."""
    form = PasskeyForm(request.POST)
    goes_on = request.POST.get("next", "")
    whose = (passkeys.whose(form.cleaned_data["answer"]) if form.is_valid() else None) or 0
    person = User.objects.filter(pk=whose, is_active=True).first()
    try:
        factor = _proved_alone(request, whose, person)
    except Refused as why:
        page = {"refused": str(why), "next": goes_on, "possible": True}
        return render(request, "signin/passkey_refused.html", page, status=422)
    except guessing.TooMany as wait:
        return pending.waiting(request, wait)
    assert person is not None
    if request.user.is_authenticated:  # as somebody else, maybe
        logout(request)
    demand.passed(request, person, factor, alone=True)
    redirect_url = goes_on if is_inside(request, goes_on) else None
    return perform_login(request, Login(user=person, redirect_url=redirect_url, email=person.email))


def _proved_alone(request: HttpRequest, whose: int, person: User | None) -> verbs.Authenticator:
    """Counted under a name of its own: strangers can say whose they like, and only who has taken the first step comes
    to where the second is counted."""
    one = guessing.begin_named(request, f"passkey:{whose}", known=person.email if person else "")
    have = verbs.owned(person) if person is not None else verbs.Owned(None, [], None)
    factor = _proved(request, have, passkeys.SIGNING_IN)
    one.was_right()
    return factor


def proved(request: HttpRequest, person: User, have: verbs.Owned, purpose: str) -> verbs.Authenticator:
    """The passkey, of those somebody has, that this answer proves. Raises ``Refused`` or ``TooMany``."""
    one = guessing.begin_second(request, person)
    factor = _proved(request, have, purpose)
    one.was_right()
    return factor


def _proved(request: HttpRequest, have: verbs.Owned, purpose: str) -> verbs.Authenticator:
    form = PasskeyForm(request.POST)
    if not form.is_valid():
        raise Refused(_("The browser gave no answer. Try again."))
    key, counts = passkeys.proved(request, purpose, form.cleaned_data["answer"], have.keys)
    return verbs.use_passkey(have.keys[key], counts=counts, now=clock.now())
