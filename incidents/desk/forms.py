"""What people fill in. Errors stand at their field; the verbs refuse what the state does not allow."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit import clock
from escalation.people.models import User
from incidents.models import Cause, Level, Service
from incidents.models.attempts import HYPOTHESIS, MOST_MINUTES, Outcome
from incidents.models.passing import Reason

from .brief_form import BriefForm

TEXT = 10_000


def words(label, *, rows: int = 3, help_text="", placeholder="", required: bool = True) -> forms.CharField:
    attrs = {"rows": rows, "placeholder": placeholder} if placeholder else {"rows": rows}
    return forms.CharField(
        label=label, widget=forms.Textarea(attrs), help_text=help_text, max_length=TEXT, required=required
    )


class Sure(forms.Form):
    """Nothing to fill in: the page asks for one press."""


class ComposeForm(forms.Form):
    """What an agent writes down: an attempt with its outcome, or a note."""

    kind = forms.ChoiceField(
        choices=[("attempt", gettext_lazy("Attempt")), ("note", gettext_lazy("Note"))], widget=forms.RadioSelect
    )
    text = words(gettext_lazy("What did you try, and what happened?"))
    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"), choices=Outcome.choices, widget=forms.RadioSelect, required=False
    )

    hypothesis = forms.CharField(
        label=gettext_lazy("Hypothesis"),
        max_length=HYPOTHESIS,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": gettext_lazy("What may be wrong")}),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"),
        help_text=gettext_lazy("Empty: as the effort clock says."),
        min_value=0,
        max_value=MOST_MINUTES,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, only_notes: bool = False, kind: str = "attempt"):
        super().__init__(data, initial={"kind": "note" if only_notes else kind}, auto_id="compose_%s")
        if only_notes:
            self.fields["kind"].choices = [("note", _("Note"))]  # type: ignore[attr-defined]

    def propose_minutes(self, by_clock: int | None) -> None:
        """What the verb takes if they stay empty; it is seen, and goes on while somebody types."""
        if by_clock is not None:
            proposed = _("%(n)d by the clock") % {"n": min(by_clock, MOST_MINUTES)}
            self.fields["minutes"].widget.attrs["placeholder"] = proposed

    @property
    def more(self) -> bool:
        """Whether what few people need is to be seen at once: something was typed there."""
        return any(self.errors.get(name) or self[name].value() for name in ("hypothesis", "minutes"))

    def clean(self):
        found = super().clean() or {}
        if found.get("kind") == "note":  # then the others are of no interest
            for name in ("hypothesis", "minutes"):
                self.errors.pop(name, None)
        if found.get("kind") == "attempt" and not found.get("outcome") and "outcome" not in self.errors:
            self.add_error("outcome", _("Say what it did: helped, no effect, or made it worse."))
        return found


class PassForm(BriefForm):
    """Escalate or hand over: one picker for both. Values are ``step:lap:place`` or ``person:id``."""

    to = forms.CharField(error_messages={"required": gettext_lazy("Choose who gets it next.")})
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose a reason")), *Reason.choices],
        error_messages={"required": gettext_lazy("Say why it goes up; the record counts the reasons.")},
    )

    def clean_to(self) -> tuple[int, int] | User:
        kind, _colon, rest = self.cleaned_data["to"].partition(":")
        numbers = [int(part) for part in rest.split(":") if part.isdecimal() and len(part) < 10]
        if kind == "step" and len(numbers) == 2:
            return numbers[0], numbers[1]
        return _person(kind, numbers)

    def clean(self):
        found = super().clean() or {}
        if isinstance(found.get("to"), User):  # only a step up needs one
            self.errors.pop("reason", None)
        return found


def _person(kind: str, numbers: list[int]) -> User:
    found = User.objects.filter(pk=numbers[0]).first() if kind == "person" and len(numbers) == 1 else None
    if found is None:
        raise forms.ValidationError(_("Choose who gets it next."))
    return found


class ReassignForm(forms.Form):
    to = forms.CharField(error_messages={"required": gettext_lazy("Choose a person or a tier.")})
    text = words(gettext_lazy("Why"), required=False)

    def clean_to(self):
        from .pickers import functional_tiers

        kind, _colon, rest = self.cleaned_data["to"].partition(":")
        numbers = [int(rest)] if rest.isdecimal() and len(rest) < 10 else []
        if kind == "tier" and numbers:
            tier = functional_tiers().filter(pk=numbers[0]).first()
            if tier is not None:
                return tier
        return _person(kind, numbers)


class HoldForm(forms.Form):
    """Until when, in the viewer's time, and why."""

    wake = forms.ChoiceField(
        label=gettext_lazy("Wake it up"),
        widget=forms.RadioSelect,
        initial="60",
        choices=[
            ("15", gettext_lazy("in 15 min")),
            ("60", gettext_lazy("in 1 h")),
            ("240", gettext_lazy("in 4 h")),
            ("tomorrow", gettext_lazy("tomorrow 08:00")),
            ("at", gettext_lazy("at …")),
        ],
    )
    until = forms.DateTimeField(
        label=gettext_lazy("At"),
        error_messages={"required": gettext_lazy("Choose a date and a time.")},
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    text = words(gettext_lazy("Why it has to wait"), help_text=gettext_lazy("What are you waiting for?"))

    def clean(self):
        found = super().clean() or {}
        wake = found.get("wake")
        if wake and wake != "at":  # then the date is of no interest
            self.errors.pop("until", None)
            found["until"] = self._until(wake)
        return found

    def _until(self, wake: str) -> datetime:
        if wake == "tomorrow":
            day = timezone.localdate(clock.now()) + timedelta(days=1)
            return timezone.make_aware(datetime.combine(day, time(8)))
        return clock.now() + timedelta(minutes=int(wake))


class ResolveForm(forms.Form):
    text = words(gettext_lazy("What fixed it"))
    cause = forms.ChoiceField(
        label=gettext_lazy("Cause"), choices=[("", gettext_lazy("What was at the bottom of it?")), *Cause.found()]
    )


class ReopenForm(forms.Form):
    text = words(gettext_lazy("Why it is not over"))


class DeclineForm(forms.Form):
    text = words(gettext_lazy("Why you cannot take it"))


class NotNowForm(forms.Form):
    text = words(gettext_lazy("Why not now"), help_text=gettext_lazy("What are you trying, or waiting for?"))


class FactsForm(forms.Form):
    """Remembers what it was made from, so that only what this person changed is stated."""

    people_affected = forms.IntegerField(
        label=gettext_lazy("People affected"),
        min_value=0,
        max_value=2_000_000_000,
        show_hidden_initial=True,
        help_text=gettext_lazy("Your best estimate; it can be corrected."),
    )
    impact = forms.TypedChoiceField(
        label=gettext_lazy("Impact"), choices=Level.choices, coerce=int, show_hidden_initial=True
    )
    urgency = forms.TypedChoiceField(
        label=gettext_lazy("Urgency"), choices=Level.choices, coerce=int, show_hidden_initial=True
    )


class SeverityForm(forms.Form):
    severity = forms.TypedChoiceField(
        label=gettext_lazy("Severity"),
        widget=forms.RadioSelect,
        coerce=int,
        empty_value=None,
        required=False,
        choices=[*((n, f"SEV{n}") for n in range(1, 6)), ("", gettext_lazy("by the table"))],
    )
    text = words(gettext_lazy("Why"))


class OpenForm(forms.Form):
    """Two things are asked; the rest can wait."""

    title = forms.CharField(
        label=gettext_lazy("What happened?"),
        max_length=200,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text=gettext_lazy("One sentence, as you would say it on the phone."),
    )
    service = forms.ModelChoiceField(
        Service.objects.none(),
        label=gettext_lazy("Which service?"),
        required=False,
        empty_label=gettext_lazy("I do not know"),
    )
    symptom = words(gettext_lazy("What did you see?"), required=False, rows=4)
    people_affected = forms.IntegerField(
        label=gettext_lazy("People affected"),
        min_value=0,
        max_value=2_000_000_000,
        required=False,
        help_text=gettext_lazy("A guess is better than nothing."),
    )
    impact = forms.TypedChoiceField(
        label=gettext_lazy("Impact"),
        choices=Level.choices,
        coerce=int,
        initial=Level.MEDIUM,
        required=False,
        empty_value=None,
    )
    urgency = forms.TypedChoiceField(
        label=gettext_lazy("Urgency"),
        choices=Level.choices,
        coerce=int,
        initial=Level.MEDIUM,
        required=False,
        empty_value=None,
    )

    restricted = forms.BooleanField(
        label=gettext_lazy("Restricted"),
        required=False,
        help_text=gettext_lazy("Only who takes part may see it: you, whoever is called, and whoever is let in."),
    )
    call_anyway = forms.BooleanField(
        label=gettext_lazy("Call anyway"),
        required=False,
        help_text=gettext_lazy("Although its service is in maintenance: the first people on the path are called now."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.in_use()  # type: ignore[attr-defined]
