"""The pings of Opsgenie's heartbeats: each beats the heartbeat of that name of its key's source."""

from typing import ClassVar

from incidents.models import Source

from .. import heartbeats
from ..door import Answer, Asked
from .wire import Opsgenie

PONG = "PONG - Heartbeat received"
_PING = r"v2/heartbeats/(?P<name>[^/]+)/ping"


class Pings(Opsgenie):
    """The key is where the alerts of this API have it; as at every address of heartbeats, it may be any source's."""

    name = "opsgenie-ping"
    addresses: ClassVar = {"opsgenie-ping": _PING, "opsgenie-ping-compat": rf"compat/opsgenie/{_PING}"}
    methods = ("GET", "POST", "PUT", "PATCH")

    def opens(self, source: Source) -> bool:
        return True

    def look(self, asked: Asked) -> Answer:
        if heartbeats.heard(asked.source, asked.words["name"]) is None:
            return Answer(404, {"message": "This key has no heartbeat of that name."})
        return Answer(202, {"result": PONG})
