"""More filters: a form that leads to an address of the queue, and what of it is set, as chips."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import cells, sorting, wider
from .queries import NAMES, Filters


class WiderForm(forms.Form):
    """Made from the kinds of filters; the queue itself judges what comes back."""

    use_required_attribute = False  # "any" is an answer

    def __init__(self, filters: Filters):
        super().__init__(
            initial={**filters.wider, "sort": filters.sort, "show": filters.columns or list(cells.USUAL)},
            auto_id="wider_%s",
        )
        for name, kind in wider.KINDS.items():
            self.fields[name] = _field(kind, filters, filters.wider.get(name, ""))
        orders = [("", _("as usual")), *((key, str(words)) for key, words in sorting.ORDERS.items())]
        self.fields["sort"] = forms.ChoiceField(label=_("Order"), choices=orders)
        self.fields["show"] = forms.MultipleChoiceField(
            label=_("Columns"), choices=list(cells.COLUMNS.items()), widget=forms.CheckboxSelectMultiple
        )


def _field(kind: wider.Kind, filters: Filters, chosen: str) -> forms.Field:
    if kind.choices is None:
        return forms.IntegerField(label=kind.label, min_value=1, max_value=999_999_999)
    choices = [("", _("any")), *kind.choices(filters.user)]
    if chosen and chosen not in dict(choices) and kind.word:  # as of a colleague of another team
        choices.append((chosen, kind.word(chosen, filters.user) or _("gone")))
    return forms.ChoiceField(label=kind.label, choices=choices)


@require_safe
def page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    filters = Filters.of(request)
    ours = {*wider.KINDS, "sort", "show"}
    context = {
        "form": WiderForm(filters),
        "kept": [(name, filters.asked[name]) for name in NAMES if name not in ours and filters.asked.get(name)],
        "without": filters.address(reverse("queue"), **dict.fromkeys(ours)),
        "here": "queue",
    }
    part = "#sheet" if request.htmx else ""  # type: ignore[attr-defined]
    return render(request, f"desk/filters.html{part}", context)


def chips(filters: Filters, path: str) -> list[dict[str, str]]:
    """What is set, each with the address without it. What is gone says so."""
    found = []
    for name, value in filters.wider.items():
        kind = wider.KINDS[name]
        word = (kind.word(value, filters.user) if kind.word else value) or _("gone")
        found.append({"text": f"{kind.label}: {word}", "url": filters.address(path, **{name: None})})
    if filters.sort:
        found.append({"text": str(sorting.ORDERS[filters.sort]), "url": filters.address(path, sort=None)})
    return found
