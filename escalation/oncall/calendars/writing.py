"""A calendar as a file (RFC 5545), written by the ``icalendar`` library: CRLF, folded by octets, all in UTC."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event, vText

_STAMP = re.compile(rb"^DTSTAMP:[^\r\n]*\r\n", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """One event. ``changed`` is when it last became another, and ``sequence`` how often it has."""

    uid: str
    start: datetime
    end: datetime
    summary: str
    text: str
    sequence: int
    changed: datetime
    made: datetime
    person: str = ""  # an e-mail address, for programs that import the feed


@dataclass(frozen=True)
class Sheet:
    """The whole of it."""

    name: str
    zone: str
    entries: Sequence[Entry]
    alarms: Sequence[int] = ()  # minutes before each beginning


def write(sheet: Sheet) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Baton//On call//EN")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, vText(sheet.name))  # said to be text, or it is not escaped
    calendar.add("x-wr-timezone", vText(sheet.zone))
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in sheet.entries:
        calendar.add_component(_event(entry, sheet.alarms))
    return calendar.to_ical()


def _event(entry: Entry, alarms: Sequence[int]) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.changed)
    event.add("dtstart", entry.start)
    event.add("dtend", entry.end)
    event.add("sequence", entry.sequence)
    event.add("last-modified", entry.changed)
    event.add("created", entry.made)
    event.add("summary", entry.summary)
    event.add("description", entry.text)
    event.add("categories", ["ONCALL"])
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")  # on call is not busy
    event.add("class", "PRIVATE")
    if entry.person:
        event.add("x-baton-person", vText(entry.person))
    for minutes in alarms:
        event.add_component(_alarm(minutes, entry.summary))
    return event


def _alarm(minutes: int, summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", timedelta(minutes=-minutes))
    alarm.add("description", summary)
    return alarm


def etag(body: bytes) -> str:
    """Strong: of all there is but DTSTAMP."""
    return f'"{hashlib.sha256(_STAMP.sub(b"", body)).hexdigest()[:32]}"'
