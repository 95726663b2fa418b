"""Whom an entry of the record called. Pure."""

from incidents.models.effort import Told

CALLS = ("called", "also_called", "reassigned", "offered", "woken", "exhausted")


def called_by(told: Told) -> list[int]:
    """The people, by their numbers: of a step, of a tier, of an offer, whoever holds what woke, or the last resort.

    Who took it, or woke it, themselves was not called by that. Nobody by an entry of another kind.
    """
    if told.kind not in CALLS:
        return []
    if told.kind in ("exhausted", "offered"):
        people = [told.data.get("last_resort" if told.kind == "exhausted" else "to")]
    else:
        people = told.data.get("people") or []
    own = told.actor_id if told.kind in ("reassigned", "woken") else None
    return [one["id"] for one in people if one and one["id"] != own]
