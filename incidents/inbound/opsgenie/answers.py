"""The Alert API's own answers, to the letter that its clients read, and the numbers in them. Pure.

A request's id and an alert's id are UUIDs that hold the number of our row, so neither needs a column;
what they name is looked for among the rows of the key's source, so that nothing is gained by guessing one.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

ACCEPTED = "Request will be processed"
NOT_YET = "Request not found. It might not be processed, yet."  # clients ask again
UNKNOWN_KEY = "Could not authenticate"
TOO_MANY = "You are making too many requests!"
NO_ALERT = "Alert does not exist"
THROTTLED = {"X-RateLimit-State": "THROTTLED", "X-RateLimit-Reason": "ACCOUNT", "X-RateLimit-Period-In-Sec": "60"}

_REQUESTS = uuid.UUID("b0000000-0000-8000-8000-000000000000").int  # version 8: it means what its maker says
_ALERTS = uuid.UUID("ba000000-0000-8000-8000-000000000000").int
_SOURCES = uuid.UUID("b5000000-0000-8000-8000-000000000000").int
_LAST = 2**48

_ACTIONS = {
    "create": "Create",
    "close": "Close",
    "delete": "Delete",
    "acknowledge": "Acknowledge",
    "unacknowledge": "UnAcknowledge",
    "notes": "AddNote",
    "snooze": "Snooze",
    "escalate": "EscalateToNext",
    "assign": "AssignOwnership",
    "responders": "AddResponder",
    "teams": "AddTeam",
    "tags": "AddTags",
    "details": "AddDetails",
    "message": "UpdateMessage",
    "description": "UpdateDescription",
    "priority": "UpdatePriority",
    "custom": "CustomAction",
}


def request_id(receipt: int) -> str:
    """Of what was kept as this receipt."""
    return str(uuid.UUID(int=_REQUESTS + receipt))


def new_request_id() -> str:
    """Of what was not kept."""
    return str(uuid.uuid4())


def receipt_of(request: str) -> int | None:
    return _number(request, _REQUESTS)


def alert_id(key: int) -> str:
    return str(uuid.UUID(int=_ALERTS + key))


def key_of(alert: str) -> int | None:
    return _number(alert, _ALERTS)


def _number(text: str, beginning: int) -> int | None:
    try:
        number = uuid.UUID(text).int - beginning
    except ValueError:
        return None
    return number if 0 < number < _LAST else None


def integration_id(source: int) -> str:
    return str(uuid.UUID(int=_SOURCES + source))


def instant(value: datetime | None) -> str | None:
    """As ``2026-11-23T10:15:31.120Z``: some clients read three digits, not six."""
    return None if value is None else value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def status(
    call: str, *, source: int, at: datetime, success: bool, said: str, alert: int | None, alias: str
) -> dict[str, Any]:
    """What became of a request. Older clients read ``isSuccess``, newer ones ``success``."""
    return {
        "success": success,
        "isSuccess": success,
        "action": _ACTIONS.get(call, call),
        "processedAt": instant(at),
        "integrationId": integration_id(source),
        "status": said,
        "alertId": alert_id(alert) if alert else "",
        "alias": alias if alert else "",
    }
