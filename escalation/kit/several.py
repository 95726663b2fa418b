"""A choice of several rows, of which anybody may send any number."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

DIGITS = 18  # no row has a number with more; and the database can compare with none that has


class Several(forms.ModelMultipleChoiceField):
    """Django asks for all of them in one question, which one number that is too large for the database would break."""

    def clean(self, value: Any) -> Any:
        for one in value if isinstance(value, Sequence) else ():
            if len(str(one)) > DIGITS:
                said, code = self.error_messages["invalid_choice"], "invalid_choice"
                raise ValidationError(said, code=code, params={"value": f"{one:.{DIGITS}}…"})
        return super().clean(value)
