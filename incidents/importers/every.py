"""Every kind of thing that comes over, in the order in which they refer to each other."""

from .climbs import Policies, Schedules, Tiers
from .kinds import Heartbeats, People, Services, Sources, Teams
from .moving import Kind

KINDS: tuple[Kind, ...] = (
    People(),
    Teams(),
    Schedules(),
    Tiers(),
    Policies(),
    Services(),
    Sources(),
    Heartbeats(),
)
