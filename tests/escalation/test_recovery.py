"""After an outage, after a jump of the clock, and after an older copy was put back: one call, not a replay."""

import json
import threading
import time
from datetime import time as clock_time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.backends.signals import connection_created
from django.db.models import F
from django.urls import reverse

from escalation.engine import (
    beats,
    brokers,
    climb,
    deliver,
    journal,
    jumps,
    lookout,
    mark,
    recovery,
    registry,
    standstill,
    waiting,
)
from escalation.engine.lookout import Lookout
from escalation.engine.models import Beat, Delivery, EscalationRun, SentBefore, Timer
from escalation.engine.watching import Watch
from escalation.kit import clock as kit_clock
from escalation.notify.message import Recipient, compose
from escalation.notify.models import QuietHours
from escalation.policies import path
from escalation.policies.models import Installation
from escalation.trail import triggers
from escalation.trail.models import Entry, Trail
from escalation.trail.verifying import verify_all
from escalation.trail.writing import Actor, record_configuration
from incidents.models import Incident
from tests.escalation.outbox_kit import closing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = tmp_path
    return tmp_path


@pytest.fixture
def lookout_of(monkeypatch):
    """What a cluster's process is: it remembers what it has seen."""
    own = Lookout()
    monkeypatch.setattr(lookout, "_own", own)
    return own


def entries(kind: str) -> list[dict]:
    return [json.loads(entry.data) for entry in Entry.objects.filter(kind=kind).order_by("id")]


def told(kind: str, channel: str = "email") -> list[str]:
    found = Delivery.objects.filter(kind=kind, channel=channel).order_by("id").select_related("person")
    return [one.person.get_short_name().lower() for one in found]


def lose(*, after: int) -> None:
    """As if the database had been put back: entries later than ``after`` were never written."""
    with triggers.lifted(connection):
        Entry.objects.filter(pk__gt=after).delete()
    for trail in Trail.objects.all():
        last = Entry.objects.filter(trail=trail).order_by("-seq").first()
        Trail.objects.filter(pk=trail.pk).update(length=last.seq if last else 0, head=last.hash if last else "0" * 64)


def test_no_number_of_a_lost_row_is_given_again_also_where_the_copy_had_none(open_incident):
    """A copy of before the first call: the calls that it lacks had the lowest numbers."""
    assert not Delivery.objects.exists()
    assert standstill.hold(seen_at=None)
    incident = open_incident("Card payments fail")
    for model in (Entry, EscalationRun, Timer, Delivery):
        ids = model.objects.filter(trail=incident.trail_id).values_list("pk", flat=True)
        assert ids and min(ids) > 1_000_000, model


def newest() -> int:
    return Entry.objects.order_by("-id").values_list("id", flat=True).first()


# --- after an outage ------------------------------------------------------------------------------


def test_after_an_outage_each_track_takes_one_step_and_says_how_late(open_incident, clock, cast, client):
    cast.policy.steps.filter(tier=cast.tiers["duty"]).update(mode="decide")
    incident = open_incident(people_affected=1900)  # SEV1: the managers' track runs as well
    before = Entry.objects.filter(kind="called").count()
    clock.jump(hours=2)
    climb.drain()
    late = [step for step in entries("called")[before:] if "late_s" in step]
    assert [step["to"] for step in late] == ["L2 Applications"]
    assert entries("exhausted")[0]["late_s"] == 2 * 3600 - 600  # the managers' one step went unanswered
    client.force_login(cast.ana)
    assert "Late by 1 h 55 min: nothing was running" in client.get(f"/incidents/{incident.number}/").content.decode()
    call = Delivery.objects.get(kind="call", channel="email", person=cast.mei)
    said = compose(call.message, to=Recipient.person(cast.mei), at=call.queued_at)
    assert "This comes 1 h 55 min late: nothing was running" in said.full
    assert "Late by 1 h 55 min." in said.short


def test_after_an_outage_an_always_called_step_and_the_climb_do_not_both_call(open_incident, clock, cast):
    cast.policy.steps.filter(tier=cast.tiers["l2"]).update(always_call=True)
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    clock.jump(hours=2)
    climb.drain()
    assert told("also") == []
    assert [step["to"] for step in entries("called")] == ["L1 Service desk", "L2 Applications"]


# --- when the clock jumps -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wall", "before", "after", "jumped"),
    [
        pytest.param(1000.25, 50.25, 50.25, 0, id="both went on"),
        pytest.param(8200.25, 50.25, 50.25, 7200, id="forward by two hours"),
        pytest.param(1000.25 - 7200, 50.25, 50.25, -7200, id="back by two hours"),
        pytest.param(1009.0, 50.25, 50.25, 0, id="set right by some seconds"),
        pytest.param(1000.25, 50.25, 90.25, 0, id="the answer came forty seconds late"),
        pytest.param(1040.0, 50.25, 90.25, 0, id="the question was forty seconds on its way"),
        pytest.param(8200.0, 7250.0, 7250.0, 0, id="nobody looked for two hours"),
    ],
)
def test_a_jump_is_what_the_steady_clock_does_not_know_of(wall, before, after, jumped):
    clocks = jumps.Comparison()
    assert clocks.see(1000.0, 50.0, 50.0) == 0
    assert round(clocks.see(wall, before, after)) == jumped


def test_a_slow_answer_makes_no_jump_of_the_next_one_either():
    clocks = jumps.Comparison()
    clocks.see(1000.0, 50.0, 50.0)
    clocks.see(1000.25, 50.25, 90.25)
    assert clocks.see(1040.5, 90.5, 90.5) == 0


def test_a_jump_of_the_clock_takes_one_step_of_each_incident_and_the_entry_says_so(open_incident, clock, cast, client):
    incident, other = open_incident("Card payments fail"), open_incident("Refunds fail")
    keeper, standby = brokers.TimerBroker("timers"), brokers.StandbyBroker("general")
    keeper._timekeeper()
    standby._timekeeper()
    clock.jump(hours=5)
    packages, _wait = keeper._timekeeper()
    assert len(packages) == 1
    climb.drain()
    steps = entries("called")[2:]
    assert [step["to"] for step in steps] == ["L2 Applications", "L2 Applications"]
    assert all(5 * 3600 - 60 < step["clock_jumped_s"] <= 5 * 3600 for step in steps)
    client.force_login(cast.ana)
    for one in (incident, other):
        assert "the clock jumped by" in client.get(f"/incidents/{one.number}/").content.decode()
    call = Delivery.objects.filter(kind="call", channel="email", person=cast.mei).first()
    assert "the clock jumped by" in compose(call.message, to=Recipient.person(cast.mei), at=call.queued_at).full
    standby._timekeeper()  # has seen it too
    assert len(entries("clock_jumped")) == 1


def test_a_jump_that_cannot_be_recorded_stops_no_call_and_is_recorded_later(open_incident, clock, cast):
    record_configuration(Actor.person(cast.ada), "policy_changed", {"name": "Payments"}, now=kit_clock.now())
    open_incident()
    installation = Trail.objects.filter(kind=Trail.Kind.INSTALLATION)
    keeper = brokers.TimerBroker("timers")
    keeper._timekeeper()
    clock.jump(hours=5)
    jumped_at = kit_clock.now()
    installation.update(length=F("length") - 1)
    packages, _wait = keeper._timekeeper()
    assert len(packages) == 1
    assert entries("clock_jumped") == []
    clock.jump(seconds=5)
    installation.update(length=F("length") + 1)
    for _again in range(2):
        keeper._timekeeper()
    [entry] = Entry.objects.filter(kind="clock_jumped")
    assert entry.at == jumped_at
    assert round(json.loads(entry.data)["seconds"], -1) == 5 * 3600


def unlimited(*limits: str) -> None:
    with connection.cursor() as cursor:
        for limit in limits:
            cursor.execute(f"SET {limit} = 0")


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_whoever_has_the_installation_in_their_hands_does_not_keep_the_timekeeper_waiting(open_incident, clock):
    open_incident()
    keeper = brokers.TimerBroker("timers")
    keeper._timekeeper()
    clock.jump(hours=5)
    installation, taken, let_go = Trail.objects.installation().pk, threading.Event(), threading.Event()

    def hold_it() -> None:
        with transaction.atomic():
            Trail.objects.lock([installation])
            unlimited("idle_in_transaction_session_timeout")
            taken.set()
            let_go.wait(60)
        connection.close()

    other = threading.Thread(target=hold_it)
    other.start()
    try:
        assert taken.wait(60)
        unlimited("lock_timeout", "statement_timeout")  # without a limit of its own it would wait for the other
        packages, _wait = keeper._timekeeper()
    finally:
        let_go.set()
        other.join()
        connection.close()
    assert len(packages) == 1
    assert entries("clock_jumped") == []
    keeper._timekeeper()
    assert len(entries("clock_jumped")) == 1


def test_what_was_late_before_the_clock_jumped_is_not_the_jumps_doing(open_incident, clock):
    open_incident()
    clock.jump(hours=1)  # an outage
    jumps.note(7200.0, kit_clock.now() + timedelta(hours=2))
    kit_clock.forward(timedelta(hours=2))
    climb.drain()
    assert "clock_jumped_s" not in entries("called")[1]
    assert entries("called")[1]["late_s"] == 3 * 3600 - 300


def test_a_clock_put_back_strands_nothing_in_the_outbox(open_incident, clock):
    open_incident()
    lost, again = Delivery.objects.filter(channel="email").order_by("id")
    deliver.claim(8)  # and the worker is dead
    Delivery.objects.filter(pk=again.pk).update(state="queued", next_at=kit_clock.now() + timedelta(seconds=60))
    before = Delivery.objects.get(pk=lost.pk).next_at
    now = kit_clock.now() - timedelta(hours=2)
    kit_clock.fix(now)
    jumps.note(-7200.0, now - timedelta(minutes=5))  # it could not be put on record before
    found = Delivery.objects.in_bulk([lost.pk, again.pk])
    assert before > now + timedelta(hours=2)
    assert (found[again.pk].state, found[again.pk].next_at) == ("queued", now)
    assert (found[lost.pk].state, found[lost.pk].next_at) == ("sending", now + waiting.LEASE)


def test_noting_it_late_cuts_no_lease_short(open_incident, clock):
    open_incident()
    deliver.claim(8)
    until = set(Delivery.objects.filter(state="sending").values_list("next_at", flat=True))
    jumps.note(-7200.0, kit_clock.now() - waiting.LEASE)
    assert set(Delivery.objects.filter(state="sending").values_list("next_at", flat=True)) == until


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_noting_that_waits_for_no_worker(open_incident, clock):
    open_incident()
    now = kit_clock.now() - timedelta(hours=2)
    kit_clock.fix(now)
    held, free = Delivery.objects.filter(channel="email").order_by("id")
    kit_clock.fix(now)
    noted = threading.Thread(target=closing(lambda: jumps.note(-7200.0, now)))
    with transaction.atomic():
        Delivery.objects.select_for_update().get(pk=held.pk)
        noted.start()
        noted.join(20)
        assert Delivery.objects.get(pk=free.pk).next_at == now
    assert Delivery.objects.get(pk=held.pk).next_at > now


def test_a_second_jump_back_to_the_same_time_is_another_one_and_strands_nothing_either(open_incident, clock):
    open_incident()
    noon, two = kit_clock.now(), timedelta(hours=2)
    here, there = jumps.Witness(), jumps.Witness()

    def both_see(now, steady):
        kit_clock.fix(now)
        for witness in (here, there):
            witness.see(now, steady, steady)

    both_see(noon, 0.0)
    both_see(noon - two, 1.0)
    assert len(entries("clock_jumped")) == 1
    both_see(noon, 7201.0)
    Delivery.objects.filter(channel="email").update(next_at=noon + timedelta(minutes=1))
    both_see(noon - two + timedelta(seconds=30), 7202.0)
    assert {one.next_at for one in Delivery.objects.filter(channel="email")} == {kit_clock.now()}
    assert [jump["seconds"] for jump in entries("clock_jumped")] == [-7201, -7171]


def test_a_clock_put_back_keeps_no_timer_waiting_for_its_next_try(open_incident, clock):
    late, early = open_incident("Late"), open_incident("Not due by the clock of now")
    tried_again = kit_clock.now() + timedelta(hours=2, seconds=2)
    now = kit_clock.now() + timedelta(minutes=6)
    Timer.objects.filter(run=late.run).update(attempts=1, next_at=tried_again)
    Timer.objects.filter(run=early.run).update(due_at=now + timedelta(hours=1), next_at=tried_again)
    kit_clock.fix(now)
    jumps.note(-7200.0, now)
    assert Timer.objects.get(run=late.run, state="armed").next_at == now
    assert Timer.objects.get(run=early.run, state="armed").next_at == tried_again


@pytest.mark.parametrize("sign", ["entry", "beat"])
def test_a_clock_put_back_while_nobody_looked_is_seen_at_the_first_look(open_incident, clock, settings, sign):
    stopped = kit_clock.now()
    open_incident()
    if sign == "beat":  # long after the last entry
        stopped += timedelta(hours=3)
        beats.beat("general", now=stopped)
    Delivery.objects.filter(channel="email").update(next_at=stopped + timedelta(seconds=20))
    now = stopped - timedelta(hours=1)
    kit_clock.fix(now)
    for keeper in (brokers.TimerBroker("timers"), brokers.StandbyBroker("general")):
        keeper._timekeeper()
    assert {one.next_at for one in Delivery.objects.filter(channel="email")} == {now}
    assert [jump["seconds"] for jump in entries("clock_jumped")] == [-3600]


def test_what_another_host_did_is_no_sign_of_our_clock(open_incident, clock):
    open_incident()
    Beat.objects.create(name="timers", host="gone long ago", at=kit_clock.now() + timedelta(days=30))
    brokers.TimerBroker("timers")._timekeeper()
    clock.jump(minutes=2)
    brokers.TimerBroker("timers")._timekeeper()  # a start like any other
    assert entries("clock_jumped") == []


def test_a_jump_ahead_leaves_the_outbox_as_it_is(open_incident, clock):
    open_incident()
    waits = Delivery.objects.filter(channel="email")
    waits.update(next_at=kit_clock.now() + timedelta(hours=3))
    jumps.note(7200.0, kit_clock.now() + timedelta(hours=2))
    assert {one.next_at for one in waits} == {kit_clock.now() + timedelta(hours=3)}


# --- noticing a copy ------------------------------------------------------------------------------


def test_a_first_start_holds_nothing_and_leaves_a_mark(open_incident, home):
    open_incident()
    keeper = Lookout(keeps=True)
    assert not keeper.stopped()
    kept = mark.read(lookout.first_entry())
    assert kept is not None
    assert kept.entry == newest()
    [file] = home.glob(".baton/*/mark")
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_older_copy_is_noticed_at_the_next_start_and_everything_is_held(open_incident, clock, phones):
    open_incident()
    until, copied = newest(), kit_clock.now()
    clock.forward(minutes=6)  # the second step is called
    assert not Lookout(keeps=True).stopped()
    lose(after=until)
    clock.forward(minutes=0)
    assert Lookout(keeps=True).stopped()
    installation = Installation.objects.get()
    assert installation.held_at == kit_clock.now()
    assert "02 Mar 09:30" in installation.held_why
    assert standstill.current().copy_at == copied
    [notice] = registry.notices(kit_clock.now())[:1]
    assert (notice.code, notice.urgent) == ("held", True)
    assert notice.text.startswith("Nobody is being called since ")
    assert "An admin must look and say resume" in notice.text
    assert all(verdict.fault is None for verdict in verify_all(now=kit_clock.now()))


def test_another_installation_or_an_empty_one_is_no_copy(open_incident, clock, home):
    open_incident()
    keeper = Lookout(keeps=True)
    assert not keeper.stopped()
    lose(after=0)
    assert not keeper.stopped()  # nothing is there
    open_incident("The first one of another life")
    assert not keeper.stopped()
    assert not standstill.held()
    assert len(list(home.glob(".baton/*/mark"))) == 2


NO_MARKS = ["", "{", "[]", '{"entry": "x"}', '{"entry": 1, "hash": "a", "at": "noon"}']


@pytest.mark.parametrize("text", [*NO_MARKS, '{"entry": 1, "hash": "a", "at": "2026-03-02T09:30:00"}'])
def test_a_mark_that_cannot_be_read_holds_nothing(open_incident, home, text):
    open_incident()
    assert not Lookout(keeps=True).stopped()
    [file] = home.glob(".baton/*/mark")
    file.write_text(text)
    begun_before, begins = Lookout(), Lookout(keeps=True)
    begun_before._seen = mark.Mark(newest(), Entry.objects.get(pk=newest()).hash, kit_clock.now())
    assert not begun_before.stopped()
    assert not begins.stopped()


def test_a_home_that_cannot_be_written_stops_no_call(open_incident, settings, clock, phones):
    settings.HOME = "/proc/nowhere"
    open_incident()
    assert not Lookout(keeps=True).stopped()
    deliver.claim(10)
    clock.forward(minutes=6)
    assert "mei" in phones.rang


def test_a_drain_notices_by_itself_between_two_looks(open_incident, clock, lookout_of, phones):
    open_incident()
    until = newest()
    open_incident("Another")  # seen by the drain below and nowhere else
    clock.forward(seconds=10)
    assert not lookout_of.stopped()
    lose(after=until)
    clock.jump(hours=1)
    assert climb.drain() == 0
    assert standstill.held()
    assert phones.rang.count("mei") == 0


def test_a_claim_notices_by_itself_and_nothing_leaves(open_incident, clock, lookout_of):
    open_incident()
    until = newest()
    open_incident("Another")
    assert not lookout_of.stopped()
    lose(after=until)
    assert deliver.claim(10) == []
    assert standstill.held()
    assert Delivery.objects.filter(state="queued").count() == Delivery.objects.count()


def test_what_this_host_sent_after_its_last_mark_gives_the_copy_away(open_incident, clock):
    open_incident()
    assert not Lookout(keeps=True).stopped()
    clock.jump(seconds=1)
    taken = deliver.claim(10)
    assert taken
    Delivery.objects.update(state="queued", lease="", attempts=0)  # the copy is from before they were taken
    assert Lookout(keeps=True).stopped()


def test_whoever_fires_knows_at_once_what_was_written(open_incident, clock, lookout_of):
    """The second step is lost before anybody looks again: this process alone has seen it."""
    open_incident()
    until = newest()
    clock.jump(minutes=6)
    assert climb.drain() == 1
    lose(after=until)
    clock.jump(hours=1)
    assert climb.drain() == 0
    assert standstill.held()


def test_a_server_that_took_over_without_the_last_moments_is_given_away_by_what_was_sent(open_incident, lookout_of):
    """Nobody has seen an entry that is lost; but what this host sent is not known behind the new connection."""
    open_incident()
    assert not lookout_of.stopped()
    assert deliver.claim(10)
    Delivery.objects.update(state="queued", lease="", attempts=0)
    assert not lookout_of.stopped()  # on a connection there is one server
    connection_created.send(type(connection), connection=connection)
    assert lookout_of.stopped()
    assert standstill.held()


def test_a_new_connection_to_the_same_server_holds_nothing(open_incident, lookout_of):
    open_incident()
    assert not lookout_of.stopped()
    assert deliver.claim(10)
    connection_created.send(type(connection), connection=connection)
    assert not lookout_of.stopped()


def test_a_hold_that_fails_is_tried_again_at_the_next_look(open_incident, cast, lookout_of):
    """This process alone saw the lost entry, and the installation's record cannot be written for a while."""
    record_configuration(Actor.person(cast.ada), "policy_changed", {"name": "Payments"}, now=kit_clock.now())
    open_incident()
    until = newest()
    open_incident("Another")
    assert not lookout_of.stopped()
    lose(after=until)
    installation = Trail.objects.filter(kind=Trail.Kind.INSTALLATION)
    installation.update(length=F("length") - 1)
    for _again in range(2):
        with pytest.raises(IntegrityError), transaction.atomic():
            lookout_of.stopped()
        assert not standstill.held()
    installation.update(length=F("length") + 1)
    assert lookout_of.stopped()
    assert standstill.held()


def test_a_second_host_holds_nothing_that_was_resumed_meanwhile(open_incident, clock, settings, tmp_path):
    open_incident()
    until = newest()
    open_incident("Another")
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        settings.HOME = folder
        assert not Lookout(keeps=True).stopped()
    lose(after=until)
    clock.jump(minutes=10)
    settings.HOME = here
    assert Lookout(keeps=True).stopped()
    recovery.resume(actor=standstill.ENGINE)
    clock.jump(minutes=10)
    settings.HOME = there
    assert not Lookout(keeps=True).stopped()
    assert len(entries("escalations_held")) == 1


def test_a_copy_is_held_although_somebody_resumed_by_a_clock_that_was_ahead(open_incident, clock):
    """What was seen to before this host saw more says nothing, whatever the hour was."""
    open_incident()
    standstill.hold(seen_at=None)
    recovery.resume(actor=standstill.ENGINE)
    kit_clock.fix(kit_clock.now() - timedelta(hours=1))
    open_incident("In the copy")
    until = newest()
    open_incident("Lost")
    assert not Lookout(keeps=True).stopped()
    lose(after=until)
    clock.jump(minutes=10)
    assert Lookout(keeps=True).stopped()
    assert len(entries("escalations_held")) == 2


@pytest.mark.parametrize(("missing", "status"), [(timedelta(seconds=20), 200), (timedelta(hours=8), 302), (None, 302)])
def test_a_copy_does_not_let_in_who_was_signed_out_since(open_incident, cast, client, clock, missing, status):
    """A replica without the last moments signs nobody out. ``None``: somebody says that it is a copy."""
    open_incident()
    client.force_login(cast.ana)
    seen = kit_clock.now() + missing if missing else None
    clock.jump(hours=9)
    assert standstill.hold(seen_at=seen, entry=newest() + 5)
    assert client.get("/queue/").status_code == status


def test_a_second_host_begins_nothing_anew_that_is_held(open_incident, clock, settings, tmp_path):
    open_incident()
    until = newest()
    open_incident("Lost")
    for host in ("here", "there"):
        settings.HOME = tmp_path / host
        assert not Lookout(keeps=True).stopped()
    lose(after=until)
    for host in ("here", "there"):
        clock.jump(minutes=1)
        settings.HOME = tmp_path / host
        assert Lookout(keeps=True).stopped()
    assert len(entries("escalations_held")) == 1


def test_rows_of_after_have_numbers_that_no_lost_row_had(open_incident):
    before = open_incident()
    standstill.hold(seen_at=None)
    after = open_incident("After")
    assert after.run.pk > before.run.pk + 900_000
    assert after.number > before.number + 90_000  # people have heard of the lost ones


# --- while held -----------------------------------------------------------------------------------


@pytest.fixture
def held(open_incident, clock):
    """Card payments fail, L1 is called; an hour later an older copy of that moment is put back."""
    incident = open_incident()
    standstill.hold(seen_at=None)
    clock.jump(hours=1)
    return incident


def test_nothing_fires_and_nothing_leaves(held, clock):
    assert climb.drain() == 0
    assert deliver.deliver_due() == 0
    assert deliver.sweep() == 0
    watch, began = Watch(), time.monotonic()
    assert [watch._look(began + second) for second in range(8)] == [[]] * 8  # nobody is restarted for waiting
    packages, wait = brokers.TimerBroker("timers")._timekeeper()
    assert (packages, wait) == ([], brokers.LOOK)
    assert deliver.next_wanted() is None


def test_people_and_sources_go_on_and_it_is_recorded(held, cast, open_incident):
    held.acknowledge(by=cast.ana)
    other = open_incident("Refunds fail")
    assert [entry.kind for entry in Entry.objects.filter(trail=other.trail)][-1] == "called"
    assert Incident.objects.get(pk=held.pk).run.holder == cast.ana


# --- resuming -------------------------------------------------------------------------------------


def test_the_clocks_go_on_with_what_they_had_left_and_who_is_called_is_told_once(open_incident, clock, cast, phones):
    incident = open_incident()
    deliver._deliver_in_house()
    clock.jump(minutes=2)
    incident.note(by=cast.jo, text="Looking")  # the last sign of life: three of five minutes are left
    standstill.hold(seen_at=None)
    clock.jump(hours=20)
    assert recovery.resume(actor=standstill.ENGINE) == 1
    assert Timer.objects.get(run=incident.run, state="armed").due_at == kit_clock.now() + timedelta(minutes=3)
    assert climb.drain() == 0
    assert sorted(told("put_back")) == ["ana", "jo"]
    [entry] = entries("put_back")
    assert {person["name"] for person in entry["people"]} == {"Ana Ruiz", "Jo Okafor"}
    assert recovery.resume(actor=standstill.ENGINE) == 0
    clock.forward(minutes=3)
    assert "mei" in phones.rang  # not answered in the time there was: a new cause
    assert all(verdict.fault is None for verdict in verify_all(now=kit_clock.now()))


def test_after_the_end_of_the_path_the_last_resort_is_called_loudly_again(open_incident, clock, cast):
    """Nobody comes after them: neither quiet hours nor a limit keeps it from them."""
    open_incident()
    clock.forward(hours=3)
    standstill.hold(seen_at=None)
    QuietHours.objects.create(person=cast.ada, begins=clock_time(0), ends=clock_time(23))
    clock.jump(hours=1)
    recovery.resume(actor=standstill.ENGINE)
    one = Delivery.objects.get(kind="put_back", channel="email")
    assert (one.person, one.is_last, one.quiet, one.not_before) == (cast.ada, True, False, None)


def test_what_waited_in_the_copy_does_not_leave_and_is_on_record(held, cast, settings):
    waiting = Delivery.objects.filter(channel="email", state="queued")
    left = waiting.get(person=cast.ana)
    SentBefore.objects.create(key=left.idempotency_key, at=kit_clock.now())
    recovery.resume(actor=standstill.ENGINE)
    assert not waiting.exclude(kind="put_back").exists()
    errors = dict(Delivery.objects.filter(kind="call", channel="email").values_list("person__name", "last_error"))
    assert errors.pop("Ana Ruiz") == recovery.SENT_BEFORE
    assert set(errors.values()) == {recovery.MAY_HAVE_LEFT}
    [entry] = entries("put_back")
    assert sorted((one["to"]["name"], one["sent_before"]) for one in entry["not_sent"]) == [
        ("Ana Ruiz", True),
        ("Jo Okafor", False),
    ]


def test_the_journal_knows_what_left_and_what_did_not(open_incident, clock, cast):
    open_incident()
    taken = [one for bundle in deliver.claim(10) for one in bundle.deliveries]
    failed = next(one for one in taken if one.person == cast.jo)
    installation = lookout.first_entry()
    journal.failed(installation, [(failed.idempotency_key, 1)], now=kit_clock.now())
    assert set(journal.sent(installation)) == {one.idempotency_key for one in taken if one != failed}
    Delivery.objects.update(state="queued", lease="", attempts=0)  # an older copy
    lookout.remember_sent(installation)
    assert set(SentBefore.objects.values_list("key", flat=True)) == set(journal.sent(installation))


def test_a_key_of_a_lost_time_says_nothing_about_a_later_message(open_incident, clock, cast):
    open_incident()
    installation = lookout.first_entry()
    [one] = Delivery.objects.filter(channel="email", person=cast.ana)
    journal.leaving(installation, [(one.idempotency_key, 1)], now=kit_clock.now() - timedelta(hours=1))
    lookout.remember_sent(installation)
    assert not SentBefore.objects.exists()


def test_the_journal_is_two_weeks_long_and_torn_lines_harm_nobody(home):
    day = kit_clock.now()
    for ago in (20, 15, 14, 3):
        journal.leaving("a" * 64, [(f"key/{ago}/email/0", 1)], now=day - timedelta(days=ago))
    journal.leaving("a" * 64, [("key/0/email/0", 1)], now=day)
    [folder] = home.glob(".baton/*")
    assert len(list(folder.glob("sent-*"))) == 3
    with (folder / f"sent-{day:%Y-%m-%d}").open("ab") as file:
        file.write(b"2026-03-02T09:30:00 1 + without-a-zone/7/email/0\n")
        file.write(b"2026-03-02T09:30:00+00:00 1 + torn\xff\n2026-03 \n\n2026-03-02T09:30:00+00:00 1 + run:1/7/email/1")
    assert set(journal.sent("a" * 64)) == {"key/14/email/0", "key/3/email/0", "key/0/email/0"}
    assert [line.key for line in journal.read("a" * 64, since=day)] == ["key/0/email/0"]


def test_who_holds_it_is_told_and_has_their_time(open_incident, clock, cast):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    standstill.hold(seen_at=None)
    clock.jump(hours=5)
    recovery.resume(actor=standstill.ENGINE)
    assert told("put_back") == ["ana"]
    assert Timer.objects.get(run=incident.run, state="armed").due_at == kit_clock.now() + timedelta(minutes=15)


def test_what_somebody_did_while_it_was_held_stands_and_its_clock_begins_now(held, clock, cast, open_incident):
    held.acknowledge(by=cast.ana)
    other = open_incident("Refunds fail")
    clock.jump(hours=1)
    recovery.resume(actor=standstill.ENGINE)
    assert told("put_back") == []
    due = dict(Timer.objects.filter(state="armed", run__isnull=False).values_list("run", "due_at"))
    assert due[held.run.pk] == kit_clock.now() + timedelta(minutes=15)
    assert due[other.run.pk] == kit_clock.now() + timedelta(minutes=5)
    asked = Delivery.objects.filter(run=other.run, kind="call", state="queued", channel="email")
    assert {one.message["until"] for one in asked} == {(kit_clock.now() + timedelta(minutes=5)).isoformat()}
    assert asked.count() == 2


def test_an_appointment_stays_one(open_incident, clock, cast):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.hold(by=cast.ana, until=kit_clock.now() + timedelta(days=1), text="Waiting for the bank")
    standstill.hold(seen_at=None)
    clock.jump(hours=5)
    recovery.resume(actor=standstill.ENGINE)
    assert told("put_back") == []
    assert Timer.objects.get(run=incident.run, state="armed").due_at == kit_clock.now() + timedelta(hours=19)


def test_interrupted_it_goes_on_and_tells_nobody_twice(open_incident, clock, monkeypatch):
    for number in range(3):
        open_incident(f"Number {number}")
    standstill.hold(seen_at=None)
    monkeypatch.setattr(recovery, "BATCH", 2)
    whole, batches = recovery._resume, []

    def interrupted(*args):
        batches.append(args)
        if len(batches) == 2:
            raise KeyboardInterrupt
        return whole(*args)

    monkeypatch.setattr(recovery, "_resume", interrupted)
    with pytest.raises(KeyboardInterrupt):
        recovery.resume(actor=standstill.ENGINE)
    assert standstill.held()
    assert recovery.resume(actor=standstill.ENGINE) == 1
    assert not standstill.held()
    assert len(entries("put_back")) == 3
    assert sorted(told("put_back")) == ["ana"] * 3 + ["jo"] * 3


def test_one_incident_in_trouble_keeps_no_other_from_being_called(open_incident, clock, monkeypatch):
    good, bad = open_incident("Good"), open_incident("Bad")
    standstill.hold(seen_at=None)
    whole = recovery._concerned

    def troubled(run, roster):
        if run.trail_id == bad.trail_id:
            raise KeyError("its path cannot be read")
        return whole(run, roster)

    monkeypatch.setattr(recovery, "_concerned", troubled)
    assert recovery.resume(actor=standstill.ENGINE) == 1
    assert not standstill.held()
    assert {one.trail_id for one in Delivery.objects.filter(kind="put_back")} == {good.trail_id}
    assert not Delivery.objects.filter(kind="call", channel="email", state="queued").exists()


def test_a_record_that_cannot_be_written_keeps_no_other_incident_from_being_called(open_incident, clock):
    """A copy of a running SQLite file may hold a head that lags behind its entries."""
    good, bad = open_incident("Good"), open_incident("Bad")
    standstill.hold(seen_at=None)
    Trail.objects.filter(pk=bad.trail_id).update(length=F("length") - 1)
    assert recovery.resume(actor=standstill.ENGINE) == 1
    assert not standstill.held()
    assert {one.trail_id for one in Delivery.objects.filter(kind="put_back")} == {good.trail_id}
    clock.forward(minutes=6)  # its step cannot be recorded either: the last resort is called
    assert told("last_resort") == ["ada"]


def test_while_the_database_is_away_nothing_is_skipped_and_it_stays_held(open_incident, monkeypatch):
    incident = open_incident()
    standstill.hold(seen_at=None)

    def away(*_args):
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(recovery, "_cancel", away)
        with pytest.raises(OperationalError):
            recovery.resume(actor=standstill.ENGINE)
    assert standstill.held()
    assert recovery.resume(actor=standstill.ENGINE) == 1
    assert {one.trail_id for one in Delivery.objects.filter(kind="put_back")} == {incident.trail_id}


def test_a_copy_from_while_it_was_held_is_held_anew(open_incident, clock, cast):
    """What was queued during that hold may have left after its end, which is lost."""
    open_incident()
    standstill.hold(seen_at=None)
    clock.jump(minutes=1)
    open_incident("Opened while it was held")
    until = newest()
    clock.jump(minutes=1)
    open_incident("Lost")
    assert Lookout(keeps=True).stopped()  # held; and then resumed, and all of it was sent
    lose(after=until)
    clock.jump(minutes=1)
    assert Lookout(keeps=True).stopped()
    assert len(entries("escalations_held")) == 2
    recovery.resume(actor=standstill.ENGINE)
    opened = Delivery.objects.filter(message__title="Opened while it was held", kind="call", channel="email")
    assert {one.state for one in opened} == {"cancelled"}


def test_forms_made_before_are_stale(held):
    before = held.run.epoch
    recovery.resume(actor=standstill.ENGINE)
    assert EscalationRun.objects.get(pk=held.run.pk).epoch > before + 9_000


@pytest.mark.parametrize(
    ("clock_from", "expected"),
    [
        pytest.param(-2, 58, id="begun before the copy: what was left is left"),
        pytest.param(0, 60, id="begun with it"),
        pytest.param(30, 60, id="begun while everything was held: it begins now"),
        pytest.param(None, None, id="no clock runs"),
    ],
)
def test_standing_still(clock_from, expected, clock):
    def at(minute):
        return None if minute is None else clock.now() + timedelta(minutes=minute)

    standing = path.Standing(clock_from=at(clock_from), reach_at=at(clock_from))
    after = recovery.stood_still(standing, at(0), at(60))
    assert (after.clock_from, after.reach_at) == (at(expected), at(expected))


# --- who says it ----------------------------------------------------------------------------------


def test_an_operator_says_resume_at_the_terminal(held, capsys, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    with pytest.raises(Exception, match="Nothing was changed"):
        call_command("resume")
    said = capsys.readouterr().out
    assert "1 incident was open then." in said
    assert "Clocks that ran out since: 1." in said
    assert standstill.held()
    call_command("resume", "--yes")
    assert "Incidents that go on: 1." in capsys.readouterr().out
    assert not standstill.held()
    call_command("resume")
    assert "Nothing is held" in capsys.readouterr().out


def test_an_operator_says_that_it_is_a_copy(open_incident, capsys):
    open_incident()
    call_command("hold")
    assert standstill.held()
    call_command("hold")
    assert "held already" in capsys.readouterr().out


def test_ada_resumes_in_admin_and_nobody_else_can(held, cast, client):
    url = reverse("admin:policies_installation_resume")
    client.force_login(cast.ana)
    assert client.post(url).status_code in (302, 403)
    assert standstill.held()
    client.force_login(cast.ada)
    change = client.get(reverse("admin:policies_installation_change", args=[1])).content.decode()
    assert url in change
    page = client.get(url).content.decode()
    assert "1 incident was open then." in page
    assert standstill.held()  # a look changes nothing
    assert client.post(url).status_code == 302
    assert not standstill.held()
    assert entries("escalations_resumed")[0]["incidents"] == 1
    assert "Nothing is held" in client.get(url).content.decode()
    assert url not in client.get(reverse("admin:policies_installation_change", args=[1])).content.decode()
    trail = client.get(reverse("admin:trail_entry_changelist")).content.decode()
    assert "let calls go on:" in trail


def test_the_page_and_the_message_say_what_happened(held, cast, client):
    recovery.resume(actor=standstill.ENGINE)
    client.force_login(cast.ana)
    page = client.get(f"/incidents/{held.number}/").content.decode()
    assert "let it go on from an older copy of the database" in page
    assert "2 messages that waited in it are not sent" in page
    one = Delivery.objects.get(kind="put_back", channel="email", person=cast.ana)
    said = compose(one.message, to=Recipient.person(cast.ana), at=one.queued_at)
    assert "put back from an older copy, of 09:30 UTC" in said.full
    assert "please acknowledge by 10:35 UTC" in said.full
    assert "L2 Applications is called" in said.short
