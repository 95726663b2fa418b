"""The record's lines gathered for reading: each message under the call it belongs to, and the days marked."""

from collections.abc import Sequence

from django.utils import timezone

from .record import Line

# Which entry a delivery belongs to, by what kind of message it was.
_TOLD_BY = {
    "call": ("called",),
    "inform": ("called",),
    "rule": ("rule_acted",),
    "also": ("also_called",),
    "offer": ("offered",),
    "returned": ("offer_returned",),
    "accepted": ("accepted",),
    "declined": ("declined",),
    "woken": ("woken",),
    "maintenance_over": ("maintenance_ended",),
    "put_back": ("put_back",),
    "assigned": ("reassigned",),
    "moved": ("called", "reassigned", "taken_back", "woken", "maintenance_ended"),
    "role": ("role_filled",),
    "role_offer": ("role_offered",),
    "role_news": ("role_taken", "role_declined", "role_kept", "role_offered", "role_back"),
    "last_resort": ("exhausted", "step_failed"),
    "update": ("update_published",),
    "action_due": ("review_reminded",),
}


def _call_of(delivery: Line, before: Sequence[Line]) -> Line | None:
    """The latest entry that had this message sent; one that names people must name the receiver."""
    kinds = _TOLD_BY.get(delivery.data.get("kind", ""), ())
    to = (delivery.data.get("to") or {}).get("id")
    for line in reversed(before):
        if line.kind in kinds and line.entry.run == delivery.entry.run:
            named = [person["id"] for person in line.data.get("people") or []]
            if not named or to in named or delivery.data.get("kind") == "moved":
                return line
    return None


def grouped(lines: Sequence[Line]) -> list[Line]:
    """Newest first, with each delivery under the call it belongs to, and the days marked."""
    shown: list[Line] = []
    for line in reversed(lines):
        call = _call_of(line, shown) if line.kind == "delivery" else None
        if call is None:
            shown.append(line)
        else:
            call.deliveries.append(line)
    shown.reverse()
    gone = {line.data.get("undoes", {}).get("seq") for line in shown if line.kind == "note_taken_back"}
    day = timezone.localdate()
    for line in shown:
        line.taken_back = line.seq in gone
        line.starts_day = timezone.localdate(line.at) != day
        day = timezone.localdate(line.at)
    return shown
