"""Forms for a schedule's layers, with their people as text, and for its overrides."""

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from escalation.kit import clock
from escalation.kit.chosen import KnownRows
from escalation.kit.errors import Refused
from escalation.people.models import User

from . import as_seen, changing, preview, seating, verbs
from .coverform import WallField, as_they_were
from .models import Layer, Override, Schedule
from .spans import Span

PAST = "past"  # ticked: what was is meant to change
SEEN = "seen"  # what was planned when the form was made
SHOWN = 3  # times of the past


class LayerForm(forms.ModelForm):
    ends_at = WallField(label=_("Ends"), required=False)
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

    def __init__(self, *args: Any, zone: ZoneInfo, wall: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        _on_the_wall(self, zone)
        said = _("On the schedule's wall clock (%(wall)s). Off from then on. Empty: goes on.")
        self.fields["ends_at"].help_text = said % {"wall": wall}
        if self.instance.pk:
            self.initial["people"] = seating.written(self.instance.seats_along, self.instance.schedule.zone)

    def clean(self) -> dict[str, Any]:
        return as_they_were(self, super().clean() or {})


def _on_the_wall(form: forms.BaseForm, zone: ZoneInfo) -> None:
    for field in form.fields.values():
        if isinstance(field, WallField):
            field.zone = zone


class OnTheWall(KnownRows):
    """Every time of a schedule's page is on the wall that the schedule will have after saving, and says so."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        wall = self.instance.time_zone if self.instance.pk else _("the schedule's")
        return {**super().get_form_kwargs(index), "zone": _zone(self.instance.time_zone), "wall": wall}


class LayerFormSet(OnTheWall):
    """The layers as they would be after saving.

    What would change who was on call is refused until it is said to be meant: calendars, feeds and whoever looks up
    who was there on a night would have it otherwise, for ever.
    """

    asks = True
    past: Sequence[preview.Changed] = ()

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
        known = _zone(self.instance.time_zone).key == self.instance.time_zone
        if self.instance.pk and known and not any(self.errors):
            self.past = preview.of_the_past(self.instance, self, clock.now())
            if self.past and self.asks and not self.data.get(PAST):
                raise ValidationError(self._said())

    def _said(self) -> list[str]:
        lines = [preview.said(one) for one in self.past[:SHOWN]]
        more = len(self.past) - SHOWN
        if more > 0:
            lines.append(ngettext("and %d more time", "and %d more times", more) % more)
        how = _t(
            "To keep it, give whoever leaves an “until” rather than taking the line away, or end this layer and "
            "add one that begins today. If it is meant, tick “Change the past too” above Save."
        )
        return [_t("This would change who was on call:"), *lines, how]

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit)
        for form in self.forms:
            if form.instance.pk and hasattr(form, "seats"):
                seating.keep(form.instance, form.seats)
        return saved


class OverrideFormSet(OnTheWall):
    """Those that are there, and new ones: nobody overrules what they did not know, as on the schedule's own page."""

    asks = True
    by: User
    said_anew = False

    def __init__(self, *args: Any, seen_now: Callable[[], str] | None = None, **kwargs: Any):
        """``seen_now``: what the page that shows the form has read already."""
        super().__init__(*args, **kwargs)
        self.seen_now = seen_now or (lambda: as_seen.now_of(self.instance, clock.now()))

    @property
    def seen(self) -> str:
        """What the form carries: what was planned when it was made, or when it last told who is on call meanwhile."""
        if not self.instance.pk:
            return ""
        sent = self.data.get(SEEN, "") if self.is_bound and not self.said_anew else ""
        return sent or self.seen_now()

    def clean(self) -> None:
        super().clean()
        if not self.instance.pk or not self.asks or any(self.errors):
            return
        there, now = Schedule.objects.get(pk=self.instance.pk), clock.now()
        for form in self.forms:
            data = form.cleaned_data
            if form.instance.pk or not form.has_changed():
                continue
            try:
                as_seen.needs(there, self.data.get(SEEN), Span(data["starts_at"], data["ends_at"]), self.by, now)
            except Refused as refused:
                self.said_anew = True
                form.add_error("person", str(refused))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # said at its own field
        return ZoneInfo("UTC")


class OverrideForm(forms.ModelForm):
    """A new one is put, and one that is there can only be cancelled: both by the schedule's own verbs."""

    starts_at = WallField()
    ends_at = WallField()
    cancel = forms.BooleanField(label=_("cancel"), required=False)

    class Meta:
        model = Override
        fields = ["person", "starts_at", "ends_at", "reason"]
        widgets = {"reason": forms.TextInput(attrs={"size": 18})}  # so that a row has room beside the menu

    def __init__(self, *args: Any, zone: ZoneInfo, wall: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        _on_the_wall(self, zone)
        self.fields["starts_at"].label = _t("from (%(wall)s time)") % {"wall": wall}
        self.fields["ends_at"].label = _t("until (%(wall)s time)") % {"wall": wall}
        self.fields["person"].required = False
        self.fields["person"].help_text = _("Empty: nobody is on call.")
        for name in ("can_add_related", "can_change_related", "can_view_related"):  # nobody's account is changed here
            setattr(self.fields["person"].widget, name, False)
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
