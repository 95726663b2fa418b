"""How large a request of a program may be, by its address. Read by the server before anything of it is taken (see
``escalation.kit.bounded``), so it knows no django-ninja; and again by ``front``, for servers that do not.
"""

import json
from functools import cache
from http import HTTPStatus

from django.conf import settings

from escalation.kit.bounded import Bound

PREFIX = "/api/"  # of every version: whoever is wrong about it is told so as a program is
OTHERS = "/api/v2/"  # where GoAlert's senders send to: what a door takes is its own business
FILES = "/files"
JSON_BYTES = 1_000_000
AROUND_A_FILE = 10_000  # bytes of the parts' heads
_MEBI = 1024 * 1024


def is_meant(path: str) -> bool:
    return f"{path}/".startswith(PREFIX)


def takes_a_file(path: str) -> bool:
    return path.endswith(FILES)


def most(path: str) -> int:
    """Of a program's request, in bytes."""
    return settings.FILE_MB * _MEBI + AROUND_A_FILE if takes_a_file(path) else JSON_BYTES


def bound(path: str) -> Bound | None:
    """None: it is no program's address, or may be a door's."""
    return _bound(most(path)) if is_meant(path) and not path.startswith(OTHERS) else None


@cache
def _bound(most: int) -> Bound:
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    problem = {"title": status.phrase, "status": status.value, "code": "too-large", "detail": words(most)}
    return Bound(most, json.dumps(problem), "application/problem+json")


def words(most: int) -> str:
    return f"A request has {most} bytes at the most."
