"""Named points between two steps of the engine, where a rehearsal may interrupt it.

``reach`` does nothing unless somebody has armed it. The property test arms it with an exception, the
chaos run with a kill: what has to hold "wherever it dies" is tried at each of these points.

Real processes are armed from outside: ``BATON_FAILPOINTS`` names a folder, and a file in it named as a
point, with the word ``kill`` or ``freeze``, is an order. The first process to reach the point takes the
file away (it becomes ``name.taken.<when>.<pid>``) and obeys, so that every order is carried out once.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

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

# Only with care, a while after a process died at work: a rehearsal cannot wait for it.
WITH_CARE = ("drain.counted",)  # tries are counted and committed, nothing is done

# Beside the engine, in the thread that writes the record's anchor.
OF_ANCHORS = (
    "anchor.stated",  # what the database says is known, nothing is written
    "anchor.written",  # the line is on disk and the log still held; nobody knows of it
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


def arm_from_environment() -> None:
    """Obey the orders in the folder that ``BATON_FAILPOINTS`` names, if it does."""
    folder = os.environ.get("BATON_FAILPOINTS", "")
    if folder:
        arm(lambda name: _obey(Path(folder), name))


def _obey(folder: Path, name: str) -> None:
    taken = folder / f"{name}.taken.{time.monotonic_ns()}.{os.getpid()}"
    try:
        os.rename(folder / name, taken)
    except OSError:  # there is no order, or another process was faster
        return
    order = taken.read_text().strip()
    os.kill(os.getpid(), signal.SIGSTOP if order == "freeze" else signal.SIGKILL)
