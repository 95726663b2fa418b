"""The rules of a policy in Admin: their inline, and what they say and would have done before they are saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _t

from escalation.kit.chosen import KnownRows
from escalation.kit.errors import Refused
from escalation.people.models import Tier, User

from . import rulechecks, rulewords, trying
from .ruling import PolicyRule


class RuleFormSet(KnownRows):
    """The rules as they would be after saving. ``steps``: the formset of the policy's steps, judged before."""

    steps: Any = None

    def clean(self) -> None:
        super().clean()
        for form in _whole(self):
            for problem in rulechecks.problems(rulechecks.stated(form.cleaned_data), self.path):
                form.add_error(problem.field, problem.message)

    @property
    def path(self) -> set[Tier] | None:
        """The tiers of who works on it; None if the steps are wrong themselves."""
        if self.steps is None or not self.steps.is_valid():
            return None
        kept = [form.cleaned_data for form in self.steps.forms if not form.cleaned_data.get("DELETE")]
        return {data["tier"] for data in kept if data.get("tier") and data["tier"].track == Tier.Track.FUNCTIONAL}


def _whole(formset: Any) -> list[Any]:
    """The forms that state a rule and are not wrong in themselves."""
    forms = [form for form in formset.forms if not form.errors and form.cleaned_data.get("name")]
    return [form for form in forms if not form.cleaned_data.get("DELETE")]


class RuleInline(admin.StackedInline):
    model = PolicyRule
    formset = RuleFormSet
    extra = 0
    autocomplete_fields = ["tier", "people", "teams"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("position", "name", "is_on"),
                    ("fact", "number"),
                    ("fact_2", "number_2"),
                    ("fact_3", "number_3"),
                    ("does", "tier"),
                    ("people", "teams"),
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("tier").prefetch_related("people", "teams")


# --- before they are saved ----------------------------------------------------------------------------


@dataclass
class Preview:
    """One rule in words, what is wrong with it, and what it would have done."""

    name: str
    sentence: str = ""
    wrong: Sequence[str] = ()
    off: bool = False
    tried: str = ""


def previews(formset: RuleFormSet, user: User, reference: str) -> tuple[list[Preview], str]:
    """Each rule of the form, and what is wrong with the reference of the incident to try them on."""
    formset.is_valid()
    found, rules = [], []
    for number, form in enumerate(formset.forms, start=1):
        data = getattr(form, "cleaned_data", {})
        if data.get("DELETE") or not (form.has_changed() or form.instance.pk):
            continue
        one = Preview(data.get("name") or _t("Rule %(number)d") % {"number": number})
        one.wrong = [str(error) for errors in form.errors.values() for error in errors]
        if not form.errors and data.get("name"):
            rule = rulechecks.stated(data)
            tier = rule.tier.name if rule.tier else ""
            one.sentence = rulewords.sentence(rule.conditions, rule.does, tier, rule.informed)
            one.off = not data.get("is_on")
            rules.append((one, rule.as_rule(number)))
        found.append(one)
    if not (reference.strip() and rules):
        return found, ""
    try:
        said = trying.tried(user, reference, [rule for _one, rule in rules])
    except Refused as refusal:
        return found, str(refusal)
    for (one, _rule), words in zip(rules, said, strict=False):
        one.tried = words
    return found, ""
