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
from escalation.policies.words import Mode

from . import replycodes
from .models import Delivery

_SEAL = 17  # letters and digits for 96 bits; nothing else, so that no mail program cuts a link short
_MOST = _SEAL + 11  # with the largest id there can be
_LARGEST = 2**63 - 1


_LINK = "escalation.engine.answering"
_BUTTON = f"{_LINK}.button"  # who reads what a button carries must not be able to make a link of it


def token_of(delivery: Delivery) -> str:
    return _seal(delivery, settings.SECRET_KEY, _LINK) + b62_encode(delivery.pk)


def delivery_of(token: str) -> Delivery | None:
    """The delivery whose link this token is the key of; None for every other text."""
    delivery = _sealed(token, _LINK)
    return delivery if delivery is not None and has_link(delivery) else None


def button_of(delivery: Delivery) -> str:
    """What a button carries, and a link that several people read: which message it is. Who answers, it does not say."""
    return _seal(delivery, settings.SECRET_KEY, _BUTTON) + b62_encode(delivery.pk)


def pressed(token: str) -> Delivery | None:
    """The delivery that this is the button, or the page, of."""
    return _sealed(token, _BUTTON)


def _sealed(token: str, purpose: str) -> Delivery | None:
    if not _SEAL < len(token) <= _MOST or not (token.isascii() and token.isalnum()):
        return None
    seal, pk = token[:_SEAL], b62_decode(token[_SEAL:])
    if pk > _LARGEST or b62_encode(pk) != token[_SEAL:]:
        return None
    delivery = Delivery.objects.select_related("person", "run", "method").filter(pk=pk).first()
    if delivery is None or not _is_asked(delivery):
        return None
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return delivery if any(hmac.compare_digest(_seal(delivery, key, purpose), seal) for key in keys) else None


def facts_of(delivery: Delivery, *, alone: bool = True, first: bool = False) -> Mapping[str, Any]:
    """What its message says, and where and how to answer if it asks for one.

    ``alone``: in a message of its own. ``first``: of several in one, the first that asks, which a reply may name.
    """
    facts: Mapping[str, Any] = delivery.message
    if not isinstance(facts, Mapping) or not _is_asked(delivery):
        return facts
    ways: dict[str, Any] = {}
    address = delivery.method.address if delivery.method else ""
    if has_link(delivery):
        ways["answer"] = reverse("answer-link", args=[token_of(delivery)])
    else:
        ways["page"] = reverse("answer-page", args=[button_of(delivery)])
    if alone and senders.has_buttons(delivery.channel, address):
        ways["button"] = button_of(delivery)
    if (alone or first) and delivery.channel == "sms" and address and settings.SMS_REPLY_KEY:
        ways["reply"] = replycodes.code_of(delivery, address, step=replycodes.step_of(delivery))
    return {**facts, **ways}


def has_link(delivery: Delivery) -> bool:
    """Whoever reads a link can answer, so it is only where one person alone reads it."""
    address = delivery.method.address if delivery.method else ""
    return _is_asked(delivery) and senders.is_own(delivery.channel, address)


def _is_asked(delivery: Delivery) -> bool:
    facts = delivery.message if isinstance(delivery.message, Mapping) else {}
    informs = facts.get("mode") == Mode.INFORM  # at the end of maintenance those who must know are told too
    return delivery.run_id is not None and delivery.kind in ASKING and not informs


def _seal(delivery: Delivery, key: str, purpose: str) -> str:
    bound = f"{delivery.pk}\n{delivery.idempotency_key}\n{delivery.queued_at.astimezone(UTC).isoformat()}"
    digest = salted_hmac(purpose, bound, secret=key, algorithm="sha256").digest()
    return b62_encode(int.from_bytes(digest[:12])).rjust(_SEAL, "0")
