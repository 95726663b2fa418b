"""Taking back what one has just done: the button in the toast, ``u``, or Ctrl-Z."""

import json
import re

from django.contrib import messages
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from escalation.kit.errors import Refused
from escalation.people.once import once
from incidents.models import Incident

from .dialogs import user_of, workable
from .undoing import MOST, told
from .words import names

_PICK = re.compile(r"([0-9]{1,15}):([0-9]{1,9})")


@require_POST
def one(request: HttpRequest, number: int, seq: int) -> HttpResponse:
    incident = workable(request, number)
    try:
        said, status = once(request, lambda: told(incident.undo(by=user_of(request), seq=seq))), 204
    except Refused as refused:
        if refused.code == "not-allowed":
            raise
        said, status = str(refused), 409
    return _answer(request, status, said, [number], back=incident.get_absolute_url())


@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """Each on its own, in the order of their trails; what was added to since stays, and is named."""
    user = user_of(request)
    asked = [found for pick in request.GET.get("picks", "").split(",")[:MOST] if (found := _PICK.fullmatch(pick))]
    seqs = {int(found[1]): int(found[2]) for found in asked}
    done, refused = [], []
    for incident in Incident.objects.visible_to(user).filter(number__in=seqs).order_by("trail_id"):
        try:
            incident.undo(by=user, seq=seqs[incident.number])
        except (Refused, OperationalError):  # or its lock was not to be had in time
            refused.append(incident.ref)
        else:
            done.append(incident.number)
    said = ngettext("%(n)d taken back.", "%(n)d taken back.", len(done)) % {"n": len(done)}
    if refused:
        said += " " + _("Not these, on which something else stands by now: %(refs)s.") % {"refs": names(refused)}
    return _answer(request, 409 if refused or not done else 204, said, list(seqs), back=reverse("queue"))


def _answer(request: HttpRequest, status: int, said: str, numbers: list[int], *, back: str) -> HttpResponse:
    fine = status == 204
    if not request.htmx:  # type: ignore[attr-defined]
        (messages.success if fine else messages.error)(request, said)
        return redirect(back)
    told = {"done": {"ids": numbers}, "toast": {"text": said, "level": "success" if fine else "error"}}
    return HttpResponse(status=status, headers={"HX-Trigger": json.dumps(told), "HX-Reswap": "none"})
