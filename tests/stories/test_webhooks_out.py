"""Other systems hear of every change: signed, in order, again until they take it, and never of what is not theirs."""

import json
import threading
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.module_loading import import_string
from standardwebhooks.webhooks import Webhook as Library
from standardwebhooks.webhooks import WebhookVerificationError

from escalation.engine import deliver, registry, work
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.kit.errors import Refused
from escalation.trail import triggers
from escalation.trail.models import Entry, EntryText
from incidents.models import Incident, Webhook, WebhookMessage, webhooks
from incidents.models.webhook_telling import follow
from incidents.webhooks import claiming, keeping, sending, tasks
from tests.webhook_kit import Receiver, tell, webhook

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]

QUEUED, SENDING, SENT, FAILED, CANCELLED = WebhookMessage.State.values


@pytest.fixture
def receiver(settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    one = Receiver()
    yield one
    one.close()


@pytest.fixture
def tickets(cast, clock, receiver):
    """One that hears everything but restricted incidents."""
    return webhook(cast.ada, receiver.url)


def states() -> list[str]:
    return list(WebhookMessage.objects.order_by("id").values_list("state", flat=True))


def due(hook: Webhook) -> timedelta:
    """How long it is until the first message that waits may leave."""
    return hook.messages.waiting().order_by("next_at").first().next_at - kit_clock.now()


# --- what they hear -------------------------------------------------------------------------------


def test_a_ticket_system_follows_an_incident_from_its_beginning_to_its_end(
    cast, clock, receiver, tickets, open_incident
):
    _hook, secret = tickets
    incident = open_incident(people_affected=30)
    incident.acknowledge(by=cast.ana)
    incident.note(by=cast.ana, text="The acquirer is away")
    incident.state(by=cast.ana, people_affected=1900)
    incident.hand_over(by=cast.ana, to=cast.jo, text="You know the gateway")
    incident.accept(by=cast.jo)
    incident.hold(by=cast.jo, until=clock.now() + timedelta(hours=1), text="The supplier is asked")
    incident.resume(by=cast.jo)
    incident.resolve(by=cast.jo, cause="supplier", text="The acquirer is back")
    tell()
    heard = [came for came in receiver.came if came.type != "incident.updated"]
    assert [came.type.partition(".")[2] for came in heard] == [
        "triggered",
        "acknowledged",
        "note_added",
        "escalated",  # so severe, managers must know
        "priority_changed",
        "handover_offered",
        "reassigned",
        "snoozed",
        "unsnoozed",
        "resolved",
    ]
    versions = [came.data["data"]["incident"]["version"] for came in receiver.came]
    assert versions == sorted(set(versions))
    assert all(Library(secret).verify(came.body, came.headers)["data"] for came in receiver.came)
    assert len({came.id for came in receiver.came}) == len(receiver.came)
    assert set(states()) == {SENT}

    note = heard[2].data
    assert note["timestamp"] == "2026-03-02T09:30:00.000000Z"
    assert note["data"]["actor"] == {"type": "user", "id": cast.ana.pk, "name": "Ana Ruiz"}
    assert note["data"]["change"] == {"kind": "note", "text": "The acquirer is away"}
    told = note["data"]["incident"]
    assert (told["ref"], told["status"], told["holder"]["name"]) == (incident.ref, "acknowledged", "Ana Ruiz")
    assert told["url"] == f"{configured.ADDRESS}/incidents/{incident.number}/"
    assert (told["service"]["name"], told["tier"]["name"]) == ("Payments", "L1 Service desk")
    assert heard[4].data["data"]["change"]["severity"]["to"] == heard[4].data["data"]["incident"]["severity"] == 1
    assert heard[6].data["data"]["incident"]["holder"]["name"] == "Jo Okafor"
    end = heard[-1].data["data"]
    assert (end["incident"]["status"], end["incident"]["cause"]) == ("resolved", "supplier")
    assert end["incident"]["tier"] is None and end["change"]["text"] == "The acquirer is back"


def test_the_engine_s_own_steps_are_events_and_say_who_it_was(cast, clock, receiver, tickets, open_incident):
    open_incident()
    clock.forward(minutes=6)
    tell()
    climbed = receiver.came[-1].data
    assert climbed["type"] == "incident.escalated"
    assert climbed["data"]["actor"] == {"type": "system", "id": None, "name": "Baton"}
    assert climbed["data"]["change"]["to"] == climbed["data"]["incident"]["tier"]["name"] == "L2 Applications"
    assert climbed["data"]["incident"]["status"] == "triggered"


def test_a_change_that_is_not_made_is_told_to_nobody(cast, tickets, open_incident):
    incident = open_incident()
    before = WebhookMessage.objects.count()
    with pytest.raises(Refused):
        incident.note(by=cast.ana, text="  ")
    with transaction.atomic():
        incident.note(by=cast.ana, text="Never said")
        transaction.set_rollback(True)
    assert WebhookMessage.objects.count() == before


def test_teams_hear_of_what_they_may_see_and_from_the_moment_they_are_called(cast, clock, receiver, open_incident):
    webhook(cast.ada, receiver.url, name="Platform's", teams=[cast.teams["Platform"]])
    webhook(cast.ada, receiver.url, name="Facilities'", teams=[cast.teams["Facilities"]])
    incident = open_incident()
    assert WebhookMessage.objects.count() == 0
    incident.escalate(by=cast.ana, reason="expertise", text="The disks", to=incident.onward()[1][:2])
    assert list(WebhookMessage.objects.values_list("hook__name", "type")) == [("Platform's", "incident.escalated")]


def test_a_restricted_incident_leaves_only_by_who_may_see_it(cast, clock, receiver, tickets, open_incident):
    webhook(cast.ada, receiver.url, name="Security", restricted=True)
    incident = open_incident("A password has leaked")
    incident.restrict(by=cast.ana, text="Somebody may read along")
    incident.note(by=cast.ana, text="It is the old one")
    tell()
    by_hook = {hook.name: sorted(hook.messages.values_list("type", "state")) for hook in Webhook.objects.all()}
    assert by_hook["Tickets"] == [("incident.triggered", CANCELLED)]  # it waited, and had become a secret
    assert by_hook["Security"] == [
        ("incident.note_added", SENT),
        ("incident.triggered", SENT),
        ("incident.updated", SENT),
    ]
    assert len(receiver.came) == 3
    message = WebhookMessage.objects.get(hook__name="Tickets")
    assert message.reason == sending.NO_LONGER
    assert WebhookMessage.objects.filter(pk=message.pk).send_again(clock.now()) == 1
    tell()
    assert len(receiver.came) == 3, "nor does it leave when it is sent again"


def test_what_was_taken_off_the_record_does_not_leave(cast, receiver, tickets, open_incident):
    incident = open_incident()
    incident.note(by=cast.ana, text="Her number is 0151")
    with triggers.lifted(connection):
        EntryText.objects.filter(entry__trail=incident.trail_id, entry__kind="note").update(text="[removed]")
    tell()
    assert receiver.came[-1].data["data"]["change"]["text"] == "[removed]"
    assert not WebhookMessage.objects.filter(facts__icontains="0151").exists()


def test_only_what_is_wanted(cast, receiver, open_incident):
    webhook(cast.ada, receiver.url, name="Worst", from_severity=2)
    webhook(cast.ada, receiver.url, name="Ends", types=["incident.resolved"])
    small, large = open_incident("A lamp is broken"), open_incident(people_affected=2000)
    large.set_severity(by=cast.ana, severity=4, text="They can pay by card")
    for incident in (small, large):
        incident.acknowledge(by=cast.ana)
        incident.resolve(by=cast.ana, cause="hardware", text="Replaced")
    found = {
        hook.name: list(hook.messages.order_by("id").values_list("type", flat=True)) for hook in Webhook.objects.all()
    }
    assert found["Ends"] == ["incident.resolved"] * 2
    assert found["Worst"][0] == "incident.triggered" and found["Worst"][-1] == "incident.priority_changed"
    assert "incident.resolved" not in found["Worst"]


def test_nobody_listens_and_a_verb_asks_nothing_for_it(cast, open_incident, receiver):
    incident = open_incident()
    webhooks.listening()
    with CaptureQueriesContext(connection) as without:
        incident.note(by=cast.ana, text="One")
    assert not [query for query in without if "webhook" in query["sql"]]
    webhook(cast.ada, receiver.url)
    webhooks.listening()
    incident.note(by=cast.ana, text="Two")
    with CaptureQueriesContext(connection) as with_one:
        incident.note(by=cast.ana, text="Three")
    assert len(with_one) - len(without) <= 5  # incident, run, names, and the message itself


def test_many_changes_cost_as_many_queries_as_one(cast, clock, receiver, tickets):
    from incidents.models.opening import Report

    def cost(many: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            reports = [Report(title=f"Disk {n} is full", service=cast.service) for n in range(many)]
            Incident.open_many(reports, by=cast.ana)
        return len([query for query in queries if "webhook" in query["sql"]])

    webhooks.listening()
    assert cost(1) == 1
    few = WebhookMessage.objects.count()
    insert = cost(20)
    assert insert == 1 if connection.vendor == "postgresql" else insert <= 20  # SQLite's log names each row
    assert WebhookMessage.objects.count() == few + 20
    assert follow in work.followers


# --- how they hear it -----------------------------------------------------------------------------


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
        hook.refresh_from_db()
        if hook.messages.waiting().exists():
            pauses.append(due(hook).total_seconds())
            clock.jump(
                seconds=max(pauses[-1], (hook.paused_until or clock.now()).timestamp() - clock.now().timestamp())
            )
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
    for n in range(8):
        open_incident(f"Disk {n}")
    deliver.deliver_due()
    sending.send_due(seconds=0.5)
    gate.set()
    slow.close()
    assert len(receiver.came) == 8
    assert len(slow.came) <= claiming.AT_ONCE * 2
    assert Webhook.objects.get(name="Slow").failures > 0


def test_the_rows_are_watched_and_need_no_bell(cast, clock, receiver, tickets, open_incident):
    open_incident()
    deliver.deliver_due()
    for one in registry.watched():
        if one.next_due in (sending.next_due, keeping.next_due) and one.next_due() <= clock.now():
            import_string(one.task)()
    assert receiver.types == ["incident.triggered"]


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
