"""The task that reads calendars from elsewhere: one at a time, through the guarded way out."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Min

from escalation.kit import clock, outbound
from escalation.kit.text import one_line
from escalation.trail.writing import ENGINE

from .. import turnover, verbs
from ..spans import Span, union
from . import reading
from .outside import OutsideCalendar, OutsideDate
from .reading import Date, Read

TASK = "escalation.oncall.calendars.fetching.fetch"
EVERY = timedelta(hours=3)
AGAIN = (timedelta(minutes=15), timedelta(hours=1))  # after the first, second failure; then as ever
BUSY = timedelta(seconds=60)  # so long one that was claimed may take; nobody begins another meanwhile
MOST_TRIES = 3  # without any answer: it kills whoever reads it
RESTS = timedelta(days=1)
AROUND = timedelta(days=366)
MOST_ON_RECORD = 40  # holidays named by one entry
LOOK = 5.0  # seconds between two looks at the rows


def next_due() -> datetime | None:
    """For the watch in the general cluster's pusher: when the next one is due, unless one is being read."""
    if _busy(clock.now()):
        return None
    return OutsideCalendar.objects.wanted().aggregate(next=Min("next_at"))["next"]


def _busy(now: datetime) -> bool:
    return OutsideCalendar.objects.filter(claimed_at__gt=now - BUSY, claimed_at__lte=now).exists()


def fetch() -> bool:
    """Read the calendar that is due longest. Safe to run twice: the claim is the row's. Whether there was one."""
    calendar = _claim(clock.now())
    if calendar is None:
        return False
    if calendar.tries > MOST_TRIES:
        _failed(calendar, reading.TOO_MUCH, rests=RESTS)
        return True
    now = clock.now()
    try:
        found = _dates(calendar, now)
    except (outbound.OutboundError, reading.Unreadable) as error:
        _failed(calendar, str(error))
    else:
        _keep(calendar, found, now)
    return True


def _claim(now: datetime) -> OutsideCalendar | None:
    """Counted now: what kills its reader leaves no result."""
    with transaction.atomic():
        due = OutsideCalendar.objects.wanted().filter(next_at__lte=now).order_by("next_at", "id")
        chosen = None if _busy(now) else due.first()
        if chosen is None:
            return None
        mine = OutsideCalendar.objects.filter(pk=chosen.pk, next_at=chosen.next_at)
        if not mine.update(claimed_at=now, next_at=now + AGAIN[0], tries=F("tries") + 1):
            return None
        return OutsideCalendar.objects.select_related("person", "schedule").get(pk=chosen.pk)


def _dates(calendar: OutsideCalendar, now: datetime) -> Read:
    headers = {"Accept": "text/calendar, */*;q=0.1"}
    answer = outbound.send("GET", calendar.address, headers=headers, most=reading.MOST_BYTES)
    if not answer.fine:
        raise reading.Unreadable(f"It answered with status {answer.status}.")
    if not answer.whole:
        raise reading.Unreadable("It is longer than 5 MB, or its answer broke off.")
    found = reading.read_apart(answer.body, calendar.zone, now - AROUND, now + AROUND)
    if calendar.schedule_id:
        dates = [Date(one.start, one.end, one_line(one.title, limit=200)) for one in found.dates]
    else:
        dates = [Date(*span, "") for span in union(Span(one.start, one.end) for one in found.dates)]
    return found._replace(dates=dates)


def _keep(calendar: OutsideCalendar, found: Read, now: datetime) -> None:
    """Holidays may change who is on call, and take their turn like every such change. It was read, if not all of it."""
    dates = found.dates
    well = {"read_at": now, "failing_since": None, "error": _said_of(found)}
    with verbs.turn() if calendar.schedule_id else transaction.atomic():
        mine = OutsideCalendar.objects.filter(pk=calendar.pk)
        if not mine.update(next_at=now + EVERY, claimed_at=None, tries=0, **well):
            return  # removed meanwhile
        there = [Date(*one) for one in calendar.dates.values_list("starts_at", "ends_at", "title")]
        if sorted(there) == sorted(dates):
            return
        before = turnover.by_holidays(calendar, now)
        calendar.dates.all().delete()
        rows = (OutsideDate(calendar=calendar, starts_at=one.start, ends_at=one.end, title=one.title) for one in dates)
        OutsideDate.objects.bulk_create(rows, batch_size=1000)
        if calendar.decides:
            _enter(calendar, set(there), set(dates), now)
        turnover.tell_of_holidays(calendar, before, now)


def _said_of(found: Read) -> str:
    """What was left out, and why."""
    why = {
        "what the file says of their dates cannot be understood": found.unclear,
        "they come too often, or take too long to work out": found.endless,
    }
    events = {count: "1 event is" if count == 1 else f"{count} events are" for count in why.values()}
    return " ".join(f"{events[count]} left out: {reason}." for reason, count in why.items() if count)


def _enter(calendar: OutsideCalendar, before: set[Date], after: set[Date], now: datetime) -> None:
    """Layers go by these holidays, so what is new about those to come is on record."""
    gone, new = (_said(one for one in some if one.end > now) for some in (before - after, after - before))
    if gone or new:
        calendar.enter(ENGINE, "holidays_read", now, before={"holidays": gone}, after={"holidays": new})


def _said(dates: Iterable[Date]) -> list[str]:
    found = [f"{one.start.isoformat()} – {one.end.isoformat()} {one.title}" for one in sorted(dates)]
    return found[:MOST_ON_RECORD]


def _failed(calendar: OutsideCalendar, why: str, *, rests: timedelta | None = None) -> None:
    """What was read before stays."""
    now = clock.now()
    since = calendar.failing_since or now
    waits = [pause for pause in AGAIN if now - since < pause * 2]
    OutsideCalendar.objects.filter(pk=calendar.pk).update(
        next_at=now + (rests or (waits[0] if waits else EVERY)),
        claimed_at=None,
        tries=0,
        failing_since=since,
        error=one_line(why, limit=200),
    )
