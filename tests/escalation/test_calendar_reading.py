"""Calendar files from anywhere, made into plain dates."""

import sys
from datetime import timedelta

import pytest

from escalation.oncall.calendars import effort, reading
from escalation.oncall.calendars.reading import Unreadable, read, read_apart
from tests.escalation.oncall_kit import utc
from tests.parts import share

SINCE, UNTIL = utc("2026-01-01"), utc("2027-01-01")
DAY = timedelta(days=1)


def calendar(*events: str, extra: str = "") -> bytes:
    """Each event as its lines, parted by blanks; X stands for a blank inside a line."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", *extra.split()]
    for number, event in enumerate(events):
        own = event.split()
        uid = [] if any(line.startswith("UID") for line in own) else [f"UID:{number}"]
        lines += [
            "BEGIN:VEVENT",
            *uid,
            "DTSTAMP:20260101T000000Z",
            *(line.replace("_", " ") for line in own),
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def spans(body: bytes, zone: str = "Europe/Berlin") -> list[tuple[str, str]]:
    return [(f"{one.start:%m-%dT%H:%M}", f"{one.end:%m-%dT%H:%M}") for one in read(body, zone, SINCE, UNTIL).dates]


ONE = {
    "in UTC": ("DTSTART:20260302T080000Z DTEND:20260302T100000Z", [("03-02T08:00", "03-02T10:00")]),
    "with a duration": ("DTSTART:20260302T080000Z DURATION:PT90M", [("03-02T08:00", "03-02T09:30")]),
    "on another zone's wall": (
        "DTSTART;TZID=America/Chicago:20260302T080000 DTEND;TZID=America/Chicago:20260302T090000",
        [("03-02T14:00", "03-02T15:00")],
    ),
    "by the zone's Windows name": (
        "DTSTART;TZID=Pacific_Standard_Time:20260302T080000 DTEND;TZID=Pacific_Standard_Time:20260302T090000",
        [("03-02T16:00", "03-02T17:00")],
    ),
    "floating": ("DTSTART:20260302T080000 DTEND:20260302T090000", [("03-02T07:00", "03-02T08:00")]),
    "a whole day": ("DTSTART;VALUE=DATE:20260302", [("03-01T23:00", "03-02T23:00")]),
    "the day without its 2 o'clock": ("DTSTART;VALUE=DATE:20260329", [("03-28T23:00", "03-29T22:00")]),
    "days, the last left out": (
        "DTSTART;VALUE=DATE:20260302 DTEND;VALUE=DATE:20260305",
        [("03-01T23:00", "03-04T23:00")],
    ),
    "a day that ends as it begins": (
        "DTSTART;VALUE=DATE:20260302 DTEND;VALUE=DATE:20260302",
        [("03-01T23:00", "03-02T23:00")],
    ),
    "called off": ("DTSTART;VALUE=DATE:20260302 STATUS:CANCELLED", []),
    "no time at all": ("DTSTART:20260302T080000Z", []),
    "told backwards": ("DTSTART:20260302T080000Z DTEND:20260301T080000Z", [("03-01T08:00", "03-02T08:00")]),
    "long over": ("DTSTART;VALUE=DATE:20200302", []),
    "again, but for one": (
        "DTSTART;VALUE=DATE:20260302 RRULE:FREQ=DAILY;COUNT=3 EXDATE;VALUE=DATE:20260303",
        [("03-01T23:00", "03-02T23:00"), ("03-03T23:00", "03-04T23:00")],
    ),
    "at nine, in summer too": (
        "DTSTART;TZID=Europe/Berlin:20260328T090000 DTEND;TZID=Europe/Berlin:20260328T100000 RRULE:FREQ=DAILY;COUNT=2",
        [("03-28T08:00", "03-28T09:00"), ("03-29T07:00", "03-29T08:00")],
    ),
    "days of their own": (
        "DTSTART;VALUE=DATE:20260302 RDATE;VALUE=DATE:20260501",
        [("03-01T23:00", "03-02T23:00"), ("04-30T22:00", "05-01T22:00")],
    ),
}


@pytest.mark.parametrize(("event", "wanted"), ONE.values(), ids=ONE)
def test_one_event(event, wanted):
    assert spans(calendar(event)) == wanted


def test_one_of_a_series_is_moved():
    series = "UID:s DTSTART:20260302T080000Z DTEND:20260302T090000Z RRULE:FREQ=WEEKLY;COUNT=2"
    moved = "UID:s RECURRENCE-ID:20260309T080000Z DTSTART:20260310T120000Z DTEND:20260310T130000Z"
    assert spans(calendar(series, moved)) == [("03-02T08:00", "03-02T09:00"), ("03-10T12:00", "03-10T13:00")]
    off = "UID:s RECURRENCE-ID:20260309T080000Z DTSTART:20260309T080000Z DTEND:20260309T090000Z STATUS:CANCELLED"
    assert spans(calendar(series, off)) == [("03-02T08:00", "03-02T09:00")]


ZONE = """BEGIN:VTIMEZONE TZID:Here BEGIN:STANDARD DTSTART:19700101T000000 TZOFFSETFROM:+0300 TZOFFSETTO:+0300
 TZNAME:X END:STANDARD END:VTIMEZONE"""


def test_a_zone_that_the_file_itself_explains():
    event = "DTSTART;TZID=Here:20260302T080000 DTEND;TZID=Here:20260302T090000"
    assert spans(calendar(event, extra=ZONE)) == [("03-02T05:00", "03-02T06:00")]


def test_titles_are_one_line():
    body = calendar("DTSTART;VALUE=DATE:20261225 SUMMARY:Christmas\\n_Day\\,_" + "x" * 400)
    (one,) = read(body, "UTC", SINCE, UNTIL).dates
    assert one.title.startswith("Christmas Day, xxx")
    assert len(one.title) == 200


BROKEN = {
    "nothing": b"",
    "a web page": b"<!doctype html><title>Sign in</title>",
    "no text": bytes(range(256)) * 40,
    "NUL": b"BEGIN:VCALENDAR\r\n\0\r\nEND:VCALENDAR\r\n",
    "cut off": calendar("DTSTART;VALUE=DATE:20260302")[:-40],
    "no date": calendar("DTSTART:yesterday"),
    "a bad rule": calendar("DTSTART;VALUE=DATE:20260302 RRULE:FREQ=NEVER"),
    "a year that is none": calendar("DTSTART;VALUE=DATE:00000101"),
    "a deep nest": b"BEGIN:VCALENDAR\r\n" * 5000,
    "nameless": b"BEGIN:\r\n:\r\n;=:\r\n",
    "a huge number": calendar("DTSTART;VALUE=DATE:20260302 DURATION:P" + "9" * 5000 + "D"),
    "the end of time": calendar("DTSTART;VALUE=DATE:99991231 RRULE:FREQ=DAILY"),
    "the beginning of time": calendar("DTSTART:00010101T000000Z DTEND:99991231T235959Z"),
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_unreadable_or_has_what_can_be_read(body):
    try:
        assert len(read_apart(body, "Europe/Berlin", SINCE, UNTIL).dates) <= 1
    except Unreadable as said:
        assert len(str(said)) < 100


ENDS_OF_TIME = {
    "days until 9999": ("DTSTART;VALUE=DATE:20260302 DTEND;VALUE=DATE:99991231", "03-01T23:00", "end"),
    "until the last second": ("DTSTART:20260302T080000Z DTEND:99991231T235959Z", "03-02T08:00", "end"),
    "on another zone's wall": (
        "DTSTART;TZID=America/Chicago:20260302T080000 DTEND;TZID=America/Chicago:99991231T235959",
        "03-02T14:00",
        "end",
    ),
    "for ten thousand years": ("DTSTART;VALUE=DATE:20260302 DURATION:P3652500D", "03-01T23:00", "end"),
    "each year for all time": (
        "DTSTART;VALUE=DATE:20260302 DTEND;VALUE=DATE:99991231 RRULE:FREQ=YEARLY",
        "03-01T23:00",
        "end",
    ),
    "since the year 1": ("DTSTART:00010101T000000Z DTEND:20260302T080000Z", "start", "03-02T08:00"),
    "since the year 1, on a wall": (
        "DTSTART;TZID=Europe/Berlin:00010101T000000 DTEND;TZID=Europe/Berlin:20260302T080000",
        "start",
        "03-02T07:00",
    ),
    "always": ("DTSTART;VALUE=DATE:00010101 DTEND;VALUE=DATE:99991231", "start", "end"),
}


@pytest.mark.parametrize("case", ENDS_OF_TIME.values(), ids=ENDS_OF_TIME)
def test_what_lasts_for_ever_counts_for_the_years_that_are_read_and_the_rest_is_read(case):
    event, start, end = case
    read_of = read(calendar("DTSTART;VALUE=DATE:20261225", event), "Europe/Berlin", SINCE, UNTIL)
    assert read_of.unclear == 0 and len(read_of.dates) == 2
    ((begins, ends, _title),) = [one for one in read_of.dates if one.end - one.start > DAY]
    assert begins <= SINCE if start == "start" else f"{begins:%m-%dT%H:%M}" == start
    assert ends >= UNTIL if end == "end" else f"{ends:%m-%dT%H:%M}" == end
    assert ends - begins < 4 * 366 * DAY
    later = read(calendar("DTSTART;VALUE=DATE:20261225", event), "Europe/Berlin", SINCE + DAY, UNTIL + DAY)
    assert later.dates == read_of.dates  # it is no news each time it is read


NEVER_NOW = {
    "the last day of all": "DTSTART;VALUE=DATE:99991231",
    "daily from then on": "DTSTART;VALUE=DATE:99991231 RRULE:FREQ=DAILY",
    "the first day of all": "DTSTART;VALUE=DATE:00010101",
}


@pytest.mark.parametrize("event", NEVER_NOW.values(), ids=NEVER_NOW)
def test_what_is_far_from_now_is_no_date_and_not_left_out_either(event):
    read_of = read(calendar("DTSTART;VALUE=DATE:20261225", event), "Europe/Berlin", SINCE, UNTIL)
    assert (len(read_of.dates), read_of.unclear) == (1, 0)


def test_a_yearly_one_since_the_year_1_keeps_its_day():
    assert spans(calendar("DTSTART;VALUE=DATE:00010405 RRULE:FREQ=YEARLY")) == [("04-04T22:00", "04-05T22:00")]


def test_one_date_that_was_moved_to_the_end_of_time_does_not_come_back():
    series = "UID:s DTSTART:20260302T080000Z DTEND:20260302T090000Z RRULE:FREQ=WEEKLY;COUNT=2"
    moved = "UID:s RECURRENCE-ID:20260309T080000Z DTSTART:99991231T120000Z DTEND:99991231T130000Z"
    assert spans(calendar(series, moved)) == [("03-02T08:00", "03-02T09:00")]


LEFT_OUT = {
    "a bad rule": "DTSTART;VALUE=DATE:20260302 RRULE:FREQ=NEVER",
    "no beginning": "SUMMARY:Some_day",
    "a rule that stands still": "DTSTART;VALUE=DATE:20260302 RRULE:FREQ=YEARLY;INTERVAL=0",
    "a rule that goes back": "DTSTART;VALUE=DATE:20260302 RRULE:FREQ=DAILY;INTERVAL=-1",
    "not on a day of the year 1": (
        "DTSTART;TZID=Europe/Berlin:20260302T080000 EXDATE;TZID=Europe/Berlin:00010101T000000 RRULE:FREQ=DAILY"
    ),
}


@pytest.mark.parametrize("event", LEFT_OUT.values(), ids=LEFT_OUT)
def test_one_that_cannot_be_understood_is_left_out_and_counted(event):
    body = calendar("DTSTART;VALUE=DATE:20261225", event, "DTSTART;VALUE=DATE:20261226")
    found = read_apart(body, "UTC", SINCE, UNTIL)
    assert (len(found.dates), found.unclear, found.endless) == (2, 1, 0)
    with pytest.raises(Unreadable, match="cannot be understood"):
        read(calendar(event), "UTC", SINCE, UNTIL)  # nothing of it: what was read before stays


def test_there_is_an_end_to_how_many_dates(monkeypatch):
    daily = calendar("DTSTART:20260101T000000Z DURATION:PT1M RRULE:FREQ=DAILY")
    monkeypatch.setattr(reading, "MOST_DATES", 365)
    assert len(read(daily, "UTC", SINCE, UNTIL).dates) == 365
    monkeypatch.setattr(reading, "MOST_DATES", 364)
    with pytest.raises(Unreadable, match=r"more than 10,000 dates"):
        read(daily, "UTC", SINCE, UNTIL)


MINUTES = [f"{day:02}T{hour:02}{minute:02}00Z" for day in range(1, 11) for hour in range(24) for minute in range(60)]
ENDLESS = {
    "every second": "DTSTART:20000101T000000Z DURATION:PT1S RRULE:FREQ=SECONDLY",
    "every second, from now": "DTSTART:20260301T000000Z DURATION:PT1S RRULE:FREQ=SECONDLY;UNTIL=99991231T235959Z",
    "every minute, a billion times": "DTSTART:20260301T000000Z DURATION:PT1S RRULE:FREQ=MINUTELY;COUNT=1000000000",
    "a second that never comes": "DTSTART:20260101T000000Z RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "a day that never comes": "DTSTART;VALUE=DATE:20260101 RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "each second of a day": (
        "DTSTART:20260301T000000Z DURATION:PT1S RRULE:FREQ=DAILY"
        f";BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))}"
        f";BYSECOND={','.join(map(str, range(60)))}"
    ),
    "a very long rule": f"DTSTART:20260301T000000Z RRULE:FREQ=YEARLY;BYYEARDAY={','.join(['366'] * 1000)}",
    "thousands of dates of its own": (
        "DTSTART:20260301T000000Z DURATION:PT1S RDATE:" + ",".join(f"202603{at}" for at in MINUTES)
    ),
    "many rules": (
        "DTSTART:20260301T000000Z DURATION:PT1S "
        + " ".join(f"RRULE:FREQ=DAILY;BYMINUTE={minute}" for minute in range(60))
    ),
}


@pytest.mark.rehearsal("hanging")
@pytest.mark.parametrize("event", share([*ENDLESS.values()], 3), ids=share([*ENDLESS], 3))
def test_an_event_that_never_ends_is_left_out_and_the_others_are_read(event):
    days = ["DTSTART;VALUE=DATE:20261225 RRULE:FREQ=YEARLY", "DTSTART;VALUE=DATE:20260302 RRULE:FREQ=DAILY;COUNT=2"]
    found = read(calendar(days[0], event, days[1]), "UTC", SINCE, UNTIL)
    assert (found.dates, found.unclear, found.endless) == (read(calendar(*days), "UTC", SINCE, UNTIL).dates, 0, 1)
    with pytest.raises(Unreadable, match="too much to work out"):
        read(calendar(event), "UTC", SINCE, UNTIL)  # nothing of it: what was read before stays


LONG_BUT_FINE = {
    "every day since 1970": ("DTSTART;TZID=Europe/Berlin:19700101T080000 DURATION:PT1H RRULE:FREQ=DAILY", 365),
    "three times a day": ("DTSTART:20200101T080000Z DURATION:PT1H RRULE:FREQ=DAILY;BYHOUR=6,12,18", 3 * 365),
    "until the end of time": ("DTSTART:20260101T080000Z DURATION:PT1H RRULE:FREQ=WEEKLY;UNTIL=99991231T000000Z", 53),
    "a billion weeks": ("DTSTART:20260101T080000Z DURATION:PT1H RRULE:FREQ=WEEKLY;COUNT=1000000000", 53),
    "no other day of any year": ("DTSTART:20260101T080000Z DURATION:PT1H RRULE:FREQ=YEARLY;BYYEARDAY=400", 1),
}


@pytest.mark.rehearsal("long")
@pytest.mark.parametrize("case", LONG_BUT_FINE.values(), ids=LONG_BUT_FINE)
def test_what_only_looks_endless_is_read(case):
    event, dates = case
    found = read(calendar(event), "UTC", SINCE, UNTIL)
    assert (len(found.dates), found.unclear, found.endless) == (dates, 0, 0)


def test_how_much_work_an_event_may_be_is_counted_and_who_counts_else_goes_on_counting():
    seen = []
    sys.setprofile(lambda frame, happens, about: seen.append(happens))
    try:
        with pytest.raises(effort.TooMuch), effort.at_most(10):
            [len("") for _ in range(11)]
        with effort.at_most(20):
            [len("") for _ in range(11)]
        assert sys.getprofile() is not None
    finally:
        sys.setprofile(None)


@pytest.mark.rehearsal("hanging")
def test_a_file_that_never_ends_is_given_up():
    many = ["DTSTART:20000101T000000Z DURATION:PT1S RRULE:FREQ=SECONDLY"] * 40
    with pytest.raises(Unreadable, match="too much to work out"):
        read_apart(calendar(*many), "UTC", SINCE, UNTIL, seconds=1)


def test_read_apart_is_read():
    body = calendar(*(f"DTSTART;VALUE=DATE:202603{day:02} SUMMARY:Tag_{day}_ä" for day in range(1, 32)))
    assert read_apart(body, "Asia/Kathmandu", SINCE, UNTIL) == read(body, "Asia/Kathmandu", SINCE, UNTIL)
