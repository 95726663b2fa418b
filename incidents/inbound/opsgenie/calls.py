"""What a request asks for: its method and its path, which holds an identifier of any kind. Pure.

Identifiers are free text. By the time a path arrives, ``%2F`` is a slash again, so what is asked is
read from the end: the last part names the action, and all before it is the identifier.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

ACTIONS = {
    "POST": {
        *("close", "acknowledge", "unacknowledge", "notes", "snooze", "escalate", "assign"),
        *("responders", "teams", "tags", "details"),
    },
    "PUT": {"message", "description", "priority"},
    "DELETE": {"tags", "details"},
}
METHODS = ("GET", "POST", "PUT", "DELETE")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_LONGEST = 4_000  # characters of an identifier; addresses are not much longer anywhere


class By(StrEnum):
    """What an identifier is (``identifierType``)."""

    ID = "id"
    ALIAS = "alias"
    TINY = "tiny"


@dataclass(frozen=True, slots=True)
class Call:
    """``name`` is the last part of the path, or ``create``, ``list``, ``get``, ``delete``, ``status``, ``custom``."""

    name: str
    identifier: str = ""
    action: str = ""  # a custom action's name


def understood(method: str, rest: str, *, typed: bool = False) -> Call | None:
    """What is asked for; ``rest`` is the path behind ``/v2/alerts/``. None if there is no such thing.

    ``typed``: the request says what kind of identifier it sends, so it does send one.
    """
    rest = _UNSTORABLE.sub("", rest)
    if not rest:
        name = {"POST": "create", "GET": "list"}.get(method)
        return Call(name) if name else None
    if len(rest) > _LONGEST:
        return None
    if method == "GET":
        of_request = rest.startswith("requests/") and not typed
        return Call("status", rest.removeprefix("requests/").removesuffix("/")) if of_request else Call("get", rest)
    return _action(method, rest) or (Call("delete", rest) if method == "DELETE" else None)


def _action(method: str, rest: str) -> Call | None:
    before, _slash, last = rest.removesuffix("/").rpartition("/")
    if not before:
        return None
    if last in ACTIONS.get(method, ()):
        return Call(last, before)
    identifier, _slash, custom = before.rpartition("/")
    if method == "POST" and custom == "actions" and identifier:
        return Call("custom", identifier, last)
    return None
