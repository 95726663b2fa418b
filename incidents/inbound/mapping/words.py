"""The words senders use for what is to be done and for how bad it is. Pure."""

from ..alert import Action
from ..alert import severity as by_word

_ACTIONS = {
    Action.TRIGGER: (
        *("trigger", "triggered", "firing", "fire", "fired", "open", "opened", "alerting", "alert", "alarm", "problem"),
        *("down", "critical", "error", "warning", "active", "activated", "created", "1", "true"),
    ),
    Action.RESOLVE: (
        *("resolve", "resolved", "close", "closed", "ok", "up", "normal", "recovery", "recovered", "clear", "cleared"),
        *("success", "0", "false"),
    ),
    Action.ACKNOWLEDGE: ("acknowledge", "acknowledged", "acknowledgement", "ack"),
    Action.NOTE: ("note", "comment"),
}
_ACTION = {word: action for action, words in _ACTIONS.items() for word in words}
_LEVELS = {f"{word}{level}": level for word in ("p", "sev") for level in range(1, 6)}
IGNORE = "ignore"


def action(word: str) -> Action | None:
    """None for a word nobody knows."""
    return _ACTION.get(word.strip().casefold())


def severity(word: str) -> int | None:
    """1 to 5, or None. A bare number is nobody's word: some count from the worst, some up to it."""
    return by_word(word) or _LEVELS.get(word.strip().casefold())
