"""When it is night where somebody lives. Pure."""

from datetime import datetime

from escalation.notify.quiet import zone_of

NIGHT = (22, 7)  # o'clock


def at_night(at: datetime, zone: str) -> bool:
    begin, end = NIGHT
    hour = at.astimezone(zone_of(zone)).hour
    return hour >= begin or hour < end
