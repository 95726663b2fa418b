"""The rules of a policy, as admins keep them, and frozen. Its conditions are three columns each: forms, the record of
the configuration and the database read them as they are."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from escalation.people.models import Team, Tier, User

from .rules import Condition, Does, Fact, Rule

MOST_CONDITIONS = 3

FACTS = {
    Fact.SEVERITY: _("severity: this or worse (1 is the worst)"),
    Fact.PEOPLE: _("people affected: at least"),
    Fact.GROWTH: _("more people affected within an hour: at least so many times as many"),
    Fact.UNANSWERED: _("nobody has acknowledged: minutes"),
    Fact.OPEN: _("open: minutes"),
    Fact.SILENCE: _("nothing heard of who has it: minutes"),
    Fact.LIMIT: _("left of the time to work on it: minutes at most"),
    Fact.HANDS_ON: _("hands-on time at this tier: minutes"),
    Fact.EFFORT: _("hands-on time in all: minutes"),
    Fact.FAILED: _("attempts at this tier that did not help: at least"),
    Fact.PASSES: _("handed on since a tier was last called: times"),
    Fact.REOPENED: _("re-opened: times"),
    Fact.AGAIN: _("the same trouble in 30 days before: times"),
    Fact.MISSING: _("whoever has it lacks something that it needs"),
    Fact.MISSING_AUTHORITY: _("whoever has it lacks an authority that it needs"),
    Fact.MISSING_ACCESS: _("whoever has it lacks an access that it needs"),
    Fact.ANSWER_RISK: _("the promised answer is at risk, or late"),
    Fact.ANSWER_LATE: _("the promised answer is late"),
    Fact.UPDATE_LATE: _("a promised update is late"),
    Fact.RESOLVE_RISK: _("the promised resolution is at risk, or late"),
    Fact.RESOLVE_LATE: _("the promised resolution is late"),
}
DOES = {
    Does.ADVISE: _("advise to escalate: nobody is called"),
    Does.ESCALATE: _("escalate"),
    Does.INFORM: _("inform people: no answer is asked for"),
}


def _fact(label: Any, **more: Any) -> Any:
    choices = [(fact.value, words) for fact, words in FACTS.items()]
    return models.CharField(label, max_length=20, choices=choices, **more)


def _number(label: Any) -> Any:
    at_least_one = [MinValueValidator(1)]
    return models.PositiveIntegerField(label, null=True, blank=True, validators=at_least_one)


class PolicyRule(models.Model):
    """One rule of a policy. All of its conditions must hold; it acts once while a policy is climbed."""

    policy = models.ForeignKey("policies.Policy", models.CASCADE, related_name="rules", verbose_name=_("policy"))
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    name = models.CharField(_("name"), max_length=80)
    is_on = models.BooleanField(_("on"), default=True)
    fact = _fact(_("when"))
    number = _number(_("number"))
    fact_2 = _fact(_("and"), blank=True, default="")
    number_2 = _number(_("number"))
    fact_3 = _fact(_("and"), blank=True, default="")
    number_3 = _number(_("number"))
    does = models.CharField(
        _("then"), max_length=8, choices=[(does.value, words) for does, words in DOES.items()], default=Does.ADVISE
    )
    tier = models.ForeignKey(
        Tier,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tier"),
        help_text=_("To escalate to, if it comes later in the same round; empty: the next step. Or to inform."),
    )
    people = models.ManyToManyField(User, blank=True, related_name="+", verbose_name=_("people to inform"))
    teams = models.ManyToManyField(Team, blank=True, related_name="+", verbose_name=_("teams to inform"))

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["policy", "position", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def conditions(self) -> list[Condition]:
        return conditions_of(
            [(self.fact, self.number), (self.fact_2, self.number_2), (self.fact_3, self.number_3)],
        )


def conditions_of(stated: Iterable[tuple[str, int | None]]) -> list[Condition]:
    """Those that are stated whole."""
    return [Condition(Fact(fact), number or 1) for fact, number in stated if fact]


# --- frozen -------------------------------------------------------------------------------------------


def frozen_rules(policy: int) -> list[dict[str, Any]]:
    """The rules of a policy that are on, in their order. One query, or four if there are any."""
    rows = PolicyRule.objects.filter(policy=policy, is_on=True).select_related("tier").order_by("position", "id")
    return [frozen_rule(row) for row in rows.prefetch_related("people", "teams", "tier__schedules")]


def frozen_rule(row: PolicyRule) -> dict[str, Any]:
    informs = row.does == Does.INFORM
    return {
        "id": row.pk,
        "name": row.name,
        "conditions": [[one.fact.value, one.number] for one in row.conditions],
        "does": row.does,
        "tier": row.tier.name if row.tier else "",
        "target": _target(row.tier, list(row.people.all()), list(row.teams.all())) if informs else None,
    }


def _target(tier: Tier | None, people: Sequence[User], teams: Sequence[Team]) -> dict[str, Any]:
    """Whom it informs, in the words of a frozen step: a tier is who is on call by its schedules, else its team."""
    schedules = [one.pk for one in tier.schedules.all() if one.archived_at is None] if tier else []
    crew = [tier.team_id] if tier and not schedules else []
    return {
        "people": [person.pk for person in people],
        "teams": list(dict.fromkeys([*(team.pk for team in teams), *crew])),
        "schedules": schedules,
        "fallback": None,
    }


def thaw_rule(frozen: dict[str, Any]) -> Rule:
    return Rule(
        id=frozen["id"],
        name=frozen["name"],
        conditions=tuple(Condition(Fact(fact), number) for fact, number in frozen["conditions"]),
        does=Does(frozen["does"]),
        tier=frozen["tier"] if frozen["does"] == Does.ESCALATE else "",
    )
