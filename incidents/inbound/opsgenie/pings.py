"""The pings of Opsgenie's heartbeats: each beats the heartbeat of that name of its key's source.

There one key pings every heartbeat of an account. An import puts them at sources of their own, for each team, and may
have to change a name: so a key of Opsgenie's also beats what was brought along from there, by the name that it had.
"""

from typing import ClassVar

from incidents.models import Heartbeat, Origin, Source

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
        name = asked.words["name"]
        if (heartbeats.heard(asked.source, name) or _brought_along(asked.source, name)) is None:
            return Answer(404, {"message": "This key has no heartbeat of that name."})
        return Answer(202, {"result": PONG})


def _brought_along(source: Source, name: str) -> Heartbeat | None:
    if source.kind != Opsgenie.kind:
        return None
    origin = Origin.objects.filter(system="opsgenie", kind="heartbeat", external=name[:200]).first()
    return heartbeats.beats(pk=origin.row) if origin is not None else None
