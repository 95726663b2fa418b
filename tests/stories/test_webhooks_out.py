"""Other systems hear of every change: signed, in order, again until they take it, and never of what is not theirs."""

from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from standardwebhooks.webhooks import Webhook as Library

from escalation.engine import work
from escalation.kit.errors import Refused
from escalation.trail import triggers
from escalation.trail.models import EntryText
from incidents.models import Incident, Webhook, WebhookMessage, chat_rooms, webhooks
from incidents.models.webhook_telling import follow
from incidents.webhooks import sending
from tests.webhook_kit import tell, webhook

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]

QUEUED, SENDING, SENT, FAILED, CANCELLED = WebhookMessage.State.values


def states() -> list[str]:
    return list(WebhookMessage.objects.order_by("id").values_list("state", flat=True))


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


def test_nothing_names_what_it_was_merged_into_once_that_is_restricted(cast, clock, receiver, tickets, open_incident):
    webhook(cast.ada, receiver.url, name="Security", restricted=True)
    leak, slow = open_incident("A password has leaked"), open_incident("Signing in is slow")
    slow.merge_into(leak, by=cast.ana, text="Somebody tries them all")
    leak.restrict(by=cast.ana, text="Somebody may read along")
    tell()  # what waited
    slow.note(by=cast.ana, text="Still slow")
    for _ in range(2):
        tell()
    heard = {name: [] for name in ("Tickets", "Security")}
    for came in receiver.came:
        hook = WebhookMessage.objects.get(mid=came.id).hook.name
        if came.data["data"]["incident"]["ref"] == slow.ref and came.type != "incident.triggered":
            heard[hook].append((came.data["data"]["incident"]["merged_into"], came.body.count(leak.ref.encode())))
    assert heard == {"Tickets": [(None, 0)] * 2, "Security": [(leak.ref, 2), (leak.ref, 1)]}


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
    chat_rooms.readers()
    assert cost(1) == 1
    few = WebhookMessage.objects.count()
    insert = cost(20)
    assert insert == 1 if connection.vendor == "postgresql" else insert <= 20  # SQLite's log names each row
    assert WebhookMessage.objects.count() == few + 20
    assert follow in work.followers
