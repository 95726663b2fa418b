"""Forms of the second step."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock, sealing
from escalation.people.models import User
from escalation.signin import guessing

from . import codes, verbs

_ONE_TIME = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}


class CodeForm(forms.Form):
    """A code: the app's, or a recovery code. ``factor``: whose it was, which took it for good."""

    code = forms.CharField(label=_("Code"), max_length=100, widget=forms.TextInput(_ONE_TIME))
    factor: verbs.Authenticator

    def __init__(self, *args: Any, request: HttpRequest, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.person = request, person

    def clean_code(self) -> str:
        said: str = self.cleaned_data["code"]
        one = guessing.begin_second(self.request, self.person)
        factor = verbs.spend(self.person, said, now=clock.now())
        if factor is None:
            raise ValidationError(_("This code opens nothing. Each opens once: wait for the next, or look again."))
        one.was_right()
        self.factor = factor
        return said


class AppForm(forms.Form):
    """The code of a new app; its secret travels along, sealed, so that a wrong code makes no new square."""

    code = forms.CharField(
        label=_("The code that the app shows now"),
        max_length=20,
        widget=forms.TextInput({**_ONE_TIME, "inputmode": "numeric"}),
    )
    kept = forms.CharField(widget=forms.HiddenInput)

    @classmethod
    def fresh(cls, pk: int) -> "AppForm":
        return cls(initial={"kept": sealing.sealed(codes.new_secret().encode(), place(pk))})

    def secret(self, pk: int) -> str | None:
        """The secret that was drawn for this person; None if the page was made for another."""
        said = self.data.get("kept", "") if self.is_bound else self.initial["kept"]
        try:
            return sealing.opened(said, place(pk)).decode()
        except sealing.Unreadable:
            return None


def place(pk: int) -> sealing.Place:
    """What a new app's secret is bound to while it travels."""
    return ("new app", str(pk))


class PasskeyForm(forms.Form):
    """What a browser answered, as the script wrote it into the form."""

    answer = forms.CharField(max_length=20_000)
    name = forms.CharField(max_length=60, required=False)

    def clean_answer(self) -> dict[str, Any]:
        try:
            said = json.loads(self.cleaned_data["answer"])
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise ValidationError(_("The browser gave no answer. Try again."))
        return said
