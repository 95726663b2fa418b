"""What can go wrong, each with a class of its own. ``str()`` is a sentence for people, as the desk would say it."""

from __future__ import annotations

from typing import Any


class BatonError(Exception):
    """Whatever this package raises."""


class Unreachable(BatonError):
    """No answer, after all tries. Whether it was carried out is not known: the same ``key`` may be sent again."""


class Garbled(BatonError):
    """An answer that is none of Baton's: another program is at this address, or something on the way."""


class Problem(BatonError):
    """An answer that says why not (RFC 9457).

    ``status`` is HTTP's, ``code`` is for programs (such as ``stale``), ``fields`` says what is wrong where, and
    ``state`` is how it is now, if that is not what was seen.
    """

    def __init__(self, status: int, told: dict[str, Any]) -> None:
        self.status = status
        self.told = told
        self.code = str(told.get("code") or "")
        self.title = str(told.get("title") or "")
        self.state: dict[str, Any] | None = told.get("state")
        found = told.get("errors")
        self.fields: dict[str, list[str]] = _fields(found)
        super().__init__(str(told.get("detail") or self.title or f"HTTP {status}"))


class NotSignedIn(Problem):
    """401: no token, or one that is unknown, revoked or over."""


class NotAllowed(Problem):
    """403: the token's scopes or the person's roles do not reach so far."""


class NotFound(Problem):
    """404: it does not exist, or this person may not see it."""


class Refused(Problem):
    """409: it cannot be done as things are now, and nothing was."""


class Changed(Problem):
    """412: it is no longer as it was when it was read. ``state`` is how it is now, with its ETag: decide anew."""


class Invalid(Problem):
    """400, 413, 415, 422: what was sent is not understood; ``fields`` says where."""


class TooMany(Problem):
    """429: wait a while."""


class Trouble(Problem):
    """5xx: it is Baton's fault, or its database's."""


_BY_STATUS: dict[int, type[Problem]] = {
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Refused,
    412: Changed,
    429: TooMany,
}


def problem(status: int, told: dict[str, Any]) -> Problem:
    """The error of an answer's status and body."""
    kind = _BY_STATUS.get(status, Trouble if status >= 500 else Invalid)
    return kind(status, told)


def _fields(found: Any) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict):
            fields.setdefault(str(one.get("field") or ""), []).append(str(one.get("message") or ""))
    return fields
