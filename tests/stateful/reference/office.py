"""The one office there is: open from Monday to Friday, from ten to five, by UTC. Its time is counted from a Monday."""

from datetime import UTC, datetime, timedelta

WORDS = "Mon-Fri 10:00-17:00"
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_OPENS, _DAY, _WEEKDAYS = timedelta(hours=10), timedelta(hours=7), 5


def counted(at: datetime) -> timedelta:
    """How much office time there was since that Monday."""
    days, since = divmod(at - _MONDAY, timedelta(days=1))
    weeks, weekday = divmod(days, 7)
    today = min(max(since - _OPENS, timedelta()), _DAY) if weekday < _WEEKDAYS else timedelta()
    return (weeks * _WEEKDAYS + min(weekday, _WEEKDAYS)) * _DAY + today


def instant(amount: timedelta) -> datetime:
    """The first by which there was so much."""
    days = -(-amount // _DAY) - 1  # that were whole before
    weeks, weekday = divmod(days, _WEEKDAYS)
    return _MONDAY + timedelta(weeks=weeks, days=weekday) + _OPENS + amount - days * _DAY
