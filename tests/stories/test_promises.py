"""What Baton promises even when something breaks: nobody is forgotten, called twice or called for nothing."""

import contextlib
import json
import socket
import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation.engine import climb, moves, registry
from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.kit.errors import Refused
from escalation.notify.smtp import PunctualBackend
from escalation.people.models import Membership, User
from escalation.policies.models import PolicyStep
from escalation.policies.validation import Rung, step_problems
from escalation.trail.models import Entry, Trail
from incidents.inbound import intake
from incidents.models import Incident, Receipt, Source
from tests.incidents.inbound_kit import Sender
from tests.organisation import assemble

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked(open_incident, clock, cast):
    """Ana works on it since a minute after it was opened."""
    incident = open_incident("Card payments fail")
    clock.forward(minutes=1)
    incident.acknowledge(by=cast.ana)
    return incident


@pytest.fixture
def also_called(open_incident, clock, cast):
    """Ana has two hours; Tom's step is called anyway, and just was."""
    PolicyStep.objects.filter(tier=cast.tiers["l1"]).update(work_minutes=120)
    PolicyStep.objects.filter(tier=cast.tiers["l3"]).update(always_call=True)
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    clock.forward(minutes=11)
    assert entries("also_called").count() == 1
    return fresh(incident)


@pytest.fixture
def decided(open_incident, cast):
    """Ines is asked to decide."""
    PolicyStep.objects.filter(tier=cast.tiers["duty"]).update(mode="decide")
    incident = open_incident(people_affected=1900)
    assert Delivery.objects.filter(kind="call", person=cast.ines).exists()
    return incident


@pytest.fixture
def poison(monkeypatch):
    """From when it is called, no step can be carried out; counts how often it was tried."""
    tries = []

    def fail(*_args, **_named):
        tries.append(1)
        raise RuntimeError("cannot be carried out")

    def begin() -> list:
        monkeypatch.setattr(moves, "look", fail)
        return tries

    return begin


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def entries(kind: str):
    return Entry.objects.filter(kind=kind)


def waiting(**which):
    return Delivery.objects.filter(state="queued", **which)


def drain_and_wait(clock, times: int = 4, **how) -> None:
    for _ in range(times):
        climb.drain(**how)
        clock.jump(seconds=5)


def last_resort_rang(cast) -> bool:
    return Delivery.objects.filter(kind="last_resort", person=cast.ada).exists()


# --- a step that cannot be carried out ------------------------------------------------------------


def test_a_dead_timer_leaves_a_reason_and_calls_the_last_resort(open_incident, clock, cast, poison):
    incident = open_incident()
    poison()
    clock.jump(minutes=5)
    drain_and_wait(clock)
    assert Timer.objects.filter(run=incident.run, state="dead").exists()
    assert fresh(incident).run.idle == "step_failed"
    assert last_resort_rang(cast)


def test_a_kill_between_the_dead_timer_and_the_last_call_loses_neither(open_incident, clock, cast, poison, monkeypatch):
    open_incident()
    poison()
    clock.jump(minutes=5)

    def killed(*_args, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(climb, "_call_last_resort", killed)
        with pytest.raises(KeyboardInterrupt):
            drain_and_wait(clock)
    assert not Timer.objects.filter(state="dead").exists()
    clock.forward(hours=1)
    assert last_resort_rang(cast)


def test_a_broken_trail_still_calls(open_incident, clock, cast):
    incident = open_incident()
    Trail.objects.filter(pk=incident.trail_id).update(length=0)
    clock.jump(minutes=5)
    drain_and_wait(clock)
    assert last_resort_rang(cast)
    assert fresh(incident).run.idle == "step_failed"


def test_a_dead_timer_of_a_trail_calls_as_well(worked, clock, cast, monkeypatch):
    worked.resolve(by=cast.ana, cause="change", text="Rolled back")
    monkeypatch.setitem(registry._on_timer, "close", lambda *_args: 1 / 0)
    clock.jump(days=8)
    drain_and_wait(clock)
    assert Timer.objects.filter(kind="close", state="dead").exists()
    assert last_resort_rang(cast)


def test_careful_as_well_a_timer_has_three_claims(open_incident, clock, poison):
    open_incident()
    tries = poison()
    clock.jump(minutes=5)
    drain_and_wait(clock, times=8, careful=True)
    assert len(tries) == 3


def test_nobody_is_called_to_a_dead_timer_of_what_was_resolved_meanwhile(open_incident, clock, cast, poison):
    incident = open_incident()
    poison()
    clock.jump(minutes=5)
    drain_and_wait(clock, times=2)
    incident.resolve(by=cast.ana, cause="change", text="Rolled back")
    drain_and_wait(clock)
    assert not Delivery.objects.filter(kind="last_resort").exists()


# --- messages: none lost, none doubled, none for nothing ------------------------------------------


def test_a_resolution_cancels_every_message(open_incident, cast):
    incident = open_incident(people_affected=1900)
    assert waiting(kind="inform").exists()
    incident.resolve(by=cast.ana, cause="change", text="Rolled back")
    assert not waiting().exists()


def test_a_cancelled_message_says_why(worked):
    cancelled = Delivery.objects.filter(state="cancelled")
    assert cancelled.exists()
    assert not cancelled.filter(last_error="").exists()


def test_also_called_are_not_called_again_when_it_is_reassigned(also_called, clock, cast):
    also_called.reassign(by=cast.sam, to=cast.jo)
    clock.forward(minutes=30)
    assert entries("also_called").count() == 1


def test_also_called_are_not_called_again_when_it_is_accepted(also_called, clock, cast):
    also_called.hand_over(by=cast.ana, to=cast.mei, text="Yours?")
    fresh(also_called).accept(by=cast.mei)
    clock.forward(minutes=25)
    assert entries("also_called").count() == 1


def test_an_offer_does_not_cancel_who_was_called_as_well(also_called, cast):
    assert waiting(kind="also", channel="email", person=cast.tom).exists()
    also_called.hand_over(by=cast.ana, to=cast.mei, text="Yours?")
    assert waiting(kind="also", channel="email", person=cast.tom).exists()


def test_a_hold_does_not_lose_who_was_called_as_well(also_called, clock, cast):
    also_called.hold(by=cast.ana, until=clock.now() + timedelta(minutes=10), text="Waiting for the supplier")
    clock.forward(minutes=60)
    assert waiting(kind="also", channel="email", person=cast.tom).exists()


def test_a_hold_does_not_lose_the_manager_s_call(decided, clock, cast):
    decided.hold(by=cast.ana, until=clock.now() + timedelta(minutes=5), text="Waiting for the supplier")
    clock.forward(minutes=5)
    assert waiting(kind="call", channel="email", person=cast.ines).exists()


def test_the_end_of_the_path_cancels_the_offer_s_message(open_incident, clock, cast):
    PolicyStep.objects.exclude(tier=cast.tiers["l1"]).delete()
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    clock.forward(minutes=13)
    fresh(incident).hand_over(by=cast.ana, to=cast.mei, text="Yours?")
    clock.forward(minutes=2)
    run = fresh(incident).run
    assert (run.finished, run.offered_to) == ("exhausted", None)
    assert not waiting(kind="offer").exists()


# --- the clock ------------------------------------------------------------------------------------


def test_somebody_without_a_tier_who_accepts_has_a_clock(worked, cast):
    worked.hand_over(by=cast.ana, to=cast.rita, text="The badge readers hang on it")
    fresh(worked).accept(by=cast.rita)
    run = fresh(worked).run
    assert (run.tier, run.idle, run.clock_limit_s) == (cast.tiers["l1"], "", 15 * 60)


def test_who_accepts_has_the_time_their_step_of_the_path_says(open_incident, cast):
    PolicyStep.objects.filter(tier=cast.tiers["l2"]).update(work_minutes=90)
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    PolicyStep.objects.filter(tier=cast.tiers["l2"]).update(work_minutes=7)  # for later incidents
    incident.hand_over(by=cast.ana, to=cast.mei, text="Yours?")
    fresh(incident).accept(by=cast.mei)
    assert fresh(incident).run.clock_limit_s == 90 * 60


def test_accepted_on_hold_the_path_is_not_reached_in_the_future(open_incident, clock, cast):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.hand_over(by=cast.ana, to=cast.mei, text="Yours?")
    fresh(incident).hold(by=cast.ana, until=clock.now() + timedelta(hours=3), text="Waiting")
    clock.jump(hours=1)
    fresh(incident).accept(by=cast.mei)
    assert fresh(incident).run.reach_at == clock.now()


def test_a_reassignment_is_never_early(open_incident, clock, cast):
    incident = open_incident()
    clock.jump(seconds=1, milliseconds=300)
    before = fresh(incident).run.standing.deadline
    fresh(incident).reassign(by=cast.sam, to=cast.jo)
    assert fresh(incident).run.standing.deadline == before


def test_a_late_wake_says_how_late(worked, clock, cast):
    worked.hold(by=cast.ana, until=clock.now() + timedelta(minutes=10), text="Waiting")
    clock.jump(hours=3)
    climb.drain()
    assert json.loads(entries("woken").get().data)["late_s"] == 3 * 3600 - 600


def test_the_drain_s_queries_do_not_grow_with_the_runs_that_wake(open_incident, clock, cast):
    def queries_to_wake(count: int) -> int:
        for number in range(count):
            held = open_incident(f"Number {number}")
            held.hold(by=cast.ana, until=clock.now() + timedelta(minutes=1), text="Waiting")
        clock.jump(minutes=1)
        with CaptureQueriesContext(connection) as queries:
            climb.drain()
        return len(queries)

    assert queries_to_wake(2) == queries_to_wake(12)


# --- who holds it, and who may --------------------------------------------------------------------


def test_what_is_given_to_somebody_after_an_empty_path_stays_with_them(open_incident, cast):
    Membership.objects.all().delete()
    incident = open_incident()
    assert (fresh(incident).run.finished, fresh(incident).run.place) == ("exhausted", -1)
    for agent in (cast.ana, cast.jo):
        Membership.objects.create(team=cast.teams["Service desk"], user=agent, role="agent")
    fresh(incident).reassign(by=cast.ada, to=cast.jo)
    climb.drain()
    assert fresh(incident).run.holder == cast.jo


def test_what_wakes_for_somebody_gone_can_be_taken(worked, clock, cast):
    worked.hold(by=cast.ana, until=clock.now() + timedelta(minutes=10), text="Waiting")
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)
    clock.forward(minutes=10)
    assert waiting(kind="woken", person=cast.jo).exists()
    fresh(worked).acknowledge(by=cast.jo)
    assert fresh(worked).run.holder == cast.jo


def test_only_who_was_asked_answers(decided, cast):
    with pytest.raises(Refused, match="Only who was asked"):
        fresh(decided).answer(by=cast.jo)
    fresh(decided).answer(by=cast.ines)
    assert fresh(decided).authority_run.acknowledged_at is not None


def test_an_auditor_is_not_offered_the_baton_nor_given_it(worked, cast):
    for give in (
        lambda: worked.hand_over(by=cast.ana, to=cast.otto, text="Yours?"),
        lambda: fresh(worked).reassign(by=cast.sam, to=cast.otto),
    ):
        with pytest.raises(Refused, match="Otto Falk is an auditor"):
            give()
    assert (fresh(worked).run.holder, fresh(worked).run.offered_to) == (cast.ana, None)


def test_an_auditor_in_a_team_is_not_called_and_changes_nothing(open_incident, cast, phones):
    Membership.objects.create(team=cast.teams["Service desk"], user=cast.otto, role="agent")
    incident = open_incident()
    assert "otto" not in phones.rang
    EscalationRun.objects.filter(pk=incident.run.pk).update(offered_to=cast.otto)  # offered before he became one
    for change in (
        lambda: fresh(incident).acknowledge(by=cast.otto),
        lambda: fresh(incident).accept(by=cast.otto),
        lambda: fresh(incident).resolve(by=cast.otto, cause="change", text="Rolled back"),
    ):
        with pytest.raises(Refused) as refusal:
            change()
        assert refusal.value.code == "not-allowed"


def test_the_tier_that_resolved_it_is_the_resolver_s(open_incident, cast):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.escalate(by=cast.ana, reason="time", text="Too long")
    fresh(incident).acknowledge(by=cast.mei)
    fresh(incident).resolve(by=cast.jo, cause="change", text="Rolled back")
    assert fresh(incident).resolver_tier == cast.tiers["l1"]


def test_a_step_nobody_serves_may_be_saved_with_somebody_to_fall_back_on(cast):
    Membership.objects.filter(team=cast.teams["Platform"]).delete()
    rung = Rung(position=1, tier=cast.tiers["l3"], when_empty="fallback", fallback=cast.ada)
    assert list(step_problems(rung)) == []


# --- what comes in, and what goes out -------------------------------------------------------------


def disk(status: str) -> dict:
    alert = {"status": status, "labels": {"alertname": "Disk"}, "annotations": {}}
    return {"version": "4", "groupKey": "disk", "status": status, "alerts": [alert]}


def test_a_message_that_cannot_be_heard_opens_an_incident_in_its_place(cast, clock, phones, monkeypatch):
    north = Sender(service=cast.service)
    monkeypatch.setattr("incidents.inbound.hearing.Hearing.hear", lambda *_args: 1 / 0)
    north.post(disk("firing"))
    for _ in range(4):
        clock.jump(seconds=5)
        intake.process_waiting()
    assert Receipt.objects.get().state == "quarantined"
    assert Incident.objects.get().title == "A message from North could not be read"
    assert phones.rang == ["ana", "jo"]


@pytest.mark.rehearsal("hanging")
@pytest.mark.enable_socket
def test_a_mail_server_that_drips_does_not_hold_the_sender():
    stop, over = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            peer, _address = server.accept()
            with peer, contextlib.suppress(OSError):
                while not stop.wait(0.2):
                    peer.sendall(b"2")

        def talk():
            port = server.getsockname()[1]
            with contextlib.suppress(Exception):
                PunctualBackend(host="127.0.0.1", port=port, timeout=1, use_tls=False, use_ssl=False).open()
            over.set()

        threads = [threading.Thread(target=job, daemon=True) for job in (drip, talk)]
        for thread in threads:
            thread.start()
        begin = time.monotonic()
        in_time = over.wait(20)
        stop.set()
    assert in_time, f"a deadline of 1 s, and still talking after {time.monotonic() - begin:.0f} s"


@pytest.fixture
def slow_door(monkeypatch):
    """The first message is heard, and then its transaction stays open until told to go."""
    inside, go, threads = threading.Event(), threading.Event(), []
    work_off = intake.work_off

    def slow(receipt, message):
        work_off(receipt, message)
        if threading.current_thread() in threads[:1]:
            inside.set()
            go.wait(5)

    def post(source, status):
        def take_in():
            try:
                body = json.dumps(disk(status)).encode()
                intake.take_in(Source.objects.get(pk=source.pk), body, ring=lambda _pk: None)
            finally:
                connection.close()

        threads.append(threading.Thread(target=take_in))
        threads[-1].start()
        return threads[-1]

    monkeypatch.setattr(intake, "work_off", slow)
    yield SimpleNamespace(post=post, inside=inside, go=go)
    go.set()
    for thread in threads:
        thread.join(20)


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_a_resolve_does_not_pass_its_trigger(slow_door):
    north = Sender(service=assemble().service)
    firing = slow_door.post(north.source, "firing")
    assert slow_door.inside.wait(10)
    resolved = slow_door.post(north.source, "resolved")
    resolved.join(1)
    slow_door.go.set()
    firing.join(20)
    resolved.join(20)
    intake.process_waiting()
    assert Incident.objects.get().resolved_at is not None


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_reopening_at_the_moment_an_alert_comes_is_refused_in_a_sentence(slow_door):
    cast = assemble()
    north = Sender(service=cast.service)
    north.post(disk("firing"))
    incident = Incident.objects.get()
    incident.resolve(by=cast.mei, cause="change", text="Rolled back")
    slow_door.post(north.source, "firing")
    assert slow_door.inside.wait(10)
    threading.Timer(1, slow_door.go.set).start()
    with pytest.raises(Refused):
        fresh(incident).reopen(by=cast.mei, text="It is back")
