"""What was refused for what it says is kept for admins, a little of it: whoever set the sender up looks for the reason.

Only what came with a right key, so no stranger fills anything; and only now and then, so no sender keeps the database
busy with its mistakes. Never a key, and nothing that the door would not keep of a message it takes.
"""

import logging

from escalation.kit import clock
from escalation.kit.allowance import Allowance
from escalation.kit.text import one_line
from incidents.models import RefusedMessage

from . import intake
from .alert import Invalid
from .door import Asked

log = logging.getLogger(__name__)

A_MINUTE = 10  # of one source, in each web process
SOURCES = 1_000  # that are counted
_BRINGS_NOTHING = ("GET", "HEAD", "OPTIONS")

_rates: dict[int, Allowance] = {}


def keep(asked: Asked, error: Invalid) -> None:
    """Never raises: the answer is the same without it."""
    if asked.opened is None or asked.request.method in _BRINGS_NOTHING or not _may(asked.source.pk):
        return
    try:
        intake.note_use(asked.opened)  # it is seen that the key, at least, is right
        RefusedMessage.keep(
            asked.source,
            status=asked.door.invalid(error).status,
            reason=one_line(str(error), limit=500),
            content_type=one_line(asked.request.META.get("CONTENT_TYPE", ""), limit=200),
            body=_body(asked),
            now=clock.now(),
        )
    except Exception:
        log.exception("a refused message could not be kept; its sender was told why")


def _may(source: int) -> bool:
    now = clock.nearly().timestamp()
    if source not in _rates:
        if len(_rates) >= SOURCES:
            _rates.clear()
        _rates[source] = Allowance(A_MINUTE, now)
    return _rates[source].take(now)


def _body(asked: Asked) -> bytes:
    """Nothing of what was not read, or of what cannot be told apart from what must not be kept."""
    if "body" not in vars(asked):  # too large, or of a wrong type
        return b""
    try:
        return asked.door.kept(asked, asked.source)
    except Invalid:
        return b""
