"""What a receiver does not take is said again under the same id until it is hopeless; whoever dies loses nothing."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils.module_loading import import_string
from standardwebhooks.webhooks import Webhook as Library
from standardwebhooks.webhooks import WebhookVerificationError

from escalation.engine import deliver, registry
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.trail.models import Entry
from incidents.models import Webhook, WebhookMessage, webhooks
from incidents.webhooks import claiming, keeping, sending, tasks
from tests.webhook_kit import Receiver, tell, webhook

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]

QUEUED, SENDING, SENT, FAILED, CANCELLED = WebhookMessage.State.values


def states() -> list[str]:
    return list(WebhookMessage.objects.order_by("id").values_list("state", flat=True))


def due(hook: Webhook) -> timedelta:
    """How long it is until the first message that waits may leave."""
    return hook.messages.waiting().order_by("next_at").first().next_at - kit_clock.now()


def test_what_is_not_taken_is_tried_again_under_the_same_id_and_in_the_end_given_up(
    cast, clock, receiver, tickets, open_incident
):
    hook, _secret = tickets
    Webhook.objects.update(patience="short")
    receiver.answers(500, "No disk")
    open_incident()
    pauses = []
    for _ in range(6):
        assert tell() == 1
        if hook.messages.waiting().exists():
            pauses.append(due(hook).total_seconds())
            clock.jump(seconds=(claiming.next_due() - clock.now()).total_seconds())
    for pause, planned in zip(pauses, webhooks.PAUSES["short"], strict=True):
        assert planned * 0.8 <= pause <= planned * 1.2
    [message] = WebhookMessage.objects.all()
    assert (message.state, message.attempts, message.reason) == (FAILED, 6, "it answered 500")
    assert {came.id for came in receiver.came} == {message.mid} and len({came.body for came in receiver.came}) == 1
    assert [one.answer for one in message.tries.all()] == ["No disk"] * 6
    assert tell() == 0

    receiver.answers(200, "Taken")
    assert WebhookMessage.objects.all().send_again(clock.now()) == 1
    assert WebhookMessage.objects.all().send_again(clock.now()) == 0, "pressed twice it is queued once"
    clock.jump(minutes=2)
    tell()
    message.refresh_from_db()
    assert (message.state, message.attempts, receiver.came[-1].id) == (SENT, 7, message.mid)
    hook.refresh_from_db()
    assert (hook.failing_since, hook.failures, hook.given_up) == (None, 0, 0)


def test_a_receiver_that_asks_for_a_pause_gets_it_for_all_that_waits(cast, clock, receiver, tickets, open_incident):
    receiver.answers(429, "Slowly", Retry_After="600")
    open_incident()
    assert tell() == 1
    open_incident("Mail is late")
    assert tell() == 0
    assert claiming.next_due() == clock.now() + timedelta(seconds=600)
    receiver.answers(204)
    clock.jump(seconds=601)
    assert tell() == 2


def test_a_redirect_is_not_followed_and_an_inner_address_is_not_talked_to(
    cast, clock, receiver, tickets, open_incident, settings
):
    receiver.answers(302, Location="http://169.254.169.254/latest/meta-data/")
    open_incident()
    tell()
    [message] = WebhookMessage.objects.all()
    assert (message.state, message.reason) == (QUEUED, "it answered 302")
    settings.OUTBOUND_ALLOW = []
    clock.jump(minutes=1)
    tell()
    message.refresh_from_db()
    assert "inner address" in message.reason and len(receiver.came) == 1


def test_first_tries_leave_in_the_order_of_the_record(cast, clock, receiver, tickets, open_incident):
    one, other = open_incident("One"), open_incident("Other")
    for n in range(4):
        one.note(by=cast.ana, text=str(n))
        other.note(by=cast.ana, text=str(n))
    claimed = claiming.claim(16)
    assert {c.message.trail_id for c in claimed} == {one.trail_id, other.trail_id} and len(claimed) == 2
    assert claiming.claim(16) == [], "what follows waits for them"
    for c in claimed:
        sending.record(sending.Outcome(c))
    tell()
    for incident in (one, other):
        heard = [c.data["data"]["incident"] for c in receiver.came]
        versions = [told["version"] for told in heard if told["ref"] == incident.ref]
        assert len(versions) == 4 and versions == sorted(versions)


def test_one_that_hangs_delays_no_other(cast, clock, receiver, tickets, open_incident, settings):
    settings.WEBHOOK_SECONDS = 1.0
    gate = threading.Event()
    slow = Receiver()
    slow.answers(200, act=lambda _: gate.wait(5) and None)
    webhook(cast.ada, slow.url, name="Slow")
    incident = open_incident()
    for n in range(7):  # each waits for the one before, so there is a claim for each
        incident.note(by=cast.ana, text=str(n))
    deliver.deliver_due()
    sending.send_due(seconds=0.1)
    gate.set()
    slow.close()
    assert (len(receiver.came), len(slow.came)) == (8, 1)
    assert Webhook.objects.get(name="Slow").failures == 1


def test_the_rows_are_watched_and_need_no_bell(cast, clock, receiver, tickets, open_incident):
    open_incident()
    deliver.deliver_due()
    for one in registry.watched():
        if one.next_due in (sending.next_due, keeping.next_due) and one.next_due() <= clock.now():
            import_string(one.task)()
    assert receiver.types == ["incident.triggered"]


@pytest.mark.sqlite_only
def test_what_waits_is_found_by_its_index_alone(cast, tickets):
    hook, _secret = tickets
    assert "webhook_message_next" in claiming._having_some().explain()
    assert "webhook_message_next" in hook.messages.waiting().filter(next_at__lte=kit_clock.now()).explain()


def test_calls_go_first(cast, clock, receiver, tickets, open_incident, monkeypatch):
    open_incident()
    monkeypatch.setattr(sending.deliver, "next_due", lambda: clock.now() - timedelta(seconds=1))
    assert tell() == 0
    monkeypatch.setattr(sending.deliver, "next_due", lambda: None)
    assert tell() == 1


def test_while_the_database_is_an_older_copy_nothing_leaves(cast, clock, receiver, tickets, open_incident):
    open_incident()
    cast.installation.held_at = clock.now()
    cast.installation.save()
    assert sending.next_due() is None and tell() == 0 and receiver.came == []


def test_while_a_secret_is_replaced_both_sign(cast, clock, receiver, tickets, open_incident):
    hook, old = tickets
    new = hook.new_secret(clock.now())
    hook.save()
    open_incident()
    tell()
    [came] = receiver.came
    assert len(came.headers["webhook-signature"].split(" ")) == 2
    for secret in (new, old):
        Library(secret).verify(came.body, came.headers)
    clock.jump(hours=25)
    open_incident("Mail is late")
    tell()
    Library(new).verify(receiver.came[-1].body, receiver.came[-1].headers)
    with pytest.raises(WebhookVerificationError):
        Library(old).verify(receiver.came[-1].body, receiver.came[-1].headers)


def test_whoever_was_frozen_and_goes_on_says_and_writes_nothing(cast, clock, receiver, tickets, open_incident):
    open_incident()
    [first] = claiming.claim(1)
    clock.jump(seconds=claiming.lease().total_seconds() + 1)
    [second] = claiming.claim(1)
    assert second.message.mid == first.message.mid
    assert sending.record(sending.Outcome(first)) is False
    assert states() == [SENDING]
    assert sending.record(sending.Outcome(second)) is True
    assert states() == [SENT]
    [lost, taken] = WebhookMessage.objects.get().tries.order_by("n")
    assert (lost.reason, taken.reason) == (claiming.DIED, "")
    late = claiming.Claimed(first.message, last_call=0.0)
    assert "stood still" in sending._talk(late, sending._letter(late)).reason and receiver.came == []


def test_what_kills_every_worker_is_given_up(cast, clock, tickets, open_incident):
    Webhook.objects.update(patience="short")
    open_incident()
    for _ in range(6):
        assert len(claiming.claim(1)) == 1
        clock.jump(seconds=claiming.lease().total_seconds() + 1)
    assert claiming.claim(1) == []
    assert states() == [FAILED]


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_what_is_there_once(cast, clock, receiver, tickets, open_incident):
    for n in range(6):
        open_incident(f"Disk {n}")
    taken: list[str] = []
    start = threading.Barrier(2)

    def take() -> None:
        start.wait()
        try:
            taken.extend(one.message.mid for _ in range(3) for one in claiming.claim(2))
        finally:
            connection.close()

    workers = [threading.Thread(target=take) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len(taken) == len(set(taken)) and len(taken) >= claiming.AT_ONCE


# --- until it is hopeless -------------------------------------------------------------------------


def fails(hook: Webhook, clock, **outcome) -> None:
    hook.ping(webhooks.ENGINE, clock.now())
    [claimed] = claiming.claim(1)
    sending.record(sending.Outcome(claimed, **{"reason": "it answered 500", "status": 500, **outcome}))


def test_a_receiver_that_is_gone_is_turned_off_and_its_owner_told(
    cast, clock, receiver, tickets, open_incident, client
):
    hook, _secret = tickets
    incident = open_incident()
    tell()
    receiver.answers(410)
    incident.note(by=cast.ana, text="One")
    incident.acknowledge(by=cast.ana)
    tell()
    hook.refresh_from_db()
    assert hook.off_at == clock.now() and hook.off_why == "it says that it is gone (410)"
    assert set(hook.messages.filter(type="incident.acknowledged").values_list("state", flat=True)) == {CANCELLED}
    entry = Entry.objects.filter(kind="webhook_off").get()
    assert (entry.actor_name, json.loads(entry.data)["name"]) == ("Baton", "Tickets")
    letter = Delivery.objects.filter(kind="webhook_off", person=cast.ada).first()
    assert letter is not None and letter.message["reason"] == hook.off_why
    before = WebhookMessage.objects.count()
    incident.note(by=cast.ana, text="Two")
    assert WebhookMessage.objects.count() == before, "it hears of nothing any more"

    client.force_login(cast.ada)
    page = client.get(reverse("cues")).content.decode()
    assert "See to the webhook" in page and "it says that it is gone (410)" in page
    client.force_login(cast.sam)
    assert "See to the webhook" not in client.get(reverse("cues")).content.decode()


def test_where_the_owner_is_gone_another_admin_hears_of_it(cast, clock, receiver, tickets, client):
    hook, _secret = tickets
    Webhook.objects.update(owner=cast.sam)  # who is no admin any more
    fails(hook, clock, status=410)
    assert set(Delivery.objects.filter(kind="webhook_off").values_list("person", flat=True)) == {cast.ada.pk}
    client.force_login(cast.ada)
    assert "See to the webhook" in client.get(reverse("cues")).content.decode()


@pytest.mark.parametrize(("days", "off"), [(4.9, False), (5.1, True)])
def test_after_five_days_of_nothing_but_failures(cast, clock, tickets, days, off):
    hook, _secret = tickets
    fails(hook, clock)
    clock.jump(days=days)
    hook.messages.waiting().update(state=FAILED, next_at=None)
    fails(hook, clock)
    hook.refresh_from_db()
    assert (hook.off_at is not None) is off


def test_after_a_hundred_events_that_were_given_up(cast, clock, tickets):
    hook, _secret = tickets
    Webhook.objects.update(given_up=98, failures=1)
    for gone in (99, 100):
        hook.ping(webhooks.ENGINE, clock.now())
        hook.messages.waiting().update(attempts=9)
        [claimed] = claiming.claim(1)
        sending.record(sending.Outcome(claimed, reason="it answered 500", status=500))
        hook.refresh_from_db()
        assert hook.given_up == gone
    assert hook.off_why == "a hundred events in a row were given up"


def test_a_receiver_that_fails_is_asked_by_one_talk_at_a_time_and_ever_more_seldom(cast, clock, tickets, open_incident):
    hook, _secret = tickets
    rests = []
    for _ in range(10):
        fails(hook, clock)
        hook.refresh_from_db()
        rests.append((hook.paused_until - clock.now()).total_seconds() if hook.paused_until else 0)
        hook.messages.waiting().update(state=FAILED, next_at=None)
        clock.jump(seconds=120)
    assert rests == [0, 0, 2, 4, 8, 16, 32, 60, 60, 60]
    for n in range(4):
        open_incident(f"Disk {n}")
    assert len(claiming.claim(16)) == 1


def test_a_secret_that_cannot_be_read_is_said_at_once(cast, clock, receiver, tickets, open_incident, settings):
    settings.SECRET_KEY = "another key, which is long enough too"
    open_incident()
    tell()
    hook = Webhook.objects.get()
    assert "SECRET_KEY" in hook.off_why and receiver.came == []


def test_the_log_is_kept_for_a_month(cast, clock, receiver, tickets, open_incident):
    incident = open_incident()
    tell()
    assert keeping.next_due() == clock.now() + timedelta(days=30)
    assert tasks.tidy() == 0
    clock.jump(days=31)
    incident.note(by=cast.ana, text="Later")
    assert (tasks.tidy(), WebhookMessage.objects.get().type) == (1, "incident.note_added")
