"""Nobody is there, so the last resort is called in their place: a call like the last one, whatever it is called for."""

from datetime import timedelta

import pytest

from escalation.engine import climb, deliver, tasks
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.notify.models import Breaker
from escalation.notify.senders import SendFailed
from escalation.people.models import Membership
from incidents.models import Incident
from tests.maintenance_kit import planner
from tests.reach_kit import Carriers, account, method, rules

pytestmark = pytest.mark.django_db
REFUSED = SendFailed("no such number", permanent=True, up=True)


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


def work() -> None:
    while tasks.send() + climb.drain():
        pass


def everybody_leaves() -> None:
    Membership.objects.all().delete()


def on_hold(open_incident, cast, clock) -> Incident:
    """Of little severity, called and answered by nobody; when the hold ends nobody is there."""
    incident = open_incident()
    incident.hold(by=cast.ana, until=clock.now() + timedelta(hours=1), text="Waiting for the bank")
    everybody_leaves()
    return incident


def in_maintenance(open_incident, cast, clock) -> Incident:
    incident = open_incident()
    planner(cast, clock)(at=clock.now().time(), minutes=60)
    climb.drain()
    everybody_leaves()
    return incident


LATER = {"woken": on_hold, "maintenance_over": in_maintenance}


@pytest.fixture(params=LATER)
def kind(request) -> str:
    return request.param


@pytest.fixture
def quiet_one(kind, carriers, open_incident, cast, clock):
    """Its end is in an hour; what was queued before is not looked at."""
    incident = LATER[kind](open_incident, cast, clock)
    assert incident.run.severity >= 3
    return incident


def in_an_hour() -> None:
    kit_clock.forward(timedelta(hours=1))
    work()


def last(kind: str, cast) -> list[tuple]:
    found = Delivery.objects.filter(kind=kind, person=cast.ada).exclude(channel="desk").order_by("id")
    return [(row.channel, row.state, row.fallback) for row in found]


def test_no_limit_holds_it_back(quiet_one, kind, carriers, cast, settings, clock, queue):
    settings.LIMIT_PER_PERSON = {"email": 1}
    kit_clock.forward(timedelta(minutes=30))
    queue(cast.ada)
    deliver.deliver_due()
    kit_clock.forward(timedelta(minutes=30))
    work()
    assert last(kind, cast) == [("email", "sent", False)]


def test_it_waits_for_no_window(quiet_one, kind, carriers, cast, clock, queue):
    kit_clock.forward(timedelta(minutes=59, seconds=58))
    queue(cast.ada, method=account(cast.ada))
    deliver.deliver_due()
    kit_clock.forward(timedelta(seconds=2))
    work()
    assert last(kind, cast) == [("email", "sent", False)]


def test_if_their_way_refuses_it_the_accounts_mail_takes_its_place(quiet_one, kind, carriers, cast):
    rules(cast.ada, "loud", (method(cast.ada, "sms", "+4915112345667"), 0))
    carriers["sms"].trouble = REFUSED
    in_an_hour()
    assert last(kind, cast) == [("sms", "failed", False), ("email", "sent", True)]


def test_it_goes_round_a_service_that_is_away(quiet_one, kind, carriers, cast, clock):
    rules(cast.ada, "loud", (method(cast.ada, "sms", "+4915112345667"), 0))
    at = clock.now() + timedelta(hours=1)
    away = {"since": at, "failed_at": at, "failures": 3, "opened_at": at, "next_at": at + timedelta(minutes=5)}
    Breaker.objects.create(channel="sms", **away)
    in_an_hour()
    assert last(kind, cast) == [("sms", "queued", False)]
    kit_clock.forward(timedelta(seconds=30))
    work()
    assert last(kind, cast) == [("sms", "queued", False), ("email", "sent", True)]


def test_who_is_called_beside_others_has_the_limits_of_all(open_incident, carriers, cast, settings, clock, queue):
    """Of the service desk somebody is there: it is no last call."""
    settings.LIMIT_PER_PERSON = {"email": 1}
    incident = open_incident()
    incident.hold(by=cast.sam, until=clock.now() + timedelta(hours=1), text="Waiting for the bank")
    kit_clock.forward(timedelta(minutes=30))
    queue(cast.ana)
    deliver.deliver_due()
    kit_clock.forward(timedelta(minutes=30))
    work()
    woken = Delivery.objects.get(kind="woken", person=cast.ana, channel="email")
    assert (woken.state, woken.limited, woken.is_last) == ("queued", True, False)
