"""Who may see an incident: the dialogs that change it."""

from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from escalation.kit.text import one_line
from escalation.people.models import User
from incidents.models import Access, Incident

from .dialogs import Asked, dialog, either, form_of, user_of, verb, workable
from .forms import words
from .pickers import Choice
from .words import names

OFFERED, NAMED, MENTIONED = 30, 12, 6


class LetInForm(forms.Form):
    to = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        error_messages={
            "required": gettext_lazy("Choose somebody."),
            "invalid_choice": gettext_lazy("This person is not active any more. Choose again."),
        },
    )
    text = words(gettext_lazy("What they should look at"), required=False)


class WhyForm(forms.Form):
    text = words(gettext_lazy("Why"))


@either
def letting_in(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    query = one_line(request.POST.get("q") or request.GET.get("q") or "", limit=80)

    def do(data: dict[str, Any]) -> str:
        incident.let_in(by=user_of(request), person=data["to"], text=data["text"])
        return _("%(name)s may see it, and is told.") % {"name": data["to"].name}

    return dialog(
        request,
        incident,
        form_of(request, LetInForm),
        do,
        title=_("Let somebody in"),
        button=_("Let in"),
        lead=_said(incident),
        fields="desk/dialogs/let_in.html",
        people=_outside(incident, query),
        chosen=request.POST.get("to", ""),
        q=query,
        holds=True,
    )


@verb(
    WhyForm,
    title=gettext_lazy("Restrict"),
    button=gettext_lazy("Restrict"),
    lead=gettext_lazy(
        "Only who takes part sees it then: whoever was called or let in, and whoever did anything on it."
    ),
)
def restriction(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.restrict(by=asked.user, text=data["text"])
    return _("Restricted to those who take part.")


@verb(
    WhyForm,
    title=gettext_lazy("Lift the restriction"),
    button=gettext_lazy("Lift"),
    lead=gettext_lazy("Everybody in its teams sees all of its record then."),
)
def restriction_end(asked: Asked, data: dict[str, Any]) -> str:
    asked.incident.lift_restriction(by=asked.user, text=data["text"])
    return _("Its teams see it again.")


@require_safe
def mentionable(request: HttpRequest, number: int) -> HttpResponse:
    """Whose name, or a word of it, or whose address begins with what was typed after an @."""
    workable(request, number)
    typed = one_line(request.GET.get("q", ""), limit=60)
    people = User.objects.filter(is_active=True) if typed else User.objects.none()
    begins = Q(name__istartswith=typed) | Q(name__icontains=f" {typed}") | Q(email__istartswith=typed)
    found = list(people.filter(begins).order_by("name", "pk")[:MENTIONED])
    for one in found:
        one.handle = one.email.partition("@")[0]  # type: ignore[attr-defined]
    response = render(request, "desk/parts/mentions.html", {"people": found})
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _said(incident: Incident) -> str:
    """Who may see it by now. Admins and auditors see everything, and are not named for it."""
    rows = Access.objects.filter(incident=incident).order_by("team__name", "person__name")
    inside = list(rows.values_list("team__name", "person__name"))
    teams = [] if incident.restricted else [team for team, _person in inside if team]
    people = [person for _team, person in inside if person]
    said = names([*teams, *people], most=NAMED) or _("nobody yet")
    return _("May see it: %(names)s. Whoever is let in may see it and work on it.") % {"names": said}


def _outside(incident: Incident, query: str) -> list[Choice]:
    """Who does not take part yet; by name, address or team."""
    people = User.objects.filter(is_active=True).exclude(pk__in=_inside(incident))
    for word in query.split():
        named = Q(name__icontains=word) | Q(email__icontains=word) | Q(teams__name__icontains=word)
        people = people.filter(pk__in=User.objects.filter(named).values("pk"))
    found = people.prefetch_related("teams").order_by("name", "pk")[:OFFERED]
    return [
        Choice(str(one.pk), one.name, ", ".join(team.name for team in one.teams.all()), person=one) for one in found
    ]


def _inside(incident: Incident):
    return Access.objects.filter(incident=incident, person__isnull=False).values("person")
