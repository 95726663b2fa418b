"""The one form: what somebody would do at this step."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from incidents.learning.training import REASONS, Case
from incidents.models.passing import Reason
from incidents.models.training import Said

NOW, NOT_YET = "now", "not-yet"
WHY = [(value, label) for value, label in Reason.choices if value in REASONS]


class StepForm(forms.Form):
    """``to`` and ``why`` count only for who escalates: a page without script shows them in any case."""

    when = forms.ChoiceField(
        label=gettext_lazy("Escalate now?"),
        choices=[(NOT_YET, gettext_lazy("Not yet")), (NOW, gettext_lazy("Escalate now"))],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say whether you would escalate now.")},
    )
    to = forms.ChoiceField(
        label=gettext_lazy("To whom?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say to whom.")},
    )
    why = forms.ChoiceField(
        label=gettext_lazy("Why?"),
        choices=WHY,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say why.")},
    )

    def __init__(self, data: Any, case: Case) -> None:
        super().__init__(data)
        self.fields["to"].choices = [(one.key, one.name) for one in case.targets]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("when") != NOW:
            for name in ("to", "why"):
                self.errors.pop(name, None)
        return found

    @property
    def said(self) -> Said:
        found = self.cleaned_data
        return {"now": True, "to": found["to"], "why": found["why"]} if found["when"] == NOW else {"now": False}
