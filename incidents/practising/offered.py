"""All cases that there are to play: those that come with the product, and those of this installation's own record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from escalation.people.models import User
from incidents.models import TrainingCase, TrainingPlay

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


@transaction.atomic
def begin(key: str, *, by: User) -> TrainingPlay | None:
    """Begin to play one of them, or go on with it; None if there is none (any more). Whoever takes the words of our own
    away in this moment has come before, and it is not there; or comes after, and finds the play."""
    told = case(key, held=True)
    return None if told is None else TrainingPlay.begin_play(by=by, case=key, told=told)


def case(key: str, *, held: bool = False) -> Mapping[str, Any] | None:
    """One of them; None if there is none (any more). ``held``: it stays as it is until the transaction ends."""
    if key in shipped.cases():
        return shipped.cases()[key]
    number = key.removeprefix("own-")
    if number == key or not (number.isascii() and number.isdecimal()) or len(number) > 18:
        return None
    rows = TrainingCase.objects.published().filter(pk=number)
    found = (rows.select_for_update(of=("self",), no_key=True) if held else rows).first()
    return found.told if found is not None and found.key == key else None
