"""The outbox: claimed once, tried again, recorded once, and never by a worker that lost its lease."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from django_q.models import OrmQ

from escalation.engine import answering, bell, deliver, endings, tasks, waiting
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.notify import senders
from escalation.notify.email import Email, written
from escalation.notify.message import Recipient, compose
from escalation.notify.senders import SendFailed
from escalation.trail.models import Entry, Trail
from incidents.models.chat_rooms import readers
from incidents.models.webhooks import listening
from tests.escalation.outbox_kit import carried, closing, entries, in_threads, intact, now_
from tests.organisation import person

pytestmark = pytest.mark.django_db


# --- the plain way --------------------------------------------------------------------------


def test_what_is_due_is_sent_and_recorded_once(queue, post, cast, trail):
    delivery = queue()
    assert deliver.deliver_due() == 1
    assert deliver.deliver_due() == 0
    after = now_(delivery)
    assert (after.state, after.attempts, after.provider_id, after.next_at, after.lease) == ("sent", 1, "id-1", None, "")
    assert post.keys == [delivery.idempotency_key]
    to = {"id": cast.ana.pk, "name": "Ana Ruiz"}
    assert entries() == [{"to": to, "channel": "email", "kind": "call", "outcome": "sent", "tries": 1}]
    assert Entry.objects.get(kind="delivery").cause == f"delivery:{delivery.pk}:sent"
    assert intact(trail)


def test_an_opened_incident_reaches_everybody_who_is_called(open_incident, post, mailoutbox):
    incident = open_incident(people_affected=40)
    tasks.send()
    assert not Delivery.objects.exclude(state="sent").exists()
    assert len(post.keys) == len(set(post.keys)) == 2
    assert Entry.objects.filter(trail=incident.trail_id, kind="delivery").count() == 2


def test_what_is_not_due_yet_waits(queue, post, clock):
    queue(next_at=kit_clock.now() + timedelta(seconds=3))
    assert deliver.deliver_due() == 0
    assert deliver.next_due() == kit_clock.now() + timedelta(seconds=3)
    clock.jump(seconds=3)
    assert deliver.deliver_due() == 1
    assert deliver.next_due() is None


def test_the_desk_needs_no_carrying_and_no_entry(queue, post, django_assert_max_num_queries):
    for _ in range(40):
        queue(channel="desk")
    with django_assert_max_num_queries(12):
        assert deliver.deliver_due() == 40
    assert not Delivery.objects.exclude(state="sent", attempts=1).exists()
    assert entries() == []
    assert post.keys == []


def test_nothing_of_the_desk_is_ever_claimed_as_a_talk(queue, post):
    queue(channel="desk")
    assert deliver.claim(8) == []


def test_many_are_recorded_together(queue, post, cast, django_assert_num_queries):
    for one in [cast.ana, cast.jo, cast.sam, cast.mei] * 2:
        queue(one)
    outcomes = [outcome for bundle in deliver.claim(8) for outcome in deliver._packed(bundle)()]
    listening()  # known for two seconds, like those who read
    readers()
    # savepoint, lock, look, one write for each message, all tries, entries, head
    with django_assert_num_queries(2 + 1 + 1 + 4 + 1 + 2):
        assert deliver.record(outcomes) == 8
    assert len(entries()) == 8


def test_no_more_than_the_limit_leaves_and_the_rest_rings_again(queue, post):
    crowd = [person(f"Agent{n} Smith") for n in range(12)]
    for one in crowd:
        queue(one)
    assert deliver.deliver_due(limit=10) == 10
    assert OrmQ.objects.filter(key="general").count() == 1
    assert deliver.deliver_due(limit=10) == 2
    assert OrmQ.objects.count() == 1


# --- trouble --------------------------------------------------------------------------------


def test_on_the_slowest_machine_every_turn_sends_something_and_rings_for_the_rest(queue, post):
    """A turn may have used up its time before it comes to its first message."""
    for n in range(2):
        queue(person(f"Agent{n} Smith"))
    assert deliver.deliver_due(limit=1, seconds=0) == 1
    assert OrmQ.objects.count() == 1
    assert deliver.deliver_due(seconds=0) == 1
    assert len(post.keys) == 2


def test_it_is_tried_again_ever_later_and_then_it_has_failed(queue, post, cast, clock):
    delivery = queue()
    post.trouble[cast.ana.email] = SendFailed("the mail server cannot be reached", detail="refused by ana@example.com")
    began, tries = kit_clock.now(), []
    while (due := deliver.next_due()) is not None:
        kit_clock.fix(max(due, kit_clock.now()))
        tries.append(int((kit_clock.now() - began).total_seconds()))
        deliver.deliver_due()
    assert tries == [0, 5, 20, 80, 380, 680]
    after = now_(delivery)
    assert (after.state, after.attempts) == ("failed", 6)
    assert "refused by ana@example.com" in after.last_error
    assert len(set(post.keys)) == 1
    [entry] = entries()
    assert (entry["outcome"], entry["tries"], entry["error"]) == ("failed", 6, "the mail server cannot be reached")


@pytest.mark.parametrize(("asked", "waits"), [(2, 5), (40, 40), (86_400, deliver.PATIENCE), (None, 5)])
def test_whoever_asks_to_be_left_alone_for_a_while_is(asked, waits, queue, post, cast):
    delivery = queue()
    post.trouble[cast.ana.email] = SendFailed("too many requests", retry_after=asked)
    deliver.deliver_due()
    assert now_(delivery).next_at == kit_clock.now() + timedelta(seconds=waits)


def test_a_passing_trouble_ends_in_one_entry(queue, post, cast, clock):
    delivery = queue()
    post.trouble[cast.ana.email] = SendFailed("busy")
    deliver.deliver_due()
    assert now_(delivery).state == "queued"
    post.trouble.clear()
    clock.jump(seconds=5)
    deliver.deliver_due()
    assert (now_(delivery).state, now_(delivery).last_error) == ("sent", "")
    assert [(entry["outcome"], entry["tries"]) for entry in entries()] == [("sent", 2)]


@pytest.mark.parametrize("trouble", ["refused", "no channel", "account ended"])
def test_what_cannot_be_helped_has_failed_at_once(trouble, queue, post, cast):
    delivery = queue(channel="pigeon" if trouble == "no channel" else "email")
    if trouble == "refused":
        post.trouble[cast.ana.email] = SendFailed("refused", permanent=True)
    if trouble == "account ended":
        type(cast.ana).objects.filter(pk=cast.ana.pk).update(is_active=False)
    deliver.deliver_due()
    assert (now_(delivery).state, now_(delivery).attempts) == ("failed", 1)
    assert [entry["outcome"] for entry in entries()] == ["failed"]


def test_a_sender_that_breaks_down_harms_only_its_own(queue, post, cast):
    bad, good = queue(), queue(cast.jo)
    post.trouble[cast.ana.email] = ZeroDivisionError("oops")
    deliver.deliver_due()
    assert (now_(bad).state, now_(good).state) == ("queued", "sent")
    assert "ZeroDivisionError: oops" in now_(bad).last_error


def test_facts_that_make_no_sense_are_sent_all_the_same(queue, post):
    delivery = queue(message=[1, {"kind": None}])
    deliver.deliver_due()
    assert now_(delivery).state == "sent"


def test_a_claim_that_fails_costs_no_outcome_of_the_talks_that_are_on(queue, post, monkeypatch):
    begun, claim = queue(), deliver.claim
    claims: list[int] = []
    failed = threading.Event()

    def claim_until_the_database_goes(room):
        claims.append(room)
        if len(claims) == 1:
            return claim(room)
        failed.set()
        raise OperationalError("the server is shutting down")

    post.meanwhile = lambda: failed.wait(30)
    monkeypatch.setattr(deliver, "claim", claim_until_the_database_goes)
    with pytest.raises(OperationalError, match="shutting down"):
        deliver.deliver_due()
    assert len(claims) == 2
    assert (now_(begun).state, now_(begun).attempts) == ("sent", 1)
    assert [entry["outcome"] for entry in entries()] == ["sent"]


def test_an_outcome_that_cannot_be_recorded_delays_no_other(queue, post, cast, clock, monkeypatch):
    bad, good = queue(cause="bad"), queue(cast.jo)
    write = endings.note

    def note(work, outcome, *how):
        if outcome.delivery.cause == "bad":
            raise RuntimeError("the record is in trouble")
        write(work, outcome, *how)

    monkeypatch.setattr(endings, "note", note)
    deliver.deliver_due()
    assert (now_(bad).state, now_(good).state) == ("sending", "sent")
    assert len(entries()) == 1


def test_what_was_said_once_is_not_said_again_because_the_record_stumbled(queue, post, clock, monkeypatch):
    alone, write, stumbles = queue(), endings.note, iter([True])

    def note(work, outcome, *how):
        if next(stumbles, False):
            raise OperationalError("the server was restarted")
        write(work, outcome, *how)

    monkeypatch.setattr(endings, "note", note)
    deliver.deliver_due()
    clock.jump(minutes=2)
    tasks.sweep()
    assert (now_(alone).state, now_(alone).attempts) == ("sent", 1)
    assert len(post.keys) == len(entries()) == 1


# --- answered meanwhile ---------------------------------------------------------------------


def test_an_answer_while_it_is_sent_is_marked_on_the_entry(queue, post):
    delivery = queue()
    [claimed] = deliver.claim(1)
    outcomes = deliver._packed(claimed)()
    Delivery.objects.filter(pk=delivery.pk).update(overtaken=True)
    deliver.record(outcomes)
    assert now_(delivery).state == "sent"
    assert entries()[0]["overtaken"] is True


def test_an_answer_while_sending_fails_ends_the_tries(queue, post, cast):
    delivery = queue()
    post.trouble[cast.ana.email] = SendFailed("busy")
    [claimed] = deliver.claim(1)
    outcomes = deliver._packed(claimed)()
    Delivery.objects.filter(pk=delivery.pk).update(overtaken=True)
    deliver.record(outcomes)
    after = now_(delivery)
    assert (after.state, after.next_at) == ("cancelled", None)
    assert after.last_error.startswith("answered meanwhile")
    assert entries() == []


def test_an_acknowledgement_during_the_talk_lets_no_second_try_happen(open_incident, post, cast, clock):
    incident = open_incident(people_affected=40)
    claimed = deliver.claim(8)
    post.trouble = {cast.ana.email: SendFailed("busy"), cast.jo.email: SendFailed("busy")}
    outcomes = [outcome for bundle in claimed for outcome in deliver._packed(bundle)()]
    incident.acknowledge(by=cast.ana, seen=incident.state_token)
    deliver.record(outcomes)
    clock.jump(minutes=2)
    tasks.sweep()
    assert set(Delivery.objects.filter(kind="call").values_list("state", flat=True)) <= {"cancelled", "sent"}
    assert len(post.keys) == 2


# --- dead and frozen workers ----------------------------------------------------------------


def test_what_a_dead_worker_left_is_sent_again_with_the_same_key(queue, post, clock):
    delivery = queue()
    [claimed] = deliver.claim(1)
    deliver._packed(claimed)()  # it left the house, and the worker died before it could say so
    assert deliver.deliver_due() == 0
    assert deliver.next_due() == kit_clock.now() + waiting.LEASE
    clock.jump(seconds=30)
    tasks.sweep()
    assert post.keys == [delivery.idempotency_key] * 2
    assert (now_(delivery).state, now_(delivery).attempts) == ("sent", 2)
    assert [entry["tries"] for entry in entries()] == [2]


def test_a_frozen_worker_that_goes_on_writes_nothing(queue, post, clock):
    delivery = queue()
    [frozen] = deliver.claim(1)
    clock.jump(seconds=31)
    deliver.sweep()
    [other] = deliver.claim(1, lost=True)
    deliver.deliver(frozen)
    assert (now_(delivery).state, now_(delivery).lease) == ("sending", other.deliveries[0].lease)
    assert entries() == []
    deliver.deliver(other)
    deliver.deliver(frozen)
    assert now_(delivery).provider_id == "id-2"
    assert len(entries()) == 1


def test_a_worker_that_stood_still_since_its_claim_says_nothing(queue, post, monkeypatch):
    delivery = queue()
    [frozen] = deliver.claim(1)
    thawed = kit_clock.steady() + waiting.LEASE.total_seconds() * 0.7  # a talk begun now may outlast the lease
    with monkeypatch.context() as patch:
        patch.setattr(kit_clock, "steady", lambda: thawed)
        deliver.deliver(frozen)
    assert post.keys == []
    after = now_(delivery)
    assert (after.state, after.attempts, after.lease) == ("queued", 1, "")
    assert "stood still" in after.last_error
    Delivery.objects.update(next_at=kit_clock.now())
    assert deliver.deliver_due() == 1
    assert post.keys == [delivery.idempotency_key]


def test_an_answer_between_two_tries_marks_what_may_still_arrive(open_incident, post, cast, clock):
    incident = open_incident(people_affected=40)
    post.trouble = {cast.ana.email: SendFailed("busy")}
    tasks.send()
    incident.acknowledge(by=cast.jo, seen=incident.state_token)
    asked = dict(Delivery.objects.filter(kind="call", channel="email").values_list("person__name", "overtaken"))
    assert asked == {"Ana Ruiz": True, "Jo Okafor": False}


def test_an_answer_before_the_first_try_marks_nothing(open_incident, cast):
    incident = open_incident(people_affected=40)
    incident.acknowledge(by=cast.jo, seen=incident.state_token)
    calls = Delivery.objects.filter(kind="call", channel="email", state="cancelled")
    assert calls.exists()
    assert not calls.filter(overtaken=True).exists()


def test_a_frozen_worker_writes_nothing_after_the_sweep_either(queue, post, clock):
    delivery = queue()
    [frozen] = deliver.claim(1)
    clock.jump(seconds=31)
    deliver.sweep()
    deliver.deliver(frozen)
    assert now_(delivery).state == "queued"
    assert entries() == []


def test_a_message_that_kills_its_workers_ends_and_nobody_knows_whether_it_arrived(queue, clock):
    delivery = queue()
    for _ in range(deliver.TRIES):
        assert now_(delivery).state == "queued"
        assert deliver.claim(1) + deliver.claim(1, lost=True)  # and the worker is dead
        clock.jump(seconds=31)
        deliver.sweep()
    assert (now_(delivery).state, now_(delivery).attempts) == ("unknown", deliver.TRIES)
    assert [(entry["outcome"], entry["error"]) for entry in entries()] == [("unknown", deliver.LOST)]
    assert deliver.next_due() is None


def test_what_was_left_behind_goes_alone_and_after_the_others(queue, post, cast, clock):
    left = queue()
    deliver.claim(1)
    clock.jump(seconds=31)
    fresh = [queue(one) for one in (cast.jo, cast.sam, cast.mei)]
    deliver.sweep()
    assert carried(deliver.claim(8)) == {delivery.pk for delivery in fresh}
    assert carried(deliver.claim(8, lost=True)) == {left.pk}


def test_of_what_was_left_behind_one_goes_each_time_however_much_else_there_is(queue, post, clock):
    left = queue()
    deliver.claim(1)
    clock.jump(seconds=31)
    deliver.sweep()
    for number in range(6):
        queue(person(f"Agent{number} Smith"))
    assert deliver.deliver_due(limit=3) == 4
    assert now_(left).state == "sent"


def test_one_that_cannot_be_put_together_has_nothing_said_twice(queue, post, cast, clock, monkeypatch):
    """Others that were taken with it are said, and on record; it comes again when its lease has ended."""
    rows = [queue(one) for one in (cast.ana, cast.jo, cast.sam, cast.mei)]
    facts_of = answering.facts_of

    def broken(delivery, **how):
        if delivery.pk == rows[1].pk:
            raise OperationalError("the database has gone away")
        return facts_of(delivery, **how)

    with monkeypatch.context() as patch:
        patch.setattr(answering, "facts_of", broken)
        with pytest.raises(OperationalError):
            deliver.deliver_due()
    assert [now_(row).state for row in rows] == ["sent", "sending", "sent", "sent"]
    clock.jump(seconds=30)
    tasks.sweep()
    assert {now_(row).state for row in rows} == {"sent"}
    assert sorted(post.keys) == sorted(row.idempotency_key for row in rows)


def test_left_behind_and_answered_meanwhile_is_over(queue, post, clock):
    delivery = queue()
    deliver.claim(1)
    Delivery.objects.filter(pk=delivery.pk).update(overtaken=True)
    clock.jump(seconds=31)
    deliver.sweep()
    assert now_(delivery).state == "cancelled"


def test_what_cannot_be_swept_stands_aside(queue, clock, monkeypatch):
    delivery = queue()
    deliver.claim(1)
    clock.jump(seconds=31)
    monkeypatch.setattr(deliver, "_record", lambda outcomes: 1 / 0)
    assert deliver.sweep() == 0
    assert deliver.next_due() == kit_clock.now() + timedelta(seconds=60)
    assert now_(delivery).state == "sending"


# --- several workers ------------------------------------------------------------------------


def test_two_claims_are_disjoint(queue):
    wanted = {queue(person(f"Agent{n} Smith")).pk for n in range(10)}
    one, two = deliver.claim(6), deliver.claim(6)
    assert carried(one) | carried(two) == wanted
    assert (len(one), len(two)) == (6, 4)
    assert {bundle.deliveries[0].lease for bundle in one} & {bundle.deliveries[0].lease for bundle in two} == set()


@pytest.mark.rehearsal("long")
@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_send_each_message_once(queue, post):
    keys = {queue(person(f"Agent{n} Smith")).idempotency_key for n in range(60)}
    kit_clock.fix(None)
    in_threads(4, lambda: deliver.deliver_due(limit=60))
    deliver.deliver_due(limit=60)  # who came while another claimed has gone
    assert len(post.keys) == 60
    assert set(post.keys) == keys
    assert not Delivery.objects.exclude(state="sent", attempts=1).exists()
    assert len(entries()) == 60
    assert intact(Trail.objects.get(subject="INC-1"))


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_a_claim_waits_for_nobody(queue, cast):
    one, other, another = queue(), queue(), queue(cast.jo)
    taken: list[set[int]] = []
    with transaction.atomic():
        Delivery.objects.filter(pk=one.pk).update(state="cancelled")  # an acknowledgement, not yet committed
        worker = threading.Thread(target=closing(lambda: taken.append(carried(deliver.claim(8)))))
        worker.start()
        worker.join(20)
    assert taken == [{other.pk, another.pk}]


# --- the bell -------------------------------------------------------------------------------


def test_a_transaction_rings_once(monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(bell, "RING_EVERY", 0)
    with django_capture_on_commit_callbacks(execute=True):
        bell.ring_after_commit()
        with transaction.atomic():
            bell.ring_after_commit()
        bell.ring_after_commit()
    task = OrmQ.objects.get(key="general").task
    assert (task["func"], task["args"], task["kwargs"]) == ("escalation.engine.tasks.send", (), {})


@pytest.mark.django_db(transaction=True)
def test_the_ring_is_there_with_the_change_and_not_before(monkeypatch):
    monkeypatch.setattr(bell, "_rang_at", -60.0)
    seen: list[int] = []
    with transaction.atomic():
        bell.ring_after_commit()
        other = threading.Thread(target=closing(lambda: seen.append(OrmQ.objects.count())))
        other.start()
        other.join(20)
    assert (seen, OrmQ.objects.count()) == ([0], 1)


@pytest.mark.parametrize("redis", ["", "redis://127.0.0.1:1"])
def test_what_is_rolled_back_does_not_ring_nor_keep_the_next_from_ringing(
    redis, monkeypatch, settings, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(bell, "_rang_at", -60.0)
    settings.REDIS_URL = redis

    def change():
        with transaction.atomic():
            bell.ring_after_commit()
            raise ZeroDivisionError

    with django_capture_on_commit_callbacks(execute=True) as rung, pytest.raises(ZeroDivisionError):
        change()
    assert (rung, OrmQ.objects.count()) == ([], 0)
    with django_capture_on_commit_callbacks(execute=True) as rung:
        bell.ring_after_commit()
    assert len(rung) == OrmQ.objects.count() == 1


def test_a_burst_rings_once(monkeypatch):
    monkeypatch.setattr(bell, "RING_EVERY", 60)
    monkeypatch.setattr(bell, "_rang_at", -60.0)
    for _ in range(5):
        bell.ring()
    assert OrmQ.objects.count() == 1


def test_a_dead_queue_never_stops_a_change(monkeypatch):
    def dead(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(bell, "RING_EVERY", 0)
    monkeypatch.setattr(bell, "async_task", dead)
    bell.ring()


# --- real mail ------------------------------------------------------------------------------


def test_a_mail_arrives_and_says_what_it_is(queue, mailroom, cast, clock):
    cast.ana.time_zone = "Europe/Berlin"
    cast.ana.save()
    until = (kit_clock.now() + timedelta(minutes=5)).isoformat()
    title = "Zahlungen fehlgeschlagen – schon wieder ✂"
    facts = {"kind": "call", "ref": "INC-1", "title": title, "link": "/incidents/1/"}
    first = queue(message={**facts, "severity": 1, "why": "opened", "until": until, "tier": "L1", "then": "L2"})
    deliver.deliver_due()
    clock.jump(seconds=15)
    second = queue(message=facts)
    deliver.deliver_due()
    assert (now_(first).state, now_(first).last_error) == ("sent", "")
    mails = {mail["X-Baton-Key"]: (to, mail) for to, mail in mailroom.mails}
    to, mail = mails[first.idempotency_key]
    assert to == ["ana@example.com"]
    assert mail["Subject"].strip() == f"SEV1 INC-1: acknowledge by 10:35 CET – {title}"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == now_(first).provider_id
    assert mail["References"] == mail["In-Reply-To"] == mails[second.idempotency_key][1]["References"]
    assert mail["Message-ID"] != mails[second.idempotency_key][1]["Message-ID"]
    body = mail.get_content()
    assert "http://127.0.0.1:8000/incidents/1/" in body
    assert "10:35 CET (Europe/Berlin)" in body


def test_mails_about_no_incident_are_no_thread(cast):
    """Else a swap would be found under old codes and tests."""
    to = Recipient.person(cast.ana)
    for kind in ("test", "verify", "swap_asked", "cover_ended"):
        mail = written(to, compose({"kind": kind, "title": "Desk", "link": "/"}, to=to, at=kit_clock.now()), kind)
        assert not {"References", "In-Reply-To"} & set(mail.extra_headers)


def test_a_mail_sent_twice_is_recognisable_as_one(queue, mailroom, clock):
    queue()
    [claimed] = deliver.claim(1)
    deliver._packed(claimed)()  # and the worker dies
    clock.jump(seconds=31)
    tasks.sweep()
    (_, one), (_, two) = mailroom.mails
    assert one["Message-ID"] == two["Message-ID"]
    assert one["X-Baton-Key"] == two["X-Baton-Key"]


@pytest.mark.parametrize(
    ("where", "answer", "state", "error"),
    [
        ("ana@example.com", "550 no such person", "failed", "the mail server refused the address (550)"),
        ("ana@example.com", "451 come back later", "queued", "the mail server refused the address (451)"),
        ("DATA", "554 no", "failed", "the mail server refused (554)"),
        ("DATA", "550 5.4.5 Daily sending limit exceeded", "queued", "the mail server refused (550)"),
        ("DATA", "452 disk full", "queued", "the mail server refused (452)"),
        ("DATA", "421 bye", "queued", "the mail server refused (421)"),
    ],
)
def test_what_the_mail_server_says_decides_about_another_try(where, answer, state, error, queue, mailroom):
    mailroom.answers[where] = answer
    delivery = queue()
    deliver.deliver_due()
    assert now_(delivery).state == state
    assert now_(delivery).last_error.startswith(error)
    assert answer.split(" ", 1)[1] in now_(delivery).last_error
    assert [entry["error"] for entry in entries()] == ([error] if state == "failed" else [])


def test_a_mail_server_that_is_away_may_come_back(queue, mailroom):
    mailroom.stop()
    delivery = queue()
    deliver.deliver_due()
    assert now_(delivery).state == "queued"
    assert now_(delivery).last_error.startswith("the mail server cannot be reached: ConnectionRefusedError")


def test_a_mail_server_that_dawdles_is_left_in_time(queue, mailroom, monkeypatch):
    monkeypatch.setattr(Email, "timeout", 0.3)
    mailroom.slow = 1.0
    delivery = queue()
    deliver.deliver_due()
    assert now_(delivery).state == "queued"
    assert now_(delivery).last_error.startswith("the mail server did not answer in time")


def test_an_address_that_cannot_be_one_is_no_use(queue, mailroom, cast):
    type(cast.ana).objects.filter(pk=cast.ana.pk).update(email="not an address")
    delivery = queue()
    deliver.deliver_due()
    assert now_(delivery).state == "failed"


def test_the_talk_ends_within_the_lease():
    for sender in senders.by_name().values():
        assert waiting.LEASE.total_seconds() > 2 * sender.timeout
