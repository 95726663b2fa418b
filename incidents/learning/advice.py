"""What the signs come to: escalate now, soon, or not yet. Pure."""

from collections.abc import Iterable, Mapping
from enum import IntEnum

from .signs import Level, Preset, Sign

# Which reason of the taxonomy each sign gives to an escalation.
_REASONS = {"growth": "impact", "hands_on": "time", "silence": "time", "limit": "time"}
_MISSING = {"authority": "authority", "access": "access"}


class Verdict(IntEnum):
    NOT_YET = 0
    SOON = 1
    NOW = 2

    @property
    def key(self) -> str:
        return self.name.lower()


def points(signs: Iterable[Sign]) -> int:
    return sum(sign.level for sign in signs)


def verdict(signs: Iterable[Sign], preset: Preset) -> Verdict:
    total = points(signs)
    return Verdict.NOW if total >= preset.now else Verdict.SOON if total >= preset.soon else Verdict.NOT_YET


def reason(signs: Iterable[Sign]) -> str:
    """The one of the strongest sign."""
    strongest = next(iter(signs))
    if strongest.key == "missing":
        return _MISSING.get(str(strongest.evidence.get("kind")), "expertise")
    return _REASONS.get(strongest.key, "expertise")


def kept(signs: Iterable[Sign]) -> dict[str, list[int]]:
    """What is kept of the signs of an advice, to tell later whether it has got worse."""
    return {sign.key: [int(sign.level), sign.amount] for sign in signs if sign.level > Level.UNKNOWN}


def worse(signs: Iterable[Sign], then: Mapping[str, list[int]]) -> bool:
    """Whether there is more to say than when somebody said *not now*: another sign, a stronger one, or half as much
    again of one."""
    for key, (level, amount) in kept(signs).items():
        if key not in then:
            return True
        level_then, amount_then = then[key]
        if level > level_then or 2 * amount >= 3 * max(amount_then, 1):
            return True
    return False
