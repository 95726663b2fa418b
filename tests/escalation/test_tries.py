"""Every try is on record, also one whose worker died; and what follows from a message nobody knows of."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from escalation.engine import climb, deliver, tasks, tries
from escalation.engine.models import Delivery, Try
from escalation.kit import clock as kit_clock
from escalation.notify import senders
from escalation.notify.senders import SendFailed
from escalation.trail.models import Entry
from tests.escalation.outbox_kit import entries, now_
from tests.reach_kit import Carriers

pytestmark = pytest.mark.django_db


def tried(delivery: Delivery) -> list[tuple]:
    return [(one.n, one.outcome, one.reason) for one in Try.objects.filter(delivery=delivery).order_by("n")]


def test_each_try_has_a_row_of_its_own(queue, post, cast, clock):
    delivery = queue()
    began = kit_clock.now()
    post.trouble = {cast.ana.email: SendFailed("the mail server cannot be reached", detail="token=abc")}
    tasks.send()
    clock.jump(seconds=5)
    post.trouble = {}
    tasks.send()
    assert tried(delivery) == [(1, "failed", "the mail server cannot be reached"), (2, "sent", "")]
    first, second = tries.of([delivery.pk])[delivery.pk]
    assert (first.at, second.at) == (began, began + timedelta(seconds=5))
    assert first.took_ms is not None and first.channel == "email"


def test_a_reason_is_bounded_and_what_a_stranger_said_is_not_in_it(queue, post, cast):
    delivery = queue()
    post.trouble = {cast.ana.email: SendFailed("no\nanswer " + "x" * 500, detail="secret")}
    tasks.send()
    [(_n, _outcome, reason)] = tried(delivery)
    assert len(reason) == tries.REASON and reason.startswith("no answer x") and "secret" not in reason


def test_a_try_whose_worker_died_is_on_record_too(queue, post, clock):
    delivery = queue()
    began = kit_clock.now()
    [claimed] = deliver.claim(1)
    deliver._packed(claimed)()  # it left the house, and the worker died before it could say so
    clock.jump(seconds=31)
    tasks.sweep()
    assert tried(delivery) == [(1, "unknown", deliver.LOST), (2, "sent", "")]
    lost = Try.objects.get(n=1)
    assert (lost.at, lost.took_ms) == (began, None)


def test_a_bundle_has_a_try_for_each_of_its_messages_in_one_statement(queue, post, django_assert_max_num_queries):
    several = [queue() for _ in range(30)]
    with django_assert_max_num_queries(40):
        deliver.deliver_due()
    assert len(post.keys) == 1
    assert Try.objects.filter(delivery__in=several, n=1, outcome="sent").count() == 30


def test_the_desk_needs_no_tries(queue, post):
    queue(channel="desk")
    tasks.send()
    assert Delivery.objects.get().state == "sent" and not Try.objects.exists()


def test_who_lost_the_lease_records_no_try(queue, post, clock):
    delivery = queue()
    [frozen] = deliver.claim(1)
    clock.jump(seconds=31)
    deliver.sweep()
    deliver.deliver(frozen)
    assert tried(delivery) == [(1, "unknown", deliver.LOST)]


def test_a_row_that_is_there_already_keeps_nothing_from_being_recorded(queue, post):
    delivery = queue()
    Try.objects.create(delivery=delivery, n=1, at=kit_clock.now(), channel="email", outcome="failed")
    tasks.send()
    assert now_(delivery).state == "sent"


@pytest.mark.parametrize(
    ("channel", "address", "provider"),
    [
        ("email", "", "mail.example.com"),
        ("email", "ana@home.example", "mail.example.com"),
        ("sms", "+4915112345667", "sms.example.com"),
        ("slack", "U0123456789", "slack.com"),
        ("slack", "https://hooks.slack.com/services/T1/B1/secretsecret", "hooks.slack.com"),
        ("telegram", "12345", "api.telegram.org"),
        ("ntfy", "my-secret-topic", "ntfy.example.com"),
        ("mattermost", "@ana", "chat.example.com"),
        ("teams", "https://x.logic.azure.com/workflows/secret", "x.logic.azure.com"),
        ("webhook", "https://hooks.example.com/secret?key=secret", "hooks.example.com"),
        ("push", '{"endpoint":"https://push.example.com/secret"}', "push.example.com"),
        ("apprise", "discord://id/secret", "discord://…"),
        ("desk", "", ""),
        ("gone", "x", ""),
    ],
)
def test_a_provider_is_a_host_and_no_more_of_an_address(settings, channel, address, provider):
    settings.EMAIL_HOST = "mail.example.com"
    settings.SMS = {"url": "https://sms.example.com/send?key=secret", "token": "t", "shape": "json", "from": ""}
    settings.NTFY_URL = "https://ntfy.example.com"
    settings.MATTERMOST_WEBHOOK = "https://chat.example.com/hooks/secret"
    assert senders.provider_of(channel, address) == provider


# --- nobody knows --------------------------------------------------------------------------------


def test_a_call_of_which_nobody_knows_whether_it_arrived_does_not_hold_up_the_next_step(
    monkeypatch, open_incident, cast, clock
):
    """An unknown is no proof that somebody was reached."""
    Carriers().use(monkeypatch)
    open_incident()
    calls = Delivery.objects.filter(kind="call", channel="email")
    for _ in range(deliver.TRIES):
        while deliver.claim(8) + deliver.claim(8, lost=True):
            pass  # and the worker is dead
        kit_clock.forward(timedelta(seconds=31))
        deliver.sweep()
    assert set(calls.filter(epoch=1).values_list("state", flat=True)) == {"unknown"}
    climb.drain()
    last = json.loads(Entry.objects.filter(kind="called").order_by("id").last().data)
    assert (last["to"], last["why"], last["unreached"]) == ("L2 Applications", "unreachable", deliver.LOST)
    assert {entry["outcome"] for entry in entries()} == {"unknown"}


# --- the way back --------------------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.rehearsal("past")
@pytest.mark.django_db(transaction=True)
def test_the_migration_goes_back_and_forth(queue, cast):
    over = {"next_at": None, "finished_at": kit_clock.now()}
    unknown, expired, sent = (queue(state=state, **over) for state in ("unknown", "expired", "sent"))
    executor = MigrationExecutor(connection)
    latest = executor.loader.graph.leaf_nodes()  # of every app: others lean on what is taken away
    executor.migrate([("engine", "0005_limited")])
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, state FROM engine_delivery ORDER BY id")
            found = dict(cursor.fetchall())
        assert found == {unknown.pk: "failed", expired.pk: "failed", sent.pk: "sent"}
    finally:
        MigrationExecutor(connection).migrate(latest)
