"""Duplicates are merged, parts and others are linked: the dialogs."""

import re
from typing import Any

from django import forms
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit.errors import Refused
from escalation.people.models import User
from incidents.models import Incident

from .connected import links_of
from .dialogs import dialog, either, form_of, user_of, workable
from .forms import words

OFFERED = 6  # to choose from
_REF = re.compile(r"(?:inc-?)?([0-9]{1,15})", re.IGNORECASE)


class OtherForm(forms.Form):
    """One of those offered, or another by its number."""

    to = forms.CharField(required=False, max_length=20)
    ref = forms.CharField(
        label=gettext_lazy("Another, by its number"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"placeholder": "INC-", "autocomplete": "off"}),
    )

    def clean(self):
        found = super().clean() or {}
        said = (found.get("ref") or found.get("to") or "").strip()
        number = _REF.fullmatch(said)
        if not said:
            self.add_error("to", _("Choose one, or write its number."))
        elif number is None:
            self.add_error("ref", _("A number like INC-1042."))
        else:
            found["number"] = int(number[1])
        return found


class MergeForm(OtherForm):
    text = words(gettext_lazy("Why it is the same"), help_text=gettext_lazy("What do they have in common?"))


class LinkForm(OtherForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("This incident"),
        choices=[
            ("related", gettext_lazy("has to do with it")),
            ("part", gettext_lazy("is a part of it")),
        ],
        initial="related",
        widget=forms.RadioSelect,
    )


@either
def merging(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    form = form_of(request, MergeForm)

    def do(data: dict[str, Any]) -> str:
        other = _seen(request, data["number"])
        incident.merge_into(other, by=user_of(request), text=data["text"], seen=request.POST.get("seen"))
        return _("%(ref)s is over: it goes on as %(other)s.") % {"ref": incident.ref, "other": other.ref}

    lead = _("It ends here, nobody is called for it any more, and what its sources report is heard in the other.")
    return _ask(request, incident, form, do, title=_("Merge into another"), button=_("Merge"), lead=lead, again=True)


@either
def linking(request: HttpRequest, number: int) -> HttpResponse:
    incident = workable(request, number)
    form = form_of(request, LinkForm)

    def do(data: dict[str, Any]) -> str:
        other = _seen(request, data["number"])
        incident.link(other, kind=data["kind"], by=user_of(request))
        return _("%(ref)s and %(other)s are linked.") % {"ref": incident.ref, "other": other.ref}

    return _ask(request, incident, form, do, title=_("Link with another"), button=_("Link"))


@either
def unlinking(request: HttpRequest, number: int, other: int) -> HttpResponse:
    incident = workable(request, number)
    far = get_object_or_404(Incident.objects.visible_to(request.user), number=other)

    def do(data: dict[str, Any]) -> str:
        incident.unlink(far, by=user_of(request))
        return _("%(ref)s and %(other)s are not linked any more.") % {"ref": incident.ref, "other": far.ref}

    lead = _("%(ref)s has nothing to do with it after all?") % {"ref": far.ref}
    form = form_of(request, forms.Form)
    return dialog(request, incident, form, do, title=_("Unlink"), button=_("Unlink"), lead=lead)


def _seen(request: HttpRequest, number: int) -> Incident:
    """``do`` runs after the form was found valid, and the number was looked up then: it may have been hidden since."""
    found = Incident.objects.visible_to(request.user).filter(number=number).first()
    if found is None:
        raise Refused(_not_seen(number), code="invalid")
    return found


def _not_seen(number: int) -> str:
    return _("There is no INC-%(number)d that you may see.") % {"number": number}


def _ask(
    request: HttpRequest, incident: Incident, form: OtherForm, do: Any, *, again: bool = False, **more: Any
) -> HttpResponse:
    if form.is_bound and form.is_valid():
        number = form.cleaned_data["number"]
        if not Incident.objects.visible_to(request.user).filter(number=number).exists():
            form.add_error("ref", _not_seen(number))
    offered = _offered(incident, user_of(request), open_only=again)
    chosen = form.data.get("to", "") if form.is_bound else ""
    fields = "desk/dialogs/other.html"
    return dialog(request, incident, form, do, fields=fields, choices=offered, chosen=chosen, **more)


def _offered(incident: Incident, user: User, *, open_only: bool) -> list[dict[str, str]]:
    """Those of the same service first, then the latest."""
    near = Case(When(service=incident.service_id, then=Value(0)), default=Value(1))
    others = Incident.objects.real().visible_to(user).open().exclude(pk=incident.pk).exclude(merged_into=incident.pk)
    if open_only:
        others = others.filter(restricted=incident.restricted)
    else:
        linked = links_of(incident.pk)
        others = others.exclude(pk__in=linked.values("other")).exclude(pk__in=linked.values("incident"))
    rows = others.select_related("service").order_by(near, "-opened_at", "-id")[:OFFERED]
    return [
        {"value": str(one.number), "title": one.title, "said": _said(one), "end": f"SEV{one.severity}"} for one in rows
    ]


def _said(incident: Incident) -> str:
    return " · ".join(filter(None, [incident.ref, incident.service.name if incident.service else ""]))
