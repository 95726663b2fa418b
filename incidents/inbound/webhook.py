"""Webhooks: anything that can post JSON or a form.

What it says is read by the mapping of its source, or, without one, in our own words.
"""

import json
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incidents import howto

from . import bodies, signals
from .alert import Invalid, Message
from .door import Answer, Asked, Door, Told, bearer_or_password
from .mapping import applying, language
from .signals import FieldsWrong

if TYPE_CHECKING:
    from incidents.models import Receipt, Source

# Told to a mapping as @header: what says which kind of message it is. Others may be secrets.
HEADERS = (
    *("x-amz-sns-message-type", "x-amz-sns-topic-arn", "sentry-hook-resource", "request-id"),
    *("x-github-event", "x-gitlab-event", "x-event-key", "ce-type", "ce-source", "ce-subject"),
)
_KEYS = ("token", "key", "api_key", "apikey", "integration_key", "integrationkey", "auth_token", "secret", "password")
_QUERY = 20  # names of the address' query that are kept
_LONGEST = 500
_SEND = "Send a POST or a PUT."
_RESULTS = {"opened": "created", "repeated": "updated", "changed": "updated", "late": "updated", "no match": "no_match"}


class Webhook(Door):
    """The key is in the address, a Bearer token, a Basic password, X-Api-Key, or ``?token=``."""

    name = kind = "webhook"
    methods = ("POST", "PUT", "HEAD", "OPTIONS")
    types = bodies.TYPES
    types_said = "Send JSON or a form, and say in Content-Type which: application/json, or one of a form's."
    addresses: ClassVar = {
        "webhook": r"integrations/webhook",
        "webhook-key": r"integrations/webhook/(?P<key>.+?)",
    }

    def key(self, asked: Asked) -> str | None:
        given = asked.words.get("key") or bearer_or_password(asked)
        if given is None:
            given = asked.request.headers.get("X-Api-Key")
        return asked.request.GET.get("token") if given is None else given

    def look(self, asked: Asked) -> Answer | None:
        """Some senders knock first. Those that send CloudEvents ask whether they may, and send nothing until told so:
        whoever has the key may."""
        if asked.request.method not in ("HEAD", "OPTIONS"):
            return None
        origin = asked.request.headers.get("WebHook-Request-Origin", "")
        allowed = {"WebHook-Allowed-Origin": origin} if origin and origin.isascii() and origin.isprintable() else {}
        return Answer(200, {"status": "ready", "message": _SEND}, {"Allow": ", ".join(self.methods), **allowed})

    def kept(self, asked: Asked, source: "Source") -> bytes:
        """Without what the mapping says is not to be kept, such as the passwords of what Uptime Kuma watches."""
        only = _read(source.mapping)
        if only is None or not only.only:
            return asked.body
        payload = bodies.read(asked.body, asked.request.META.get("CONTENT_TYPE", ""))
        return bodies.as_json(applying.without_secrets(only, payload))

    def envelope(self, asked: Asked) -> dict[str, Any]:
        """Only what is there: most messages need nothing beside their body."""
        request = asked.request
        content_type = request.META.get("CONTENT_TYPE", "")[:_LONGEST]
        found: dict[str, Any] = {
            "header": {name: value[:_LONGEST] for name in HEADERS if (value := request.headers.get(name))},
            "query": {
                name[:100]: value[:_LONGEST]
                for name, value in list(request.GET.items())[:_QUERY]
                if name.lower() not in _KEYS
            },
        }
        if content_type.lower().startswith((bodies.FORM, bodies.PARTS)):
            found["type"] = content_type
        return bodies.reading.storable({name: value for name, value in found.items() if value})

    def decode(self, told: Told) -> Message:
        payload = bodies.read(told.body, told.envelope.get("type", ""))
        heard = signals.hear(
            told.source.mapping,
            payload,
            now=told.now,
            headers=told.envelope.get("header"),
            query=told.envelope.get("query"),
        )
        return signals.message(heard, told.body, told.source.name)

    def how(self, key: str) -> howto.How:
        address = howto.address(name="webhook")
        return howto.How(address, f"{address}/{key}", _("Address with the key in it"), _curl(address, key))

    # --- answers ------------------------------------------------------------------------------

    def accepted(self, asked: Asked, receipt: "Receipt") -> Answer:
        """With what became of it; of a list, item by item what was understood."""
        told = {**super().accepted(asked, receipt).body}
        if not receipt.line:  # our own code could not read it; it is kept all the same
            return Answer(202, {**told, "result": "stored"})
        kept = Told(receipt.source, bytes(receipt.body), receipt.envelope, receipt.received_at)
        said = self.decode(kept).signals
        if len(said) == 1:
            refs = receipt.outcome.get("incidents", [])
            results = list(receipt.outcome.get("results", {}))
            told["dedup_key"] = said[0].key
            told["incident"] = _incident(refs[0]) if refs else None
            told["result"] = _RESULTS.get(results[0], results[0]) if results else "stored"
        elif said:
            told["items"] = [{"dedup_key": one.key, "action": one.action.value} for one in said]
        else:
            told["result"] = "ignored"
        return Answer(202, told)

    def invalid(self, error: Invalid) -> Answer:
        told = {"status": "invalid", "message": str(error)}
        if isinstance(error, FieldsWrong):
            told["errors"] = error.fields  # type: ignore[assignment]
        return Answer(error.status, told)

    def not_allowed(self) -> Answer:
        return Answer(405, {"status": "invalid", "message": _SEND}, {"Allow": ", ".join(self.methods)})

    def without_key(self) -> Answer:
        words = "Send the key in the address, as Bearer token, as Basic password, as X-Api-Key or as ?token=."
        realm = {"WWW-Authenticate": 'Bearer realm="integrations"'}
        return Answer(401, {"status": "unauthorized", "message": words}, realm)


def _incident(ref: str) -> dict[str, Any]:
    number = int(ref.rpartition("-")[2])
    return {"number": number, "url": settings.ADDRESS + reverse("incident", args=[number])}


def _read(mapping: str) -> language.Mapping | None:
    try:
        return language.read(mapping) if mapping else None
    except language.Unreadable:
        return None


def _curl(address: str, key: str) -> str:
    body = json.dumps({"title": "Our first incident", "dedup_key": "try-baton", "severity": "warning"})
    return f"curl -X POST {address} -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{body}'"
