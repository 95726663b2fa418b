"""The parts of a brief, each with its label, as the record has them."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from escalation.trail.parts import parted
from incidents.models.briefs import LABELS

from .links import linked


@dataclass(frozen=True)
class Part:
    label: str
    said: SafeString | str


def parts_of(text: str, named: object) -> list[Part]:
    """A brief as the record has it, part by part; none if it is plain words."""
    return [Part(str(LABELS.get(name, name)), linked(said)) for name, said in parted(text, named).items()]
