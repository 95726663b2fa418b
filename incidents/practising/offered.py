"""All cases that there are to play: those that come with the product, and those of this installation's own record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incidents.models import TrainingCase

from . import shipped

MOST = 100  # of our own


@dataclass(frozen=True)
class Offered:
    told: Mapping[str, Any]
    own: bool = False  # from our own record


def cases() -> dict[str, Offered]:
    """By key, in their order: the shipped ones, then the newest of our own. One query."""
    found = {key: Offered(told) for key, told in shipped.cases().items()}
    rows = TrainingCase.objects.published().only("told").order_by("-published_at", "-pk")[:MOST]
    return found | {one.key: Offered(one.told, own=True) for one in rows}


def case(key: str) -> Mapping[str, Any] | None:
    """One of them; None if there is none (any more)."""
    if key in shipped.cases():
        return shipped.cases()[key]
    number = key.removeprefix("own-")
    if number == key or not (number.isascii() and number.isdecimal()) or len(number) > 18:
        return None
    found = TrainingCase.objects.published().filter(pk=number).first()
    return found.told if found is not None and found.key == key else None
