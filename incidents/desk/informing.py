"""Keeping others informed: the dialogs that send an update and take one off again, and following an incident."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from escalation.kit import clock
from incidents.models import Component, Follow, Incident, Update, UpdateTemplate
from incidents.models.audience import Audience, audience_of
from incidents.models.informing import MOST, TITLE
from incidents.models.promising import heard
from incidents.models.update_templates import best, fitting
from incidents.models.update_text import fill
from incidents.promises.cycle import Kind
from incidents.promises.hours import advance

from . import said_before
from .dialogs import dialog, either, form_of, user_of, workable
from .forms import Sure, words
from .on_status_page import OnStatusPage, components_of, proposed
from .said_before import SaidBefore
from .visible import visible_incident
from .words import counted, spelt

MINUTE = timedelta(minutes=1)
NAMED = 60  # in the dialog; the record names all of them


class UpdateForm(OnStatusPage):
    stage = forms.ChoiceField(
        label=gettext_lazy("How it stands"), choices=Update.Stage.choices, widget=forms.RadioSelect
    )
    template = forms.ChoiceField(label=gettext_lazy("Template"), required=False)
    text = forms.CharField(
        label=gettext_lazy("What they read"),
        widget=forms.Textarea({"rows": 6, "autofocus": True}),
        max_length=MOST,
        help_text=gettext_lazy("Read it before you send it: it leaves as it stands here."),
    )
    to_stakeholders = forms.BooleanField(label=gettext_lazy("By a message"), required=False)
    on_status_page = forms.BooleanField(label=gettext_lazy("On the status page"), required=False)
    public_title = forms.CharField(
        label=gettext_lazy("What it is called there"),
        required=False,
        max_length=TITLE,
        help_text=gettext_lazy("For outsiders, who do not see the incident's own title."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(
        self, *args: Any, templates: Sequence[UpdateTemplate], shown: Sequence[Component] | None, **kwargs: Any
    ) -> None:
        """``shown``: the components of the status page; None if there is none that would show it."""
        super().__init__(*args, **kwargs)
        if templates:
            best = ("", _("the one that fits best"))
            self.fields["template"].choices = [best, *((one.pk, one.name) for one in templates)]  # type: ignore[attr-defined]
        else:
            del self.fields["template"]
        if shown is None:
            del self.fields["on_status_page"]
        self.offer(shown or [])

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not (found.get("to_stakeholders") or found.get("on_status_page")):
            self.add_error("to_stakeholders", _("Choose who is to read it."))
        self.check(found)
        return found


@either
def updates(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    now, user = clock.now(), user_of(request)
    before = said_before.read(incident)
    audience = audience_of(incident, but=user, alone=not incident.may_be_linked)  # type: ignore[attr-defined]
    form = _form(request, incident, audience, before, now)

    def do(data: dict[str, Any]) -> str:
        update = incident.publish_update(
            by=user,
            epoch=request.POST.get("epoch") or None,
            stage=data["stage"],
            text=data["text"],
            to_stakeholders=data["to_stakeholders"],
            on_status_page=data.get("on_status_page", False),
            public_title=data["public_title"],
            effect=data["effect"],
            components=data["components"],
        )
        return _sent(update)

    return dialog(
        request,
        incident,
        form,
        do,
        title=_("Send an update"),
        button=_("Send"),
        fields="desk/dialogs/update.html",
        audience=audience,
        named=[(person, person in audience.outside) for person in audience.people[:NAMED]],
        more=max(0, len(audience) - NAMED),
        epoch=request.POST.get("epoch") or incident.update_epoch_after(before.number),
    )


def _form(
    request: HttpRequest, incident: Incident, audience: Audience, before: SaidBefore, now: datetime
) -> UpdateForm:
    """With what was typed; or with the words of a template, at first and whenever somebody asks for them."""
    stage, severity = request.POST.get("stage", ""), incident.severity
    last, shown = before.last, components_of(before) if incident.may_be_shown() else None
    if stage not in Update.Stage.values:
        stage = Update.Stage.RESOLVED if incident.resolved_at else last.stage if last else Update.Stage.INVESTIGATING
    templates = fitting(
        UpdateTemplate.objects.select_related("service"), service=incident.service_id, severity=severity
    )
    kept: dict[str, Any] = {"templates": templates, "shown": shown}
    if request.method == "POST" and "find" not in request.POST:
        return UpdateForm(request.POST, **kept)
    asked = request.POST.get("template", "")
    chosen = next((one for one in templates if str(one.pk) == asked), None) or best(templates, stage)
    typed = _first(audience, last) | proposed(incident, before, shown or [])
    if request.method == "POST":
        typed = request.POST.dict() | {"components": request.POST.getlist("components")}
    text = fill(chosen.text, facts_of(incident, now)) if chosen else typed.get("text", "")
    return UpdateForm(initial={**typed, "stage": stage, "text": text}, **kept)


def _first(audience: Audience, last: Update | None) -> dict[str, Any]:
    """What is ticked to begin with: as it was the last time."""
    title = last.public_title if last else ""
    return {"to_stakeholders": len(audience) > 0, "on_status_page": last and last.on_status_page, "public_title": title}


def facts_of(incident: Incident, now: datetime) -> dict[str, str]:
    """What a template may say of it, in the words and on the clock of whoever sends it."""
    affected = incident.people_affected
    people = ngettext("%s person", "%s people", affected) % counted(affected)
    return {
        "ref": incident.ref,
        "title": incident.title,
        "service": incident.service.name if incident.service else _("a service"),
        "severity": f"SEV{incident.severity}",
        "people_affected": people if affected else _("an unknown number of people"),
        "since": _clock(incident.opened_at, now),
        "open_for": _span((incident.resolved_at or now) - incident.opened_at),
        "next_update": _next_update(incident, now),
    }


def _span(span: timedelta) -> str:
    """In whole minutes: nobody who was waiting counts the seconds."""
    return spelt(max(span - span % MINUTE, MINUTE))


def _next_update(incident: Incident, now: datetime) -> str:
    """By when the one after this is promised, if it leaves now; nothing is made up where none is."""
    term = heard([incident.trail_id])[incident.trail_id].terms.get(Kind.UPDATE)
    due = advance(term.hours, now, term.limit) if term and incident.resolved_at is None else None
    return _clock(due, now) if due else _("as soon as there is something to tell")


def _clock(instant: datetime, now: datetime) -> str:
    """With the zone's name: it is read by people elsewhere."""
    there = timezone.localtime(instant)
    at = f"{there:%H:%M} {there.tzname()}"
    return at if there.date() == timezone.localdate(now) else f"{date_format(there, 'j F')}, {at}"


def _sent(update: Update) -> str:
    told = update.told
    if not told:
        return _("Update %(number)d is on record. Nobody was told by a message.") % {"number": update.number}
    words = ngettext("Update %(number)d goes to %(n)d person.", "Update %(number)d goes to %(n)d people.", told)
    return words % {"number": update.number, "n": told}


# --- off again ----------------------------------------------------------------------------------


class WithdrawForm(forms.Form):
    text = words(gettext_lazy("What was wrong with it"))


@either
def withdrawal(request: HttpRequest, number: int, update: int) -> HttpResponse:
    incident = workable(request, number)
    get_object_or_404(incident.updates, number=update)

    def do(data: dict[str, Any]) -> str:
        incident.withdraw_update(by=user_of(request), number=update, text=data["text"])
        return _("Update %(number)d is withdrawn. Send another that says what is right.") % {"number": update}

    return dialog(
        request,
        incident,
        form_of(request, WithdrawForm),
        do,
        title=_("Withdraw update %(number)d") % {"number": update},
        button=_("Withdraw"),
        lead=_(
            "It reaches nobody whom it has not reached yet, and is shown nowhere but in the record. "
            "Who has read it has read it."
        ),
    )


# --- following ----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, number: int) -> HttpResponse:
    """Whoever may see it may wish to hear how it goes. Nothing of the incident changes."""
    incident, user = visible_incident(request, number), user_of(request)

    def do(data: dict[str, Any]) -> str:
        Follow.objects.get_or_create(incident=incident, person=user, defaults={"at": clock.now()})
        return _("You follow %(ref)s: its updates are sent to you.") % {"ref": incident.ref}

    lead = _("Its updates are sent to you, by your ways, and never in your quiet hours.")
    return dialog(request, incident, form_of(request, Sure), do, title=_("Follow"), button=_("Follow"), lead=lead)


@require_http_methods(["GET", "HEAD", "POST"])
def unfollow(request: HttpRequest, number: int) -> HttpResponse:
    incident, user = visible_incident(request, number), user_of(request)

    def do(data: dict[str, Any]) -> str:
        incident.unfollow(by=user)
        return _("You do not follow %(ref)s any more.") % {"ref": incident.ref}

    lead = _("Its updates are not sent to you any more, unless you are a stakeholder.")
    form = form_of(request, Sure)
    return dialog(request, incident, form, do, title=_("Stop following"), button=_("Stop following"), lead=lead)
