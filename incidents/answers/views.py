"""The page that the link of a message opens. GET shows what is asked and changes nothing; POST answers."""

from collections.abc import Callable
from functools import wraps
from typing import cast

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from escalation.engine import answering
from escalation.kit.errors import Refused
from escalation.people.models import User

from . import limits
from .acts import carry_out, pressed
from .asked import LABELS, Asked, find, of
from .forms import FORMS, Plain

View = Callable[[HttpRequest, str], HttpResponse]


def keyed(view: View) -> Callable[..., HttpResponseBase]:
    """Outside of every session; kept by no cache and no search engine, and named to no other page."""

    @wraps(view)
    def answer(request: HttpRequest, token: str) -> HttpResponse:
        response = view(request, token)
        add_never_cache_headers(response)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return csrf_exempt(login_not_required(answer))


# --- the page -------------------------------------------------------------------------------------


@keyed
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    asked, closed = _let_in(request, token)
    if asked is None:
        return _closed(request, closed)
    return _served(request, asked, via=asked.delivery.channel, again=lambda: find(token))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The same from where several people read along: whoever opens it signs in, and answers in their own name."""
    delivery = answering.pressed(token) if limits.admits(request) else None
    asked = None if delivery is None else of(delivery, cast(User, request.user))
    if delivery is None or asked is None:
        limits.admits(request, limits.UNKNOWN)
        return _closed(request, _unknown())
    via = f"{delivery.channel}:page"
    return _served(request, asked, via=via, again=lambda: of(delivery, asked.person))


def _served(request: HttpRequest, asked: Asked, *, via: str, again: Callable[[], Asked | None]) -> HttpResponse:
    if request.method != "POST":
        return _shown(request, asked)
    verb = request.POST.get("verb", "")
    if verb not in asked.verbs:
        return _shown(request, asked, status=409, said=_("That cannot be answered here now."))
    form = FORMS.get(verb, Plain)(request.POST, prefix=verb)
    if not form.is_valid():
        return _shown(request, asked, status=422, filled={verb: form})
    try:
        carry_out(asked, verb, via=via, read=asked.delivery, seen=request.POST.get("seen", ""), **form.cleaned_data)
    except Refused as refused:
        return _refused(request, again(), refused, {verb: form})
    answer = redirect(request.path)
    answer.status_code = 303
    return answer


def _shown(
    request: HttpRequest,
    asked: Asked,
    *,
    status: int = 200,
    filled: dict[str, forms.Form] | None = None,
    said: str = "",
) -> HttpResponse:
    if not asked.verbs:
        return _over(request, asked, status=status)
    given = filled or {}
    acts = [
        {
            "verb": verb,
            "label": LABELS[verb],
            "form": given.get(verb) or FORMS[verb](prefix=verb) if verb in FORMS else None,
            "begun": verb in given,
            "wrong": _("Not sent yet. Please look at the marked fields.")
            if verb in given and given[verb].errors
            else "",
        }
        for verb in asked.verbs
    ]
    here = request.resolver_match
    signed_in = here is not None and here.url_name == "answer-page"  # so its forms need a token against forgery
    context = {"asked": asked, "acts": acts, "said": said, "signed_in": signed_in}
    return render(request, "answers/asked.html", context, status=status)


def _over(request: HttpRequest, asked: Asked, *, status: int = 200) -> HttpResponse:
    with timezone.override(asked.zone):
        return render(request, "answers/over.html", {"asked": asked}, status=status)


def _refused(
    request: HttpRequest, asked: Asked | None, refused: Refused, filled: dict[str, forms.Form]
) -> HttpResponse:
    """As it is now: somebody may have been faster, and then that is the answer. Else what was written is kept."""
    if asked is None:
        return _closed(request, _unknown())
    return _shown(request, asked, status=409, said=str(refused), filled=filled)


def _closed(request: HttpRequest, closed: "Closed") -> HttpResponse:
    title, text, status = closed
    return render(request, "answers/closed.html", {"heading": title, "text": text}, status=status)


# --- the buttons of a notification --------------------------------------------------------------


@keyed
@require_POST
def button(request: HttpRequest, token: str) -> HttpResponse:
    """The same for a service worker: what to show as a notification."""
    asked, closed = _let_in(request, token)
    if asked is None:
        title, text, status = closed
        return _told("unknown", title, text, status=status)
    verb = request.POST.get("verb", "")
    if verb == "press":  # whatever needs no words
        verb = pressed(asked)
    if verb in asked.verbs:
        form = FORMS.get(verb, Plain)(request.POST, prefix=verb)
        if not form.is_valid():
            return _told("invalid", asked.incident.ref, _("This needs a few words: open the page."), asked, status=422)
        if verb == "escalate" and asked.gone_on:  # there is no form that says so
            return _told("stale", asked.incident.ref, asked.gone_on, asked, status=409)
        try:
            carry_out(asked, verb, via=asked.delivery.channel, read=asked.delivery, **form.cleaned_data)
        except Refused as refused:
            again = find(token)
            said = str(refused) if again is None or again.verbs else again.account
            return _told("stale", asked.incident.ref, said, asked, status=409)
        again = find(token) or asked
        return _told("done", asked.incident.ref, again.account, asked)
    return _told("stale", asked.incident.ref, asked.account, asked, status=409)


def _told(status_word: str, title: str, body: str, asked: Asked | None = None, *, status: int = 200) -> JsonResponse:
    said = {"status": status_word, "title": title, "body": body}
    if asked is not None:
        said["link"] = asked.incident.get_absolute_url()
    return JsonResponse(said, status=status)


# --- both -----------------------------------------------------------------------------------------

Closed = tuple[str, str, int]


def _let_in(request: HttpRequest, token: str) -> tuple[Asked | None, Closed]:
    """What is asked; or why this link opens nothing here, as title, sentence and status."""
    if not limits.admits(request):
        return None, (_("Too many at once"), _("Try again in a minute."), 429)
    asked = find(token)
    if asked is None:
        limits.admits(request, limits.UNKNOWN)
        return None, _unknown()
    user = request.user
    if user.is_authenticated and user.pk != asked.person.pk:
        text = _("You are signed in here as somebody else. A link answers in the name of the person it was sent to.")
        return None, (_("This link was sent to somebody else"), text, 403)
    return asked, ("", "", 200)


def _unknown() -> Closed:
    return _("This link opens nothing"), _("It is not complete, or what it was about is over. Look on the desk."), 404
