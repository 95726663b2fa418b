"""What is wrong with a rule as somebody is about to save it: plain words, at their place. Works on values."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from escalation.people.models import Team, Tier, User, agents_of

from .rules import ABSENT, LONGEST, MINUTES, WITHOUT_NUMBER, Condition, Does, Fact, Rule
from .ruling import conditions_of
from .validation import Problem

SLOTS = [("fact", "number"), ("fact_2", "number_2"), ("fact_3", "number_3")]
MOST = 1_000_000_000
_SOMEBODY_HAS_IT = (Fact.SILENCE, Fact.LIMIT, *ABSENT)  # these cannot be while nobody has acknowledged


@dataclass(frozen=True)
class Stated:
    """A rule to be."""

    name: str
    slots: Sequence[tuple[str, int | None]]
    does: str
    tier: Tier | None = None
    people: Sequence[User] = field(default_factory=list)
    teams: Sequence[Team] = field(default_factory=list)

    @property
    def conditions(self) -> list[Condition]:
        return conditions_of(self.slots)

    @property
    def informed(self) -> list[str]:
        """Whom it informs, by name."""
        tier = [self.tier.name] if self.tier else []
        return [*(person.name for person in self.people), *(team.name for team in self.teams), *tier]

    def as_rule(self, number: int) -> Rule:
        tier = self.tier.name if self.tier and self.does == Does.ESCALATE else ""
        return Rule(number, self.name, tuple(self.conditions), Does(self.does), tier)


def stated(data: dict[str, Any]) -> Stated:
    """Of a form's clean data."""
    return Stated(
        name=data["name"],
        slots=[(data.get(fact) or "", data.get(number)) for fact, number in SLOTS],
        does=data["does"],
        tier=data.get("tier"),
        people=list(data.get("people") or []),
        teams=list(data.get("teams") or []),
    )


def problems(rule: Stated, path: Collection[Tier] | None) -> Iterator[Problem]:
    """``path``: the tiers of who works on it, as they will be; None: not known, for they are wrong themselves."""
    for (fact, number), slot in zip(rule.slots, SLOTS, strict=True):
        yield from _slot_problems(fact, number, *slot)
    yield from _conditions_problems(rule)
    if rule.tier is not None and rule.tier.archived_at:
        yield Problem("tier", _("%(name)s is archived. Choose a tier that is in use.") % {"name": rule.tier})
    if rule.does == Does.INFORM:
        yield from _nobody_informed(rule)
        return
    for name, given in (("people", rule.people), ("teams", rule.teams)):
        if given:
            yield Problem(name, _("Only a rule that informs names people and teams."))
    if rule.does == Does.ADVISE and rule.tier is not None:
        yield Problem("tier", _("An advice leads to the next tier where somebody is there: leave this empty."))
    if rule.does == Does.ESCALATE and rule.tier is not None and path is not None and rule.tier not in path:
        text = _("%(name)s is not among the steps of who works on it: the rule would never act.")
        yield Problem("tier", text % {"name": rule.tier})


def _slot_problems(fact: str, number: int | None, fact_field: str, number_field: str) -> Iterator[Problem]:
    if not fact:
        if number is not None:
            yield Problem(fact_field, _("Say what the number is about, or empty it."))
        return
    if fact in WITHOUT_NUMBER:
        if number is not None:
            yield Problem(number_field, _("This needs no number."))
    elif number is None:
        yield Problem(number_field, _("Give a number."))
    elif fact == Fact.SEVERITY and number > 5:
        yield Problem(number_field, _("Severities go from 1 (the worst) to 5."))
    elif fact == Fact.GROWTH and number < 2:
        yield Problem(number_field, _("Give 2 or more: so many times as many."))
    elif fact in MINUTES and number > LONGEST:
        yield Problem(number_field, _("Give %(most)d minutes at the most: a year.") % {"most": LONGEST})
    elif number > MOST:
        yield Problem(number_field, _("Give %(most)d at the most.") % {"most": MOST})


def _conditions_problems(rule: Stated) -> Iterator[Problem]:
    facts: list[str] = []
    for (fact, _number), (name, _of) in zip(rule.slots, SLOTS, strict=True):
        if fact and fact in facts:
            yield Problem(name, _("The same is asked twice."))
        facts.append(fact)
    if Fact.UNANSWERED in facts and (others := [one for one in facts if one in _SOMEBODY_HAS_IT]):
        name = SLOTS[facts.index(others[0])][0]
        yield Problem(name, _("This is only so while somebody has it, and another condition is that nobody does."))


def _nobody_informed(rule: Stated) -> Iterator[Problem]:
    if not (rule.people or rule.teams or rule.tier):
        yield Problem("people", _("Say who is informed: people, teams or a tier."))
        return
    for team in rule.teams:
        if team.archived_at:
            yield Problem("teams", _("The team %(name)s is archived.") % {"name": team})
    gone = [person for person in rule.people if not person.is_active]
    auditors = [person for person in rule.people if person.is_auditor]
    if gone:
        yield Problem("people", _("%(name)s's account has ended. Choose somebody else.") % {"name": gone[0]})
    elif auditors:
        yield Problem("people", _("%(name)s is an auditor, who is never called.") % {"name": auditors[0]})
    elif rule.teams and not (rule.people or rule.tier) and not any(agents_of([t.pk for t in rule.teams]).values()):
        yield Problem("teams", _("Nobody active is in these teams."))
