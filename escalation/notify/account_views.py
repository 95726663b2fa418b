"""The page on which somebody says that an account of a chat is theirs, and where they take it back."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.once import once

from . import accounts
from .models import ChatAccount


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """GET links nothing: whoever opens an address that somebody sent them has to look, and press."""
    person = cast(User, request.user)
    refused = ""
    if request.method == "POST":

        def do() -> str:
            account = accounts.link(person, token)
            return _("%(account)s is you now. Press the button in the chat again.") % {"account": account}

        try:
            messages.success(request, once(request, do))
        except Refused as refusal:
            refused = str(refusal)
        else:
            return redirect("reach")
    found = accounts.read(token)
    status = 409 if refused else 200 if found else 404
    response = render(request, "reach/account.html", {"account": found, "refused": refused}, status=status)
    add_never_cache_headers(response)
    return response


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    person = cast(User, request.user)

    def do() -> str:
        account = get_object_or_404(ChatAccount, person=person, pk=pk)
        accounts.end(person, pk)
        return _("%(account)s answers for you no more.") % {"account": account}

    messages.success(request, once(request, do))
    return redirect("reach")
