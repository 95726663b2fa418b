"""Which products can be moved in from. A new one has a line here and a package of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from .answers import Answers, Files
from .comparing import Calendar
from .goalert import GoAlert
from .grafana_oncall import GrafanaOnCall
from .live import Say
from .opsgenie import Opsgenie
from .pagerduty import PagerDuty
from .records import Organisation


class System(Protocol):
    """One product. ``raw`` is what ``gather`` found: plain JSON, in a shape that only the system itself knows."""

    name: str
    label: str
    host: str  # of its API, if it has one for everybody
    waits_in_vain: bool  # whether a step that reaches nobody takes its minutes all the same: see ``passing``

    def live(self, url: str, key: str, say: Say) -> Answers:
        """Its API. ``say`` hears of waits."""
        ...

    def gather(self, ask: Answers) -> Any: ...

    def foreign(self, files: Files) -> Any | None:
        """What another program has exported; None: these files are not of its making."""
        ...

    def read(self, raw: Any, now: datetime) -> Organisation: ...

    def calendar(self, raw: Any) -> Calendar: ...


SYSTEMS: Mapping[str, System] = {
    system.name: system for system in (Opsgenie(), PagerDuty(), GrafanaOnCall(), GoAlert())
}
