"""A text message that a gateway passes on: who sent it, what it says, and what the gateway calls it.

It is read in the shape in which the gateway is talked to (``BATON_SMS_SHAPE``). Where a gateway has other names for
these three, ``BATON_SMS_REPLY_FIELDS`` says which; a name with dots leads into what lies inside. Nothing here
knows the database, and whatever comes in, only ``Unreadable`` goes out.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import ValidationError

from escalation.kit.text import clean

from .sms import Sms

LONGEST = 2000  # characters of a text; what is more says nothing more
_LONGEST_ID = 500
_MOST_FIELDS = 200
_NAMES = {
    "json": {"from": "from", "text": "text", "id": "id"},
    "form": {"from": "from", "text": "text", "id": "id"},
    "twilio": {"from": "From", "text": "Body", "id": "MessageSid"},
}


class Unreadable(Exception):
    """``str()`` says what is wrong with it, for the gateway's own log; it quotes nobody."""


@dataclass(frozen=True)
class Text:
    number: str  # as E.164; empty if it is none
    text: str
    id: str


def read(media: str, body: bytes) -> Text:
    """``media``: its content type."""
    facts = _facts(media.partition(";")[0].strip().casefold(), body)
    names = _NAMES.get(settings.SMS["shape"], _NAMES["json"]) | settings.SMS_REPLY_FIELDS
    number, text, same = (_said(facts, names[ours]) for ours in ("from", "text", "id"))
    if missing := [names[ours] for ours, value in (("from", number), ("id", same)) if not value]:
        raise Unreadable(f"The field {missing[0]!r} is missing or empty; see BATON_SMS_REPLY_FIELDS.")
    if len(same) > _LONGEST_ID:
        raise Unreadable("Its id is too long.")
    return Text(_number(number), clean(text, limit=LONGEST), same)


def _facts(media: str, body: bytes) -> Any:
    if media.endswith("json"):
        try:
            return json.loads(body.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise Unreadable("The body is not JSON.") from None
    if media == "application/x-www-form-urlencoded":
        try:
            return dict(parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        except ValueError:
            raise Unreadable("The body has too many fields.") from None
    raise Unreadable("Send application/json or application/x-www-form-urlencoded.")


def _said(facts: Any, name: str) -> str:
    """A text or a number by its name, or by the way to it; empty for everything else."""
    if isinstance(facts, Mapping) and name in facts:
        found = facts[name]
    else:
        found = facts
        for part in name.split("."):
            found = _inside(found, part)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    try:
        return clean(str(found)).strip()
    except ValueError:  # a number of more digits than Python writes
        return ""


def _inside(value: Any, part: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list) and part.isdecimal() and part.isascii() and len(part) < 6:
        return value[int(part)] if int(part) < len(value) else None
    return None


def _number(said: str) -> str:
    """Some gateways leave out the plus."""
    plain = re.sub(r"^(?=[1-9][0-9]{6})", "+", said)
    try:
        return Sms().clean(plain)
    except ValidationError:
        return ""
