"""Admin forms of many rows: what is chosen in a row is known with the row, and not asked for again field by field."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.widgets import AutocompleteMixin
from django.db.models import Model
from django.forms.models import BaseInlineFormSet, ModelChoiceIterator, ModelForm
from django.utils.functional import cached_property


class _Known(ModelChoiceIterator):
    """The choices of a field, as an autocompleting widget asks for those that are chosen: where they are known, by no
    query. What was sent and refused may be others."""

    def __init__(self, field: Any, known: Sequence[Model]):
        super().__init__(field)
        self.rows, self.known, self.queryset = self.queryset, known, self  # type: ignore[assignment]

    def using(self, alias: str | None) -> "_Known":
        return self

    def filter(self, **asked: set[str]) -> Any:
        [(lookup, wanted)] = asked.items()
        found = [one for one in self.known if str(getattr(one, lookup.removesuffix("__in"))) in wanted]
        return found if len(found) == len(wanted) else self.rows.filter(**asked)


def know(form: Any) -> None:
    """For the form of a row whose queryset has read along what ``autocomplete_fields`` name."""
    for name, field in form.fields.items():
        widget = getattr(field.widget, "widget", field.widget)  # of the buttons around it
        if isinstance(widget, AutocompleteMixin):
            chosen = getattr(form.instance, name)
            known = [chosen] if isinstance(chosen, Model) else list(chosen.all()) if chosen else []
            field.widget.choices = _Known(field, known)


class KnownForm(ModelForm):
    """Of the page's own row."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.is_bound:
            know(self)


class KnownRows(BaseInlineFormSet):
    """Of an inline."""

    @cached_property
    def forms(self) -> Any:
        forms = super().forms
        for form in forms[: self.initial_form_count()]:
            know(form)
        return forms
