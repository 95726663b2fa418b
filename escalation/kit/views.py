"""Pages without a room."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.middleware.common import CommonMiddleware

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
