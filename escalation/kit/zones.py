"""The time zones there are."""

import zoneinfo
from functools import cache


@cache
def time_zones() -> frozenset[str]:
    """The names of all of them: found once, since that is a look through many folders, longer than most pages take."""
    return frozenset(zoneinfo.available_timezones())
