"""What is said to a service after it was answered: it waits seconds only, and what we have to say may take longer.

Said by a thread that never touches the database, and lost if the process ends at that moment: what was answered is on
record before.
"""

import json
import logging
import threading
from collections.abc import Mapping
from typing import Any

from escalation.kit import outbound

log = logging.getLogger(__name__)

_AT_ONCE = 16
_room = threading.BoundedSemaphore(_AT_ONCE)


def say(who: str, url: str, said: Mapping[str, Any], **headers: str) -> None:
    """Post ``said`` as JSON. Nothing of the address, which may be a secret, is logged."""
    body = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")  # an id from outside may be no text
    told = {"Content-Type": "application/json; charset=utf-8", **headers}
    if not _room.acquire(blocking=False):
        log.warning("%s was not told what came of an answer: too much at once", who)
        return
    try:
        threading.Thread(target=_post, args=(who, url, body, told), daemon=True, name="afterwards").start()
    except RuntimeError:  # this machine has no room for one more
        _room.release()
        log.warning("%s was not told what came of an answer: no thread can be had", who)


def _post(who: str, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    try:
        answer = outbound.send("POST", url, body=body, headers=headers)
        if not answer.fine or b'"ok":false' in answer.body.replace(b" ", b""):
            log.warning("%s did not take what came of an answer (%s)", who, answer.status)
    except outbound.OutboundError as error:
        log.warning("%s could not be told what came of an answer: %s", who, error)
    except Exception:
        log.exception("%s could not be told what came of an answer", who)
    finally:
        _room.release()


def settle() -> None:
    """Wait until all is said. For tests."""
    for _slot in range(_AT_ONCE):
        _room.acquire()
    for _slot in range(_AT_ONCE):
        _room.release()
