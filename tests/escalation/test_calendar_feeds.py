"""Calendar feeds as programs read them: by an address that is a key, again and again."""

import logging
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from escalation.kit.errors import Refused
from escalation.kit.logs import HidesKeys
from escalation.oncall.calendars.feeds import Feed, FeedEvent
from escalation.oncall.shifts import final
from escalation.people.models import Membership
from escalation.trail.models import Entry
from tests.escalation.test_schedules import make_schedule

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(cast, clock):
    """Ana has the first day, and Jo has today."""
    return make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])


@pytest.fixture
def feed(desk, cast):
    """The address of Ana's feed of the desk."""
    return address(*Feed.make(by=cast.ana, schedule=desk))


def address(feed: Feed, key: str) -> str:
    return f"/ical/{key}/{feed.kind}.ics"


def get(path: str, **headers):
    """As a program asks: a stranger without cookies."""
    return Client().get(path, headers={"User-Agent": "khal", **headers})


def events(path: str) -> dict[str, object]:
    answer = get(path)
    assert answer.status_code == 200
    return {str(event["UID"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}


def titles(path: str) -> set[str]:
    return {str(event["SUMMARY"]) for event in events(path).values()}


# --- what it says ---------------------------------------------------------------------------------


def test_a_schedules_feed_is_its_shifts(feed, desk, cast, clock):
    desk.override(by=cast.sam, person=None, starts_at=clock.now() + DAY, ends_at=clock.now() + 2 * DAY)
    told = events(feed + "?days_back=1&days_ahead=10")
    midnight = clock.now().replace(hour=0, minute=0)
    since, until = midnight - DAY, midnight + 11 * DAY
    shifts = [one for one in final(desk.plan(), since - 2 * DAY, until + 2 * DAY) if one.person is not None]
    wanted = [(one.start, one.end) for one in shifts if one.start < until and one.end > since]
    assert sorted((event.start, event.end) for event in told.values()) == wanted
    assert titles(feed) == {"On call: Ana Ruiz (Desk)", "On call: Jo Okafor (Desk)"}


def test_my_own_feed_has_my_shifts_of_every_schedule(desk, cast, clock):
    make_schedule("Platform", team=cast.teams["Platform"], people=[cast.tom, cast.jo])
    mine = address(*Feed.make(by=cast.jo))
    assert titles(mine) == {"On call (Desk)", "On call (Platform)"}
    desk.override(by=cast.sam, person=cast.jo, starts_at=clock.now() + DAY, ends_at=clock.now() + DAY + HOUR)
    assert "On call (Desk) (covering for Ana Ruiz)" in titles(mine)


def test_a_teams_feed_has_all_its_schedules(desk, cast):
    make_schedule("Nights", team=cast.teams["Service desk"], people=[cast.jo])
    make_schedule("Platform", team=cast.teams["Platform"], people=[cast.tom])
    team = address(*Feed.make(by=cast.ana, team=cast.teams["Service desk"]))
    assert titles(team) == {"On call: Ana Ruiz (Desk)", "On call: Jo Okafor (Desk)", "On call: Jo Okafor (Nights)"}


@pytest.mark.rehearsal("long")
def test_reminders_and_gaps_come_if_they_are_asked_for(feed, desk, cast, clock):
    desk.override(by=cast.sam, person=None, starts_at=clock.now() + DAY, ends_at=clock.now() + DAY + HOUR)
    assert "Nobody on call (Desk)" not in titles(feed)
    assert "Nobody on call (Desk)" in titles(feed + "?gaps=1")
    assert titles(feed + "?summary=email") == {"ana@example.com", "jo@example.com"}
    assert b"VALARM" not in get(feed).content
    one = next(iter(events(feed + "?alarm=60,10,x").values()))
    assert [alarm["TRIGGER"].dt for alarm in one.walk("VALARM")] == [timedelta(minutes=-60), timedelta(minutes=-10)]


WRONG = {
    "no number": "days_back=x",
    "negative": "days_back=-1",
    "a float": "days_ahead=1e9",
    "digits without end": "days_ahead=" + "9" * 5000,
    "no alarms": "alarm=,,,-5,x",
    "nothing": "alarm=%00&gaps=%ff&summary=",
}


@pytest.mark.parametrize("asked", WRONG.values(), ids=WRONG)
def test_what_is_asked_wrongly_is_as_if_it_were_not_asked(feed, asked):
    assert get(f"{feed}?{asked}").content == get(feed).content


def test_nobody_is_told_more_than_a_year(feed):
    assert get(feed + "?days_ahead=9999").content == get(feed + "?days_ahead=365").content


def test_somebody_whose_account_has_ended_is_a_gap(feed, cast):
    cast.jo.is_active = False
    cast.jo.save()
    assert titles(feed + "?gaps=1") == {"On call: Ana Ruiz (Desk)", "Nobody on call (Desk)"}


def test_a_day_of_summer_time_is_an_hour_shorter(cast, clock):
    clock.jump(days=20)
    berlin = make_schedule("Berlin", team=cast.teams["Service desk"], people=[cast.ana])
    type(berlin).objects.filter(pk=berlin.pk).update(time_zone="Europe/Berlin")
    told = events(address(*Feed.make(by=cast.ana, schedule=berlin)) + "?days_back=0&days_ahead=300")
    lengths = {event.start.date(): event.end - event.start for event in told.values()}
    assert lengths[date(2026, 3, 28)] == 23 * HOUR
    assert lengths[date(2026, 10, 24)] == 25 * HOUR
    assert {length for day, length in lengths.items()} == {23 * HOUR, 24 * HOUR, 25 * HOUR}


@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("long")
def test_a_schedule_of_the_smallest_turns_stays_small(cast, clock):
    fast = make_schedule("Fast", team=cast.teams["Service desk"], people=[cast.ana, cast.jo], unit="hours")
    path = address(*Feed.make(by=cast.ana, schedule=fast))
    answer = get(path + "?days_back=365&days_ahead=365&alarm=1,2")
    assert len(answer.content) < 1_000_000
    told = Calendar.from_ical(answer.content).walk("VEVENT")
    assert any(event.start <= clock.now() < event.end for event in told)


# --- the same event, moved ------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_an_event_that_changes_stays_the_same_event(feed, desk, cast, clock):
    before = events(feed)
    start = clock.now().replace(hour=9, minute=0) + 2 * DAY
    uid = f"shift-{desk.pk}-l{desk.layers.get().pk}-{start:%Y%m%dT%H%M%SZ}@127.0.0.1"
    assert before[uid]["SEQUENCE"] == 0
    clock.jump(hours=1)
    desk.override(by=cast.sam, person=cast.ana, starts_at=start + HOUR, ends_at=start + 2 * HOUR)
    after = events(feed)
    assert after[uid].end == start + HOUR
    assert after[uid]["SEQUENCE"] == 1
    assert after[uid]["DTSTAMP"].dt == after[uid]["LAST-MODIFIED"].dt == clock.now()
    assert f"{uid.partition('@')[0]}-2@127.0.0.1" in after
    others = [one for one in before if one != uid]
    assert [before[one].to_ical() for one in others] == [after[one].to_ical() for one in others]


def test_a_name_that_changes_moves_the_events_of_that_person_and_no_other(feed, cast, clock):
    before = events(feed)
    cast.jo.name = "Jo Okafor-Lund"
    cast.jo.save()
    clock.jump(minutes=5)
    moved = {uid for uid, event in events(feed).items() if event["SEQUENCE"] == 1}
    assert moved == {uid for uid, event in before.items() if "Jo" in event["SUMMARY"]}


def test_a_clock_that_is_put_back_moves_no_event_back(feed, cast, clock):
    first = max(event["DTSTAMP"].dt for event in events(feed).values())
    clock.jump(hours=-2)
    cast.jo.name = "Joanna Okafor"
    cast.jo.save()
    changed = [event for event in events(feed).values() if event["SEQUENCE"] == 1]
    assert changed and all(event["DTSTAMP"].dt > first for event in changed)


# --- asked again ----------------------------------------------------------------------------------


def test_nothing_new_is_said_without_a_body(feed, clock):
    first = get(feed)
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert first.headers["Content-Disposition"] == 'inline; filename="oncall-desk.ics"'
    assert first.headers["Cache-Control"] == "private, max-age=300"
    assert first.headers["Referrer-Policy"] == "no-referrer"
    assert not first.cookies
    clock.jump(hours=3)
    assert get(feed).content == first.content
    for asked in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        again = get(feed, **asked)
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]


def test_any_change_is_told_to_who_asks_by_time_alone(feed, desk, cast, clock):
    gone = desk.override(by=cast.sam, person=cast.ana, starts_at=clock.now() + DAY, ends_at=clock.now() + DAY + HOUR)
    first = get(feed)
    clock.jump(minutes=1)
    desk.cancel_override(gone, by=cast.sam)
    asked = {"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}
    assert [get(feed, **one).status_code for one in asked] == [200, 200]


def test_the_head_alone(feed):
    whole, head = get(feed), Client().head(feed)
    assert head.status_code == 200
    assert head.content == b""
    assert head["ETag"] == whole["ETag"]
    assert head["Content-Length"] == str(len(whole.content))
    assert Client().post(feed).status_code == 405


@pytest.mark.rehearsal("rows")
def test_it_costs_the_same_for_any_number_of_schedules_and_shifts(cast, clock):
    def cost(path: str) -> int:
        get(path)
        with CaptureQueriesContext(connection) as queries:
            get(path)
        return len(queries)

    path = address(*Feed.make(by=cast.ana, team=_with_schedule(cast, "One")))
    few = cost(path)
    for number in range(5):
        _with_schedule(cast, f"More {number}")
    assert cost(path + "?days_ahead=365") == few <= 15


def _with_schedule(cast, name: str):
    team = cast.teams["Service desk"]
    make_schedule(name, team=team, people=[cast.ana, cast.jo])
    return team


# --- whose it is ----------------------------------------------------------------------------------


def test_whatever_is_wrong_with_an_address_is_the_same_answer(feed, cast, desk):
    others = [feed.replace("/schedule.", f"/{kind}.") for kind in ("user", "team")]
    wrong = ["/ical/x/schedule.ics", feed.replace("/schedule.", "A/schedule."), *others]
    for path in wrong:
        answer = get(path)
        assert (answer.status_code, answer.content) == (404, b"not found\n"), path
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert get(feed).status_code == 200
    Feed.objects.get().revoke(by=cast.ana)
    assert get(feed).status_code == 404


def test_a_feed_ends_with_the_account_and_with_the_sight(feed, cast, desk):
    Membership.objects.filter(user=cast.ana).delete()
    assert get(feed).status_code == 200  # a seat is sight enough
    desk.layers.get().seats.filter(person=cast.ana).delete()
    assert get(feed).status_code == 404
    Membership.objects.create(team=desk.team, user=cast.ana)
    assert get(feed).status_code == 200
    cast.ana.is_active = False
    cast.ana.save()
    assert get(feed).status_code == 404


def test_nobody_makes_a_feed_of_what_they_do_not_see(desk, cast):
    for what in ({"schedule": desk}, {"team": desk.team}):
        with pytest.raises(Refused):
            Feed.make(by=cast.rita, **what)
    Feed.make(by=cast.otto, schedule=desk)
    Feed.make(by=cast.ada, team=desk.team)


def test_only_the_hash_of_a_key_is_kept_and_making_is_on_record(feed, cast):
    key = feed.split("/")[2]
    row = Feed.objects.get()
    assert len(key) >= 40
    assert key not in " ".join(map(str, vars(row).values()))
    Feed.objects.get().revoke(by=cast.ana)
    entries = Entry.objects.filter(trail__subject="installation", kind__startswith="feed_").order_by("seq")
    assert [entry.kind for entry in entries] == ["feed_made", "feed_revoked"]
    assert key not in " ".join(entry.data for entry in entries)


def test_when_it_was_read_is_noted_once_a_minute(feed, clock):
    def noted():
        return Feed.objects.values_list("read_at", "read_by").get()

    get(feed, **{"User-Agent": "Google-Calendar-Importer\x00 " + "x" * 200})
    first = noted()
    assert first[0] == clock.now()
    assert first[1].startswith("Google-Calendar-Importer")
    clock.jump(seconds=30)
    get(feed)
    assert noted() == first
    clock.jump(seconds=30)
    get(feed)
    assert noted() == (clock.now(), "khal")


def test_no_log_says_the_key(feed, monkeypatch, caplog, settings):
    def broken(*_args):
        raise RuntimeError("no")

    monkeypatch.setattr("escalation.oncall.calendars.building.build", broken)
    client = Client(raise_request_exception=False)
    caplog.handler.addFilter(HidesKeys())
    with caplog.at_level(logging.INFO):
        assert client.get(feed).status_code == 500
        client.get(feed[:-3])
    key = feed.split("/")[2]
    assert "/ical/…/schedule.ics" in caplog.text
    assert key not in caplog.text
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["keys"]


def test_what_no_feed_tells_any_more_is_forgotten(feed, clock):
    get(feed + "?days_back=365")
    old = FeedEvent.objects.count()
    clock.jump(days=700)
    get(feed)
    assert FeedEvent.objects.count() < old + 220
    assert not FeedEvent.objects.filter(ends_at__lt=clock.now() - timedelta(days=500)).exists()
