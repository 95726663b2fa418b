"""Which chat channels read of an incident, on its page."""

from dataclasses import dataclass
from functools import cached_property

from incidents.models import ChatRoom, Incident


@dataclass(frozen=True)
class Channel:
    pk: int
    name: str
    kind: str  # as people call it
    off: bool


class Panel:
    """No query: the page has asked along with the incident."""

    def __init__(self, incident: Incident, *, may_act: bool) -> None:
        self._incident, self._may_act = incident, may_act

    @cached_property
    def read_in(self) -> list[Channel]:
        rows = getattr(self._incident, "read_in", None) or []
        kinds = dict(ChatRoom.Kind.choices)
        found = [Channel(row["pk"], row["name"], str(kinds[row["kind"]]), bool(row["off"])) for row in rows]
        return sorted(found, key=lambda one: one.name)

    @property
    def may_tell(self) -> bool:
        open_to_all = self._incident.resolved_at is None and not self._incident.restricted
        return self._may_act and open_to_all and bool(getattr(self._incident, "may_be_read", False))
