"""Answers to the advice to escalate: one press takes it; *not now* asks why."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from escalation.kit.errors import Refused

from . import forms
from .dialogs import dialog, either, form_of, seen_in, user_of, workable
from .incident import Page
from .signs import Panel
from .verbs import calling


def _panel(request: HttpRequest, page: Page) -> Panel:
    """The advice as it is now; refused if there is none any more, or if it leads elsewhere than the page said."""
    panel = page.signs
    if not panel.may_answer:
        raise Refused(_("Nothing advises it any more. Look at the page again."), code="stale")
    return panel


@either
def taken(request: HttpRequest, number: int) -> HttpResponse:
    """Escalates at once, with the signs as reason and text."""
    incident = workable(request, number)
    page = Page(incident, request.user)

    def do(data: dict[str, Any]) -> str:
        panel = _panel(request, page)
        target = panel.target
        assert target is not None
        if request.POST.get("to", target.value) != target.value:
            raise Refused(_("It would go to %(tier)s now. Look again.") % {"tier": target.tier}, code="stale")
        incident.take_advice(
            by=user_of(request),
            advised=panel.advised,
            to=(target.lap, target.place),
            reason=panel.reason,
            text=panel.text,
            seen=seen_in(request),
        )
        return calling(incident)

    return dialog(
        request,
        incident,
        form_of(request, forms.Sure),
        do,
        title=_("Escalate as advised"),
        button=_("Escalate"),
        lead=page.signs.lead,
    )


@either
def declined(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    page = Page(incident, request.user)

    def do(data: dict[str, Any]) -> str:
        panel = _panel(request, page)
        incident.decline_advice(by=user_of(request), advised=panel.advised, text=data["text"], seen=seen_in(request))
        return _("Not now. It comes up again if it gets worse.")

    return dialog(
        request,
        incident,
        form_of(request, forms.NotNowForm),
        do,
        title=_("Not now"),
        button=_("Not now"),
        lead=_("The path and its clocks go on as they would. The advice comes up again if it gets worse."),
    )
