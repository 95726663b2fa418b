"""Pages without a room."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache


@never_cache
@login_not_required
def livez(request: HttpRequest) -> HttpResponse:
    """The web process answers. No database, no session: those have their own check."""
    return HttpResponse("ok\n", content_type="text/plain")
