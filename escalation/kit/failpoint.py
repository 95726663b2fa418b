"""Named points between two steps of the engine, where a rehearsal may interrupt it.

``reach`` does nothing unless somebody has armed it. The property test arms it with an exception, the
chaos run with a kill: what has to hold "wherever it dies" is tried at each of these points.
"""

from collections.abc import Callable

NAMES = (
    "drain.claimed",  # timers and heads are locked, nothing is done
    "drain.written",  # everything is written, nothing is committed
    "drain.committed",  # committed, the bell has not rung
    "verb.written",  # a verb's rows are written, not committed
    "deliver.claimed",  # leases are committed, nothing was said
    "deliver.sent",  # it was said, and is not on record
    "deliver.recorded",  # on record, not committed
    "intake.kept",  # receipts are written, not committed
    "intake.committed",  # committed, the sender has no answer
)

_armed: Callable[[str], None] | None = None


def reach(name: str) -> None:
    """The caller is at the point ``name``."""
    if _armed is not None:
        _armed(name)


def arm(act: Callable[[str], None] | None) -> None:
    """Have ``act(name)`` called at every point, or nothing any more. For rehearsals."""
    global _armed
    _armed = act
