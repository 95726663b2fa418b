"""GoAlert's own addresses: whatever was sent there is sent here when its host is changed, with the key that was brought
along from there. What it says is read as at our own addresses.

A heartbeat's id is its key there, so a source that was brought along with it has one heartbeat, and that is meant.
"""

from typing import ClassVar

from incidents.models import Heartbeat

from .alertmanager import Alertmanager
from .door import Answer, Asked, bearer_or_password
from .grafana import Grafana
from .heartbeats import Heartbeats, heard
from .webhook import Webhook

_KEYS = ("token", "integrationKey", "integration_key", "key")  # of the address' query


def _key(asked: Asked) -> str | None:
    """As GoAlert looks for it."""
    query = asked.request.GET
    return next((query[name] for name in _KEYS if query.get(name)), None) or bearer_or_password(asked)


class GoAlertAlertmanager(Alertmanager):
    name = "goalert-alertmanager"
    addresses: ClassVar = {name: r"api/v2/prometheusalertmanager/incoming"}

    def key(self, asked: Asked) -> str | None:
        return _key(asked)


class GoAlertGrafana(Grafana):
    name = "goalert-grafana"
    addresses: ClassVar = {name: r"api/v2/grafana/incoming"}

    def key(self, asked: Asked) -> str | None:
        return _key(asked)


class GoAlertGeneric(Webhook):
    name = "goalert-generic"
    addresses: ClassVar = {name: r"api/v2/generic/incoming", "goalert-site24x7": r"api/v2/site24x7/incoming"}

    def key(self, asked: Asked) -> str | None:
        return _key(asked)


class GoAlertHeartbeats(Heartbeats):
    name = "goalert-heartbeat"
    addresses: ClassVar = {name: r"api/v2/heartbeat/(?P<key>[^/]+)"}

    def key(self, asked: Asked) -> str | None:
        return asked.words["key"]

    def look(self, asked: Asked) -> Answer:
        names = Heartbeat.objects.filter(source=asked.source.pk).values_list("name", flat=True)[:2]
        one = heard(asked.source, names[0]) if len(names) == 1 else None
        if one is None:
            words = "The source of this key has more than one heartbeat, or none: beat at /heartbeats/ with its name."
            return Answer(404, {"status": "unknown", "message": words})
        return Answer(200, {"status": "beating" if one.enabled else "not watched", "heartbeat": one.name})
