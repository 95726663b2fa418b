"""Bytes from anywhere, turned into a dict or into a refusal that says why. Never a crash."""

import json
import math
import re
from typing import Any

from django.http import HttpRequest
from django.http.request import UnreadablePostError

from .alert import Invalid, Unreadable

LIMIT = 5 * 1024 * 1024
DEEPEST = 100  # lists and objects within each other: as many as can be read and written wherever we are called from
_SUSPECT = re.compile(r"\\u(0000|d[89a-f])", re.IGNORECASE)  # escapes no database can store
_SURROGATE = re.compile("[\ud800-\udfff]")


def body_of(request: HttpRequest, *, limit: int, types: re.Pattern[str], said: str) -> bytes:
    """The body, read no further than the limit. Django's own limit would answer with a page."""
    media = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip()
    if not types.fullmatch(media):
        raise Invalid(said, status=415)
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdecimal() and (len(declared) > 12 or int(declared) > limit):
        raise _too_large(limit)
    try:
        body = request.read(limit + 1)
    except UnreadablePostError as error:
        raise Invalid("The body broke off.") from error
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _too_large(limit: int) -> Invalid:
    return Invalid(f"The body is larger than {limit // 1024} KiB.", status=413)


def parse(body: bytes) -> dict[str, Any]:
    """JSON text, an object, free of what a database or an encoder would choke on."""
    found = value(body)
    if not isinstance(found, dict):
        raise Unreadable("The body must be a JSON object.")
    return found


def value(body: bytes) -> Any:
    """JSON text, an object or a list, free of the same."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"The body is not UTF-8: byte {error.start} cannot be read.") from error
    try:
        found = json.loads(text, parse_constant=_no_number, parse_float=_finite)
        if text.count("[") + text.count("{") > DEEPEST and _is_too_deep(found):
            raise RecursionError
        if _SUSPECT.search(text):
            found = storable(found)
    except RecursionError as error:
        raise Unreadable("The body is nested too deeply.") from error
    except json.JSONDecodeError as error:
        raise Unreadable(f"The body is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from error
    except ValueError as error:  # an integer of more digits than Python converts, or NaN
        raise Unreadable("A number in the body is too long, or is no number.") from error
    if not isinstance(found, dict | list):
        raise Unreadable("The body must be a JSON object.")
    return found


def _is_too_deep(value: Any) -> bool:
    """Level by level, without a call for each."""
    level = [value]
    for _depth in range(DEEPEST):
        within = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for some in within for one in some if isinstance(one, dict | list)]
        if not level:
            return False
    return True


def _no_number(word: str) -> Any:
    raise ValueError(word)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text[:20])
    return value


def storable(value: Any) -> Any:
    """Without NUL, and with the replacement character for halves of surrogate pairs."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value.replace("\0", ""))
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(name): storable(item) for name, item in value.items()}
    return value
