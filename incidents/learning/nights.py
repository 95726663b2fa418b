"""When it is night where somebody lives. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

NIGHT = (22, 7)  # o'clock


def at_night(at: datetime, zone: str) -> bool:
    begin, end = NIGHT
    hour = at.astimezone(ZoneInfo(zone)).hour
    return hour >= begin or hour < end
