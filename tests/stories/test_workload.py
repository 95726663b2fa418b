"""What a person carries, for them and for who leads them: on how many nights they were woken."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from escalation.engine.models import Delivery
from escalation.people.models import Membership
from incidents.desk.workload import nights_woken

pytestmark = pytest.mark.django_db
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
