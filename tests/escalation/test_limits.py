"""Limits: how much one person is told in an hour, and how much leaves by one channel in a second."""

import contextlib
import itertools
import threading
from datetime import datetime, timedelta

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from escalation.engine import deliver, limits
from escalation.engine.models import Delivery
from escalation.engine.waiting import LEASE
from escalation.kit import clock as kit_clock
from escalation.kit import failpoint
from escalation.kit.environment import Environment
from escalation.notify.senders import SendFailed
from tests.escalation.outbox_kit import in_threads, now_
from tests.organisation import person

pytestmark = pytest.mark.django_db
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def call(queue, settings):
    """Each message leaves alone, so that limits are all that holds it back."""
    settings.BUNDLE_SECONDS = 0
    settings.LIMIT_PER_PERSON = {"email": 2}

    def put(severity: int = 3, kind: str = "call", **fields) -> Delivery:
        message = {"kind": kind, "ref": "INC-1", "title": "Fire", "link": "/incidents/1/", "severity": severity}
        return queue(kind=kind, message=message, **fields)

    return put


def send(*rows: Delivery) -> list[str]:
    deliver.deliver_due()
    return [now_(row).state for row in rows]


# --- one person, one hour -------------------------------------------------------------------


def test_the_third_message_of_an_hour_waits_and_says_until_when(call, post, clock):
    began = kit_clock.now()
    first = [call(), call()]
    assert send(*first) == ["sent", "sent"]
    clock.jump(minutes=10)
    third = call()
    assert send(third) == ["queued"]
    assert (now_(third).next_at, now_(third).limited) == (began + HOUR, True)
    kit_clock.fix(began + HOUR)
    assert send(third) == ["sent"]
    assert now_(third).limited is False


def test_others_and_other_channels_have_their_own(call, post, cast):
    assert send(call(), call()) == ["sent", "sent"]
    assert send(call(person=cast.jo), call(channel="desk")) == ["sent", "sent"]


@pytest.mark.parametrize(
    ("severity", "kind"), [(1, "call"), (2, "call"), (2, "assigned"), (5, "last_resort"), (5, "verify"), (5, "test")]
)
def test_what_is_urgent_passes(severity, kind, call, post):
    send(call(), call())
    assert send(call(severity, kind)) == ["sent"]


@pytest.mark.parametrize(("severity", "kind"), [(3, "call"), (1, "inform"), (2, "accepted")])
def test_everything_else_waits(severity, kind, call, post):
    send(call(), call())
    assert send(call(severity, kind)) == ["queued"]


def test_many_in_one_message_are_one(call, post, settings, clock):
    settings.BUNDLE_SECONDS = 15
    seven = [call() for _ in range(7)]
    assert set(send(*seven)) == {"sent"}
    clock.jump(seconds=15)
    assert send(call()) == ["sent"]


def test_what_did_not_leave_does_not_count(call, post, cast, clock):
    post.trouble[cast.ana.email] = SendFailed("refused", permanent=True)
    send(call(), call())
    post.trouble.clear()
    assert send(call()) == ["sent"]


def test_what_is_being_sent_at_this_moment_counts(call, post):
    began = kit_clock.now()
    three = [call() for _ in range(3)]
    assert send(*three) == ["sent", "sent", "queued"]
    last = now_(three[2])
    assert (last.limited, last.next_at) == (True, began + LEASE)  # until then it is known whether they left
    kit_clock.fix(last.next_at)
    assert send(three[2]) == ["queued"]
    assert now_(three[2]).next_at == began + HOUR


def test_what_is_being_sent_and_does_not_leave_makes_room(call, post, cast):
    post.trouble[cast.ana.email] = SendFailed("refused", permanent=True)
    three = [call() for _ in range(3)]
    assert send(*three) == ["failed", "failed", "queued"]
    post.trouble.clear()
    kit_clock.fix(now_(three[2]).next_at)
    assert send(three[2]) == ["sent"]


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_share_what_one_person_may_be_told(call, post):
    for _ in range(6):
        call()
    in_threads(4, deliver.deliver_due)
    assert len(post.keys) == 2


def test_a_long_history_is_not_read_for_the_last_hour(call, post, cast):
    now = kit_clock.now()
    old = call(state="sent")
    about = {"trail_id": old.trail_id, "run_id": old.run_id, "person": cast.ana, "channel": "email", "kind": "call"}
    rows = [
        Delivery(**about, cause=f"old:{n}", state="sent", queued_at=now, finished_at=now - n * HOUR, bundle=n)
        for n in range(1, 3000)
    ]
    Delivery.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE engine_delivery" if connection.vendor == "postgresql" else "ANALYZE")
    assert "delivery_finished" in limits.sent_lately(cast.ana.pk, "email", now).order_by().explain()


# --- one channel, one second ----------------------------------------------------------------


@pytest.fixture
def crowd(call, settings):
    """Seven people are called at once, and two messages may leave in a second."""
    settings.LIMIT_PER_PERSON, settings.LIMIT_PER_SECOND = {}, {"email": 2}
    return [call(1, person=person(f"Agent{number} Seventh")) for number in range(7)]


def test_what_is_more_is_shared_out_over_the_next_seconds(crowd, post):
    began = kit_clock.now()
    assert send(*crowd).count("sent") == 2
    waits = sorted((now_(row).next_at - began) / SECOND for row in crowd if now_(row).state == "queued")
    assert waits == [1, 1, 2, 2, 3]
    assert all(now_(row).limited for row in crowd if now_(row).state == "queued")
    for second in range(1, 4):
        kit_clock.fix(began + second * SECOND)
        deliver.deliver_due()
        assert len(post.keys) == min(7, 2 + 2 * second)


def test_an_edit_of_a_message_takes_the_room_of_one(crowd, post):
    began = kit_clock.now()
    assert limits.room_for_an_edit("email") is None
    assert send(*crowd).count("sent") == 1
    assert limits.room_for_an_edit("email") == began + SECOND
    assert limits.room_for_an_edit("sms") is None  # has no limit


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_share_one_limit(crowd, post):
    in_threads(4, deliver.deliver_due)
    assert len(post.keys) == 2


def test_each_message_to_one_person_counts(call, post, settings):
    settings.LIMIT_PER_PERSON, settings.LIMIT_PER_SECOND = {}, {"email": 2}
    began = kit_clock.now()
    assert [send(call(1)) for _ in range(5)] == [["sent"]] * 2 + [["queued"]] * 3  # one after the other
    for second in range(1, 3):
        kit_clock.fix(began + second * SECOND)
        deliver.deliver_due()
        assert len(post.keys) == min(5, 2 + 2 * second)


# --- and workers die ------------------------------------------------------------------------


class Died(BaseException):
    """Nothing catches it, as nothing catches a kill."""


@pytest.fixture
def deaths():
    """At ``point`` every other time it is reached, until so many have died."""

    def arm(point: str, most: int) -> list[str]:
        died, lock, reached = [], threading.Lock(), itertools.count(1)

        def act(name: str) -> None:
            with lock:
                dies = name == point and len(died) < most and next(reached) % 2 == 1
                died.extend([name] * dies)
            if dies:
                raise Died

        failpoint.arm(act)
        return died

    yield arm
    failpoint.arm(None)


def work_off(workers: int) -> None:
    """Whenever something is due or a lease ends, that many workers look; whoever dies has successors."""

    def work() -> None:
        with contextlib.suppress(Died):
            deliver.deliver_due()

    while (due := deliver.next_due()) is not None:
        kit_clock.fix(max(due, kit_clock.now()))
        work() if workers == 1 else in_threads(workers, work)


def all_arrive_and_no_more_than_two_in_a_second(post, rows, workers: int = 1) -> int:
    """Returns how many came again."""
    arrived: list[datetime] = []
    post.meanwhile = lambda: arrived.append(kit_clock.now())
    work_off(workers)
    assert {now_(row).state for row in rows} == {"sent"}
    assert set(post.keys) == {row.idempotency_key for row in rows}
    arrived.sort()
    assert all(later - first >= SECOND for first, later in zip(arrived, arrived[2:], strict=False)), arrived
    return len(post.keys) - len(rows)


@pytest.mark.parametrize(("point", "again"), [("deliver.claimed", 0), ("deliver.sent", 1)])
def test_wherever_workers_die_no_more_leaves_in_a_second_and_nothing_is_lost(point, again, crowd, call, post, deaths):
    """What was said and is not on record comes again, under the same key: then it counts like all others."""
    died = deaths(point, 4)
    repeats = all_arrive_and_no_more_than_two_in_a_second(post, [*crowd, *(call(1) for _ in range(3))])
    assert len(died) == 4
    assert again <= repeats <= 8 * again  # a death in the sweep repeats nothing, one beside two talks repeats both


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", ["deliver.claimed", "deliver.sent"])
def test_wherever_some_of_several_workers_die_they_share_one_limit(point, crowd, post, deaths):
    died = deaths(point, 4)
    all_arrive_and_no_more_than_two_in_a_second(post, crowd, workers=3)
    assert len(died) == 4


# --- settings -------------------------------------------------------------------------------


def test_a_limit_for_no_channel_is_refused(settings):
    assert limits.check(None) == []
    settings.LIMIT_PER_SECOND = {"pigeon": 1, "desk": 2, "email": 3}
    said = limits.check(None)
    assert [one.level for one in said] == [checks.ERROR] * 2
    assert "BATON_LIMIT_PER_SECOND names 'desk'" in said[0].msg


def test_a_limit_is_a_number_of_at_least_one(monkeypatch):
    env = Environment()
    monkeypatch.setenv("BATON_LIMIT_TEST", "sms=20, voice=6")
    assert env.limits("BATON_LIMIT_TEST") == {"sms": 20, "voice": 6}
    monkeypatch.setenv("BATON_LIMIT_TEST", "sms=0")
    with pytest.raises(ImproperlyConfigured, match="from 1 on"):
        env.limits("BATON_LIMIT_TEST")
