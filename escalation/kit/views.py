"""Pages without a room."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.middleware.common import CommonMiddleware
from django.shortcuts import redirect
from django.template.loader import get_template
from django.templatetags.static import static

from . import doing

ALIVE = "/livez"
FOR_MACHINES = ("/readyz", "/healthz", "/metrics")  # nobody is signed in there


class AliveMiddleware:
    """``/livez``: the web process answers. Before everything else, because a cookie alone makes
    sessions ask the database, and whether that is there is another question (``/readyz``), which
    has to be answered without it too."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        if request.path in FOR_MACHINES:
            request.COOKIES.clear()
        if request.path != ALIVE:
            return self.get_response(request)
        response = HttpResponse("ok\n", content_type="text/plain")
        response["Cache-Control"] = "no-store"
        return response


class SlashMiddleware(CommonMiddleware):
    """An address that somebody typed without its last slash leads there. Only what is read: a form that is sent on
    loses its body, so it is told that the address is wrong."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)


@login_not_required
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it beside everything that is no page of ours (``/healthz``, a calendar). Without this address
    that was a page "not found", and its cookie for forms could come in time to spoil the form opened next."""
    response = redirect(static("img/favicon.svg"))
    response["Cache-Control"] = "public, max-age=86400"
    return response


def broken(request: HttpRequest) -> HttpResponse:
    """Something broke: the page asks nothing of what may be broken, and says the number that finds it in the log."""
    return HttpResponseServerError(get_template("500.html").render({"number": doing.request_number()}))
