"""The forms of the page "How Baton reaches you"."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from escalation.kit.text import one_line
from escalation.people.models import User

from . import saying, ways
from .models import MOST_MINUTES, ContactMethod, QuietHours


class MethodForm(forms.Form):
    channel = forms.ChoiceField(label=_("By"))
    address = forms.CharField(
        label=_("Number or address"),
        max_length=500,
        help_text=_("Where it reaches you: a number, an address, a chat. A code is sent there at once."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    label = forms.CharField(
        label=_("What you call it"),
        max_length=40,
        required=False,
        help_text=_("Such as “work phone”. Only you see it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="way-%s")
        self.fields["channel"].choices = [(one.name, one.label) for one in ways.offered()]  # type: ignore[attr-defined]

    def clean_label(self) -> str:
        return one_line(self.cleaned_data["label"], limit=40)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("The code that was sent there"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def __init__(self, method: ContactMethod, data: Any = None) -> None:
        super().__init__(data, auto_id=f"way-{method.pk}-%s")


class RuleForm(forms.Form):
    """A new rule for one chain, by one of ``methods`` that is verified."""

    method = forms.TypedChoiceField(label=_("By"))
    delay_minutes = forms.IntegerField(
        label=_("Minutes later"),
        min_value=0,
        max_value=MOST_MINUTES,
        initial=0,
        error_messages={"max_value": _("At most %(limit_value)s minutes, a day.")},
    )

    def __init__(self, chain: saying.Chain, methods: Iterable[ContactMethod], data: Any = None) -> None:
        super().__init__(data, auto_id=f"{chain.urgency}-%s")
        own = {str(one.pk): one for one in methods if one.verified_at is not None}
        field: Any = self.fields["method"]
        field.choices = [(pk, capfirst(saying.way(one))) for pk, one in own.items()]
        field.coerce = own.__getitem__
        if chain.rules:
            self.fields["delay_minutes"].initial = min(chain.rules[-1].delay_minutes + 5, MOST_MINUTES)


class QuietForm(forms.ModelForm):
    class Meta:
        model = QuietHours
        fields = ("begins", "ends")
        widgets = {name: forms.TimeInput(format="%H:%M", attrs={"type": "time"}) for name in ("begins", "ends")}

    def __init__(self, person: User, data: Any = None) -> None:
        self.kept = QuietHours.objects.filter(person=person).first()  # stays as it is, whatever is typed
        times = {name: getattr(self.kept, name) for name in self.Meta.fields} if self.kept else {}
        super().__init__(data, instance=QuietHours(person=person, **times), auto_id="quiet-%s")
