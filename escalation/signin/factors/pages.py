"""One's own app, passkeys and recovery codes: their part of the page “Signing in”, and what is done there."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.once import once, said_before
from escalation.people.sessions import row_of

from . import codes, demand, passkeys, verbs
from .forms import AppForm, PasskeyForm

SHOWN_ONCE = "recovery codes"


def context_of(request: HttpRequest) -> dict[str, Any]:
    """What the page says of factors."""
    person = _person(request)
    return {
        "have": verbs.owned(person),
        "possible": passkeys.possible(),
        "lacking": demand.is_lacking(request),
        "of": codes.RECOVERY,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def app(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app: the square, and the code it shows then."""
    person = _person(request)
    if said_before(request) is not None:
        return _sent_before(request)
    if verbs.owned(person).app is not None:
        return redirect("signing-in")
    form = AppForm(request.POST) if request.method == "POST" else AppForm.fresh(person.pk)
    secret = form.secret(person.pk)
    if secret is None:
        messages.error(request, _("That page was too old. Here is a new square; the one before is worth nothing."))
        return redirect("factor-app")
    if request.method == "POST" and form.is_valid():
        try:
            made, shown = verbs.add_app(
                person,
                secret=secret,
                code=form.cleaned_data["code"],
                now=clock.now(),
                here=row_of(request),
            )
        except Refused as refused:
            form.add_error("code", str(refused))
        else:
            demand.passed(request, person, made)
            return _show(request, shown, _("Your authenticator app is set up."), demand.onward(request))
    side, path = codes.square(codes.address(secret, person.email))
    context = {"form": form, "side": side, "path": path, "secret": " ".join(_fours(secret))}
    return render(request, "signin/app.html", context, status=422 if form.errors else 200)


@require_POST
def passkey_question(request: HttpRequest) -> JsonResponse:
    person = _person(request)
    known = verbs.owned(person).keys
    asked = passkeys.ask_to_add(request, pk=person.pk, email=person.email, name=person.name, known=known)
    return JsonResponse(asked)


@require_POST
@never_cache
def passkey(request: HttpRequest) -> HttpResponse:
    person, form = _person(request), PasskeyForm(request.POST)
    if said_before(request) is not None:
        return _sent_before(request)
    try:
        if not form.is_valid():
            raise Refused(_("The browser gave no answer. Try again."))
        key, counts = passkeys.added(request, form.cleaned_data["answer"])
        name = form.cleaned_data["name"]
        here = row_of(request)
        made, shown = verbs.add_passkey(person, key=key, counts=counts, name=name, now=clock.now(), here=here)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("signing-in")
    demand.passed(request, person, made)
    return _show(request, shown, _("Your passkey is set up."), demand.onward(request))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def removal(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request)
    have = verbs.owned(person)
    factor = next((one for one in (have.app, *have.passkeys) if one is not None and one.pk == pk), None)
    if factor is None:
        return redirect("signing-in")  # gone already
    last = len(have.passkeys) + bool(have.app) == 1
    needed, refused = last and verbs.is_demanded(person), ""
    if request.method == "POST":
        try:
            verbs.remove(person, pk, now=clock.now())
        except Refused as why:
            refused = str(why)
        else:
            messages.success(request, _("Removed: %(what)s.") % {"what": verbs.described(factor)})
            return redirect("signing-in")
    context = {"what": verbs.described(factor), "last": last, "needed": needed, "refused": refused}
    return render(request, "signin/removal.html", context, status=409 if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def recovery(request: HttpRequest) -> HttpResponse:
    """New recovery codes instead of the old ones."""
    person = _person(request)
    have = verbs.owned(person)
    if said_before(request) is not None:
        return _sent_before(request)
    if not have:
        return redirect("signing-in")
    if request.method == "POST":
        shown = verbs.renew_codes(person, now=clock.now())
        return _show(request, shown, _("You have new recovery codes."), reverse("signing-in"))
    return render(request, "signin/recovery.html", {"have": have, "of": codes.RECOVERY})


def _show(request: HttpRequest, shown: list[str], said: str, onward: str) -> HttpResponse:
    """The codes, this once: the page is not kept, and sending its form again leads away from it."""
    once(request, lambda: SHOWN_ONCE)
    if not shown:
        messages.success(request, said)
        return redirect(onward)
    text = "\n".join([_("Baton: recovery codes. Each opens once."), "", *shown, ""])
    return render(request, "signin/shown.html", {"shown": shown, "text": text, "said": said, "onward": onward})


def _sent_before(request: HttpRequest) -> HttpResponse:
    """Pressed twice: the page with the codes was the answer to the first, which the browser has thrown away."""
    messages.info(request, _("That is done. If you have not seen your recovery codes, make new ones here."))
    return redirect("signing-in")


def _fours(secret: str) -> list[str]:
    return [secret[at : at + 4] for at in range(0, len(secret), 4)]


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
