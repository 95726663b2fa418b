"""The brief that goes along when the baton is passed: six short parts, each of which may be missing."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit.errors import Refused
from escalation.trail.parts import joined

LABELS = {
    "state": gettext_lazy("State"),
    "symptoms": gettext_lazy("Symptoms"),
    "tried": gettext_lazy("Tried"),
    "question": gettext_lazy("Open question"),
    "next": gettext_lazy("Next step"),
    "risk": gettext_lazy("Risk"),
}


@dataclass(frozen=True)
class Brief:
    """What a receiver has to know. The record keeps it as one text (see ``escalation.trail.parts``)."""

    state: str = ""
    symptoms: str = ""
    tried: str = ""
    question: str = ""
    next: str = ""
    risk: str = ""

    def __bool__(self) -> bool:
        return any(self.parts.values())

    @property
    def parts(self) -> Mapping[str, str]:
        return {field.name: getattr(self, field.name).strip() for field in fields(self)}

    def worded(self) -> tuple[str, list[str]]:
        """Its text, and which parts that has."""
        return joined(self.parts, {name: str(label) for name, label in LABELS.items()})


def worded(said: "str | Brief") -> tuple[str, list[str]]:
    """The text of what somebody says on passing the baton, and its parts. Nothing at all is refused."""
    text, parts = said.worded() if isinstance(said, Brief) else (said.strip(), [])
    if not text:
        raise Refused(_("Write a few words; an empty line helps nobody."), code="invalid")
    return text, parts
