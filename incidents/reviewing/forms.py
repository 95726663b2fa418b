"""What people fill in. Errors stand at their field; the verbs refuse what the state does not allow."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.people.models import User
from incidents.models.actions import LONGEST, WHAT
from incidents.models.reviews import MOST_FACTORS, Factor, Words

FURTHEST = timedelta(days=3660)


class _Lines(forms.CharField):
    """A browser sends two characters for the end of a line."""

    def to_python(self, value: Any) -> Any:
        return str(super().to_python(value)).replace("\r\n", "\n")


def lines(
    label: Any, *, rows: int = 4, required: bool = False, help_text: Any = "", longest: int = LONGEST
) -> forms.CharField:
    widget = forms.Textarea({"rows": rows, "spellcheck": "true"})
    return _Lines(label=label, max_length=longest, required=required, widget=widget, help_text=help_text)


class WordsForm(forms.Form):
    summary = lines(gettext_lazy("What happened"), rows=6)
    helped = lines(gettext_lazy("What helped"))
    hindered = lines(
        gettext_lazy("What made it harder"), help_text=gettext_lazy("How it was possible, rather than who did it.")
    )


class FactorForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("", gettext_lazy("none")), *Factor.choices], required=False
    )
    text = lines(gettext_lazy("What it was"), rows=2)

    def clean(self):
        found = super().clean() or {}
        kind, text = found.get("kind"), (found.get("text") or "").strip()
        if kind and not text and "text" not in self.errors:
            self.add_error("text", _("Say what it was, or choose “none”."))
        if text and not kind and "kind" not in self.errors:
            self.add_error("kind", _("Say which kind it is."))
        return found


Factors = forms.formset_factory(FactorForm, extra=2, max_num=MOST_FACTORS, absolute_max=2 * MOST_FACTORS)


def words_of(form: WordsForm, factors: Any) -> Words:
    rows = [(one.cleaned_data.get("kind"), one.cleaned_data.get("text", "")) for one in factors.forms]
    return Words(**form.cleaned_data, factors=tuple((kind, text) for kind, text in rows if kind))


class RemarkForm(forms.Form):
    text = lines(gettext_lazy("Remark"), rows=3, help_text=gettext_lazy("Empty: there is none."))


def in_charge() -> Any:
    """Who may be given something to do."""
    return User.objects.filter(is_active=True).exclude(is_auditor=True, is_staff=False).order_by("name", "pk")


def in_time(due: date, today: date) -> date:
    """The day of an action, if it can be one. Raises ``ValidationError``."""
    if due < today:
        raise forms.ValidationError(_("That day has passed."))
    if due > today + FURTHEST:
        raise forms.ValidationError(_("That is too far off: ten years at most."))
    return due


class MoveForm(forms.Form):
    """Who does it, and by when."""

    owner = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Who does it"),
        empty_label=gettext_lazy("choose"),
        help_text=gettext_lazy("They may see it from then on."),
    )
    due = forms.DateField(label=gettext_lazy("Until"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, today: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["owner"].queryset = in_charge()  # type: ignore[attr-defined]

    def clean_due(self):
        return in_time(self.cleaned_data["due"], self.today)


class ActionForm(MoveForm):
    what = forms.CharField(
        label=gettext_lazy("What is to be done"), max_length=WHAT, widget=forms.TextInput({"autocomplete": "off"})
    )
    field_order = ["what", "owner", "due"]


class NoReviewForm(forms.Form):
    text = lines(
        gettext_lazy("Why there is none"), required=True, help_text=gettext_lazy("It stands on the incident's record.")
    )


class DropForm(forms.Form):
    text = lines(
        gettext_lazy("Why it is dropped"), required=True, help_text=gettext_lazy("It stands on the incident's record.")
    )
