"""GoAlert's own addresses: whatever was sent there is sent here when its host is changed, with the key that was brought
along from there. What it says is read as at our own addresses.

A heartbeat's id is its key there, so a source that was brought along with it has one heartbeat, and that is meant.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from incidents.models import Source
from incidents.models.keys import hashed

from . import bodies
from .alertmanager import Alertmanager
from .door import Asked, bearer_or_password
from .grafana import Grafana
from .heartbeats import OneHeartbeat
from .webhook import Webhook

_KEYS = ("token", "integrationKey", "integration_key", "key")  # of the address' query, or of a form


def _key(asked: Asked) -> str | None:
    """As GoAlert looks for it, but for forms."""
    return _first(asked.request.GET) or bearer_or_password(asked)


def _first(said: Mapping[str, Any]) -> str | None:
    """Said twice it is a list, and no key."""
    return next((given for name in _KEYS if isinstance(given := said.get(name), str) and given), None)


class GoAlertAlertmanager(Alertmanager):
    name = "goalert-alertmanager"
    addresses: ClassVar = {name: r"api/v2/prometheusalertmanager/incoming"}

    def key(self, asked: Asked) -> str | None:
        return _key(asked)


class GoAlertGrafana(Grafana):
    name = "goalert-grafana"
    addresses: ClassVar = {name: r"api/v2/grafana/incoming", f"{name}-v1": r"v1/webhooks/grafana"}

    def key(self, asked: Asked) -> str | None:
        return _key(asked)


class GoAlertGeneric(Webhook):
    name = "goalert-generic"
    addresses: ClassVar = {
        name: r"api/v2/generic/incoming",
        f"{name}-v1": r"v1/api/alerts",
        "goalert-site24x7": r"api/v2/site24x7/incoming",
    }

    def key(self, asked: Asked) -> str | None:
        return _key(asked) or _first(_form(asked, asked.body) if bodies.is_form(_type(asked)) else {})

    def kept(self, asked: Asked, source: Source) -> bytes:
        """Without the key: ``key`` is also a word for what belongs together, but not if it is that."""
        body = super().kept(asked, source)
        if asked.opened is None or not bodies.is_form(_type(asked)):
            return body
        said, ours = _form(asked, body), asked.opened.key_hash
        left = {name: text for name, text in said.items() if name not in _KEYS or not _says(text, ours)}
        return bodies.as_json(left) if len(left) < len(said) else body


def _type(asked: Asked) -> str:
    return asked.request.META.get("CONTENT_TYPE", "")


def _form(asked: Asked, body: bytes) -> Mapping[str, Any]:
    """Raises ``Invalid``."""
    said = bodies.read(body, _type(asked))
    return said if isinstance(said, dict) else {}


def _says(text: Any, key_hash: str) -> bool:
    return any(hashed(one) == key_hash for one in (text if isinstance(text, list) else [text]) if isinstance(one, str))


class GoAlertHeartbeats(OneHeartbeat):
    name = "goalert-heartbeat"
    addresses: ClassVar = {
        name: r"api/v2/heartbeat/(?P<key>[^/]+)",
        f"{name}-v1": r"v1/api/heartbeat/(?P<key>[^/]+)",
    }
