"""Who covers from when until when, typed on one zone's wall clock."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.people.models import User

from . import verbs
from .models import Schedule
from .wall import instant, shown

NOBODY = "nobody"


class WallField(forms.DateTimeField):
    """A time as the wall of ``zone`` shows it: skipped and doubled hours are read as everywhere in this room."""

    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "step": 60})

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo("UTC")

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and timezone.is_aware(value):
            return shown(value, self.zone)
        return value

    def to_python(self, value: Any) -> datetime | None:
        if isinstance(value, datetime) and timezone.is_aware(value):  # it was there, and is not to be changed
            return value
        with timezone.override(UTC):
            found = super().to_python(value)
        if found is None:
            return None
        try:
            if not 1970 < found.year < 2200:
                raise ValueError(found)
            return instant(found.replace(tzinfo=None), self.zone)
        except (ValueError, OverflowError):
            raise ValidationError(_("Choose a day between the years 1970 and 2200.")) from None


def as_they_were(form: forms.BaseForm, found: dict[str, Any]) -> dict[str, Any]:
    """With the instants that were given where their text was left alone: of an hour shown twice it cannot say which."""
    for name, field in form.fields.items():
        given, typed = form.get_initial_for_field(field, name), found.get(name)
        if isinstance(field, WallField) and typed and isinstance(given, datetime):
            there = shown(given, field.zone).replace(second=0, microsecond=0)
            found[name] = given if shown(typed, field.zone) == there else typed
    return found


class SpanForm(forms.Form):
    """From when until when."""

    starts_at = WallField(label=gettext_lazy("From"))
    ends_at = WallField(label=gettext_lazy("Until"))

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, WallField):
                field.zone = zone

    def clean(self) -> dict[str, Any]:
        found = as_they_were(self, super().clean() or {})
        start, end = found.get("starts_at"), found.get("ends_at")
        if start and end and end - start < timedelta(minutes=1):
            self.add_error("ends_at", _("It has to end after it begins."))
        return found


class CoverForm(SpanForm):
    person = forms.ChoiceField(
        label=gettext_lazy("Who is on call"), error_messages={"required": gettext_lazy("Choose somebody, or nobody.")}
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)
    field_order = ("person", "starts_at", "ends_at", "reason")

    def __init__(self, *args: Any, schedule: Schedule, chooses: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not chooses:
            del self.fields["person"]
            return
        self._people = {str(person.pk): person for person in verbs.who_may_cover(schedule)}
        names = [(pk, person.name) for pk, person in self._people.items()]
        choices = [("", _("Choose")), *names, (NOBODY, _("Nobody: a gap, on purpose"))]
        self.fields["person"].choices = choices  # type: ignore[attr-defined]

    def clean_person(self) -> User | None:
        return self._people.get(self.cleaned_data["person"])
