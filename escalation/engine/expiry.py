"""Messages that are not worth sending any more: after a long outage, or behind a provider that was away for hours.

What asks somebody to act never expires: it is cancelled the moment it is answered, climbed over or resolved, and until
then it is current, however late. All else only tells, and what it tells is old one day. The rules are few:

- a code, when it is not valid any more; a test, and what answers a text message, when whoever waited for it has long
  gone away;
- who passed the baton, or a role, to whom, after two hours: its trail has it, and so has the desk;
- what informs about an incident that is still open, after four (of one that has ended nothing is sent at all);
- an update to those who do not work on it, after a day: the last one says that it is over, which is worth knowing late;
- a swap that is asked for, when its shift has begun; what became of a swap or a cover, and who is on call instead of
  whom, after a day, but never before the time it is about begins.

Age counts from when a message was to leave, so quiet hours make nothing old.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from escalation.notify import codes
from escalation.notify.reaching import REPLY, TEST, VERIFY

LASTS = {
    VERIFY: codes.VALID,
    TEST: timedelta(minutes=15),
    REPLY: timedelta(minutes=15),
    "role_news": timedelta(hours=2),
    **dict.fromkeys(("accepted", "declined", "withdrawn", "moved"), timedelta(hours=2)),
    **dict.fromkeys(("inform", "rule", "also", "returned"), timedelta(hours=4)),
    **dict.fromkeys(("swap_accepted", "swap_declined", "cover_ended"), timedelta(days=1)),
    **dict.fromkeys(("swap_unanswered", "duty_on", "duty_off", "update"), timedelta(days=1)),
}
SWAPS = ("swap_asked", "swap_waiting")
MAY_EXPIRE = (*LASTS, *SWAPS)


def why_not(kind: str, message: Mapping[str, Any], planned: datetime, now: datetime) -> str:
    """Why a message that was to leave at ``planned`` is not worth sending at ``now``; empty if it is."""
    if kind in SWAPS:
        begins = _instant(message.get("until"))
        return "the shift has begun" if begins is not None and begins <= now else ""
    lasts = LASTS.get(kind)
    if lasts is None or now - planned < lasts or _is_to_come(message, now):
        return ""
    if kind == VERIFY:
        return "its code is not valid any more"
    return f"it is more than {_span(lasts)} late"


def _is_to_come(message: Mapping[str, Any], now: datetime) -> bool:
    begins = _instant(message.get("begins"))
    return begins is not None and begins > now


def _instant(said: Any) -> datetime | None:
    try:
        found = parse_datetime(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"
