"""When somebody hears of an action of a review that is open. Pure: plain values in, plain values out.

On the day before it is due, on the day after, on the fourth, and then once a week; at nine o'clock where its owner
lives. What comes late, after an outage, waits for the next morning if it is night there.

Whoever is given something early on the day before hears of it at nine all the same: no later word comes in time. And a
week is one from when somebody heard of it last, also where that was late.
"""

from datetime import UTC, date, datetime, time, timedelta

from escalation.notify.quiet import zone_of

BEFORE, AFTER, TOLD, EVERY = -1, 1, 4, 7  # days from the one on which it is due; from TOLD on, supervisors hear of it
MORNING, EVENING = time(9), time(20)


def next_after(due: date, now: datetime, zone: str) -> datetime:
    """The first of these mornings that is still to come."""
    first = (_morning(due + timedelta(days=days), zone) for days in (BEFORE, AFTER, TOLD))
    return next((at for at in first if at > now), _morning(day_of(now, zone) + timedelta(days=EVERY), zone))


def not_before(now: datetime, zone: str) -> datetime:
    """``now`` if it is day there, else the next morning."""
    there = now.astimezone(zone_of(zone))
    if MORNING <= there.time() < EVENING:
        return now
    return _morning(there.date() + timedelta(days=there.time() >= EVENING), zone)


def day_of(now: datetime, zone: str) -> date:
    return now.astimezone(zone_of(zone)).date()


def _morning(day: date, zone: str) -> datetime:
    return datetime.combine(day, MORNING, zone_of(zone)).astimezone(UTC)
