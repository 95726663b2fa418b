"""The next cue: where to go once an incident is off one's hands."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from escalation.people.models import User

from .asks import asks_of
from .cues import loaded, most_pressing, said
from .versions import now_of


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The first of My cues, but for the incident that one comes from."""
    user = request.user
    assert isinstance(user, User)
    now = now_of(request)
    pressing = most_pressing(asks_of(user, now))
    after = request.GET.get("after", "")
    cues = said(pressing, loaded(user, pressing, now), now)
    first = next((cue for cue in cues if str(cue.card.number) != after), None)
    if first is not None:
        return redirect(first.card.url)
    messages.info(request, _("No incident waits for you now."))
    return redirect("cues")
