"""What the status page is told besides an update's words: how bad it is for those outside, and for which components."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import Component, Incident, Update
from incidents.models.status_page import Effect

from .said_before import SaidBefore
from .several import Several


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

    def offer(self, shown: bool) -> None:
        known = Component.objects.shown() if shown else Component.objects.none()
        if known:
            self.fields["components"].queryset = known  # type: ignore[attr-defined]
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


def proposed(incident: Incident, before: SaidBefore, *, shown: bool) -> dict[str, Any]:
    """As it was said last, as the page has it; at first by its severity, and by its service if that is on the page."""
    found: dict[str, Any] = {"public_title": before.titled.public_title} if before.titled else {}
    last = before.weighed
    if not shown:
        return found
    if last is not None:
        return found | {"effect": last.effect, "components": list(last.components.values_list("pk", flat=True))}
    mine = Component.objects.filter(service=incident.service_id).values_list("pk", flat=True)
    return found | {"effect": Effect.of_severity(incident.severity).value, "components": list(mine)}
