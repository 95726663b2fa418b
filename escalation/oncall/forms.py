"""Forms for a schedule's layers, with their people as text, and for its overrides."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.kit.errors import Refused

from . import changing, seating, verbs
from .models import Layer, Override


class LayerForm(forms.ModelForm):
    people = forms.CharField(
        label=_("People"),
        widget=forms.Textarea(attrs={"rows": 5, "cols": 60, "spellcheck": "false"}),
        help_text=_(
            "One a line, in the order of their turns: a name or an e-mail address. “nobody” leaves the turn to the "
            "layers below. Who joins or leaves later: Jo Okafor from 2026-05-01 until 2026-09-30 09:00."
        ),
    )

    class Meta:
        model = Layer
        fields = [
            "position",
            "name",
            "every",
            "unit",
            "starts_on",
            "hand_off",
            "hours",
            "on_holidays",
            "ends_at",
            "people",
        ]
        widgets = {  # the schedule's wall, which is not the viewer's: no word about anybody's own time here
            "starts_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "hand_off": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "hours": forms.Textarea(attrs={"rows": 3, "cols": 60, "spellcheck": "false"}),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            seats = self.instance.seats.select_related("person").order_by("position", "id")
            self.initial["people"] = seating.written(seats, self.instance.schedule.zone)


class LayerFormSet(BaseInlineFormSet):
    """The layers as they would be after saving. People are read on the wall that the schedule will have."""

    def clean(self) -> None:
        super().clean()
        taken: set[int | None] = set()
        form: Any
        for form in self.forms:
            data = form.cleaned_data if hasattr(form, "cleaned_data") else {}
            if not data.get("name") or data.get("DELETE"):
                continue
            if data.get("position") in taken:
                form.add_error("position", _("Two layers have this position: which one wins?"))
            taken.add(data.get("position"))
            try:
                form.seats = seating.read(data.get("people", ""), _zone(self.instance.time_zone))
            except ValidationError as wrong:
                form.add_error("people", wrong)

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit)
        for form in self.forms:
            if form.instance.pk and hasattr(form, "seats"):
                seating.keep(form.instance, form.seats)
        return saved


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # said at its own field
        return ZoneInfo("UTC")


class OverrideForm(forms.ModelForm):
    """A new one is put, and one that is there can only be cancelled: both by the schedule's own verbs."""

    cancel = forms.BooleanField(label=_("cancel"), required=False)

    class Meta:
        model = Override
        fields = ["person", "starts_at", "ends_at", "reason"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["person"].required = False
        self.fields["person"].help_text = _("Empty: nobody is on call.")
        for name in ("person", "starts_at", "ends_at", "reason") if self.instance.pk else ("cancel",):
            self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        start, end = data.get("starts_at"), data.get("ends_at")
        try:
            if not self.instance.pk and start and end:
                changing.needs_sense(start, end, clock.now())
        except Refused as refusal:
            self.add_error("ends_at", str(refusal))
        try:
            if not self.instance.pk and data.get("person"):
                verbs.needs_active(data["person"])
        except Refused as refusal:
            self.add_error("person", str(refusal))
        return data
