"""The promises that only the upper storey can see, broken by SQL; and all verbs, after which nothing is said."""

from datetime import timedelta

import pytest
from django.urls import reverse

from escalation.engine import bell, climb, deliver, moves, recovery, standstill
from escalation.engine.audit import auditing
from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.notify import senders
from escalation.notify.desk import Desk
from escalation.notify.senders import SendFailed
from escalation.policies.models import PolicyStep
from escalation.trail.models import Entry
from escalation.trail.writing import Actor
from incidents.demo import organisation, past
from incidents.models import Incident
from tests.audit_kit import found, named, quiet, sql
from tests.incidents.inbound_kit import ALL_ENDED, FIRES, JOINS, ONE_ENDS, Sender, an_alert, sample

pytestmark = pytest.mark.django_db


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


@pytest.fixture
def worked(open_incident, clock, cast):
    incident = open_incident(people_affected=2000)  # bad enough that the managers are told, too
    clock.forward(minutes=1)
    incident.acknowledge(by=cast.ana)
    assert quiet()
    return incident


@pytest.fixture
def resolved(worked, clock, cast):
    clock.forward(minutes=1)
    fresh(worked).resolve(by=cast.ana, cause="change", text="Rolled back")
    assert quiet()
    return worked


@pytest.fixture
def alerted(cast, clock):
    sender = Sender(service=cast.service)
    sender.posts(FIRES)
    assert quiet()
    return Incident.objects.get()


# --- named --------------------------------------------------------------------------------------

WHILE_WORKED = {
    "no climb": ("I1", "UPDATE engine_escalationrun SET ended_at = started_at", "DELETE FROM engine_timer"),
    "a lost constraint": ("I2", "DROP INDEX one_living_key"),
    "a timer that would close it": (
        "I6",
        "INSERT INTO engine_timer (trail_id, kind, round, step, epoch, severity, due_at, next_at, state, attempts,"
        " last_error) SELECT trail_id, 'close', 0, 0, 0, 5, due_at, due_at, 'armed', 0, '' FROM engine_timer"
        " WHERE state = 'armed'",
    ),
    "a holder who may not see it": (
        "I18",
        "DELETE FROM incidents_access WHERE person_id = (SELECT id FROM people_user WHERE email = 'ana@example.com')",
    ),
    "somebody called who may not see it": (
        "I18",
        "DELETE FROM incidents_access WHERE person_id = (SELECT id FROM people_user WHERE email = 'jo@example.com')",
    ),
    "an opening nobody recorded": ("I20", "UPDATE incidents_incident SET opened_at = '2026-03-02 09:00:00+00'"),
    "an end nobody recorded": ("I20", "UPDATE engine_escalationrun SET ended_at = started_at"),
}


@pytest.mark.parametrize(("number", "statements"), [(n, s) for n, *s in WHILE_WORKED.values()], ids=WHILE_WORKED)
def test_what_breaks_an_open_incident_is_named(worked, number, statements):
    sql(*statements)
    assert number in named()


def test_an_offer_to_somebody_who_may_not_see_it_is_named(worked, cast):
    EscalationRun.objects.functional().update(offered_to=cast.rita)
    assert "I18" in named()


def test_a_resolved_incident_that_still_climbs_is_named(resolved):
    sql("UPDATE engine_escalationrun SET ended_at = NULL")
    assert "I6" in named()


ONCE_ALERTED = {
    "a receipt that nobody worked off": (
        "I7",
        "UPDATE incidents_receipt SET state = 'received', received_at = '2026-03-02 09:28:00+00'",
    ),
    "a poisoned receipt": ("I15", "UPDATE incidents_receipt SET state = 'received', attempts = 4"),
    "a living key of a resolved incident": ("I8", "UPDATE incidents_incident SET resolved_at = opened_at"),
    "a key nobody heard": ("I8", "UPDATE incidents_alertkey SET count = 0"),
    "one key in two incidents": (
        "I8",
        "DROP INDEX one_living_key",
        "INSERT INTO incidents_alertkey (source_id, key, incident_id, count, first_seen, last_seen, digest, unlisted)"
        " SELECT source_id, key, incident_id, count, first_seen, last_seen, digest, unlisted FROM incidents_alertkey",
    ),
    "a key that ended without its incident": ("I9", "UPDATE incidents_alertkey SET ended_at = last_seen"),
    "an alert that fires after its end": ("I9", "UPDATE incidents_alert SET ends_at = starts_at"),
    "an alert resolved at no time": ("I9", "UPDATE incidents_alert SET state = 'resolved'"),
}


@pytest.mark.parametrize(("number", "statements"), [(n, s) for n, *s in ONCE_ALERTED.values()], ids=ONCE_ALERTED)
def test_what_breaks_an_alert_is_named(alerted, number, statements):
    sql(*statements)
    assert number in named()


# --- repaired -----------------------------------------------------------------------------------


def test_an_open_incident_without_a_climb_is_climbed_again(open_incident, clock, phones):
    incident = open_incident()
    deliver.deliver_due()
    sql("DELETE FROM engine_timer", "UPDATE engine_escalationrun SET ended_at = started_at")
    auditing.audit()
    assert fresh(incident).run.ended_at is None
    assert phones.rang == ["ana", "jo"] * 2
    clock.forward(minutes=5)
    assert phones.rang[-1] == "mei"
    assert Entry.objects.filter(trail=incident.trail, kind="repaired").count() == 1


def test_with_one_track_left_people_must_say_what_is_true(worked):
    sql("UPDATE engine_escalationrun SET ended_at = started_at WHERE track = 'functional'")
    auditing.audit()
    assert EscalationRun.objects.running().functional().count() == 0


def test_for_a_receipt_that_waits_the_bell_is_rung(alerted, clock, monkeypatch):

    rung: list[str] = []
    monkeypatch.setattr(bell, "ask", lambda task, *_args: rung.append(task))
    sql(ONCE_ALERTED["a receipt that nobody worked off"][1])
    auditing.audit(repair=False)
    assert rung == []
    auditing.audit()
    assert rung == ["incidents.inbound.tasks.process_waiting"]


def test_the_record_page_tells_the_repair(open_incident, client, cast):
    incident = open_incident()
    sql("DELETE FROM engine_timer")
    auditing.audit()
    client.force_login(cast.ana)
    page = client.get(reverse("incident", args=[incident.number])).content.decode()
    assert "Baton repaired its own bookkeeping" in page
    assert "the next look at it was lost or wrong, and was set again (I1)" in page


# --- nothing to say -----------------------------------------------------------------------------


def test_working_on_it_gives_no_cause(open_incident, clock, cast):
    incident = open_incident(people_affected=50)
    assert quiet()
    incident.acknowledge(by=cast.ana)
    assert quiet()
    clock.forward(minutes=3)
    fresh(incident).note(by=cast.ana, text="Only card payments")
    fresh(incident).attempt(by=cast.ana, text="Restarted the gateway", outcome="no_effect")
    fresh(incident).state(by=cast.ana, people_affected=5000)  # the managers are told
    assert quiet()
    fresh(incident).answer(by=cast.ines) if fresh(incident).authority_run.policy_path.asked(0, 0) else None
    fresh(incident).set_severity(by=cast.ana, severity=3, text="Only one shop")
    assert quiet()
    clock.forward(minutes=13)  # the time to work on it is over
    assert fresh(incident).run.holder is None
    assert quiet()


def test_passing_it_on_gives_no_cause(open_incident, clock, cast):
    incident = open_incident(people_affected=2000)
    incident.acknowledge(by=cast.ana)
    fresh(incident).hand_over(by=cast.ana, to=cast.jo, text="My shift ends")
    assert quiet()
    fresh(incident).decline(by=cast.jo, text="Busy")
    assert quiet()
    fresh(incident).hand_over(by=cast.ana, to=cast.jo, text="Please")
    fresh(incident).take_back(by=cast.ana)
    assert quiet()
    fresh(incident).hand_over(by=cast.ana, to=cast.jo, text="Please")
    clock.forward(minutes=6)  # unanswered
    assert quiet()
    fresh(incident).hand_over(by=cast.ana, to=cast.mei, text="The acquirer")
    fresh(incident).accept(by=cast.mei)
    assert quiet()
    fresh(incident).escalate(by=cast.mei, reason="expertise", text="The platform")
    assert quiet()
    fresh(incident).reassign(by=cast.kim, to=cast.mei, text="Back to us")
    assert quiet()
    fresh(incident).reassign(by=cast.kim, tier=cast.tiers["l1"], text="Anybody")
    assert quiet()
    clock.forward(minutes=30)
    assert quiet()


def test_holds_give_no_cause(open_incident, clock, cast):
    incident = open_incident(people_affected=2000)
    incident.hold(by=cast.ana, until=clock.now() + timedelta(minutes=20), text="The supplier is asleep")
    assert quiet()
    fresh(incident).state(by=cast.ana, impact=1, urgency=1)
    fresh(incident).reassign(by=cast.kim, to=cast.mei, text="When it wakes")
    assert quiet()
    clock.forward(minutes=21)
    assert quiet()
    fresh(incident).acknowledge(by=cast.mei)
    fresh(incident).hold(by=cast.mei, until=clock.now() + timedelta(minutes=20), text="Again")
    fresh(incident).resume(by=cast.mei)
    assert quiet()
    fresh(incident).hold(by=cast.mei, until=clock.now() + timedelta(minutes=20), text="And again")
    cast.mei.is_active = False
    cast.mei.save()
    clock.forward(minutes=21)  # nobody holds it any more: the step's people are asked
    assert quiet()


def test_ends_give_no_cause(resolved, clock, cast):
    clock.forward(hours=1)
    fresh(resolved).reopen(by=cast.ana, text="It is back")
    assert quiet()
    clock.forward(hours=2)  # to the end of the path
    assert fresh(resolved).run.finished == "exhausted"
    assert quiet()
    fresh(resolved).acknowledge(by=cast.ada)
    assert quiet()
    fresh(resolved).resolve(by=cast.ada, cause="network", text="A cable")
    clock.forward(days=8)
    assert fresh(resolved).closed_at is not None
    assert quiet()


def test_empty_steps_and_a_path_without_steps_give_no_cause(open_incident, clock, cast):
    cast.mei.is_active = cast.kim.is_active = False
    cast.mei.save()
    cast.kim.save()
    open_incident("Nobody at the second tier")
    clock.forward(minutes=6)
    assert quiet()
    PolicyStep.objects.all().delete()
    empty = open_incident("No steps at all")
    assert fresh(empty).run.finished == "exhausted"
    assert quiet()
    fresh(empty).reassign(by=cast.ada, to=cast.tom, text="You")
    assert quiet()


def test_an_outage_gives_no_cause_once_it_is_over(open_incident, clock):
    open_incident(people_affected=2000)
    clock.jump(hours=5)
    climb.drain()
    assert quiet()
    clock.forward(hours=1)
    assert quiet()


def test_going_on_from_an_older_copy_gives_no_cause(open_incident, worked, clock, cast):
    open_incident("Nobody has answered")
    seen = clock.now()
    clock.jump(hours=5)
    standstill.hold(seen_at=seen)
    assert found() == []
    recovery.resume(actor=Actor.person(cast.ada))
    assert quiet()
    clock.forward(minutes=4)
    assert quiet()


def test_a_dead_timer_gives_no_cause(open_incident, clock, cast, monkeypatch):
    incident = open_incident()
    with monkeypatch.context() as patch:
        patch.setattr(moves, "look", lambda *_args, **_words: 1 / 0)
        for _try in range(4):
            clock.jump(minutes=5)
            climb.drain()
    assert Timer.objects.filter(state="dead").count() == 1
    assert quiet()
    fresh(incident).acknowledge(by=cast.ana)
    assert quiet()


class Post:
    name, label, timeout, in_house = "email", "E-mail", 10.0, False

    def ready(self):
        return ""

    def send(self, to, message, key):
        raise SendFailed("the mail server says no", permanent=to.email.startswith("jo"))


def test_messages_that_fail_give_no_cause(open_incident, clock, cast, monkeypatch):
    monkeypatch.setattr(senders, "by_name", lambda: {"email": Post(), "desk": Desk()})
    open_incident()
    for _try in range(deliver.TRIES):
        deliver.deliver_due()
        assert found() == []
        clock.jump(seconds=30)
    claimed = open_incident("Another")
    deliver.claim(2)  # their worker dies
    assert found() == []
    clock.jump(seconds=31)
    deliver.sweep()
    assert found() == []
    claimed.acknowledge(by=cast.ana)
    assert quiet()
    assert Delivery.objects.filter(state="failed").exists()


def test_alerts_give_no_cause(cast, clock):
    sender = Sender(service=cast.service)
    for name in (FIRES, JOINS, ONE_ENDS, FIRES, ALL_ENDED, FIRES):
        sender.posts(name)
        assert quiet()
        clock.forward(minutes=1)
    other = Sender(name="South", service=cast.service, grouping="alert")
    other.post(sample(FIRES, alerts=[an_alert("a"), an_alert("b"), an_alert("c", "resolved")]))
    assert quiet()
    other.post(sample(FIRES, alerts=[an_alert("a", "resolved"), an_alert("b")]))
    assert quiet()
    mine = Incident.objects.order_by("id").first()
    if mine.resolved_at is None:
        mine.resolve(by=cast.ana, cause="change", text="Rolled back")
        assert quiet()


@pytest.mark.rehearsal("past")
def test_the_sample_organisation_gives_no_cause(settings, tmp_path):
    settings.DEMO, settings.HOME = True, tmp_path
    organisation.build()
    past.play()
    assert Incident.objects.open().count() > 3
    assert quiet()
