"""The pages on which people make feeds and say which calendars are read."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from escalation.oncall.calendars import fetching, wording
from escalation.oncall.calendars.feeds import Feed
from escalation.oncall.calendars.outside import OutsideCalendar
from escalation.oncall.spans import Span
from incidents.models import Incident
from tests.escalation.test_calendars_outside import AWAY, Site, let_it_wait
from tests.escalation.test_schedules import make_schedule

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


@pytest.fixture
def desk(cast, clock):
    return make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])


@pytest.fixture
def site(settings, socket_enabled, db):
    let_it_wait()
    site = Site(settings)
    yield site
    site.server.shutdown()
    site.server.server_close()


def test_a_feed_is_made_shown_once_read_and_revoked(client, cast, desk, settings):
    settings.ADDRESS = "https://desk.example"
    client.force_login(cast.ana)
    assert "Your feeds" not in client.get("/calendars/").content.decode()
    made = client.post("/calendars/", {"what": f"schedule-{desk.pk}"})
    assert (made.status_code, made["Location"]) == (302, "/calendars/")
    cookie = made.cookies["baton_feed"]
    assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie["path"] == "/calendars/"
    shown = client.get("/calendars/")
    assert shown["Cache-Control"] == "no-store"
    page = shown.content.decode()
    key = re.search(r"https://desk\.example/ical/([\w-]{43})/schedule\.ics", page)[1]
    assert f"webcal://desk.example/ical/{key}/schedule.ics" in page
    assert client.get(f"/ical/{key}/schedule.ics").status_code == 200
    again = client.get("/calendars/").content.decode()
    assert key not in again
    assert "Last read" in again
    client.post(f"/calendars/{Feed.objects.get().pk}/revocation/")
    assert client.get(f"/ical/{key}/schedule.ics").status_code == 404
    assert "Your feeds" not in client.get("/calendars/").content.decode()


def test_subscribe_leads_to_the_feed_of_what_one_looks_at(client, cast, desk):
    client.force_login(cast.ana)
    for page, what in [("/oncall/", "mine"), (f"/oncall/{desk.pk}/", f"schedule-{desk.pk}")]:
        address = f"/calendars/?what={what}"
        assert f'href="{address}"' in client.get(page).content.decode()
        assert f'<option value="{what}" selected>' in client.get(address).content.decode()
    assert "selected" not in client.get("/calendars/?what=schedule-999").content.decode().split('name="what"')[1]


def test_a_key_is_shown_to_nobody_else(client, cast, desk):
    client.force_login(cast.ana)
    client.post("/calendars/", {"what": "mine"})
    client.force_login(cast.jo)  # the same browser
    assert "/ical/" not in client.get("/calendars/").content.decode()
    client.cookies["baton_feed"] = "1:forged"
    assert client.get("/calendars/").status_code == 200


def test_only_what_somebody_sees_can_be_chosen(client, cast, desk):
    client.force_login(cast.rita)
    assert "Desk" not in client.get("/calendars/").content.decode()
    assert client.post("/calendars/", {"what": f"schedule-{desk.pk}"}).status_code == 422
    assert client.post("/calendars/", {"what": f"team-{desk.team_id}"}).status_code == 422
    assert client.post("/calendars/", {"what": "mine"}).status_code == 302
    client.force_login(cast.jo)
    assert client.post(f"/calendars/{Feed.objects.get().pk}/revocation/").status_code == 404


def test_somebody_with_many_feeds_is_asked_to_revoke_one(client, cast):
    client.force_login(cast.ana)
    for _ in range(20):
        assert client.post("/calendars/", {"what": "mine"}).status_code == 302
    refused = client.post("/calendars/", {"what": "mine"})
    assert refused.status_code == 422
    assert "Revoke one you no longer use first." in refused.content.decode()


@pytest.mark.rehearsal("rows")
def test_the_pages_cost_the_same_for_any_number_of_schedules(client, cast, desk, site):
    def cost() -> list[int]:
        client.force_login(cast.sam)
        found = []
        for path in ("/calendars/", "/absences/"):
            client.get(path)
            Incident.open(title="Card payments fail", service=cast.service, by=cast.ana)  # the bar is counted anew
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            found.append(len(queries))
        return found

    OutsideCalendar.add(site.address, by=cast.jo)
    OutsideCalendar.add(site.address, by=cast.sam, schedule=desk)
    fetching.fetch()
    fetching.fetch()
    few = cost()
    for number in range(4):
        more = make_schedule(f"More {number}", team=desk.team, people=[cast.ana, cast.jo])
        OutsideCalendar.add(site.address, by=cast.sam, schedule=more)
        fetching.fetch()
        Feed.make(by=cast.sam, schedule=more)
    assert cost() == few
    assert max(few) <= 15


def test_strangers_sign_in_first(client, db):
    for path in ("/calendars/", "/absences/"):
        assert client.get(path)["Location"].startswith("/login/")


def test_jo_says_when_she_is_away_and_the_desk_sees_it(client, cast, desk, site):
    client.force_login(cast.jo)
    webcal = site.address.replace("http://", "webcal://")
    assert client.post("/absences/", {"address": webcal, "of": "mine"}).status_code == 302
    assert OutsideCalendar.objects.get().address == site.address.replace("http://", "https://")
    OutsideCalendar.objects.update(address=site.address)
    page = client.get("/absences/").content.decode()
    assert "Not read yet." in page
    fetching.fetch()
    page = client.get("/absences/").content.decode()
    assert "1 date." in page
    assert "private-abc" not in page
    for viewer, sees in ((cast.ana, True), (cast.sam, True), (cast.ada, True), (cast.rita, False)):
        client.force_login(viewer)
        page = client.get("/absences/").content.decode()
        assert ("Away while on call: Desk" in page) == sees
        assert ("Jo Okafor is away Wed 4 Mar – Thu 5 Mar, on call Wed 4 Mar 09:00 – Thu 5 Mar 09:00." in page) == sees
        assert "Surgery" not in page
        assert "127.0.0.1" not in page


def test_a_schedules_page_in_admin_says_so_too(client, cast, desk, site):
    client.force_login(cast.ada)
    address = f"/admin/oncall/schedule/{desk.pk}/change/"
    assert "Nobody whose calendar of absences is known." in client.get(address).content.decode()
    OutsideCalendar.add(site.address, by=cast.jo)
    fetching.fetch()
    assert "Jo Okafor is away Wed 4 Mar – Thu 5 Mar, on call" in client.get(address).content.decode()


SPANS = {
    "a day": ("2026-03-04T00:00", "2026-03-05T00:00", "Wed 4 Mar"),
    "days": ("2026-03-04T00:00", "2026-03-07T00:00", "Wed 4 Mar – Fri 6 Mar"),
    "over the night without two o'clock": ("2026-03-28T00:00", "2026-03-30T00:00", "Sat 28 Mar – Sun 29 Mar"),
    "hours": ("2026-03-04T09:00", "2026-03-04T17:30", "Wed 4 Mar 09:00 – 17:30"),
    "over midnight": ("2026-03-04T18:00", "2026-03-05T08:00", "Wed 4 Mar 18:00 – Thu 5 Mar 08:00"),
}


@pytest.mark.parametrize(("start", "end", "said"), SPANS.values(), ids=SPANS)
def test_a_span_is_said_on_the_viewers_clock(start, end, said):
    berlin = ZoneInfo("Europe/Berlin")
    first, last = (datetime.fromisoformat(at).replace(tzinfo=berlin).astimezone(UTC) for at in (start, end))
    with timezone.override(berlin):
        assert wording.span(Span(first, last)) == said


def test_a_supervisor_chooses_the_holidays(client, cast, desk, site):
    client.force_login(cast.ana)
    assert client.post("/absences/", {"address": site.address, "of": f"schedule-{desk.pk}"}).status_code == 422
    client.force_login(cast.sam)
    assert client.post("/absences/", {"address": site.address, "of": f"schedule-{desk.pk}"}).status_code == 302
    site.body = AWAY.replace(b"Surgery", b"<b>Founding Day</b>")
    fetching.fetch()
    client.force_login(cast.ana)
    page = client.get("/absences/").content.decode()
    assert "&lt;b&gt;Founding Day&lt;/b&gt;" in page
    assert "on call: Ana Ruiz, Jo Okafor" in page or "on call: Jo Okafor, Ana Ruiz" in page
    pk = OutsideCalendar.objects.get().pk
    assert client.post(f"/absences/{pk}/removal/").status_code == 404
    client.force_login(cast.sam)
    assert client.post(f"/absences/{pk}/reading/").status_code == 302
    assert client.post(f"/absences/{pk}/removal/").status_code == 302
    assert not OutsideCalendar.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["", "x", "ftp://a/b", "file:///etc/passwd", "http://", "http://[::1", "https://a:99999/", "javascript:1"],
)
def test_an_address_that_is_none_is_said_at_its_field(client, cast, address):
    client.force_login(cast.ana)
    answer = client.post("/absences/", {"address": address, "of": "mine"})
    assert answer.status_code == 422
    assert "id_address_error" in answer.content.decode()
    assert not OutsideCalendar.objects.exists()
