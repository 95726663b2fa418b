"""What the status page is told besides an update's words: how bad it is for those outside, and for which components."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit.several import Several
from incidents.models import Component, Incident, Update
from incidents.models.status_page import Effect

from .said_before import SaidBefore


class OnStatusPage(forms.Form):
    """The part of an update's form that is about the page. Where there is none, it asks nothing."""

    effect = forms.ChoiceField(
        label=gettext_lazy("How bad it is for them"), choices=Effect.choices, widget=forms.RadioSelect, required=False
    )
    components = Several(
        Component.objects.none(),
        label=gettext_lazy("What it touches"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def offer(self, known: Sequence[Component]) -> None:
        if known:
            field: Any = self.fields["components"]
            field.queryset = Component.objects.shown()  # for what is sent; to be shown they have been read
            field.choices = [(one.pk, field.label_from_instance(one)) for one in known]
        else:
            del self.fields["effect"], self.fields["components"]

    def check(self, found: dict[str, Any]) -> None:
        """What is resolved is bad no more, and touches nothing."""
        asked = found.get("on_status_page") and found.get("stage") != Update.Stage.RESOLVED
        if not asked or "components" not in self.fields:
            found |= {"effect": "", "components": []}
            return
        if not found.get("effect") and "effect" not in self.errors:
            self.add_error("effect", _("Say how bad it is."))
        if not found.get("components") and "components" not in self.errors:
            self.add_error("components", _("Choose at least one."))


def components_of(before: SaidBefore) -> list[Component]:
    """Those of the page, and of each whether the last that was said there touched it. One query."""
    said = Update.components.through.objects.filter(update=before.weighed, component=OuterRef("pk"))
    return list(Component.objects.shown().annotate(was_touched=Exists(said) if before.weighed else Value(False)))


def proposed(incident: Incident, before: SaidBefore, known: Sequence[Component]) -> dict[str, Any]:
    """As it was said last, as the page has it; at first by its severity, and by its service if that is on the page."""
    found: dict[str, Any] = {"public_title": before.titled.public_title} if before.titled else {}
    last = before.weighed
    if not known:
        return found
    if last is not None:
        touched = [one.pk for one in known if one.was_touched]  # type: ignore[attr-defined]
        return found | {"effect": last.effect, "components": touched}
    mine = [one.pk for one in known if one.service_id == incident.service_id]
    return found | {"effect": Effect.of_severity(incident.severity).value, "components": mine}
