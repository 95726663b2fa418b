"""A calendar file from anywhere made into plain dates: [start, end) in UTC with a title. No database, no clock.

The libraries that read it know RRULE, EXDATE, RECURRENCE-ID, VTIMEZONE and the zones' names (Windows' too). One event
that would keep them busy for days is left out, and the others are read; a whole file can still be made that does. So
whoever has a file from outside asks ``read_apart``, which does the same in a process of its own with limits.
"""

import json
import resource
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from ..wall import instant

if TYPE_CHECKING:
    from .events import Event

MOST_BYTES = 5_000_000
MOST_DATES = 10_000
SECONDS = 10
TOO_MUCH = "It is too much to work out."
NOT_UNDERSTOOD = "It has a date that cannot be understood."
_MEMORY = 1_000_000_000
_ROOT = Path(__file__).resolve().parents[3]


class Unreadable(ValueError):
    """``str()`` is a sentence for whoever owns the calendar; it quotes nobody."""


class Date(NamedTuple):
    start: datetime
    end: datetime
    title: str


class Read(NamedTuple):
    """So many events, each with all its repeats, are left out: ``unclear`` ones could not be understood, and
    ``endless`` ones were too much to work out."""

    dates: list[Date]
    unclear: int = 0
    endless: int = 0


def read(body: bytes, zone: str, since: datetime, until: datetime) -> Read:
    """The dates that touch [since, until), in order. All-day and floating ones are meant on ``zone``'s wall."""
    import icalendar

    from . import events

    try:
        parts = icalendar.Calendar.from_ical(body, multiple=True)
    except (ValueError, IndexError, KeyError, TypeError):
        raise Unreadable("This is not a calendar file.") from None
    there, found, whole, left_out = ZoneInfo(zone), [], 0, dict.fromkeys(events.LeftOut, 0)
    try:
        for part in (one for one in parts if one.name == "VCALENDAR"):
            for some in events.of(part, since, until):
                if isinstance(some, events.LeftOut):
                    left_out[some] += 1
                else:
                    whole += 1
                    found += [date for one in some if (date := _date(one, there)) is not None]
    except events.WRONG:
        raise Unreadable(NOT_UNDERSTOOD) from None
    unclear, endless = left_out[events.LeftOut.UNCLEAR], left_out[events.LeftOut.ENDLESS]
    if not whole and (unclear or endless):
        raise Unreadable(NOT_UNDERSTOOD if unclear else TOO_MUCH)
    dates = sorted({one for one in found if one.end > since and one.start < until})
    if len(dates) > MOST_DATES:
        raise Unreadable("It has more than 10,000 dates in two years.")
    return Read(dates, unclear, endless)


def _date(event: "Event", zone: ZoneInfo) -> Date | None:
    start, end, title = event
    if not isinstance(start, datetime) and start == end:
        end = start + timedelta(days=1)
    found = Date(_instant(start, zone), _instant(end, zone), title)
    return found if found.start < found.end else None


def _instant(at: date, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        return instant(datetime.combine(at, time()), zone)
    return at.astimezone(UTC) if at.tzinfo else instant(at, zone)


# --- apart ----------------------------------------------------------------------------------------


def read_apart(body: bytes, zone: str, since: datetime, until: datetime, *, seconds: int = SECONDS) -> Read:
    """``read`` by a process of its own, which may take so much of a processor's time, and a gigabyte."""
    asked = [sys.executable, "-m", __name__, zone, since.isoformat(), until.isoformat(), str(seconds)]
    try:
        done = subprocess.run(  # noqa: S603
            asked, input=body, capture_output=True, cwd=_ROOT, env={}, timeout=3 * seconds + 5, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(TOO_MUCH) from None
    if done.returncode != 0:
        raise Unreadable(TOO_MUCH)
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise Unreadable(answer["error"])
    dates = [Date(datetime.fromisoformat(a), datetime.fromisoformat(b), title) for a, b, title in answer["dates"]]
    return Read(dates, answer["unclear"], answer["endless"])


def main(zone: str, since: str, until: str, seconds: str) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        found = read(sys.stdin.buffer.read(), zone, datetime.fromisoformat(since), datetime.fromisoformat(until))
        dates = [(one.start.isoformat(), one.end.isoformat(), one.title) for one in found.dates]
        answer: dict = {"dates": dates, "unclear": found.unclear, "endless": found.endless}
    except Unreadable as error:
        answer = {"error": str(error)}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
