"""Escalations, as the record has them. Pure."""

from incidents.models.effort import Told

REASONS = ("expertise", "authority", "access", "impact", "time", "capacity")


def climbs(told: Told) -> bool:
    """A tier other than the one before was called: another step of the same one is none, nor is the first call."""
    data = told.data
    functional = told.kind == "called" and data.get("track") == "functional"
    return functional and bool(data.get("from")) and data.get("from") != data.get("to")


def by_hand(told: Told) -> bool:
    """Somebody asked for it, and said why; the others were made by the clock, by a rule or by another system."""
    return told.data.get("reason") in REASONS
