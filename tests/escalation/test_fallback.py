"""A call whose last way turns out to be none any more when it is sent: the account's e-mail takes its place."""

import json
from datetime import timedelta

import pytest

from escalation.engine import climb, deliver, tasks
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.notify import reaching
from escalation.notify.models import ContactMethod
from escalation.notify.senders import SendFailed
from escalation.people.models import Membership
from escalation.trail.models import Entry
from tests.reach_kit import Carriers, account, method, rules

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+4915112345667", "+4915112345668"
GONE = SendFailed("the browser takes no messages any more", permanent=True, gone=True)


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


@pytest.fixture
def phone(carriers, cast, clock) -> ContactMethod:
    """Ana alone is called first, and by her phone alone."""
    Membership.objects.filter(user=cast.jo).delete()
    way = method(cast.ana, "sms", NUMBER)
    for urgency in ("loud", "quiet"):
        rules(cast.ana, urgency, (way, 0))
    return way


def work() -> None:
    while tasks.send() + climb.drain():
        pass


def out(person) -> list[tuple]:
    """Out of the house, in the order they were queued."""
    rows = Delivery.objects.filter(person=person).exclude(channel="desk").order_by("id")
    return [(row.channel, row.state, row.fallback) for row in rows]


def called() -> list[str]:
    return [json.loads(entry.data)["to"] for entry in Entry.objects.filter(kind="called").order_by("id")]


def test_a_way_that_is_gone_is_replaced_by_the_accounts_mail_at_once(carriers, phone, open_incident, cast):
    carriers["sms"].trouble = GONE
    incident = open_incident()
    work()
    assert out(cast.ana) == [("sms", "failed", False), ("email", "sent", True)]
    assert carriers["email"].to == [cast.ana.email]
    assert called() == ["L1 Service desk"]  # somebody was reached
    lost, instead = Delivery.objects.filter(person=cast.ana).exclude(channel="desk").order_by("id")
    assert (instead.cause, instead.epoch, instead.kind) == (lost.cause, lost.epoch, lost.kind)
    assert instead.message == lost.message and instead.idempotency_key != lost.idempotency_key
    assert instead.method == account(cast.ana)
    told = [json.loads(entry.data) for entry in Entry.objects.filter(trail=incident.trail, kind="delivery")]
    assert [(one["channel"], one["outcome"], one.get("fallback")) for one in told] == [
        ("sms", "failed", None),
        ("email", "sent", True),
    ]


@pytest.mark.parametrize("lost", ["removed", "unverified", "gone"])
def test_so_is_one_that_was_lost_since_the_call_was_queued(carriers, phone, open_incident, cast, lost):
    open_incident()
    if lost == "removed":
        reaching.remove(cast.ana, phone.pk)
    else:
        change = {"verified_at": None} if lost == "unverified" else {"gone_at": kit_clock.now()}
        ContactMethod.objects.filter(pk=phone.pk).update(**change)
    work()
    assert carriers["sms"].carried == []
    assert out(cast.ana) == [("sms", "failed", False), ("email", "sent", True)]


def test_another_way_of_the_same_call_is_enough(carriers, phone, open_incident, cast):
    rules(cast.ana, "quiet", (phone, 0), (method(cast.ana, "voice", OTHER), 3))
    carriers["sms"].trouble = GONE
    open_incident()
    work()
    assert out(cast.ana) == [("sms", "failed", False), ("voice", "queued", False)]
    kit_clock.forward(timedelta(minutes=3))
    carriers["voice"].trouble = GONE
    work()
    assert out(cast.ana)[1:] == [("voice", "failed", False), ("email", "sent", True)]


def test_what_would_follow_by_the_same_way_is_not_waited_for(carriers, phone, open_incident, cast):
    rules(cast.ana, "quiet", (phone, 0), (phone, 3))
    carriers["sms"].trouble = GONE
    open_incident()
    work()
    assert out(cast.ana) == [("sms", "failed", False), ("sms", "queued", False), ("email", "sent", True)]
    kit_clock.forward(timedelta(minutes=3))
    work()
    assert [state for _channel, state, _fallback in out(cast.ana)] == ["failed", "failed", "sent"]


def test_two_ways_lost_in_one_go_make_one_mail(carriers, phone, open_incident, cast):
    rules(cast.ana, "quiet", (phone, 0), (method(cast.ana, "voice", OTHER), 0))
    carriers["sms"].trouble = carriers["voice"].trouble = GONE
    open_incident()
    work()
    assert [one for one in out(cast.ana) if one[0] == "email"] == [("email", "sent", True)]


def test_who_was_written_to_already_is_not_written_to_again(carriers, phone, open_incident, cast):
    rules(cast.ana, "quiet", (account(cast.ana), 0), (phone, 0))
    refused = SendFailed("the mail server refused the address", permanent=True)
    carriers["email"].refuses = {cast.ana.email: refused}
    carriers["sms"].trouble = GONE
    open_incident()
    work()
    assert sorted(out(cast.ana)) == [("email", "failed", False), ("sms", "failed", False)]
    assert called() == ["L1 Service desk", "L2 Applications"]


def test_if_that_fails_too_the_next_step_is_taken_at_once(carriers, phone, open_incident, cast):
    carriers["sms"].trouble = GONE
    carriers["email"].refuses = {cast.ana.email: SendFailed("the mail server refused the address", permanent=True)}
    open_incident()
    work()
    assert out(cast.ana) == [("sms", "failed", False), ("email", "failed", True)]
    assert called() == ["L1 Service desk", "L2 Applications"]


def test_a_refusal_that_leaves_the_way_as_it_is_brings_no_mail(carriers, phone, open_incident, cast):
    carriers["sms"].trouble = SendFailed("the SMS gateway refused (400)", permanent=True)
    open_incident()
    work()
    assert out(cast.ana) == [("sms", "failed", False)]
    assert called() == ["L1 Service desk", "L2 Applications"]


def test_what_was_answered_meanwhile_needs_none(carriers, phone, open_incident, cast):
    incident = open_incident()
    carriers["sms"].trouble = GONE
    [claimed] = deliver.claim(1)
    incident.acknowledge(by=cast.ana, seen=incident.state_token)
    deliver.deliver(claimed)
    assert out(cast.ana) == [("sms", "failed", False)]


def test_who_has_left_is_not_written_to(carriers, phone, open_incident, cast):
    open_incident()
    ContactMethod.objects.filter(pk=phone.pk).update(removed_at=kit_clock.now())
    type(cast.ana).objects.filter(pk=cast.ana.pk).update(is_active=False)
    work()
    assert out(cast.ana) == [("sms", "failed", False)]


def test_news_is_not_worth_it(carriers, phone, open_incident, cast):
    """What only tells is on the desk and on record."""
    incident = open_incident()
    work()
    incident.acknowledge(by=cast.ana, seen=incident.state_token)
    incident.hand_over(by=cast.ana, to=cast.mei, text="Yours?", seen=incident.state_token)
    carriers["sms"].trouble = GONE
    incident.decline(by=cast.mei, text="No", seen=incident.state_token)
    kit_clock.forward(timedelta(seconds=15))
    work()
    assert out(cast.ana)[-1] == ("sms", "failed", False)
