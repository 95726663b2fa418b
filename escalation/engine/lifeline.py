"""A process's ties: it dies with the one that started it, says in ``ps`` what it is, and that it has come up.

An orphaned worker would go on working with nobody to restart it or to stop it. Linux kills it
for us at the instant its parent is gone; elsewhere a thread looks once a second.
"""

import ctypes
import os
import signal
import sys
import threading
import time

_LINUX = sys.platform.startswith("linux")
_libc = ctypes.CDLL(None, use_errno=True) if _LINUX else None  # loaded before any fork
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
ORPHANED = 71  # exit code
READY = "BATON_READY_FD"  # where to say that we have come up, if whoever started us wants to know


def tie(parent: int) -> None:
    """Die with ``parent``, the pid read *before* the fork (in a container it may well be 1)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it died before we were tied to it
        os._exit(ORPHANED)


def watch_parent() -> None:
    """Where the system has no such tie: look, and leave when the parent has changed."""
    if _libc is None:
        threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(ORPHANED)


def name(title: str) -> None:
    """The name shown by ``ps`` and ``top``; Linux keeps 15 characters."""
    if _libc is not None:
        _libc.prctl(_PR_SET_NAME, title.encode()[:15], 0, 0, 0)


def say_ready() -> None:
    """To whoever started us: we work from now on."""
    told = os.environ.pop(READY, "")
    if told:
        os.write(int(told), b"!")
        os.close(int(told))
