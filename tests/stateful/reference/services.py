"""A service that carries messages and does not answer: left alone, asked now and then, waited for by nobody."""

from dataclasses import dataclass
from datetime import datetime, timedelta

PROBES = [timedelta(seconds=seconds) for seconds in (30, 60, 120, 300)]
SHORT = timedelta(seconds=30)  # so long a call waits for it


@dataclass
class Away:
    """It did not answer the last time. After three times in a row only one talk now and then is let through."""

    failed_at: datetime
    failures: int = 0
    next_at: datetime | None = None
    probes: int = 0

    @property
    def open(self) -> bool:
        return self.next_at is not None

    def left_alone(self, now: datetime) -> bool:
        """No longer than the longest pause, whatever happens to the clock."""
        return self.next_at is not None and now < self.next_at <= now + PROBES[-1]

    def again(self, now: datetime, probe: bool) -> None:
        if now - self.failed_at > timedelta(minutes=15):
            self.failures = self.probes = 0
            if self.next_at is not None:
                self.failures, self.failed_at, self.next_at = 1, now, now + PROBES[0]
                return
        self.failures, self.failed_at = self.failures + 1, now
        if self.next_at is None and self.failures >= 3:
            self.next_at = now + PROBES[0]
        elif self.next_at is not None and probe:
            self.probes += 1
            self.next_at = now + PROBES[min(self.probes, len(PROBES) - 1)]
