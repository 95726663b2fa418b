"""Calendars from elsewhere: fetched through the guarded way out, kept while they fail, shown to who must know."""

import http.server
import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection

from escalation.kit.errors import Refused
from escalation.oncall.calendars import absences, fetching
from escalation.oncall.calendars.outside import OutsideCalendar, OutsideDate
from escalation.oncall.shifts import on_call
from escalation.trail.models import Entry
from tests.escalation.test_calendar_reading import calendar
from tests.escalation.test_schedules import make_schedule

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
AWAY = calendar("DTSTART;VALUE=DATE:20260304 DTEND;VALUE=DATE:20260306 SUMMARY:Surgery")


class Site:
    """A web site with one calendar."""

    def __init__(self, settings):
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append((self.path, self.headers["User-Agent"]))
                self.send_response(site.status)
                self.send_header("Content-Length", str(len(site.body)))
                if site.leads_to:
                    self.send_header("Location", site.leads_to)
                self.end_headers()
                self.wfile.write(site.body)

            def log_message(self, *_):
                pass

        self.asked: list = []
        self.status, self.body, self.leads_to = 200, AWAY, ""
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/private-abc/basic.ics"
        settings.OUTBOUND_ALLOW = ["127.0.0.1"]


def let_it_wait() -> None:
    """A test is one transaction; PostgreSQL must not end it while another process is at work for us."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


@pytest.fixture
def site(settings, db):
    let_it_wait()
    site = Site(settings)
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def desk(cast, clock):
    """Ana has the first day, and Jo has today: Monday, 2 March."""
    return make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])


def ahead(what, schedule, clock):
    plans = {schedule.pk: schedule.plan()}
    return what(plans, absences.people_in(plans), clock.now())[schedule.pk]


def test_somebody_is_away_while_on_call_and_is_called_all_the_same(site, desk, cast, clock):
    OutsideCalendar.add(site.address, by=cast.jo)
    assert fetching.fetch()
    assert not fetching.fetch()
    assert site.asked == [("/private-abc/basic.ics", "Baton")]
    (found,) = ahead(absences.coming, desk, clock)
    assert found.person == cast.jo
    midnight = clock.now().replace(hour=0, minute=0)
    assert found.away == (midnight + 2 * DAY, midnight + 4 * DAY)
    assert found.on_call == ((midnight + 2 * DAY + 9 * HOUR, midnight + 3 * DAY + 9 * HOUR),)
    assert on_call(desk.plan(), midnight + 2 * DAY + 10 * HOUR) == (cast.jo.pk,)


def test_what_somebody_is_away_for_is_not_kept(site, cast, clock):
    OutsideCalendar.add(site.address, by=cast.jo)
    fetching.fetch()
    assert list(OutsideDate.objects.values_list("title", flat=True)) == [""]


def test_holidays_say_who_is_on_call(site, desk, cast, clock):
    site.body = calendar("DTSTART;VALUE=DATE:20260304 SUMMARY:Founding_Day", "DTSTART;VALUE=DATE:20260301 SUMMARY:Over")
    OutsideCalendar.add(site.address, by=cast.sam, schedule=desk)
    fetching.fetch()
    (holiday,) = ahead(absences.holidays, desk, clock)
    assert (holiday.title, set(holiday.people)) == ("Founding Day", {cast.ana, cast.jo})


def test_a_calendar_that_changes_is_read_anew_after_a_while(site, cast, clock):
    one = OutsideCalendar.add(site.address, by=cast.jo)
    fetching.fetch()
    kept = list(OutsideDate.objects.values_list("pk", flat=True))
    clock.jump(hours=2)
    assert not fetching.fetch()
    clock.jump(hours=1)
    assert fetching.fetch()
    assert list(OutsideDate.objects.values_list("pk", flat=True)) == kept
    site.body = calendar("DTSTART;VALUE=DATE:20260310")
    one.read_again(by=cast.jo, now=clock.now())
    fetching.fetch()
    assert OutsideDate.objects.get().starts_at.day == 10


FAILURES = {
    "gone": {"status": 404, "says": "It answered with status 404."},
    "leads elsewhere": {"status": 302, "leads_to": "http://169.254.169.254/", "says": "It answered with status 302."},
    "no calendar": {"body": b"<html>", "says": "This is not a calendar file."},
    "too long": {"body": b"x" * 5_000_001, "says": "It is longer than 5 MB, or its answer broke off."},
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_what_was_read_well_stays_while_reading_fails(site, cast, clock, failure, client):
    one = OutsideCalendar.add(site.address, by=cast.jo)
    fetching.fetch()
    for name in ("status", "body", "leads_to"):
        setattr(site, name, failure.get(name, getattr(site, name)))
    clock.jump(hours=3)
    failed_at = clock.now()
    fetching.fetch()
    one.refresh_from_db()
    assert (one.error, one.failing_since) == (failure["says"], failed_at)
    assert OutsideDate.objects.count() == 1
    assert not one.overdue(clock.now())
    clock.jump(hours=24)
    fetching.fetch()
    one.refresh_from_db()
    assert one.failing_since == failed_at
    assert one.overdue(clock.now())
    client.force_login(cast.jo)
    page = client.get("/absences/").content.decode()
    assert "It has not been read since" in page
    assert failure["says"] in page
    site.status, site.body, site.leads_to = 200, AWAY, ""
    clock.jump(hours=3)
    fetching.fetch()
    one.refresh_from_db()
    assert (one.error, one.failing_since, one.read_at) == ("", None, clock.now())


@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("hanging")
def test_one_event_for_ever_and_one_without_sense_leave_the_rest_readable(site, cast, clock, client):
    site.body = calendar(
        "DTSTART;VALUE=DATE:20260304",
        "DTSTART;VALUE=DATE:20260601 DTEND;VALUE=DATE:99991231",
        "SUMMARY:Some_day",
        "DTSTART:20260304T000000Z DURATION:PT1S RRULE:FREQ=SECONDLY",
        "DTSTART:20260304T000000Z DURATION:PT1S RRULE:FREQ=MINUTELY",
    )
    one = OutsideCalendar.add(site.address, by=cast.jo)
    fetching.fetch()
    one.refresh_from_db()
    assert (one.failing_since, one.read_at, OutsideDate.objects.count()) == (None, clock.now(), 2)
    kept = list(OutsideDate.objects.values_list("pk", flat=True))
    client.force_login(cast.jo)
    page = client.get("/absences/").content.decode()
    assert "2 dates" in page and "What was read before" not in page
    assert "1 event is left out: what the file says of their dates cannot be understood." in page
    assert "2 events are left out: they come too often, or take too long to work out." in page
    clock.jump(hours=3)
    fetching.fetch()
    assert list(OutsideDate.objects.values_list("pk", flat=True)) == kept  # for ever is no news each time
    site.body = AWAY
    clock.jump(hours=3)
    fetching.fetch()
    one.refresh_from_db()
    assert one.error == ""


def test_an_inner_address_is_not_talked_to(site, settings, cast, clock):
    settings.OUTBOUND_ALLOW = []
    one = OutsideCalendar.add(site.address, by=cast.jo)
    fetching.fetch()
    one.refresh_from_db()
    assert "inner address" in one.error
    assert site.asked == []


def test_failures_are_tried_again_soon_at_first(site, cast, clock):
    site.status = 500
    OutsideCalendar.add(site.address, by=cast.jo)
    tried = []
    for _ in range(24 * 4):
        if fetching.fetch():
            tried.append(clock.now())
        clock.jump(minutes=15)
    assert len(tried) == len(site.asked)
    pauses = [later - earlier for earlier, later in pairwise(tried)]
    assert pauses[0] == timedelta(minutes=15)
    assert pauses[-1] == 3 * HOUR
    assert pauses == sorted(pauses)


def test_a_calendar_that_kills_its_reader_rests(site, cast, clock, monkeypatch):
    def dies(*_args):
        raise SystemExit

    OutsideCalendar.add(site.address, by=cast.jo)
    with monkeypatch.context() as patch:
        patch.setattr(fetching, "_dates", dies)
        for _ in range(3):
            with pytest.raises(SystemExit):
                fetching.fetch()
            assert not fetching.fetch()  # nobody begins another beside it
            clock.jump(minutes=15)
        fetching.fetch()  # not tried
    one = OutsideCalendar.objects.get()
    assert (one.error, one.next_at) == ("It is too much to work out.", clock.now() + DAY)
    clock.jump(days=1)
    fetching.fetch()
    assert OutsideDate.objects.exists()


def test_the_watch_sees_what_is_due_and_nothing_of_people_who_have_gone(site, cast, clock):
    assert fetching.next_due() is None
    OutsideCalendar.add(site.address, by=cast.jo)
    assert fetching.next_due() == clock.now()
    OutsideCalendar.objects.update(claimed_at=clock.now())
    assert fetching.next_due() is None
    clock.jump(minutes=2)
    assert fetching.next_due() < clock.now()
    cast.jo.is_active = False
    cast.jo.save()
    assert fetching.next_due() is None
    assert not fetching.fetch()


def test_who_may_add_and_remove(site, desk, cast, clock):
    with pytest.raises(Refused):
        OutsideCalendar.add(site.address, by=cast.ana, schedule=desk)
    holidays = OutsideCalendar.add(site.address, by=cast.sam, schedule=desk)
    mine = OutsideCalendar.add(site.address, by=cast.jo)
    with pytest.raises(Refused):
        OutsideCalendar.add(site.address, by=cast.jo)
    for one, stranger in ((holidays, cast.ana), (mine, cast.ada), (mine, cast.sam)):
        with pytest.raises(Refused):
            one.remove(by=stranger)
    fetching.fetch()
    holidays.remove(by=cast.ada)
    mine.remove(by=cast.jo)
    assert not OutsideDate.objects.exists()
    entries = Entry.objects.filter(kind__in=["calendar_added", "calendar_removed"])
    assert entries.count() == 4
    assert not any("private-abc" in entry.data for entry in entries)
