"""Which entries of the record are events for other systems, under which type, and what of an entry goes along. Pure.

Every kind of entry is named here, as an event or as left out with its reason: what is added to the record tomorrow
must be decided, not forgotten (a test reads the kinds from the code). Types and their fields are a promise to programs
elsewhere: add, but never take away or change (docs/webhooks-out.md).
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

PING = "ping"
TRIGGERED, ESCALATED, UPDATED = "incident.triggered", "incident.escalated", "incident.updated"
SEVERITY = "incident.priority_changed"

TYPES = {
    TRIGGERED: _("opened"),
    "incident.acknowledged": _("acknowledged"),
    ESCALATED: _("escalated: the next people are called, or those who must know"),
    "incident.exhausted": _("at the end of its path, with nobody left to call"),
    "incident.handover_offered": _("offered to somebody"),
    "incident.handover_ended": _("an offer came to nothing"),
    "incident.reassigned": _("in other hands: an offer accepted, or reassigned"),
    "incident.snoozed": _("put on hold"),
    "incident.unsnoozed": _("the hold ended"),
    "incident.note_added": _("a note"),
    SEVERITY: _("another severity"),
    "incident.update_published": _("an update for those who must know"),
    "incident.promise_at_risk": _("a promised time is near"),
    "incident.promise_broken": _("a promised time was missed"),
    UPDATED: _("anything else that changes"),
    "incident.resolved": _("resolved"),
    "incident.reopened": _("re-opened"),
    "incident.closed": _("closed for good"),
}

_EVENTS = {
    "opened": TRIGGERED,
    "acknowledged": "incident.acknowledged",
    "called": ESCALATED,
    "also_called": ESCALATED,
    "exhausted": "incident.exhausted",
    "offered": "incident.handover_offered",
    "declined": "incident.handover_ended",
    "taken_back": "incident.handover_ended",
    "offer_returned": "incident.handover_ended",
    "accepted": "incident.reassigned",
    "reassigned": "incident.reassigned",
    "held": "incident.snoozed",
    "woken": "incident.unsnoozed",
    "note": "incident.note_added",
    "outside_note": "incident.note_added",
    "update_published": "incident.update_published",
    "promise_risk": "incident.promise_at_risk",
    "promise_broken": "incident.promise_broken",
    "resolved": "incident.resolved",
    "reopened": "incident.reopened",
    "closed": "incident.closed",
    # What a program elsewhere tells apart by ``change.kind``.
    **dict.fromkeys(("facts", "attempt", "decided", "note_taken_back", "needs", "rule_acted"), UPDATED),
    **dict.fromkeys(("absorbed", "linked", "unlinked", "attached", "detached"), UPDATED),
    **dict.fromkeys(("restricted", "unrestricted", "let_in"), UPDATED),
    **dict.fromkeys(("maintenance_began", "maintenance_moved", "maintenance_ended", "awaits_shift"), UPDATED),
    **dict.fromkeys(("told_all", "step_failed", "put_back", "update_withdrawn", "text_taken"), UPDATED),
    **dict.fromkeys(("outside_acknowledged", "outside_unacknowledged", "outside_wish"), UPDATED),  # nobody here has it
    **dict.fromkeys(("runbook_ticked", "runbook_unticked"), UPDATED),
    **dict.fromkeys(("role_filled", "role_open", "role_offered", "role_taken", "role_declined"), UPDATED),
    **dict.fromkeys(("role_left", "role_back", "role_kept"), UPDATED),
}
_HANDS = "when somebody's hands were on it is for those who work with them"
_REVIEW = "a review looks back, and changes nothing about its incident"
_REVIEWS: tuple[str, ...] = ("review_begun", "review_changed", "review_shared", "review_remark")
_REVIEWS += ("review_action", "review_action_moved", "review_action_done", "review_action_dropped", "review_reminded")
_REVIEWS += ("review_declined",)
_PROBLEM = "what recurs looks back, and changes nothing about an incident"
_PROBLEMS: tuple[str, ...] = ("problem_begun", "problem_changed", "problem_fixed", "problem_closed", "problem_reopened")
_PROBLEMS += ("problem_linked", "problem_unlinked", "problem_action", "problem_action_moved", "problem_action_done")
_PROBLEMS += ("problem_action_dropped", "problem_reminded")
_CASE = "what is learnt from it changes nothing about it"
_CASES = ("case_begun", "case_published", "case_withdrawn", "case_removed")
_HEARTBEAT = "it is on the heartbeat's own record; when one stops, an incident is opened, which is told"
LEFT_OUT = {
    "alert": "a repeat of what is open already; one that changes the severity is an event",
    "delivery": "how each message went is Baton's own business, and there are many",
    "began_work": _HANDS,
    "stopped_work": _HANDS,
    "advice_taken": "what follows from the advice is an event of its own",
    "advice_declined": "advice is for whoever works on it",
    "runbook_settled": "it is about the runbook, not about the incident",
    **dict.fromkeys(("heartbeat_began", "heartbeat_spared", "heartbeat_stopped", "heartbeat_back"), _HEARTBEAT),
    **dict.fromkeys(("room_told", "room_left"), "where people read of it is no news of it"),
    **dict.fromkeys(_REVIEWS, _REVIEW),
    **dict.fromkeys(_PROBLEMS, _PROBLEM),
    **dict.fromkeys(_CASES, _CASE),
    "repaired": "Baton mended itself; what follows is an event of its own",
}
_FIRST = ("opened", "reopened")  # the first call says why it is made; the event before has told it

# Of an entry's facts these go along, whatever the kind: plain values, people and tiers by name, and nothing else.
# Not: references of other incidents that a receiver may not see, policies, numbers of rows, and what a source sent.
_NAMES = (
    "why reason mode track act from to holder people tier limit_s late_s unreached until by_hand cause open_s"
    " merged_into last_resort after_s fallback instead_of severity override people_affected impact urgency because"
    " outcome number minutes stage on_status_page promise role rule added removed worked undoes mentioned said_by"
)
_FACTS = frozenset(_NAMES.split())
_NOT_OF_A_SEVERITY = ("promised", "least")
MOST = 20  # of a list


def type_of(kind: str, data: Mapping[str, Any]) -> str:
    """The type of the event that an entry is; empty if it is none."""
    if isinstance(data.get("severity"), dict) and kind in ("facts", "alert", "absorbed"):
        return SEVERITY
    if kind == "called" and data.get("why") in _FIRST and data.get("track") == "functional":
        return ""
    return _EVENTS.get(kind, "")


def known() -> set[str]:
    """Every kind of entry that somebody has decided about."""
    return _EVENTS.keys() | LEFT_OUT.keys()


def change(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the event says of the change itself."""
    found = {name: _plain(value) for name, value in data.items() if name in _FACTS and value not in (None, "", [], {})}
    if isinstance(found.get("rule"), dict):
        found["rule"] = found["rule"].get("name", "")
    return {"kind": kind} | found


def _plain(value: Any) -> Any:
    """No more of anything than somebody reads."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if key not in _NOT_OF_A_SEVERITY}
    if isinstance(value, list):
        return [_plain(one) for one in value[:MOST]]
    return value


def severities(kind: str, data: Mapping[str, Any], now: int) -> int:
    """The worse of what its severity is and what it was before this change: whoever hears of it must hear the end."""
    changed = data.get("severity")
    before = changed.get("from") if isinstance(changed, dict) else None
    return min(now, before) if isinstance(before, int) else now
