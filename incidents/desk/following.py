"""The next cue: where to go once something is off one's hands."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from escalation.people.models import User

from .cues.collecting import Gathered
from .versions import now_of


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The first of My cues, of whatever kind, but for the incident that one comes from."""
    user = request.user
    assert isinstance(user, User)
    gathered = Gathered(user, now_of(request))
    cues, _found = gathered.said(gathered.all[:2])
    after = f"cue-{request.GET.get('after', '')}"
    first = next((cue for cue in cues if cue.id != after), None)
    if first is not None:
        return redirect(first.url)
    messages.info(request, _("Nothing waits for you now."))
    return redirect("cues")
