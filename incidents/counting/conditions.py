"""Whatever is counted of an incident that is over, as a condition on its summary."""

from functools import reduce
from operator import or_

from django.db.models import F, Q

from incidents.learning.climbs import REASONS

TIMES = ("acknowledge", "escalate", "expert", "resolve", "hands_on")
BOUNDS = (300, 900, 3600, 4 * 3600, 24 * 3600)  # seconds; a band begins with its bound
BANDS = range(len(BOUNDS) + 1)
WHYS = (*REASONS, "by_clock")
BY_HAND = reduce(or_, (Q(**{f"{reason}__gt": 0}) for reason in REASONS))
OTHERS = {
    "first": Q(tiers=1, alone=False) & (Q(solver="") | Q(solver=F("furthest"))),
    "escalated": Q(escalate_s__isnull=False),
    "misrouted": Q(misrouted=True),
    "handed": Q(handovers__gt=0),
    "reopened": Q(reopened__gt=0),
    "over": Q(misrouted=True) & BY_HAND,
    "warned": Q(warned_s__isnull=False),
    "hesitated": Q(hesitated=True),
    "alone": Q(alone=True),
    "noise": Q(alone=True, hands_on_s=0),
}


def _band(name: str, number: int) -> Q:
    low = Q(**{f"{name}_s__gte": BOUNDS[number - 1]}) if number else Q(**{f"{name}_s__isnull": False})
    return low & Q(**{f"{name}_s__lt": BOUNDS[number]}) if number < len(BOUNDS) else low


# The number and the list of its incidents are made of the same one.
ONLY: dict[str, Q] = {
    **{name: Q(**{f"{name}_s__isnull": False}) for name in TIMES},  # what the average is of
    **{f"{name}.{number}": _band(name, number) for name in TIMES for number in BANDS},
    **{f"why.{reason}": Q(**{f"{reason}__gt": 0}) for reason in WHYS},
    **OTHERS,
}
