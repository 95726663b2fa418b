"""Somebody's quiet hours, each day the same on their own clock, which is so far ahead of UTC and is never changed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Night:
    """``begins`` after midnight, and so long."""

    begins: timedelta
    lasts: timedelta
    ahead: timedelta

    def after(self, now: datetime, delay: timedelta) -> datetime:
        """When so much of the time that is not quiet has gone by; never within quiet hours.

        Days are counted here from one evening to the next, and of each only what is awake.
        """
        days, since = divmod(now - _BEGINNING + self.ahead - self.begins, DAY)
        awake = DAY - self.lasts
        days, since = divmod(days * awake + max(since - self.lasts, timedelta()) + delay, awake)
        return _BEGINNING - self.ahead + self.begins + days * DAY + self.lasts + since
