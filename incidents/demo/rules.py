"""Two rules of the sample organisation: one that acts while nobody is there, and one that speaks to whoever has it."""

from escalation.policies.models import Policy
from escalation.policies.rules import Does, Fact
from escalation.policies.ruling import PolicyRule


def build(policy: Policy) -> None:
    PolicyRule.objects.create(
        policy=policy,
        position=1,
        name="Many wait and nobody is there",
        fact=Fact.PEOPLE,
        number=200,
        fact_2=Fact.UNANSWERED,
        number_2=2,
        does=Does.ESCALATE,
    )
    PolicyRule.objects.create(
        policy=policy, position=2, name="Nothing helps", fact=Fact.FAILED, number=3, does=Does.ADVISE
    )
