"""What people fill in. Errors stand at their field; the verbs refuse what the state does not allow."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.people.models import Team, User
from incidents.models.problems import TITLE, Problem
from incidents.recognising import Seen
from incidents.reviewing.forms import in_charge, lines


class WordsForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("What comes back"), max_length=TITLE, widget=forms.TextInput({"autocomplete": "off"})
    )
    owner = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Owner"), empty_label=gettext_lazy("choose"))
    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"), empty_label=gettext_lazy("choose"))
    cause = lines(gettext_lazy("What is believed to be the cause"), rows=4)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = in_charge()  # type: ignore[attr-defined]
        self.fields["team"].queryset = Team.objects.filter(archived_at=None).order_by("name", "pk")  # type: ignore[attr-defined]


class BeginForm(WordsForm):
    """``alike``: what was seen before, each to be ticked if it is the same trouble."""

    also = forms.MultipleChoiceField(
        label=gettext_lazy("The same trouble"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Untick what is something else: it is not proposed again."),
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)  # of what else came meanwhile nothing was said

    def __init__(self, *args: Any, alike: Iterable[Seen], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.alike = {str(one.number): one for one in alike}
        field: Any = self.fields["also"]
        field.choices = [(key, f"{one.ref} {one.title} ({one.why})") for key, one in self.alike.items()]
        field.initial = list(self.alike)
        self.fields["shown"].initial = ",".join(self.alike)
        if not self.alike:
            del self.fields["also"]

    def ticked(self) -> tuple[set[int], set[int]]:
        """The numbers of what is the same trouble, and of what is not."""
        also = {int(key) for key in self.cleaned_data.get("also", ())}
        shown = self.cleaned_data["shown"].split(",")
        return also, {int(key) for key in self.alike if key in shown} - also


def first_words(problem: Problem) -> dict[str, Any]:
    return {"title": problem.title, "owner": problem.owner_id, "team": problem.team_id, "cause": problem.cause}


class FixForm(forms.Form):
    on = forms.DateField(
        label=gettext_lazy("Fixed on"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Its incidents are counted before and after the end of that day; of today, from now."),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.today = today

    def at(self, now: datetime) -> datetime:
        """The end of that day where its reader is, and still of that day; now if that is still to come."""
        day: date = self.cleaned_data["on"]
        return now if day == localdate(now) else make_aware(datetime.combine(day, time.max))

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day.year < 2000:
            raise forms.ValidationError(_("That is too long ago."))
        if day > self.today:
            raise forms.ValidationError(_("That is still to come. Say so when it is done."))
        return day


class CloseForm(forms.Form):
    text = lines(
        gettext_lazy("Why it is closed"), required=True, help_text=gettext_lazy("It stands on the problem's record.")
    )


class TakingForm(forms.Form):
    text = lines(gettext_lazy("Why"), required=True, help_text=gettext_lazy("It stands on the problem's record."))


class DropForm(forms.Form):
    text = lines(
        gettext_lazy("Why it is dropped"), required=True, help_text=gettext_lazy("It stands on the problem's record.")
    )


class AddForm(forms.Form):
    """By its reference, such as INC-1042."""

    incident = forms.CharField(
        label=gettext_lazy("Incident"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "off", "placeholder": "INC-1042"}),
        help_text=gettext_lazy("Its number."),
    )

    def clean_incident(self) -> int:
        number = self.cleaned_data["incident"].strip().upper().removeprefix("INC-")
        if not (number.isascii() and number.isdecimal() and len(number) <= 15):
            raise forms.ValidationError(_("That is no number of an incident."))
        return int(number)
