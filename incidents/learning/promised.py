"""What was said of promises, as rules count it. Pure."""

from collections.abc import Collection

from escalation.policies.rules import Fact
from incidents.promises.cycle import Kind, Say

KINDS = tuple(say.value for say in Say)
_SAID = {
    Fact.ANSWER_RISK: (Kind.RESPONSE, Say.RISK),
    Fact.ANSWER_LATE: (Kind.RESPONSE, Say.BROKEN),
    Fact.UPDATE_LATE: (Kind.UPDATE, Say.BROKEN),
    Fact.RESOLVE_RISK: (Kind.RESOLVE, Say.RISK),
    Fact.RESOLVE_LATE: (Kind.RESOLVE, Say.BROKEN),
}


def counts(warned: Collection[tuple[Kind, Say]]) -> dict[str, int]:
    """``warned``: of promises that are not kept yet."""
    return {fact: int(said in warned) for fact, said in _SAID.items()}
