"""A channel reads of an incident: one message, which says how it is, as long as it goes on; and never of a secret."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse

from escalation.engine.models import Delivery
from escalation.kit.errors import Refused
from escalation.trail.models import Entry
from incidents.models import ChatPost, ChatRoom, WebhookMessage, chat_telling
from incidents.models.webhooks import ENGINE
from incidents.webhooks import claiming, sending
from tests.answers_kit import words
from tests.chat_kit import SLACK, buttons, room, shown, tell

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]

SENT, CANCELLED, QUEUED = "sent", "cancelled", "queued"


def states(**which) -> list[str]:
    return list(WebhookMessage.objects.filter(**which).order_by("id").values_list("state", flat=True))


@pytest.mark.parametrize("kind", ["slack", "mattermost"])
def test_one_message_says_how_it_is_from_its_beginning_to_its_end(cast, clock, chat, open_incident, kind):
    room(cast.ada, kind)
    incident = open_incident("Card payments fail", people_affected=200)
    tell(clock)
    assert f"SEV2 {incident.ref} Card payments fail" in shown(chat.only).replace("\\", "")
    assert "Nobody has it yet. L1 Service desk is called" in shown(chat.only).replace("\\", "")
    assert "acknowledge" in buttons(chat.only)
    incident.acknowledge(by=cast.ana)
    tell(clock)
    assert "Acknowledged: Ana Ruiz has it" in shown(chat.only).replace("\\", "")
    assert "acknowledge" not in buttons(chat.only)
    incident.hold(by=cast.ana, until=clock.now() + timedelta(hours=1), text="The supplier is asked")
    tell(clock)
    assert "On hold until 02 Mar 10:30 UTC" in shown(chat.only).replace("\\", "")
    incident.resolve(by=cast.ana, cause="supplier", text="The acquirer is back")
    tell(clock)
    assert "Resolved by Ana Ruiz" in shown(chat.only).replace("\\", "")
    assert buttons(chat.only) == {} and "acquirer" not in shown(chat.only), "what people write stays on the desk"
    assert len(chat.calls) == 4 and set(states()) == {SENT}


def test_what_changes_while_it_waits_is_told_at_once_as_one(cast, clock, chat, open_incident):
    room(cast.ada)
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.state(by=cast.ana, people_affected=1900)
    tell(clock)
    assert len(chat.calls) == 1 and "SEV1" in shown(chat.only) and "Ana Ruiz has it" in shown(chat.only)
    assert sorted(states()) == [CANCELLED] * (len(states()) - 1) + [SENT]
    assert set(WebhookMessage.objects.filter(state=CANCELLED).values_list("reason", flat=True)) == {claiming.TOGETHER}


def test_where_a_message_cannot_be_changed_short_ones_follow_and_not_one_for_each_change(
    cast, clock, chat, open_incident
):
    room(cast.ada, "mattermost", "town-square")
    incident = open_incident()
    tell(clock, seconds=1)
    assert len(chat.messages) == 1, "the first leaves at once"
    incident.acknowledge(by=cast.ana)
    tell(clock, seconds=1)
    incident.hand_over(by=cast.ana, to=cast.jo, text="You know the gateway")
    incident.accept(by=cast.jo)
    tell(clock, seconds=1)
    assert len(chat.messages) == 1
    tell(clock)
    assert len(chat.messages) == 2 and "Jo Okafor has it" in shown(chat.last)
    assert set(chat.calls) == {"POST /hooks/x7k3q9w1e5r2t8y4u6i0o9p3ab"} and chat.last["channel"] == "town-square"


@pytest.mark.parametrize(
    ("facts", "reads"),
    [
        ({}, True),
        ({"by_itself": False}, False),
        ({"from_severity": 2}, False),
        ({"teams": ["Applications"]}, True),
        ({"teams": ["Facilities"]}, False),
        ({"services": ["Payments"]}, True),
        ({"services": ["Mail"]}, False),
    ],
)
def test_what_it_reads_of_by_itself(cast, clock, chat, open_incident, facts, reads):
    from incidents.models import Service

    mail = Service.objects.create(name="Mail", team=cast.teams["Applications"])
    services = [{"Payments": cast.service, "Mail": mail}[name] for name in facts.pop("services", [])]
    room(cast.ada, teams=[cast.teams[name] for name in facts.pop("teams", [])], services=services, **facts)
    open_incident()
    assert ChatPost.objects.exists() is reads and bool(states()) is reads


def test_whoever_has_read_of_it_reads_of_its_end_though_it_became_harmless(cast, clock, chat, open_incident):
    room(cast.ada, from_severity=2)
    incident = open_incident(people_affected=200)
    tell(clock)
    incident.set_severity(by=cast.ana, severity=5, text="One shop only")
    incident.acknowledge(by=cast.ana)
    incident.resolve(by=cast.ana, cause="human", text="Its cable")
    tell(clock)
    assert "SEV5" in shown(chat.only) and "Resolved" in shown(chat.only)


def test_what_nobody_there_sees_changes_nothing_there(cast, clock, chat, open_incident):
    room(cast.ada)
    incident = open_incident()
    tell(clock)
    before = WebhookMessage.objects.count()
    incident.note(by=cast.ana, text="The password is hunter2")
    incident.attempt(by=cast.ana, text="Restarted it", outcome="no_effect")
    assert WebhookMessage.objects.count() == before


# --- secrets ---------------------------------------------------------------------------------------


def test_a_restricted_incident_is_told_to_nobody_and_one_that_becomes_it_is_taken_back(
    cast, clock, chat, open_incident
):
    room(cast.ada)
    room(cast.ada, "mattermost", "town-square", name="Follows")
    told, secret = open_incident("Card payments fail"), open_incident("A password has leaked")
    secret.restrict(by=cast.ana, text="Somebody may read along")  # before anything left
    tell(clock)
    assert all("password" not in shown(said) for said in chat.messages.values()) and len(chat.messages) == 2
    told.restrict(by=cast.ana, text="It was an attack")
    told.acknowledge(by=cast.ana)
    tell(clock)
    [mine] = [said for said in chat.messages.values() if said["channel"] == SLACK]
    assert mine["text"] == told.ref and "Card payments" not in str(mine) and buttons(mine) == {}
    assert told.ref in shown(chat.last).replace("\\", "") and "Card payments" not in shown(chat.last)
    assert len(chat.messages) == 3, "that it says no more is all that follows"

    told.lift_restriction(by=cast.ada, text="It is known")
    tell(clock)
    assert "Card payments fail" in shown(mine) and "Ana Ruiz has it" in shown(mine)


def test_it_is_taken_back_also_where_the_channel_may_not_read_of_it_any_more(cast, clock, chat, open_incident):
    one = room(cast.ada, teams=[cast.teams["Applications"]])
    secret, given_back = open_incident("Card payments fail"), open_incident("Orders are lost")
    tell(clock)
    one.teams.set([cast.teams["Facilities"]])
    secret.restrict(by=cast.ana, text="It was an attack")
    given_back.leave_room(one, by=cast.ana)
    tell(clock)
    assert {said["text"] for said in chat.messages.values()} == {secret.ref, given_back.ref}
    assert "Card payments" not in str(chat.messages) and "Orders" not in str(chat.messages)


def test_what_became_a_secret_or_ended_while_it_was_off_is_set_right_when_it_is_on_again(
    cast, clock, chat, open_incident, as_
):
    one = room(cast.ada, name="Major")
    secret, over, same = open_incident("Card payments fail"), open_incident("Orders are lost"), open_incident("Mail")
    tell(clock)
    said = {"name": "Major", "kind": "slack", "owner": cast.ada.pk, "from_severity": 5, "by_itself": "on"}
    page = reverse("admin:incidents_chatroom_change", args=[one.pk])
    as_(cast.ada).post(page, said)
    clock.jump(minutes=1)
    secret.restrict(by=cast.ana, text="It was an attack")
    over.resolve(by=cast.ana, cause="human", text="Its cable")
    same.note(by=cast.ana, text="Asked")
    tell(clock)
    assert len(chat.calls) == 3
    as_(cast.ada).post(page, said | {"on": "on"})
    tell(clock)
    shown_now = [shown(message) for message in chat.messages.values()]
    assert "Card payments" not in str(chat.messages) and "Resolved by Ana Ruiz" in str(shown_now)
    assert len(chat.calls) == 5, "the one that is as it was is left alone"


def test_words_of_strangers_call_nobody_and_hide_no_link(cast, clock, chat, open_incident):
    room(cast.ada)
    room(cast.ada, "mattermost", name="M")
    open_incident("<!channel> @here [Log in](https://evil.example) \u202eecila <https://evil.example|Log in> **x**")
    tell(clock)
    of_slack, of_mattermost = sorted(chat.messages.values(), key=lambda said: "blocks" not in said)
    assert "<" not in of_slack["text"] and "\u202e" not in str(of_slack)
    header, *_rest = of_slack["blocks"]
    assert header["text"]["type"] == "plain_text"
    assert "@here" not in of_mattermost["message"] and "](https://evil" not in of_mattermost["message"]
    assert "**x**" not in of_mattermost["message"]


# --- by hand ---------------------------------------------------------------------------------------


def test_somebody_tells_a_channel_of_it_and_later_no_more(cast, clock, chat, open_incident, as_):
    war = room(cast.ada, by_itself=False, name="War room")
    room(cast.ada, "mattermost", by_itself=False, name="Facilities'", teams=[cast.teams["Facilities"]])
    incident = open_incident()
    page = incident.get_absolute_url()
    there = reverse("rooms", args=[incident.number])
    assert "Tell a channel" in words(as_(cast.ana).get(page))
    offered = words(as_(cast.ana).get(there))
    assert "War room" in offered and "Facilities'" not in offered
    assert as_(cast.ana).post(there, {}).status_code == 422
    assert as_(cast.ana).post(there, {"to": war.pk}).status_code == 302
    tell(clock)
    assert "Card payments fail" in shown(chat.only)
    read = words(as_(cast.ana).get(page))
    assert "Tell a channel" not in read, "there is no other that may be told"
    assert "War room Slack" in read and "Ana Ruiz told the channel War room of it" in read
    with pytest.raises(Refused, match="reads of it already"):
        incident.tell_room(war, by=cast.ana)

    gone = reverse("room-removal", args=[incident.number, war.pk])
    assert as_(cast.ana).get(gone).status_code == 200
    assert as_(cast.ana).post(gone).status_code == 302
    incident.acknowledge(by=cast.ana)
    tell(clock)
    assert chat.only["text"] == incident.ref and len(chat.calls) == 2
    incident.tell_room(war, by=cast.ana)
    tell(clock)
    assert "Ana Ruiz has it" in shown(chat.only), "the message that it had"


def test_who_may_and_of_what(cast, clock, chat, open_incident, as_):
    war = room(cast.ada, by_itself=False)
    incident = open_incident()
    there = reverse("rooms", args=[incident.number])
    assert as_(cast.rita).post(there, {"to": war.pk}).status_code == 404
    assert as_(cast.otto).post(there, {"to": war.pk}).status_code == 403
    incident.restrict(by=cast.ana, text="A secret")
    with pytest.raises(Refused, match="no channel is told of it"):
        incident.tell_room(war, by=cast.ana)
    assert "Tell a channel" not in words(as_(cast.ana).get(incident.get_absolute_url()))
    assert not ChatPost.objects.exists()


# --- trouble ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "answer"),
    [(404, "no_service"), (403, ""), (410, ""), (200, {"ok": False, "error": "is_archived"})],
)
def test_a_channel_that_refuses_three_times_is_turned_off_and_its_owner_told(
    cast, clock, chat, open_incident, as_, status, answer
):
    one = room(cast.ada)
    incident = open_incident()
    chat.meets(status, answer, times=9)
    tell(clock, seconds=60)
    one.refresh_from_db()
    assert len(chat.calls) == 3 and one.off_at is not None and "3 times in a row" in one.off_why
    assert Entry.objects.filter(kind="room_off").get().actor_name == "Baton"
    assert Delivery.objects.filter(kind="room_off", person=cast.ada).exists()
    assert "See to the chat channel" in words(as_(cast.ada).get(reverse("cues")))
    incident.acknowledge(by=cast.ana)
    assert states() == [CANCELLED], "it reads of nothing any more"

    chat.trouble.clear()
    one.turn_on()
    one.save()
    assert WebhookMessage.objects.all().send_again(clock.now()) == 1
    tell(clock)
    assert "Ana Ruiz has it" in shown(chat.only), "how it is now, not how it was"


def test_trouble_that_passes_turns_nothing_off(cast, clock, chat, open_incident):
    one = room(cast.ada)
    open_incident()
    chat.meets(500, times=2)
    chat.meets(404)
    chat.meets(429, Retry_After="40")
    tell(clock, seconds=900)
    one.refresh_from_db()
    assert (one.off_at, one.refusals, states()) == (None, 0, [SENT])
    assert [each.status for each in WebhookMessage.objects.get().tries.order_by("n")] == [500, 500, 404, 429, 200]


def test_a_message_that_somebody_deleted_there_comes_anew(cast, clock, chat, open_incident):
    room(cast.ada)
    incident = open_incident()
    tell(clock)
    chat.messages.clear()
    incident.acknowledge(by=cast.ana)
    tell(clock)
    assert "Ana Ruiz has it" in shown(chat.only)


def test_whoever_dies_after_a_change_was_made_makes_it_twice_and_no_second_message(cast, clock, chat, open_incident):
    room(cast.ada)
    incident = open_incident()
    tell(clock)
    incident.acknowledge(by=cast.ana)
    clock.jump(seconds=1)
    [claimed] = claiming.claim(16)
    sending._talk(claimed, sending._packed(claimed))  # and is never recorded
    clock.jump(seconds=claiming.lease().total_seconds() + 1)
    tell(clock)
    assert len(chat.messages) == 1 and len(chat.calls) == 3 and "Ana Ruiz has it" in shown(chat.only)


def test_what_is_recorded_too_late_names_no_message(cast, clock, chat, open_incident):
    room(cast.ada)
    open_incident()
    [late] = claiming.claim(16)
    clock.jump(seconds=claiming.lease().total_seconds() + 1)
    tell(clock)
    theirs = ChatPost.objects.get().theirs
    outcome = sending.Outcome(late, post=ChatPost.objects.get().pk, theirs="C0/1.2", said="Late")
    assert sending.record(outcome) is False and ChatPost.objects.get().theirs == theirs != ""


@pytest.mark.django_db(transaction=True)
def test_two_workers_say_one_thing_at_a_time_in_one_channel(cast, clock, chat, open_incident):
    room(cast.ada)
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    for n in range(3):
        open_incident(f"Disk {n}")
    taken: list = []
    start = threading.Barrier(2)

    def take() -> None:
        start.wait()
        try:
            taken.extend(claiming.claim(4))
        finally:
            connection.close()

    workers = [threading.Thread(target=take) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len(taken) == 1
    assert ChatPost.objects.count() == 4


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_whoever_acts_waits_for_no_row_that_a_claim_holds(cast, clock, chat, open_incident):
    room(cast.ada)
    incident = open_incident()
    moved: list[bool] = []

    def move() -> None:
        try:
            incident.acknowledge(by=cast.ana)
            moved.append(True)
        finally:
            connection.close()

    worker = threading.Thread(target=move)
    with transaction.atomic():
        [claimed] = claiming.claim(4)
        worker.start()
        worker.join(20)
        assert moved == [True]
    sending.record(sending._talk(claimed, sending._packed(claimed)))
    tell(clock)
    assert "Ana Ruiz has it" in shown(chat.only)


def test_changes_of_several_incidents_cost_few_queries(cast, clock, chat, open_incident, django_assert_max_num_queries):
    room(cast.ada)
    work, entries = _work(cast, open_incident, clock)
    with django_assert_max_num_queries(6):
        chat_telling.follow(work, entries)


def _work(cast, open_incident, clock):
    from escalation.engine.work import Work
    from escalation.trail.writing import Actor

    incidents = [open_incident(f"Disk {n}") for n in range(5)]
    WebhookMessage.objects.all().delete()
    ChatPost.objects.all().delete()
    entries = list(Entry.objects.filter(trail__in=[one.trail_id for one in incidents]))
    return Work(now=clock.now(), actor=Actor.person(cast.ana), heads={}), entries


# --- the admin's page ------------------------------------------------------------------------------


def test_an_admin_makes_a_channel_and_says_hello(cast, clock, chat, as_):
    ada, there = as_(cast.ada), reverse("admin:incidents_chatroom_add")
    said = {"name": "Major", "kind": "slack", "owner": cast.ada.pk, "from_severity": 2, "on": "on", "by_itself": "on"}
    assert "Where is it?" in words(ada.post(there, said))
    assert "That is a person" in words(ada.post(there, said | {"leads_to": "U024BE7LH"}))
    assert ada.post(there, said | {"leads_to": SLACK}).status_code == 302
    one = ChatRoom.objects.get()
    assert SLACK not in one.address and one.place == SLACK and one.patience == "short"
    assert SLACK not in Entry.objects.filter(kind="config_added").latest("id").data
    page = reverse("admin:incidents_chatroom_change", args=[one.pk])
    assert "changed in place" in words(ada.get(page))
    assert ada.post(page, said | {"from_severity": 3}).status_code == 302
    one.refresh_from_db()
    assert (one.place, one.from_severity) == (SLACK, 3), "left empty the address stays"

    hello = reverse("admin:incidents_chatroom_hello", args=[one.pk])
    assert "Say hello in Major" in words(ada.get(hello))
    log = ada.post(hello, follow=True)
    tell(clock)
    assert "Baton says hello" in shown(chat.only)
    assert "Baton says hello" in words(ada.get(log.redirect_chain[-1][0]))
    assert ada.get(reverse("admin:incidents_webhook_change", args=[one.pk])).status_code == 302, "it is no webhook"
    assert as_(cast.sam).get(page).status_code in (302, 403)

    ada.post(page, {name: value for name, value in said.items() if name != "on"})
    assert "It is off" in words(ada.post(hello, follow=True))
    whole = {"since": "2026-03-01T00:00", "until": "2026-03-03T00:00", "sent_too": "on"}
    again = reverse("admin:incidents_chatroom_again", args=[one.pk])
    assert "It is off" in words(ada.post(again, whole, follow=True))
    ada.post(page, said)
    assert "1 message waits to be said again" in words(ada.post(again, whole, follow=True))


def test_in_the_demonstration_nothing_is_said(cast, clock, chat, open_incident, settings):
    room(cast.ada)
    settings.DEMO = True
    open_incident()
    tell(clock)
    assert states() == [CANCELLED] and chat.calls == []


def test_an_address_that_cannot_be_read_is_said_at_once(cast, clock, chat, open_incident, settings):
    room(cast.ada)
    open_incident()
    settings.SECRET_KEY = "another key, which is long enough too"
    tell(clock)
    assert "SECRET_KEY" in ChatRoom.objects.get().off_why and chat.calls == []
    ChatRoom.objects.get().ping(ENGINE, clock.now())
    assert sending.next_due() is None
