"""The brief in a dialog: six short fields, of which those that the record fills are folded to one line each."""

from dataclasses import dataclass

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit.text import one_line
from incidents.models.briefs import LABELS, Brief

LONGEST, PREVIEW = 3_000, 160
# The open question has the name that every form of the desk gives to what is to be written.
FIELDS = {name: "text" if name == "question" else name for name in LABELS}
_HINTS = {
    "state": gettext_lazy("How it stands now."),
    "symptoms": gettext_lazy("What is seen, and by whom."),
    "tried": gettext_lazy("What was tried, and what it did."),
    "question": gettext_lazy("What do you need to know, or to have done?"),
    "next": gettext_lazy("What you would do next."),
    "risk": gettext_lazy("What may go wrong, and what not to do."),
}


@dataclass(frozen=True)
class Folded:
    """One part of the brief as the dialog shows it."""

    field: BoundField
    preview: str  # of what is written in it
    open: bool


def _words(name: str) -> forms.CharField:
    widget = forms.Textarea({"rows": 2, "placeholder": _HINTS[name]})
    return forms.CharField(label=LABELS[name], widget=widget, max_length=LONGEST, required=False)


class BriefForm(forms.Form):
    """Leaves a ``Brief`` in its data. One part is enough."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for part, name in FIELDS.items():
            self.fields[name] = _words(part)

    def brief(self) -> list[Folded]:
        return [self._folded(name) for name in FIELDS.values()]

    def _folded(self, name: str) -> Folded:
        said = one_line(str(self[name].value() or ""), limit=PREVIEW)
        return Folded(self[name], said, open=bool(self[name].errors) or (name == "text" and not said))

    def clean(self):
        found = super().clean() or {}
        found["brief"] = Brief(**{part: found.get(name, "") for part, name in FIELDS.items()})
        if not found["brief"] and not any(name in self.errors for name in FIELDS.values()):
            self.add_error("text", _("Say at least what you need; an empty brief helps nobody."))
        return found


def initial_of(brief: Brief) -> dict[str, str]:
    return {FIELDS[part]: said for part, said in brief.parts.items()}
