"""Storms are bundled: who is called to many incidents at once is told once, about all of them, and nothing is lost."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from escalation.engine import bundling, deliver, endings, tasks
from escalation.engine.models import Delivery, Talk
from escalation.kit import clock as kit_clock
from escalation.kit import failpoint
from escalation.notify.senders import SendFailed
from escalation.trail.models import Trail
from tests.escalation.outbox_kit import carried, closing, entries, in_threads, intact, now_
from tests.organisation import person

pytestmark = pytest.mark.django_db

WINDOW = timedelta(seconds=15)


@pytest.fixture
def call(queue):
    """Ana (or who is named) is called to an incident of its own, with its own trail."""
    numbers = iter(range(1, 10_000))

    def put(severity: int = 2, person=None, kind: str = "call", **fields) -> Delivery:
        ref = f"INC-{next(numbers)}"
        message = {"kind": kind, "ref": ref, "title": f"Fire {ref}", "link": "/incidents/1/", "severity": severity}
        return queue(person, trail=Trail.objects.create(subject=f"{ref} alone"), kind=kind, message=message, **fields)

    return put


def states(*deliveries: Delivery) -> list[str]:
    return [now_(one).state for one in deliveries]


# --- the window -----------------------------------------------------------------------------


def test_ana_is_called_to_seven_incidents_in_ten_seconds_and_gets_two_messages(call, post, clock):
    began, calls = kit_clock.now(), []
    for _ in range(7):
        calls.append(call())
        deliver.deliver_due()
        clock.jump(seconds=1.5)
    first, *others = calls
    assert post.keys == [first.idempotency_key]
    assert states(*others) == ["queued"] * 6
    assert {now_(one).next_at for one in others} == {began + WINDOW}  # no silent delay: the row says until when
    assert deliver.next_due() == began + WINDOW
    kit_clock.fix(began + WINDOW)
    assert deliver.deliver_due() == 1
    assert post.keys == [first.idempotency_key, others[0].idempotency_key]
    assert set(states(*calls)) == {"sent"}
    assert {now_(one).bundle for one in others} == {others[0].pk}
    assert [entry.get("others") for entry in entries()] == [None, 5, 5, 5, 5, 5, 5]
    assert all(intact(one.trail) for one in calls)


def test_what_already_waits_together_leaves_together_at_once(call, post):
    mild, bad, worse = call(4), call(3), call(2)
    assert deliver.deliver_due() == 1
    assert post.keys == [worse.idempotency_key]
    assert states(mild, bad, worse) == ["sent"] * 3
    assert post.messages[0].subject.startswith("3 incidents call you; worst SEV2 INC-3")


def test_after_the_window_the_next_one_is_a_first_one_again(call, post, clock):
    call()
    deliver.deliver_due()
    clock.jump(seconds=15)
    call()
    assert deliver.deliver_due() == 1


def test_others_and_other_channels_are_not_held_back(call, post, cast):
    call()
    deliver.deliver_due()
    jos, desk = call(person=cast.jo), call(channel="desk")
    deliver.deliver_due()
    assert states(jos, desk) == ["sent", "sent"]


def test_a_window_of_nothing_lets_each_leave_alone_and_at_once(call, post, settings):
    settings.BUNDLE_SECONDS = 0
    calls = [call() for _ in range(3)]
    assert deliver.deliver_due() == 3
    assert set(post.keys) == {one.idempotency_key for one in calls}
    assert [entry.get("others") for entry in entries()] == [None] * 3


def test_a_clock_put_back_holds_nobody_back_for_hours(call, post, clock):
    call()
    deliver.deliver_due()
    kit_clock.fix(kit_clock.now() - timedelta(hours=2))
    call()
    assert deliver.deliver_due() == 1


@pytest.mark.parametrize(("severity", "kind"), [(1, "call"), (1, "offer"), (1, "assigned"), (4, "last_resort")])
def test_the_worst_waits_for_nothing_and_takes_along_what_waits(severity, kind, call, post):
    call()
    deliver.deliver_due()
    held = call()
    deliver.deliver_due()
    urgent = call(severity, kind=kind)
    assert deliver.deliver_due() == 1
    assert states(held, urgent) == ["sent", "sent"]
    assert {now_(held).bundle, now_(urgent).bundle} == {bundling.worst_first([held, urgent])[0].pk}


@pytest.mark.parametrize(
    ("severity", "kind"), [(2, "call"), (1, "moved"), (1, "inform"), (None, "call"), ("1", "call")]
)
def test_everything_else_waits(severity, kind, call, post):
    call()
    deliver.deliver_due()
    call(severity, kind=kind)
    assert deliver.deliver_due() == 0


def test_an_urgent_call_among_hundreds_that_wait_is_found(call, post):
    call()
    deliver.deliver_due()
    for _ in range(bundling._LOOK + 5):
        call(3)
    urgent = call(1)
    assert deliver.deliver_due() == 1
    assert now_(urgent).state == "sent"


def test_more_than_one_message_can_carry_leaves_with_the_next(call, post, clock, monkeypatch):
    monkeypatch.setattr(bundling, "MOST", 4)
    worst = [call(2) for _ in range(3)]
    mild = [call(3) for _ in range(3)]
    deliver.deliver_due()
    assert states(*worst) == ["sent"] * 3
    assert sorted(states(*mild)) == ["queued", "queued", "sent"]
    clock.jump(seconds=15)
    deliver.deliver_due()
    assert states(*mild) == ["sent"] * 3
    assert len(post.keys) == 2


@pytest.mark.parametrize(("severity", "kind"), [(1, "call"), (4, "last_resort")])
def test_an_urgent_call_is_in_its_own_message_however_many_wait_longer(severity, kind, call, post, monkeypatch):
    monkeypatch.setattr(bundling, "MOST", 2)
    call()
    deliver.deliver_due()
    older = [call(2) for _ in range(2 * 4 + 1)]
    deliver.deliver_due()
    urgent = call(severity, kind=kind)
    assert deliver.deliver_due() == 1
    assert now_(urgent).state == "sent"
    assert states(*older).count("sent") == 1


# --- one talk at a time ---------------------------------------------------------------------


def test_while_ana_is_being_told_nothing_else_is_said_to_her(call, post, clock, settings):
    settings.BUNDLE_SECONDS = 2
    call()
    [talking] = deliver.claim(8)
    clock.jump(seconds=5)  # the window is over, the talk is not
    later = call()
    assert deliver.claim(8) == []
    assert now_(later).next_at == kit_clock.now() + timedelta(seconds=2)
    deliver.deliver(talking)
    clock.jump(seconds=2)
    assert carried(deliver.claim(8)) == {later.pk}


def test_a_dead_worker_holds_ana_back_no_longer_than_its_lease(call, post, clock):
    left = call()
    deliver.claim(8)  # and the worker is dead
    clock.jump(seconds=29)
    later = call()
    assert deliver.deliver_due() == 0
    assert now_(later).next_at == kit_clock.now() + timedelta(seconds=1)
    clock.jump(seconds=1)
    deliver.deliver_due()
    clock.jump(seconds=15)
    deliver.deliver_due()
    assert states(left, later) == ["sent", "sent"]


def test_a_dead_worker_does_not_hold_back_the_worst(call, post):
    call()
    deliver.claim(8)
    urgent = call(1)
    deliver.deliver_due()
    assert now_(urgent).state == "sent"


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_tell_nobody_two_things_at_once(call, post, cast):
    talking, at_once = threading.Lock(), []

    def meanwhile():
        at_once.append(not talking.acquire(blocking=False))
        threading.Event().wait(0.05)
        if not at_once[-1]:
            talking.release()

    calls = [call() for _ in range(40)]
    post.meanwhile = meanwhile
    kit_clock.fix(None)
    in_threads(4, deliver.deliver_due)
    assert at_once == [False]
    assert len(post.keys) == 1
    assert states(*calls) == ["sent"] * 40
    assert not Delivery.objects.exclude(attempts=1).exists()


@pytest.mark.django_db(transaction=True)
def test_many_people_and_many_workers_each_is_told_once(call, post):
    crowd = [person(f"Agent{n} Smith") for n in range(30)]
    for one in crowd * 3:
        call(person=one)
    kit_clock.fix(None)
    in_threads(4, lambda: deliver.deliver_due(limit=100))
    deliver.deliver_due(limit=100)  # what was left to another worker
    assert len(post.keys) == len(set(post.keys)) == 30
    assert not Delivery.objects.exclude(state="sent", attempts=1).exists()
    assert len(entries()) == 90


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_who_is_being_claimed_for_is_left_to_that_worker(call, cast):
    call()
    jos = call(person=cast.jo)
    for one in (cast.ana, cast.jo):
        Talk.objects.create(person=one, channel="email")
    taken: list[set[int]] = []
    with transaction.atomic():
        Talk.objects.select_for_update().get(person=cast.ana)
        worker = threading.Thread(target=closing(lambda: taken.append(carried(deliver.claim(8)))))
        worker.start()
        worker.join(20)
    assert taken == [{jos.pk}]


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_holding_back_waits_for_nobody_either(call, post, clock):
    call()
    deliver.deliver_due()
    answered, held = call(), call()
    taken: list[set[int]] = []
    with transaction.atomic():
        Delivery.objects.filter(pk=answered.pk).update(state="cancelled")  # an acknowledgement, not yet committed
        worker = threading.Thread(target=closing(lambda: taken.append(carried(deliver.claim(8)))))
        worker.start()
        worker.join(20)
    assert taken == [set()]
    assert now_(held).next_at == kit_clock.now() + WINDOW


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_claiming_several_for_one_person_waits_for_no_incident(call):
    """Whoever holds an incident's lock may be about to change the rows that are being claimed."""
    together = {call().pk, call().pk}
    taken: list[set[int]] = []
    with transaction.atomic():
        Trail.objects.lock(Trail.objects.values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        worker = threading.Thread(target=closing(lambda: taken.append(carried(deliver.claim(8)))))
        worker.start()
        worker.join(9)  # after ten it would give up
        meanwhile = list(taken)
    worker.join(20)
    assert meanwhile == [together]


# --- tried again ----------------------------------------------------------------------------


def test_a_bundle_that_failed_is_tried_again_as_the_same_and_nothing_new_joins_it(call, post, cast, clock):
    first, second = call(3), call(2)
    post.trouble[cast.ana.email] = SendFailed("busy")
    deliver.deliver_due()
    assert [(one.state, one.attempts, one.bundle) for one in map(now_, (first, second))] == [
        ("queued", 1, second.pk),
        ("queued", 1, second.pk),
    ]
    assert now_(first).next_at == now_(second).next_at == kit_clock.now() + timedelta(seconds=5)
    new = call(2)
    post.trouble.clear()
    clock.jump(seconds=5)
    deliver.deliver_due()
    assert states(first, second, new) == ["sent", "sent", "queued"]
    assert post.keys == [second.idempotency_key] * 2
    assert post.messages[0] == post.messages[1]
    assert [(entry["outcome"], entry["tries"], entry["others"]) for entry in entries()] == [("sent", 2, 1)] * 2


def test_what_was_answered_meanwhile_drops_out_of_the_retry_and_the_key_stays(call, post, cast, clock):
    worst, middle, mild = call(2), call(3), call(4)
    post.trouble[cast.ana.email] = SendFailed("busy")
    deliver.deliver_due()
    answered = Delivery.objects.filter(pk=worst.pk)
    answered.update(state="cancelled", next_at=None)
    post.trouble.clear()
    clock.jump(seconds=5)
    deliver.deliver_due()
    assert states(worst, middle, mild) == ["cancelled", "sent", "sent"]
    assert post.keys == [worst.idempotency_key] * 2
    assert "INC-1" not in post.messages[1].full
    assert post.messages[0].at == post.messages[1].at


def test_an_answer_during_the_talk_ends_the_tries_of_that_one_alone(call, post, cast, clock):
    worst, mild = call(2), call(3)
    post.trouble[cast.ana.email] = SendFailed("busy")
    [claimed] = deliver.claim(8)
    outcomes = deliver._packed(claimed)()
    Delivery.objects.filter(pk=worst.pk).update(overtaken=True)
    deliver.record(outcomes)
    assert states(worst, mild) == ["cancelled", "queued"]


@pytest.mark.parametrize("trouble", ["refused", "account ended"])
def test_what_cannot_be_helped_has_failed_for_all_of_the_bundle(trouble, call, post, cast):
    calls = [call(), call()]
    if trouble == "refused":
        post.trouble[cast.ana.email] = SendFailed("refused", permanent=True)
    else:
        type(cast.ana).objects.filter(pk=cast.ana.pk).update(is_active=False)
    deliver.deliver_due()
    assert states(*calls) == ["failed"] * 2
    assert [(entry["outcome"], entry["others"]) for entry in entries()] == [("failed", 1)] * 2


def test_a_trail_in_trouble_costs_the_others_of_its_bundle_nothing(call, post, clock, monkeypatch):
    bad, good = call(), call()
    write = endings.note

    def note(work, outcome, *how):
        if outcome.delivery.pk == bad.pk:
            raise RuntimeError("the record is in trouble")
        write(work, outcome, *how)

    monkeypatch.setattr(endings, "note", note)
    deliver.deliver_due()
    assert states(bad, good) == ["sending", "sent"]
    monkeypatch.setattr(endings, "note", write)
    clock.jump(seconds=31)
    tasks.sweep()
    assert states(bad, good) == ["sent", "sent"]
    assert set(post.keys) == {bad.idempotency_key}


def test_the_urgent_is_found_behind_however_many(call, post, cast, monkeypatch):
    """After an outage much is due that is older."""
    monkeypatch.setattr(bundling, "_LOOK", 3)
    for number in range(6):
        call(4, person(f"Agent{number} Smith"))
    call(1, cast.mei, kind="inform")  # asks nothing
    urgent = [call(1, cast.ana), call(5, cast.jo, kind="last_resort"), call(5, cast.sam)]
    Delivery.objects.filter(pk=urgent[2].pk).update(message={**urgent[2].message, "alone": True})
    assert carried(deliver.claim(3)) == {one.pk for one in urgent}


# --- killed ---------------------------------------------------------------------------------


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


@pytest.fixture
def kill_at():
    def kill(name: str) -> None:
        def act(reached: str) -> None:
            if reached == name:
                failpoint.arm(None)
                raise Killed

        failpoint.arm(act)

    yield kill
    failpoint.arm(None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("point", "heard"), [("deliver.claimed", 1), ("deliver.sent", 2), ("deliver.recorded", 2)])
def test_wherever_the_worker_dies_the_whole_bundle_comes_again_under_its_key(point, heard, call, post, clock, kill_at):
    calls = [call(3), call(2), call(4)]
    kill_at(point)
    with pytest.raises(Killed):
        deliver.deliver_due()
    assert states(*calls) == ["sending"] * 3  # committed before the talk, with the bundle they are in
    assert {now_(one).bundle for one in calls} == {calls[1].pk}
    assert entries() == []
    clock.jump(seconds=31)
    call()  # something new joins nothing that may have been heard
    tasks.sweep()
    lead = calls[1].idempotency_key
    assert [key for key in post.keys if key == lead] == [lead] * heard
    assert states(*calls) == ["sent"] * 3
    assert {now_(one).attempts for one in calls} == {2}
    ours = {one.trail.subject for one in calls}
    assert Trail.objects.filter(subject__in=ours, entries__kind="delivery").count() == 3
    assert all(intact(one.trail) for one in calls)


def test_half_a_bundle_is_never_swept_without_the_other_half(call, post, clock):
    calls = [call() for _ in range(7)]
    deliver.claim(8)
    clock.jump(seconds=31)
    assert deliver.sweep(portion=3) == 7
    [again] = deliver.claim(1, lost=True)
    assert carried([again]) == {one.pk for one in calls}


def test_a_bundle_that_kills_its_workers_is_taken_apart_and_only_the_culprit_is_given_up(call, post, clock):
    calls = [call() for _ in range(3)]
    culprit = calls[1]
    for _ in range(40):
        deliver.sweep()
        for bundle in deliver.claim(8) or deliver.claim(1, lost=True):
            if culprit.pk not in carried([bundle]):  # else the worker is dead
                deliver.deliver(bundle)
        clock.jump(seconds=31)
    assert states(*calls) == ["sent", "unknown", "sent"]
    assert now_(culprit).attempts == deliver.TRIES
    assert sorted(post.keys) == sorted(one.idempotency_key for one in calls if one is not culprit)


def test_a_frozen_worker_that_goes_on_writes_nothing_of_its_bundle(call, post, clock):
    calls = [call(), call()]
    [frozen] = deliver.claim(8)
    clock.jump(seconds=31)
    deliver.sweep()
    deliver.deliver(frozen)
    assert states(*calls) == ["queued", "queued"]
    assert entries() == []


# --- the ends -------------------------------------------------------------------------------


def test_nothing_to_do_costs_one_look(post, cast, clock, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert deliver.claim(8) == []


def test_acknowledging_one_incident_takes_it_out_of_what_waits(open_incident, post, cast, clock):
    open_incident("First", people_affected=40)
    tasks.send()
    second, third = open_incident("Second", people_affected=40), open_incident("Third", people_affected=40)
    tasks.send()
    second.acknowledge(by=cast.jo, seen=second.state_token)
    clock.jump(seconds=15)
    tasks.send()
    told_ana = [said for to, said in zip(post.to, post.messages, strict=True) if to == cast.ana.email]
    assert len(told_ana) == 2
    assert "Third" in told_ana[1].full
    assert "Second" not in told_ana[1].full
    assert third.ref in told_ana[1].subject


def test_a_real_mail_carries_the_whole_storm(call, mailroom, cast, clock):
    evil = "a\r\nBcc: x@example.com\u202egnp.exe " + "x" * 5000
    first = call()
    deliver.deliver_due()
    clock.jump(seconds=1)
    calls = [call(3) for _ in range(30)]
    hostile = call(2)
    Delivery.objects.filter(pk=hostile.pk).update(message={**hostile.message, "title": evil})
    clock.jump(seconds=14)
    deliver.deliver_due()
    [(_, alone), (to, mail)] = mailroom.mails
    assert alone["X-Baton-Key"] == first.idempotency_key
    assert to == ["ana@example.com"]
    assert mail["X-Baton-Key"] == hostile.idempotency_key
    assert mail["Bcc"] is None
    subject = mail["Subject"].strip()
    assert subject.startswith("31 incidents call you; worst SEV2 INC-32 – a Bcc: x@example.com")
    assert subject.isprintable()
    body = mail.get_content()
    assert "20. SEV3 INC-20" in body
    assert "21. " not in body
    assert "And 11 more, none of them worse. My cues has them all:" in body
    assert "\u202e" not in body
    assert len(body) < 20_000
    assert {now_(one).provider_id for one in calls} == {mail["Message-ID"]}


def test_a_bundle_sent_twice_is_recognisable_as_one(call, mailroom, clock):
    call(), call()
    [claimed] = deliver.claim(1)
    deliver._packed(claimed)()  # and the worker dies
    clock.jump(seconds=31)
    tasks.sweep()
    (_, one), (_, two) = mailroom.mails
    assert (one["Message-ID"], one["X-Baton-Key"]) == (two["Message-ID"], two["X-Baton-Key"])
    assert one.get_content() == two.get_content()
