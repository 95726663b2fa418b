"""Who must know: told before their time, and what they decided."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.policies.freezing import Roster
from escalation.policies.path import Mode

from .dialogs import dialog, either, form_of, user_of, workable
from .forms import words
from .words import names


class TellForm(forms.Form):
    step = forms.CharField(widget=forms.HiddenInput, required=False)  # where that track stood
    text = words(gettext_lazy("What they need to know, or to decide"))


class DecideForm(forms.Form):
    text = words(gettext_lazy("What you decide"))


@either
def authority(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    run, ahead = incident.authority_run, incident.authority_ahead()
    if run is None or ahead is None:
        raise Refused(_("Nobody is left who could be told."))
    asks, tier = ahead.mode is not Mode.INFORM, {"tier": ahead.tier}
    people = Roster([run.frozen], clock.now()).seats(run.frozen)[ahead.number].people

    def do(data: dict[str, Any]) -> str:
        incident.tell_authority(by=user_of(request), text=data["text"], step=data["step"] or None)
        return (_("%(tier)s is asked to decide.") if asks else _("%(tier)s is told.")) % tier

    there = names(person.name for person in people) or _("nobody is there now")
    title = (_("Ask %(tier)s to decide") if asks else _("Tell %(tier)s")) % tier
    lead = _("%(who)s. The baton stays where it is, and so does its clock.") % {"who": there}
    form = form_of(request, TellForm, step=run.step_key)
    return dialog(request, incident, form, do, title=title, button=_("Ask") if asks else _("Tell"), lead=lead)


@either
def decision(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)

    def do(data: dict[str, Any]) -> str:
        incident.decide(by=user_of(request), text=data["text"])
        return _("Recorded. Whoever works on it is told.")

    lead = _("It goes on record as your answer. The baton stays where it is.")
    return dialog(request, incident, form_of(request, DecideForm), do, title=_("Decide"), button=_("Decide"), lead=lead)
