"""Answer links: each message that asks somebody to act carries one, with which they answer without signing in.

A link is the key of one delivery: of one person, for one call of one run. It is signed and not stored, so that
it is never in the database, a backup or a record. The signature covers the delivery's idempotency
key and when it was queued: after the database was put back from an older copy, another row may have the same id, and a
link that left before must not open it. What can still be answered is decided by whoever lets it in.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from django.conf import settings
from django.core.signing import b62_decode, b62_encode
from django.urls import reverse
from django.utils.crypto import salted_hmac

from escalation.notify import senders
from escalation.notify.message import ASKING

from .models import Delivery

_SEAL = 17  # letters and digits for 96 bits; nothing else, so that no mail program cuts a link short
_MOST = _SEAL + 11  # with the largest id there can be
_LARGEST = 2**63 - 1


def token_of(delivery: Delivery) -> str:
    return _seal(delivery, settings.SECRET_KEY) + b62_encode(delivery.pk)


def delivery_of(token: str) -> Delivery | None:
    """The delivery that this token is the key of; None for every other text."""
    if not _SEAL < len(token) <= _MOST or not (token.isascii() and token.isalnum()):
        return None
    seal, pk = token[:_SEAL], b62_decode(token[_SEAL:])
    if pk > _LARGEST or b62_encode(pk) != token[_SEAL:]:
        return None
    delivery = Delivery.objects.select_related("person", "run", "method").filter(pk=pk).first()
    if delivery is None or not has_link(delivery):
        return None
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return delivery if any(hmac.compare_digest(_seal(delivery, key), seal) for key in keys) else None


def facts_of(delivery: Delivery) -> Mapping[str, Any]:
    """What its message says, and where to answer if it asks for an answer."""
    facts: Mapping[str, Any] = delivery.message
    if not isinstance(facts, Mapping) or not has_link(delivery):
        return facts
    return {**facts, "answer": reverse("answer-link", args=[token_of(delivery)])}


def has_link(delivery: Delivery) -> bool:
    """Whoever reads it can answer, so only where one person alone reads it."""
    if delivery.run_id is None or delivery.kind not in ASKING:
        return False
    return senders.is_own(delivery.channel, delivery.method.address if delivery.method else "")


def _seal(delivery: Delivery, key: str) -> str:
    bound = f"{delivery.pk}\n{delivery.idempotency_key}\n{delivery.queued_at.astimezone(UTC).isoformat()}"
    digest = salted_hmac("escalation.engine.answering", bound, secret=key, algorithm="sha256").digest()
    return b62_encode(int.from_bytes(digest[:12])).rjust(_SEAL, "0")
