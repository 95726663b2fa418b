"""The button that lets the colleagues rest, or go on."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from . import flags


@require_POST
def life(request: HttpRequest) -> HttpResponse:
    """``pause`` is 1 or 0; without it, the other than now."""
    if not settings.DEMO:
        raise Http404
    flags.pause({"1": True, "0": False}.get(request.POST.get("pause", ""), not flags.paused()))
    back = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(back, {request.get_host()})
    return redirect(back if ours else settings.LOGIN_REDIRECT_URL)
