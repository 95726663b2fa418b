"""PagerDuty's older Events API, which old scripts and Alertmanager's ``service_key`` still speak. Pure.

The same facts under other names; a trigger is answered with 200, and what is too much with 403.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from incidents.models import Receipt

from . import alert
from .alert import Action, Message
from .door import Answer, Asked, Told
from .pagerduty import ACTIONS, DEDUP_LIMIT, Faults, PagerDutyDoor, dedup_key, own_key, signal_of, text_of


class PagerDutyV1(PagerDutyDoor):
    """``/generic/2010-04-15/create_event.json``"""

    name = "pagerduty-v1"
    key_name = "service_key"
    addresses: ClassVar = {
        "pagerduty-v1": r"generic/2010-04-15/create_event\.json",
        "pagerduty-v1-compat": r"compat/pagerduty/generic/2010-04-15/create_event\.json",
    }

    def envelope(self, asked: Asked) -> dict[str, Any]:
        return own_key(asked.payload.get("incident_key"))

    def decode(self, told: Told) -> Message:
        return decode(told.payload, envelope=told.envelope, now=told.now)

    def accepted(self, asked: Asked, receipt: Receipt) -> Answer:
        key = dedup_key(asked.payload.get("incident_key"), receipt.envelope)
        return Answer(200, {"status": "success", "message": "Event processed", "incident_key": key})

    def too_much(self, words: str, seconds: int) -> Answer:
        answer = super().too_much(words, seconds)
        return Answer(403, answer.body, answer.headers)


def decode(payload: Mapping[str, Any], *, envelope: Mapping[str, Any], now: datetime) -> Message:
    action, errors = ACTIONS.get(text_of(payload.get("event_type"))), []
    if action is None:
        errors.append("'event_type' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')")
    given = payload.get("incident_key")
    if action is not Action.TRIGGER and not dedup_key(given, {}):
        errors.append("'incident_key' is missing or blank")
    key = dedup_key(given, envelope)
    if len(key) > DEDUP_LIMIT:
        errors.append(f"'incident_key' is too long (maximum is {DEDUP_LIMIT} characters)")
    if action is Action.TRIGGER and not text_of(payload.get("description")).strip():
        errors.append("'description' is missing or blank")
    if errors or action is None:
        raise Faults(*errors)
    return Message(line=alert.sha256(key), signals=[signal_of(action, key, _facts(payload), _around(payload), now)])


def _facts(payload: Mapping[str, Any]) -> dict[str, Any]:
    said = {"summary": payload.get("description"), "source": payload.get("client")}
    return said | {"custom_details": payload.get("details")}


def _around(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Links and images are one list here."""
    contexts = payload.get("contexts")
    around = [one for one in contexts if isinstance(one, dict)] if isinstance(contexts, list) else []
    images = [one for one in around if one.get("type") == "image"]
    return {
        "client": payload.get("client"),
        "client_url": payload.get("client_url"),
        "links": [one for one in around if one not in images],
        "images": images,
    }
