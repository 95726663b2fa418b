"""What a webhook may send, whatever it calls it: JSON, a form, or either within an envelope. Never a crash.

What is not JSON becomes the object it would have been. Envelopes (Amazon SNS, Google Pub/Sub) are
opened, so that a mapping sees the same message whichever way it came.
"""

import base64
import binascii
import json
import re
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from . import alert, reading
from .alert import Invalid, Unreadable

FIELDS = 200  # of a form
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
TYPES = re.compile(rf"(application/([\w.+-]+\+)?json|text/(plain|json)|{FORM}|{PARTS})?", re.IGNORECASE)
_WRAPPED = ("data", "payload", "json")
_SNS_HOST = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/\S*", re.IGNORECASE)


def read(body: bytes, content_type: str = "") -> Any:
    """An object or a list. ``content_type`` with its parameters. Raises ``Invalid``."""
    media = content_type.partition(";")[0].strip().lower()
    # Whoever forgets to name the type of their JSON sends it as a form, as curl does.
    if media in (FORM, PARTS) and body.lstrip()[:1] not in (b"{", b"["):
        return _of_form(_form(body) if media == FORM else _parts(body, content_type))
    return reading.value(body)


def is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() in (FORM, PARTS)


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS)
    except UnicodeDecodeError as error:
        raise Unreadable(f"The body is not UTF-8: byte {error.start} cannot be read.") from error
    except ValueError as error:
        raise Unreadable(f"The form has more than {FIELDS} fields.") from error


class _NoFiles(FileUploadHandler):
    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise Invalid("Send fields only: files are not taken.", status=415)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None: ...

    def file_complete(self, file_size: int) -> None: ...


def _parts(body: bytes, content_type: str) -> list[tuple[str, str]]:
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": len(body)}
    try:
        fields, _files = MultiPartParser(meta, BytesIO(body), [_NoFiles()], "utf-8").parse()
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise Unreadable("The body is not the form that its Content-Type says.") from error
    return [(name, text) for name, texts in fields.lists() for text in texts]


def _of_form(pairs: list[tuple[str, str]]) -> Any:
    """A field that is there several times is a list. A single field that holds JSON is the message itself."""
    if len(pairs) == 1 and pairs[0][0] in _WRAPPED and pairs[0][1].lstrip()[:1] in ("{", "["):
        return reading.value(pairs[0][1].encode())
    found: dict[str, Any] = {}
    for name, text in reading.storable(pairs):
        known = found.get(name)
        found[name] = text if known is None else [*(known if isinstance(known, list) else [known]), text]
    return found


# --- envelopes ----------------------------------------------------------------------------------


def opened(payload: Any) -> tuple[Any, str]:
    """What was in it, if it is an envelope, and what the envelope itself has to say to an admin."""
    if not isinstance(payload, dict):
        return payload, ""
    if {"Type", "TopicArn", "MessageId"} <= payload.keys():
        return _sns(payload)
    message = payload.get("message")
    if isinstance(payload.get("subscription"), str) and isinstance(message, dict) and "messageId" in message:
        return _pubsub(message), ""
    return payload, ""


def _sns(payload: dict[str, Any]) -> tuple[Any, str]:
    """Amazon's topics ask to be confirmed. Nobody but an admin does that, in a browser: see the docs."""
    topic = alert.title(str(payload["TopicArn"]))[:200]
    if payload["Type"] == "SubscriptionConfirmation":
        if address := sns_address(payload):
            return None, f"Amazon SNS asks to confirm the topic {topic}: open {address}"
        return None, f"The topic {topic} asks to be confirmed, but not at an address of Amazon SNS: do not open it"
    if payload["Type"] != "Notification":
        return None, f"Amazon SNS has ended the subscription of the topic {topic}"
    subject, text = payload.get("Subject"), payload.get("Message")
    inner = _json_of(text)
    if not isinstance(inner, dict):
        inner = {"title": subject or text, "message": text}
    return {"Subject": subject, "TopicArn": topic, **inner}, ""


def sns_address(payload: Any) -> str:
    """Where an admin confirms the subscription that ``payload`` asks for; empty if it is not Amazon's."""
    if not isinstance(payload, dict) or payload.get("Type") != "SubscriptionConfirmation":
        return ""
    address = alert.link(payload.get("SubscribeURL"))
    return address if _SNS_HOST.fullmatch(address) else ""


def _pubsub(message: dict[str, Any]) -> Any:
    try:
        text = base64.b64decode(str(message.get("data")), validate=True).decode()
    except (binascii.Error, ValueError):
        return message
    inner = _json_of(text)
    return inner if isinstance(inner, dict) else {**message, "title": text, "data": text}


def _json_of(text: Any) -> Any:
    try:
        return reading.value(text.encode("utf-8", "replace")) if isinstance(text, str) else None
    except Invalid:
        return None


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
