"""When a service that does not answer is left alone, and for how long. Pure: plain values in, plain values out.

Counted are failures that every message to it would meet: no answer, trouble on its side, credentials that it refuses.
What it says about one address is an answer like any other, and ends the count.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

FAILURES = 3  # in a row
PAUSES = tuple(timedelta(seconds=seconds) for seconds in settings.PROBE_SECONDS)  # before the next probe
FORGOTTEN = 3 * PAUSES[-1]  # so long after the last failure nobody knows how the service is
MISSED = PAUSES[0]  # what waits for a probe has it sooner; so nothing waits


@dataclass(frozen=True)
class Trouble:
    """How it stands with a service that did not answer the last time. ``opened_at``: since then it is left alone."""

    since: datetime
    failed_at: datetime
    failures: int = 0
    opened_at: datetime | None = None
    next_at: datetime | None = None
    probes: int = 0  # that failed

    def failed(self, now: datetime, *, times: int = 1, probe: bool = False) -> "Trouble":
        """So many talks more have failed; ``probe``: the one that was let through was among them."""
        if now - self.failed_at > FORGOTTEN:
            return self._anew(now, times)
        new = replace(self, failures=self.failures + times, failed_at=now)
        if self.opened_at is None:
            opens = new.failures >= FAILURES
            return replace(new, opened_at=now, next_at=now + PAUSES[0]) if opens else new
        if not probe:
            return new
        probes = self.probes + 1
        return replace(new, probes=probes, next_at=now + PAUSES[min(probes, len(PAUSES) - 1)])

    def _anew(self, now: datetime, times: int) -> "Trouble":
        """It may have been well in between. Of one that was left alone a single failure is enough to do so again."""
        anew = Trouble(now, now)
        if self.opened_at is None:
            return anew.failed(now, times=times)
        return replace(anew, failures=times, opened_at=now, next_at=now + PAUSES[0])

    def left_alone(self, now: datetime) -> bool:
        """Whether nothing is to be tried now. A next try that is too far ahead is of a clock that was put back."""
        return self.opened_at is not None and self.next_at is not None and now < self.next_at <= now + PAUSES[-1]

    def is_news(self, now: datetime) -> bool:
        """Whether people must know. Without any message nothing is tried, and so nothing is known after a while."""
        return self.opened_at is not None and abs(now - self.failed_at) < FORGOTTEN

    def untried(self, now: datetime) -> bool:
        """Whether the next probe is overdue: nobody had anything to send by it."""
        return self.opened_at is not None and self.next_at is not None and now >= self.next_at + MISSED
