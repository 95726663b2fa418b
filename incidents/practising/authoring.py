"""What the author of a case fills in: its words, and each step with the facts that its signs are read from.

Errors stand at their field. What would name somebody is an error once the author says that nothing does; until then
it is saved as it is, for a draft is there to be worked on.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit.text import clean, one_line
from escalation.people.models import Skill
from incidents.learning.training import Way
from incidents.models.training_cases import Told
from incidents.reviewing.forms import lines

from .bounds import LONGEST, MISSING, MOST_TARGETS, MOST_TIMES, TARGET, TEXT, TITLE
from .checking import Checker, Wrong

WAYS = [
    (Way.EXPERTISE.value, gettext_lazy("know more about it")),
    (Way.AUTHORITY.value, gettext_lazy("may decide")),
    (Way.ACCESS.value, gettext_lazy("can give access")),
    (Way.NONE.value, gettext_lazy("have none of that")),
]


def _line(label: Any, *, limit: int = TITLE, required: bool = True) -> forms.CharField:
    widget = forms.TextInput({"autocomplete": "off"})
    return forms.CharField(label=label, max_length=limit, required=required, widget=widget)


def _text(label: Any, *, rows: int, required: bool = True, help_text: Any = "", longest: int = TEXT) -> forms.CharField:
    return lines(label, rows=rows, required=required, help_text=help_text, longest=longest)


def _number(label: Any, most: int = MOST_TIMES, *, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=most, help_text=help_text)


class _PartForm(forms.Form):
    """``checker`` says what of it may not be read by everybody."""

    looked = forms.BooleanField(label=gettext_lazy("I read it: no name, no secret is left"), required=False)

    def __init__(self, data: Any, part: Told, checker: Checker, *, looked: bool = False) -> None:
        self.part, self.checker = part, checker
        super().__init__(data, initial={**self.first(part), "looked": looked})
        self.order_fields([name for name in self.fields if name != "looked"])

    if TYPE_CHECKING:  # what each part says of itself

        def first(self, part: Told) -> dict[str, Any]: ...
        @property
        def words(self) -> Told:
            """The part as it was filled in."""
            ...

        def wrong(self) -> Wrong: ...

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("looked") and not self.errors:
            for name, said in self.wrong().items():
                self.add_error(name, said)
        return found


class WordsForm(_PartForm):
    title = _line(gettext_lazy("Title"))
    service = _text(gettext_lazy("What it is about"), rows=2, help_text=gettext_lazy("What is it, and who needs it?"))
    role = _text(gettext_lazy("Who one is in it"), rows=2)
    outcome = _text(gettext_lazy("How it ended"), rows=5, help_text=gettext_lazy("It is told at the end."))
    lesson = _text(
        gettext_lazy("What to take along"),
        rows=4,
        required=False,
        help_text=gettext_lazy("What would you tell whoever played it? It is needed before you publish."),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for n in range(1, MOST_TARGETS + 1):
            self.fields[f"target-{n}"] = _line(_("Whom one can choose, %(n)d") % {"n": n}, limit=TARGET, required=False)
            self.fields[f"way-{n}"] = forms.ChoiceField(label=_("They …"), choices=WAYS)
        self.order_fields([name for name in self.fields if name != "looked"])

    def first(self, part: Told) -> dict[str, Any]:
        first = {name: value for name, value in part.items() if name != "targets"}
        first |= {f"way-{n}": Way.EXPERTISE.value for n in range(1, MOST_TARGETS + 1)}
        for n, one in enumerate(part.get("targets", ()), start=1):
            first |= {f"target-{n}": one["name"], f"way-{n}": one["way"]}
        return first

    def said(self) -> list[Any]:
        """The fields of the words."""
        return [self[name] for name in ("title", "service", "role", "outcome", "lesson")]

    def targets(self) -> Iterator[tuple[Any, Any]]:
        """The two fields of each, side by side."""
        for n in range(1, MOST_TARGETS + 1):
            yield self[f"target-{n}"], self[f"way-{n}"]

    def _filled(self) -> list[tuple[int, dict[str, str]]]:
        rows = [
            (n, one_line(self.cleaned_data.get(f"target-{n}", ""), limit=TARGET)) for n in range(1, MOST_TARGETS + 1)
        ]
        return [(n, {"name": name, "way": self.cleaned_data.get(f"way-{n}") or "none"}) for n, name in rows if name]

    @property
    def words(self) -> Told:
        said = {name: clean(self.cleaned_data[name].strip()) for name in ("service", "role", "outcome", "lesson")}
        targets = [one for _n, one in self._filled()]
        return {"title": one_line(self.cleaned_data["title"], limit=TITLE), **said, "targets": targets}

    def wrong(self) -> Wrong:
        places = [n for n, _one in self._filled()]
        found = self.checker.words(self.words)
        return {_placed(name, places): said for name, said in found.items()}

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        if not self.errors and len(self._filled()) < 2:
            self.add_error("target-1", _("Say at least two whom one can choose."))
        return found


def _placed(name: str, places: list[int]) -> str:
    """Where the target of this number was filled in."""
    return f"target-{places[int(name.removeprefix('target-')) - 1]}" if name.startswith("target-") else name


FACTS = ("hands_on", "failed", "worse", "passes", "returns", "reopened", "before")


class StepForm(_PartForm):
    minute = _number(gettext_lazy("Minutes since it began"), LONGEST)
    text = _text(
        gettext_lazy("What is told"), rows=7, help_text=gettext_lazy("What was seen and tried since the step before.")
    )
    comment = _text(
        gettext_lazy("Your comment"),
        rows=3,
        required=False,
        help_text=gettext_lazy("It is read at the end, beside what was right."),
    )
    severity = forms.TypedChoiceField(
        label=gettext_lazy("Severity"), coerce=int, choices=[(n, f"SEV{n}") for n in range(1, 6)]
    )
    people = _number(gettext_lazy("People affected"), 2_000_000_000)
    hands_on = _number(gettext_lazy("Minutes of hands-on time"), LONGEST)
    silent = _number(gettext_lazy("Minutes since somebody was heard of"), LONGEST)
    failed = _number(gettext_lazy("Attempts that did not help"))
    worse = _number(gettext_lazy("… of which made it worse"))
    passes = _number(gettext_lazy("Times it was handed on"))
    returns = _number(gettext_lazy("… of which back to somebody"))
    reopened = _number(gettext_lazy("Times it was re-opened"))
    before = _number(gettext_lazy("Same trouble in the 30 days before"))
    missing = _text(
        gettext_lazy("What whoever has it lacks"),
        rows=2,
        required=False,
        help_text=gettext_lazy("One thing per line."),
        longest=MISSING,
    )
    missing_kind = forms.ChoiceField(
        label=gettext_lazy("That is"), choices=[("", gettext_lazy("nothing")), *Skill.Kind.choices], required=False
    )

    def __init__(
        self,
        data: Any,
        part: Told,
        checker: Checker,
        *,
        people: int = 0,
        after: int = -1,
        until: int = LONGEST + 1,
        **more: Any,
    ) -> None:
        """``people`` affected by then; ``after`` and ``until``: the minutes of the steps beside it."""
        self.after, self.until, self.affected = after, until, people
        super().__init__(data, part, checker, **more)

    def first(self, part: Told) -> dict[str, Any]:
        facts, minute = part.get("facts", {}), part.get("minute", 0)
        first = {name: facts.get(name, 0) for name in FACTS} | {"severity": facts.get("severity", 3)}
        first |= {"people": self.affected, "silent": max(0, int(minute - facts.get("heard", 0)))}
        first |= {"missing": "\n".join(facts.get("missing", ())), "missing_kind": facts.get("missing_kind", "")}
        return {**first, "minute": minute, "text": part.get("text", ""), "comment": part.get("comment", "")}

    def clean_minute(self) -> int:
        minute = self.cleaned_data["minute"]
        if not self.after < minute < self.until:
            raise forms.ValidationError(_("It comes after the step before it, and before the one that follows."))
        return minute

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        for part, whole in (("worse", "failed"), ("returns", "passes")):
            if part in found and whole in found and found[part] > found[whole]:
                self.add_error(part, _("That is more than there are in all."))
        if found.get("missing", "").strip() and not found.get("missing_kind"):
            self.add_error("missing_kind", _("Say what kind of thing is missing."))
        return found

    @property
    def words(self) -> Told:
        found = self.cleaned_data
        words = {name: clean(found[name].strip()) for name in ("text", "comment")}
        return {"minute": found["minute"], **words, "facts": self._facts()}

    def _facts(self) -> dict[str, Any]:
        """What was changed of them. What nobody changed stays, to the second."""
        found, facts = self.cleaned_data, dict(self.part.get("facts", {}))
        facts |= {name: found[name] for name in (*FACTS, "severity")}
        missing = facts.get("missing", [])
        if "missing" in self.changed_data:
            missing = [one for one in (one_line(it, limit=200) for it in found["missing"].split("\n")) if one]
        facts |= {"missing": missing, "missing_kind": found["missing_kind"] if missing else ""}
        if {"silent", "minute"} & set(self.changed_data):
            facts["heard"] = found["minute"] - found["silent"]
        if "people" in self.changed_data:
            facts["people"] = [[found["minute"], found["people"]]]
        return facts

    def wrong(self) -> Wrong:
        return self.checker.step(self.words)

    def facts(self) -> list[Any]:
        """The fields of the facts."""
        return [field for field in self if field.name not in ("minute", "text", "comment", "looked")]


def people_by(told: Told, step: int) -> int:
    """How many people were affected at this step, from 1, as far as it was said until then."""
    stated = [number for one in told["steps"][:step] for _minute, number in one["facts"]["people"]]
    return stated[-1] if stated else 0
