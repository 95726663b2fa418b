"""What a person carries, for them and for who leads them: hands-on time, and nights woken."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from escalation.engine.models import Delivery
from escalation.people.models import Membership
from incidents.desk import workload
from incidents.desk.workload import hands_on, nights_woken

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.fixture
def called(cast, open_incident):
    """A call that arrived at an instant."""
    trail = open_incident().trail

    def call(person, at: datetime, **facts) -> None:
        row = {"kind": "call", "channel": "email", "state": Delivery.State.SENT} | facts
        cause = f"test:{Delivery.objects.count()}"
        Delivery.objects.create(trail=trail, person=person, cause=cause, queued_at=at, finished_at=at, **row)

    Delivery.objects.all().delete()
    return call


def march(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_a_night_counts_once_and_lasts_from_22_to_7(cast, called):
    for at in (march(3, 22), march(4, 3), march(4, 6, 59)):  # one night
        called(cast.ana, at)
    called(cast.ana, march(5, 7))  # morning
    called(cast.ana, march(5, 21, 59))  # evening
    called(cast.ana, march(9, 1))
    assert nights_woken([cast.ana], NOW) == {cast.ana.pk: 2}


def test_the_night_is_on_the_persons_own_clock(cast, called):
    for person, zone in ((cast.ana, "Asia/Kolkata"), (cast.jo, "America/New_York")):
        person.time_zone = zone
        person.save()
        called(person, march(4, 16, 45))  # 22:15 in Kolkata, 11:45 in New York
        called(person, march(5, 4))  # 9:30 and 23:00
    assert nights_woken([cast.ana, cast.jo], NOW) == {cast.ana.pk: 1, cast.jo.pk: 1}


def test_the_hours_of_the_night_follow_the_change_of_clocks(cast, called):
    cast.ana.time_zone = "Europe/Berlin"
    cast.ana.save()
    called(cast.ana, datetime(2026, 3, 29, 5, 30, tzinfo=UTC))  # 7:30 since the change; 6:30 before it
    called(cast.ana, datetime(2026, 3, 28, 5, 30, tzinfo=UTC))  # 6:30
    assert nights_woken([cast.ana], datetime(2026, 3, 30, 12, tzinfo=UTC)) == {cast.ana.pk: 1}


def test_what_is_written_later_of_long_ago_hides_nothing(cast, clock, called, open_incident):
    """As the demonstration's history is, whose rows have the newest numbers."""
    incident = open_incident()
    incident.begin_work(by=cast.ana)
    clock.jump(minutes=20)
    incident.stop_work(by=cast.ana)
    called(cast.ana, clock.now() - timedelta(hours=8))  # at night
    now = clock.now()
    clock.jump(days=-60)
    open_incident("Long ago")
    called(cast.ana, clock.now())
    assert hands_on([cast.ana], cast.sam, now)[cast.ana.pk] == timedelta(minutes=20)
    assert nights_woken([cast.ana], now) == {cast.ana.pk: 1}


@pytest.mark.parametrize(
    "facts",
    [
        {"channel": "desk"},
        {"kind": "moved"},
        {"state": Delivery.State.CANCELLED},
        {"state": Delivery.State.FAILED},
    ],
)
def test_what_wakes_nobody_does_not_count(cast, called, facts):
    called(cast.ana, march(4, 3), **facts)
    called(cast.ana, NOW - timedelta(days=8, hours=9))
    assert not any(nights_woken([cast.ana], NOW).values())


def test_only_the_person_and_who_leads_them_read_it(cast, called, clock):
    called(cast.ana, clock.now() - timedelta(hours=7))
    cast.teams["Service desk"].members.add(cast.tom)

    def read(viewer) -> dict[str, int]:
        client = Client()
        client.force_login(viewer)
        lanes = client.get("/board/?by=person").context["lanes"]
        return {lane.label: lane.load.nights for lane in lanes if lane.load}

    assert read(cast.ana) == {"Ana Ruiz (me)": 1}
    assert read(cast.jo) == {"Jo Okafor (me)": 0}
    assert read(cast.sam) == {"Sam Reyes (me)": 0, "Ana Ruiz": 1, "Jo Okafor": 0, "Tom Adeyemi": 0}
    assert read(cast.ada) == {"Ada Lund (me)": 0}  # configures, and leads nobody
    Membership.objects.filter(user=cast.sam).update(role=Membership.Role.AGENT)
    assert read(cast.sam) == {"Sam Reyes (me)": 0}


# --- hands-on time --------------------------------------------------------------------------


def test_an_hour_with_two_incidents_in_hand_is_one_hour(cast, clock, open_incident):
    first, second = open_incident("First"), open_incident("Second")
    first.acknowledge(by=cast.ana)
    clock.jump(minutes=10)
    second.acknowledge(by=cast.ana)
    clock.jump(minutes=50)
    spent = hands_on([cast.ana, cast.jo], cast.sam, clock.now())
    assert spent == {cast.ana.pk: timedelta(hours=1), cast.jo.pk: timedelta()}


def test_who_helps_without_having_been_called_carries_it_too(cast, clock, open_incident):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.begin_work(by=cast.sam)
    clock.jump(minutes=20)
    incident.stop_work(by=cast.sam)
    assert hands_on([cast.sam], cast.sam, clock.now())[cast.sam.pk] == timedelta(minutes=20)


def test_only_the_last_seven_days_count(cast, clock, open_incident):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    clock.jump(days=10)
    assert hands_on([cast.ana], cast.sam, clock.now())[cast.ana.pk] == timedelta(days=7)
    incident.reassign(by=cast.sam, to=cast.jo)
    clock.jump(days=1)
    assert hands_on([cast.ana, cast.jo], cast.sam, clock.now()) == {
        cast.ana.pk: timedelta(days=6),
        cast.jo.pk: timedelta(days=1),
    }


def test_what_the_reader_may_not_see_is_not_in_the_sum(cast, clock, open_incident):
    open_incident("Somebody reads the payroll", restricted=True).acknowledge(by=cast.ana)
    clock.jump(minutes=5)
    assert hands_on([cast.ana], cast.ana, clock.now())[cast.ana.pk] == timedelta(minutes=5)
    assert hands_on([cast.ana], cast.sam, clock.now())[cast.ana.pk] == timedelta()


def test_where_more_was_done_than_is_read_there_is_no_figure(cast, clock, open_incident, monkeypatch):
    open_incident().acknowledge(by=cast.ana)
    clock.jump(minutes=5)
    monkeypatch.setattr(workload, "MOST_READ", 1)
    assert hands_on([cast.ana], cast.ana, clock.now()) == {}


def test_the_head_of_the_column_says_it_in_words(cast, clock, open_incident):
    open_incident().acknowledge(by=cast.ana)
    clock.jump(hours=3, minutes=20)
    client = Client()
    client.force_login(cast.ana)
    assert "3 h 20 min hands-on in 7 days · woken on 0 nights" in client.get("/board/?by=person").content.decode()
