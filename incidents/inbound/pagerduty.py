"""PagerDuty's Events API v2 and its change events: a decoded body in, signals out. Pure.

Whatever was made to send to PagerDuty sends here when its address is changed. So every answer is that
contract's own, down to the code: its clients take a 200 for a failure, and one without the key of the event too.
Where PagerDuty refuses what real senders send, it is taken: a refusal would lose a page.
"""

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from incidents import howto
from incidents.models import Receipt, Source

from . import alert, details
from .alert import Action, Changed, Element, Invalid, Message, Signal, Unreadable
from .door import ANYTHING, RETRY_SECONDS, Answer, Asked, Door, Told

KEY = 32  # letters and digits of an integration key
HIDDEN = "*" * KEY  # in its place
DEDUP_LIMIT = 255
SEVERITIES = ("critical", "warning", "error", "info")
ACTIONS = {"trigger": Action.TRIGGER, "acknowledge": Action.ACKNOWLEDGE, "resolve": Action.RESOLVE}


class Faults(Invalid):
    """What is wrong with an event, each in a sentence."""

    def __init__(self, *errors: str):
        super().__init__(" ".join(errors))
        self.errors = errors


class PagerDutyDoor(Door):
    """What the endpoints have in common: the key in the body, the limit, and how trouble is told."""

    kind = "pagerduty"
    limit = 512 * 1024
    types = ANYTHING  # a shell's curl says that its JSON is a form
    key_name: ClassVar = "routing_key"
    key_shape = re.compile(rf"[0-9A-Za-z]{{{KEY}}}")
    key_shape_said = _("A key for PagerDuty has 32 letters and digits.")

    def key(self, asked: Asked) -> str | None:
        """In the body; some clients send it in a header, and then only there."""
        given = asked.payload.get(self.key_name) or asked.request.headers.get("X-Routing-Key", "")
        if not isinstance(given, str) or not self.key_shape.fullmatch(given):
            raise Faults(f"Length of '{self.key_name}' is incorrect (should be {KEY} characters)")
        return given

    def kept(self, asked: Asked, source: Source) -> bytes:
        """Without the key, of which nothing but a hash is kept anywhere."""
        given = asked.payload.get(self.key_name)
        if not given or not isinstance(given, str):  # it came in the header
            return asked.body
        named = re.compile(rf'("{self.key_name}"\s*:\s*"){re.escape(given)}(?=")'.encode())
        body, found = named.subn(rb"\g<1>" + HIDDEN.encode(), asked.body)
        return body if found else json.dumps({**asked.payload, self.key_name: HIDDEN}).encode()

    def invalid(self, error: Invalid) -> Answer:
        if isinstance(error, Unreadable):
            told = {"status": "Unrecognized object", "message": "Event object format is unrecognized"}
            return Answer(400, {**told, "errors": ["JSON parse error"]})
        errors = error.errors if isinstance(error, Faults) else [str(error)]
        return Answer(error.status, _trouble("invalid event", "Event object is invalid", errors))

    def unknown_key(self) -> Answer:
        return Answer(400, _trouble("invalid event", "Event object is invalid", ["Invalid routing key"]))

    def not_allowed(self) -> Answer:
        return Answer(405, _trouble("invalid event", "Send a POST.", ["Send a POST."]), {"Allow": "POST"})

    def too_much(self, words: str, seconds: int) -> Answer:
        told = "Requests for this service are arriving too quickly. Please retry later."
        return Answer(429, _trouble("throttle exceeded", told, [words]), {"Retry-After": str(seconds)})

    def unavailable(self) -> Answer:
        told = "It could not be stored. Try again."
        return Answer(503, _trouble("unavailable", told, [told]), {"Retry-After": str(RETRY_SECONDS)})

    def how(self, key: str) -> howto.How:
        address = howto.address(name="pagerduty")
        given = f"Integration URL: {address}\nIntegration key: {key}"
        return howto.How(address, given, _("For whatever sends to PagerDuty"), howto.pagerduty_curl(key))


class PagerDuty(PagerDutyDoor):
    """``/v2/enqueue``"""

    name = "pagerduty"
    addresses: ClassVar = {"pagerduty": r"v2/enqueue", "pagerduty-compat": r"compat/pagerduty/v2/enqueue"}

    def envelope(self, asked: Asked) -> dict[str, Any]:
        return own_key(asked.payload.get("dedup_key"))

    def decode(self, told: Told) -> Message:
        return decode(told.payload, envelope=told.envelope, lenient=told.source.lenient, now=told.now)

    def accepted(self, asked: Asked, receipt: Receipt) -> Answer:
        key = dedup_key(asked.payload.get("dedup_key"), receipt.envelope)
        return Answer(202, {"status": "success", "message": "Event processed", "dedup_key": key})


class PagerDutyChanges(PagerDutyDoor):
    """``/v2/change/enqueue``: what was changed opens nothing."""

    name = "pagerduty-change"
    addresses: ClassVar = {
        "pagerduty-change": r"v2/change/enqueue",
        "pagerduty-change-compat": r"compat/pagerduty/v2/change/enqueue",
    }

    def decode(self, told: Told) -> Message:
        line = alert.sha256(told.body.decode("latin-1"))
        return Message(line=line, changes=[change(told.payload, now=told.now)])

    def accepted(self, asked: Asked, receipt: Receipt) -> Answer:
        return Answer(202, {"status": "success", "message": "Change event processed"})


def _trouble(status: str, message: str, errors: Sequence[str]) -> dict[str, Any]:
    return {"status": status, "message": message, "errors": list(errors)}


# --- events -----------------------------------------------------------------------------------


def own_key(given: Any) -> dict[str, Any]:
    """For an event without a key: one that is its own, kept beside it, so that it is the same whenever it is read."""
    return {} if dedup_key(given, {}) else {"dedup_key": uuid.uuid4().hex}


def dedup_key(given: Any, envelope: Mapping[str, Any]) -> str:
    """Byte for byte; a number, as scripts send it, by its digits. Empty: none was given, or kept."""
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    return given if isinstance(given, str) and given.strip() else envelope.get("dedup_key", "")


def decode(payload: Mapping[str, Any], *, envelope: Mapping[str, Any], lenient: bool, now: datetime) -> Message:
    """Raises ``Faults`` with all that is wrong. An optional field of a wrong type is left out."""
    action, errors = ACTIONS.get(text_of(payload.get("event_action"))), []
    if action is None:
        errors.append(_one_of("event_action", payload.get("event_action"), tuple(ACTIONS)))
    given = payload.get("dedup_key")
    if action is not Action.TRIGGER and not dedup_key(given, {}):
        errors.append("'dedup_key' is missing or blank")
    key = dedup_key(given, envelope)
    if len(key) > DEDUP_LIMIT:
        errors.append(f"'dedup_key' is too long (maximum is {DEDUP_LIMIT} characters)")
    said = payload.get("payload")
    if action is Action.TRIGGER:
        errors += faults_of(said, lenient=lenient)
    if errors or action is None:
        raise Faults(*errors)
    said = said if isinstance(said, dict) else {}
    return Message(line=alert.sha256(key), signals=[signal_of(action, key, said, payload, now)])


def faults_of(said: Any, *, lenient: bool) -> list[str]:
    """What a trigger's payload lacks. A blank source is what Alertmanager sends for an unset one."""
    if not isinstance(said, dict):
        return ["'payload' is missing or blank"]
    errors = []
    if not text_of(said.get("summary")).strip():
        errors.append("'payload.summary' is missing or blank")
    if said.get("source") is None:
        errors.append("'payload.source' is missing or blank")
    if not lenient and said.get("severity") not in SEVERITIES:
        errors.append(_one_of("payload.severity", said.get("severity"), SEVERITIES))
    return errors


def signal_of(action: Action, key: str, said: Mapping[str, Any], payload: Mapping[str, Any], now: datetime) -> Signal:
    """``said``: the event's own facts, ``payload`` what is around them: links, images and who sent it."""
    summary, where = text_of(said.get("summary")), text_of(said.get("source")).strip()
    if action.is_done_outside:
        return Signal(action=action, key=alert.key(key), title="")  # by whom, this contract does not say
    firing = action is Action.TRIGGER
    labels = alert.labels(
        {name: said[name] for name in ("source", "component", "group", "class") if said.get(name)}
        | details.flat(said.get("custom_details"))
    )
    links = details.links(payload.get("links")) + details.links(payload.get("images"), "src")
    client = alert.link(payload.get("client_url"))
    element = Element(
        fingerprint=alert.sha256(key),
        firing=firing,
        labels=labels,
        name=alert.title(where or ("unknown" if firing else key))[:120],
        summary=alert.title(summary),
        severity=alert.severity(text_of(said.get("severity"))),
        starts_at=alert.instant(said.get("timestamp"), now) if firing else None,
        ends_at=None,
        link=client or next((href for _words, href in links), ""),
    )
    seen = [(text_of(payload.get("client")) or "Seen by", client)] if client else []
    return Signal(
        action=action,
        key=alert.key(key),
        title=alert.title(summary),
        body=details.body(said.get("custom_details"), [*links, *seen]),
        labels=labels,
        elements=[element],
        stands_alone=True,
    )


def text_of(value: Any) -> str:
    """What stands where a text should; numbers as they are written, and nothing for what is no text at all."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def _one_of(name: str, given: Any, words: Sequence[str]) -> str:
    if not text_of(given).strip():
        return f"'{name}' is missing or blank"
    *first, last = (f"'{word}'" for word in words)
    return f"'{name}' is invalid (must be one of the following: {', '.join(first)} or {last})"


# --- changes ----------------------------------------------------------------------------------


def change(payload: Mapping[str, Any], *, now: datetime) -> Changed:
    said = payload.get("payload")
    if not isinstance(said, dict):
        raise Faults("'payload' is missing or blank")
    summary = text_of(said.get("summary"))
    if not summary.strip():
        raise Faults("'payload.summary' is missing or blank")
    links = details.links(payload.get("links"))
    labels = {"source": said["source"]} if said.get("source") else {}
    return Changed(
        summary=alert.title(summary),
        origin=alert.title(text_of(said.get("source")))[:255],
        link=links[0][1] if links else "",
        at=alert.instant(said.get("timestamp"), now),
        labels=alert.labels(labels | details.flat(said.get("custom_details"))),
    )
