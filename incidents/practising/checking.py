"""What keeps a case from being published: what is left of people in it, and what is not said yet. By its parts."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.learning import training
from incidents.learning.advice import Verdict
from incidents.learning.anonymous import Names, telltale
from incidents.models import TrainingCase

from . import people

_EMPTY = {
    "title": gettext_lazy("Give it a title."),
    "service": gettext_lazy("Say what it is about."),
    "role": gettext_lazy("Say who one is in it."),
    "outcome": gettext_lazy("Say how it ended."),
    "lesson": gettext_lazy("Say what to take along."),
    "text": gettext_lazy("Say what is told at this step."),
}
_TAKEN = gettext_lazy("A text was taken out of the record, and what stood here with it. Say it anew.")
_WORDS = ("title", "service", "role", "outcome", "lesson")
Wrong = dict[str, str]  # by field


class Checker:
    """Of one case. It gets to know everybody when it is first asked."""

    def __init__(self, case: TrainingCase) -> None:
        self.incident = case.incident

    @cached_property
    def names(self) -> Names:
        return people.known(self.incident)

    def words(self, part: dict[str, Any]) -> Wrong:
        texts = {name: part[name] for name in _WORDS} | {
            f"target-{n}": one["name"] for n, one in enumerate(part["targets"], start=1)
        }
        return self._wrong(texts, needed=_WORDS, taken="outcome" if part.get("taken") else "")

    def step(self, part: dict[str, Any]) -> Wrong:
        missing = ", ".join((part.get("facts") or {}).get("missing") or [])
        texts = {"text": part["text"], "comment": part.get("comment", ""), "missing": missing}
        return self._wrong(texts, needed=("text",), taken="text" if part.get("taken") else "")

    def parts(self, case: TrainingCase) -> list[Wrong]:
        words, *steps = case.parts
        return [self.words(words), *map(self.step, steps)]

    def sentences(self, told: dict[str, Any]) -> list[str]:
        """For the verb that publishes: of the whole, each once."""
        words = {name: value for name, value in told.items() if name != "steps"}
        wrong = [self.words(words), *map(self.step, told["steps"])]
        return list(dict.fromkeys([one for fields in wrong for one in fields.values()] + list(_unreadable(told))))

    def _wrong(self, texts: dict[str, str], needed: tuple[str, ...], taken: str) -> Wrong:
        """``taken``: the field that lost its words with the record."""
        found = {name: self.of(text) for name, text in texts.items()}
        empty = [name for name in needed if not texts[name].strip()]
        found |= {name: str(_TAKEN if name == taken else _EMPTY[name]) for name in empty}
        return {name: said for name, said in found.items() if said}

    def of(self, text: str) -> str:
        left = telltale(text, self.names, self.incident.number)
        if not left:
            return ""
        return _("Everybody would read: %(what)s. Say it without.") % {"what": ", ".join(left[:5])}


def _unreadable(told: dict[str, Any]) -> Iterator[str]:
    try:
        case = training.read(told)
    except (KeyError, ValueError, TypeError):
        yield _("Each step comes later than the one before it.")
        return
    for n, step in enumerate(case.steps, start=1):
        if step.verdict is not Verdict.NOT_YET and not case.fitting(step):
            yield _("At step %(n)d it is right to escalate, and nobody who can be chosen has what is missing.") % {
                "n": n
            }
