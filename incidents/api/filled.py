"""The desk's own forms, filled in by programs: the same fields, limits and words; what is wrong stands at its field."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .problems import FieldProblem, Problem


def filled(form: forms.BaseForm) -> dict[str, Any]:
    """What was sent, as the form understands it. Raises ``Problem``."""
    if form.is_valid():
        return form.cleaned_data
    raise wrong({name: [str(one) for one in said] for name, said in form.errors.items()})


def of_validation(error: ValidationError) -> Problem:
    """What a verb says is not valid."""
    return wrong(error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages})


def wrong(said: dict[str, list[str]]) -> Problem:
    """``__all__``: what is about no single field."""
    errors = [
        FieldProblem(field="body" if name == "__all__" else f"body.{name}", message=one)
        for name, messages in said.items()
        for one in messages
    ]
    words = errors[0].message if len(errors) == 1 else _("Some of it is not valid; see errors.")
    return Problem(422, words, errors=errors)
