"""Prometheus Alertmanager's webhook.

Grafana's own alerting sends nearly the same body. Refusing it here would lose a call, since it does
not retry, so it is read as what it is; a source of its own is better, because that says how to set it up.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from incidents import howto

from . import grafana, groups
from .alert import Message
from .door import Answer, Asked, Door, Told, bearer_or_password


class Alertmanager(Door):
    """The key is in the address, a Bearer token or a Basic password."""

    name = kind = "alertmanager"
    addresses: ClassVar = {
        "alertmanager": r"integrations/alertmanager",
        "alertmanager-key": r"integrations/alertmanager/(?P<key>.+?)",
    }

    def key(self, asked: Asked) -> str | None:
        return asked.words.get("key") or bearer_or_password(asked)

    def decode(self, told: Told) -> Message:
        return decode(told.payload, per_alert=told.source.grouping == "alert", now=told.now)

    def how(self, key: str) -> howto.How:
        return howto.How(howto.address(), howto.receiver(key), _("For alertmanager.yml"), howto.curl(key))

    def without_key(self) -> Answer:
        words = "Send the key in the address, as Bearer token or as Basic password."
        realm = {"WWW-Authenticate": 'Bearer realm="integrations"'}
        return Answer(401, {"status": "unauthorized", "message": words}, realm)


def decode(payload: Mapping[str, Any], *, per_alert: bool, now: datetime) -> Message:
    """Raises Invalid for a body that is neither Alertmanager's nor Grafana's."""
    if not grafana.is_grafanas(payload):
        return groups.decode(payload, per_alert=per_alert, now=now)
    message = grafana.decode(payload, per_alert=per_alert, now=now)
    return replace(message, warnings=["This is Grafana's, and was read as such.", *message.warnings])
