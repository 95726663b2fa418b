"""Answers to the advice to escalate: one press takes it; *not now* asks why."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models.advising import Advice

from . import forms
from .dialogs import Asked, dialog, either, form_of, verb, workable
from .incident import Page
from .verbs import calling


def _judge(asked: Asked) -> Callable[[], Advice]:
    """Asked under the incident's lock: the advice as it is then, if it leads where the page said."""
    return lambda: Page(asked.incident, asked.user).signs.answered(asked.request.POST.get("to"))


@either
def taken(request: HttpRequest, number: int) -> HttpResponse:
    """Escalates at once, with the signs as reason and text."""
    asked = Asked(request, workable(request, number))
    incident = asked.incident

    def do(data: dict[str, Any]) -> str:
        incident.take_advice(by=asked.user, judge=_judge(asked), seen=asked.seen)
        return calling(incident)

    lead = Page(incident, asked.user).signs.lead
    form = form_of(request, forms.Sure)
    return dialog(request, incident, form, do, title=_("Escalate as advised"), button=_("Escalate"), lead=lead)


@verb(
    forms.NotNowForm,
    title=gettext_lazy("Not now"),
    button=gettext_lazy("Not now"),
    lead=gettext_lazy("The path and its clocks go on as they would. The advice comes up again if it gets worse."),
)
def declined(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.decline_advice(by=asked.user, judge=_judge(asked), text=data["text"], seen=asked.seen)
    return _("Not now. It comes up again if it gets worse.")
