"""When a rule acts: what is written, and who is told. When that is the path says; what it goes by is in ``knowing``."""

from escalation.policies import path, rules, rulewords

from . import duty
from .models import EscalationRun
from .words import late, named
from .work import Work

MESSAGE = "rule"  # the kind of what people are told by one


def cause_of(run: EscalationRun, rule: rules.Rule) -> str:
    return f"run:{run.pk}:rule:{rule.id}"


def record(work: Work, run: EscalationRun, decision: path.Decision, standing: path.Standing) -> None:
    """That it acts, why, and with which facts. Its cause can be on record only once. ``standing``: as it was before."""
    rule = decision.rule
    assert rule is not None
    known, limit = run.facts.known, standing.deadline
    said = [
        {"fact": one.fact.value, "number": one.number, "was": rules.amount(one.fact, known, limit, work.now)}
        for one in rule.conditions
    ]
    data: dict = {"rule": {"id": rule.id, "name": rule.name}, "does": rule.does.value, "conditions": said}
    data |= {"tier": rule.tier} if rule.tier else {}
    if rule.does is rules.Does.INFORM:
        data |= {"people": [named(person) for person in decision.people], **duty.by(decision.by)}
    cause = cause_of(run, rule)
    work.entry(run.trail_id, "rule_acted", {**data, **late(work, decision)}, run=run, cause=cause)


def inform(work: Work, run: EscalationRun, decision: path.Decision) -> None:
    """Those who must know are told, and may see it. Nobody is asked for an answer."""
    rule = decision.rule
    assert rule is not None
    target = next(one["target"] for one in run.frozen["rules"] if one["id"] == rule.id)
    message = {
        "why": path.Why.RULE.value,
        "rule": rule.name,
        "when": rulewords.when(rule.conditions),
        "holder": named(run.holder),
        "tier": run.tier.name if run.tier else None,
    }
    work.tell(run, decision.people, kind=MESSAGE, cause=cause_of(run, rule), message=message)
    work.called(run, people=decision.people, teams=duty.teams(target, decision.by))
