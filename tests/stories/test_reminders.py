"""A promise of published updates reminds the communicator: of each that is missed, and never while it stands still."""

from datetime import timedelta

import pytest

from escalation.engine.audit import auditing
from escalation.engine.models import Delivery, Timer
from escalation.kit import clock as kit_clock
from escalation.notify.message import Recipient, compose
from escalation.people.models import Tier
from incidents.models import Incident, RolePlan, RoleSource, Stakeholder, Target, promising
from tests.audit_kit import quiet
from tests.conftest import START
from tests.stories.test_service_promises import again, as_the_record_says, due, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def cadence(cast):
    Target.objects.create(kind="update", minutes=60, severity=2, warn=100, counts="published")
    Target.objects.create(kind="update", minutes=30, severity=1, warn=100, counts="published")


@pytest.fixture
def communicator(cast, comms):
    """A role that is filled alone."""
    plan = RolePlan.objects.create(service=cast.service, from_severity=2)
    RoleSource.objects.create(plan=plan, role="communicator", schedule=comms)


def publish(incident: Incident, by) -> None:
    one = again(incident)
    what = {"stage": "identified", "text": "We know why.", "to_stakeholders": True, "on_status_page": False}
    one.publish_update(by=by, epoch=one.update_epoch, **what)


def told(incident: Incident) -> list[tuple[float, str]]:
    rows = Delivery.objects.filter(trail=incident.trail_id, kind__startswith="promise_", channel="desk").order_by("id")
    return [((row.queued_at - START) / timedelta(minutes=1), row.person.get_short_name()) for row in rows]


def test_the_communicator_is_reminded_once_for_each_that_is_missed(cadence, communicator, severe, cast, clock):
    Stakeholder.objects.create(person=cast.tom, service=cast.service)
    incident = severe()
    assert due(incident) == {"update": 60}
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=20)
    again(incident).note(by=cast.ana, text="The pool is full")  # nobody outside hears of that
    assert due(incident) == {"update": 60}
    clock.forward(minutes=39)
    assert told(incident) == []
    clock.forward(minutes=100)
    assert told(incident) == [(60, "Ines"), (120, "Ines")]
    as_the_record_says(incident)
    publish(incident, cast.ines)
    assert due(incident) == {"update": 159 + 60}
    clock.forward(minutes=59)
    assert len(told(incident)) == 2
    clock.forward(minutes=2)
    assert told(incident)[2:] == [(219, "Ines")]
    as_the_record_says(incident)
    assert quiet()


def test_the_reminder_says_what_to_do(cadence, communicator, severe, cast, clock):
    incident = severe()
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=61)
    row = Delivery.objects.get(kind="promise_broken", channel="email")
    message = compose(row.message, to=Recipient.person(row.person), at=row.queued_at)
    assert "Publish how it stands, even if that is not much." in message.full


def test_without_a_communicator_whoever_has_it_is_reminded(cadence, severe, cast, clock):
    Tier.objects.update(work_minutes=None)
    incident = severe()
    clock.forward(minutes=4)
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=10)
    again(incident).hand_over(by=cast.ana, to=cast.mei, text="Yours")
    again(incident).accept(by=cast.mei)
    again(incident).set_severity(by=cast.mei, severity=1, text="Everybody")
    clock.forward(minutes=31)
    assert told(incident) == [(44, "Mei")]


def test_it_begins_anew_with_a_severity_that_has_another(cadence, communicator, severe, open_incident, cast, clock):
    incident = open_incident()
    clock.forward(hours=5)
    again(incident).acknowledge(by=cast.ana)
    again(incident).set_severity(by=cast.ana, severity=2, text="More than we thought")
    assert due(incident) == {"update": 360}  # nobody is late with what was not to be published before
    clock.forward(minutes=10)
    again(incident).set_severity(by=cast.ana, severity=1, text="Everybody")
    assert due(incident) == {"update": 340}
    clock.forward(minutes=3)
    again(incident).state(by=cast.ana, people_affected=5000)  # as severe as before
    assert due(incident) == {"update": 340}
    as_the_record_says(incident)


def test_it_stands_still_on_hold_and_ends_with_the_incident(cadence, communicator, severe, cast, clock):
    incident = severe()
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=10)
    again(incident).hold(by=cast.ana, until=START + timedelta(hours=5), text="The supplier looks")
    clock.forward(minutes=280)
    assert told(incident) == []
    clock.forward(minutes=20)
    assert due(incident) == {"update": 350}
    again(incident).resolve(by=cast.ana, cause="software", text="Restarted")
    clock.forward(hours=9)
    assert told(incident) == []
    as_the_record_says(incident)


@pytest.mark.rehearsal("long")
def test_after_an_outage_it_is_said_once_and_a_lost_timer_is_found(cadence, communicator, severe, cast, clock):
    incident = severe()
    again(incident).acknowledge(by=cast.ana)
    clock.jump(minutes=200)
    clock.forward(seconds=1)
    assert [(kind, what) for _at, kind, what in said(incident)] == [("broken", "update")]
    as_the_record_says(incident)
    Timer.objects.filter(kind=promising.TIMER).update(state=Timer.State.CANCELLED, next_at=None)
    auditing.audit()
    assert quiet()
    clock.forward(minutes=40)
    assert len(said(incident)) == 2
    assert kit_clock.now() > START


def test_an_update_that_is_withdrawn_reminds_as_if_it_had_not_been_sent(cadence, communicator, severe, cast, clock):
    Stakeholder.objects.create(person=cast.tom, service=cast.service)
    incident = severe()
    again(incident).acknowledge(by=cast.ana)
    clock.forward(minutes=30)
    publish(incident, cast.ines)
    assert due(incident) == {"update": 90}
    clock.forward(minutes=5)
    again(incident).withdraw_update(by=cast.ines, number=1, text="It is not the pool.")
    assert due(incident) == {"update": 60}
    as_the_record_says(incident)
    clock.forward(minutes=26)
    assert told(incident) == [(60, "Ines")]
    publish(incident, cast.ines)
    assert due(incident) == {"update": 61 + 60}
    assert quiet()
