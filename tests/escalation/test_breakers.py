"""A service that does not answer is left alone, nobody waits for it, and everybody can see that it is away."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client

from escalation.engine import breakers, climb, deliver, health, metrics, notices, tasks, views
from escalation.engine.models import Delivery, EscalationRun, Try
from escalation.kit import clock as kit_clock
from escalation.notify.breaking import FAILURES, PAUSES
from escalation.notify.models import Breaker
from escalation.notify.senders import SendFailed
from escalation.people.models import Membership
from escalation.trail.models import Entry
from tests.organisation import person
from tests.reach_kit import Carriers, account, method, rules

pytestmark = pytest.mark.django_db
AWAY = SendFailed("the SMS gateway gave no answer", up=False)
BUSY = SendFailed("the mail server refused the address (451)", up=True)
SECOND = timedelta(seconds=1)


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


@pytest.fixture
def by_sms(carriers, cast, clock):
    """Ana and Jo are called by SMS alone."""
    for n, one in enumerate((cast.ana, cast.jo)):
        way = method(one, "sms", f"+49151123456{n:02}")
        for urgency in ("loud", "quiet"):
            rules(one, urgency, (way, 0))
    carriers["sms"].trouble = AWAY


def work() -> None:
    while tasks.send() + climb.drain():
        pass


def pass_by(seconds: int, every: int = 1) -> None:
    """Second by second, as it would be; or, where nothing is to happen for long, ``every`` so many."""
    for begun in range(0, seconds, every):
        kit_clock.forward(min(every, seconds - begun) * SECOND)
        work()


def sms() -> list[tuple]:
    rows = Delivery.objects.filter(channel="sms").order_by("id")
    return [(row.state, row.attempts, row.behind) for row in rows]


def called() -> list[dict]:
    return [json.loads(entry.data) for entry in Entry.objects.filter(kind="called").order_by("id")]


# --- it opens, and closes ------------------------------------------------------------------------


def test_after_some_failures_no_more_tries_are_spent_on_it(by_sms, carriers, open_incident, cast):
    open_incident()
    work()
    assert Breaker.objects.get().opened_at is None and sms() == [("queued", 1, False)] * 2
    pass_by(5)
    breaker = Breaker.objects.get()
    assert (breaker.channel, breaker.failures, breaker.opened_at) == ("sms", 4, kit_clock.now())
    assert breaker.since == kit_clock.now() - 5 * SECOND
    pass_by(16)
    assert sms() == [("queued", 2, True)] * 2
    assert len(carriers["sms"].keys) == 4 == Try.objects.count()


def test_nobody_waits_for_it_and_the_next_step_is_taken(by_sms, carriers, open_incident, cast, clock):
    incident = open_incident()
    limit = incident.run.standing.deadline - clock.now()
    work()
    pass_by(29)
    assert len(called()) == 1
    pass_by(1)
    assert limit > 2 * breakers.SHORT
    _first, second = called()
    why = "not tried any more: the SMS gateway gave no answer, several times in a row"
    assert (second["to"], second["why"], second["unreached"]) == ("L2 Applications", "unreachable", why)
    assert sms()[:2] == [("failed", 2, False)] * 2
    assert {cast.mei.email} <= set(carriers["email"].to)
    ended = Delivery.objects.filter(channel="sms", state="failed")
    assert not ended.exclude(next_at=None, lease="").exists() and not ended.filter(finished_at=None).exists()


@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("seconds")
def test_the_persons_next_way_is_used_at_once(by_sms, carriers, open_incident, cast, clock):
    Membership.objects.filter(user=cast.jo).delete()
    for urgency in ("loud", "quiet"):
        sms_way, phone = cast.ana.contact_methods.get(channel="sms"), method(cast.ana, "voice", f"+4930{urgency}")
        rules(cast.ana, urgency, (sms_way, 0), (phone, 10))
    open_incident()
    work()
    carriers["sms"].trouble = None
    Breaker.objects.update(failures=FAILURES, opened_at=clock.now(), next_at=clock.now() + PAUSES[-1])
    pass_by(30)
    assert len(carriers["voice"].carried) == 1 and len(called()) == 1
    assert sms() == [("queued", 1, True)]  # and goes on waiting


@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("seconds")
def test_what_waits_while_somebody_was_reached_leaves_when_it_answers_again(
    by_sms, carriers, open_incident, cast, clock
):
    for urgency in ("loud", "quiet"):
        rules(cast.jo, urgency, (account(cast.jo), 0))
    for title in ("One", "Two", "Three"):
        open_incident(title)
    work()
    pass_by(120)
    assert Breaker.objects.get().opened_at is not None
    waiting = Delivery.objects.filter(channel="sms", state="queued")
    assert waiting.count() == 3 and len(called()) == 3  # Jo has been told
    before = len(carriers["sms"].keys)
    carriers["sms"].trouble = None
    pass_by(int(PAUSES[-1].total_seconds()) + 1, every=7)
    assert not Breaker.objects.exists()
    assert {row[0] for row in sms()} == {"sent"} and not waiting.exists()
    again = carriers["sms"].keys[before:]
    assert len(again) == len(set(again)) <= 2 and set(again) <= set(carriers["sms"].keys[:before])  # the same messages


@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("seconds")
def test_a_message_to_whoever_works_on_it_goes_on_waiting(by_sms, carriers, open_incident, cast, clock):
    """Nothing follows from it, so it is not given up."""
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    work()
    Breaker.objects.create(
        channel="sms",
        since=clock.now(),
        failed_at=clock.now(),
        failures=3,
        opened_at=clock.now(),
        next_at=clock.now() + PAUSES[-1],
    )
    incident.reassign(by=cast.sam, to=cast.jo, text="Please.")
    pass_by(60)
    assigned = Delivery.objects.get(kind="assigned", channel="sms")
    assert (assigned.state, assigned.behind, assigned.attempts) == ("queued", True, 0)
    carriers["sms"].trouble = None
    pass_by(int(PAUSES[-1].total_seconds()), every=7)
    assigned.refresh_from_db()
    assert assigned.state == "sent"


@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("seconds")
def test_who_was_reached_by_the_step_before_is_waited_for(by_sms, carriers, open_incident, cast, clock):
    """Ana is in both steps and has her mail. So Mei's text message is not given up: it leaves when it can."""
    for one in (cast.ana, cast.jo):
        for urgency in ("loud", "quiet"):
            rules(one, urgency, (account(one), 0))
    Membership.objects.filter(team=cast.teams["Applications"]).exclude(user=cast.mei).delete()
    Membership.objects.create(team=cast.teams["Applications"], user=cast.ana, role="agent")
    phone = method(cast.mei, "sms", "+4915112345699")
    for urgency in ("loud", "quiet"):
        rules(cast.mei, urgency, (phone, 0))
    open_incident()
    work()
    clock.forward(minutes=5)
    open_breaker_of("sms", clock.now())
    work()
    pass_by(40)
    assert [call["to"] for call in called()] == ["L1 Service desk", "L2 Applications"]
    assert sms() == [("queued", 0, True)]
    carriers["sms"].trouble = None
    pass_by(int(PAUSES[-1].total_seconds()) - 39, every=7)
    assert sms() == [("sent", 1, False)]


@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("seconds")
def test_the_last_resort_does_not_wait_for_it_in_silence(carriers, open_incident, cast, clock):
    """There is no step after them: their account's e-mail goes round what is away."""
    phone = method(cast.ada, "sms", "+4915112345667")
    rules(cast.ada, "loud", (phone, 0))
    others = [member.user.email for member in Membership.objects.select_related("user")]
    carriers["email"].refuses = dict.fromkeys(others, SendFailed("refused", permanent=True))
    open_breaker_of("sms", clock.now())
    open_incident()
    work()
    assert EscalationRun.objects.functional().get().finished == "exhausted"
    pass_by(29)
    assert cast.ada.email not in carriers["email"].to
    pass_by(31)
    assert carriers["email"].to.count(cast.ada.email) == 1
    assert sms() == [("queued", 0, True)]
    pass_by(int(PAUSES[-1].total_seconds()) - 60, every=7)
    assert sms() == [("sent", 1, False)]  # that too, once it can


@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("seconds")
def test_a_call_to_the_last_resort_that_was_answered_brings_no_mail(carriers, open_incident, cast, clock):
    rules(cast.ada, "loud", (method(cast.ada, "sms", "+4915112345667"), 0))
    others = [member.user.email for member in Membership.objects.select_related("user")]
    carriers["email"].refuses = dict.fromkeys(others, SendFailed("refused", permanent=True))
    open_breaker_of("sms", clock.now())
    incident = open_incident()
    work()
    incident.acknowledge(by=cast.jo)
    pass_by(40)
    assert cast.ada.email not in carriers["email"].to


@pytest.mark.rehearsal("seconds")
def test_however_many_wait_all_are_looked_at(by_sms, carriers, open_incident, cast, clock, monkeypatch):
    monkeypatch.setattr(breakers, "_PORTION", 1)
    for title in ("One", "Two", "Three"):
        open_incident(title)
    work()
    pass_by(46)
    assert [call["to"] for call in called()] == ["L1 Service desk"] * 3 + ["L2 Applications"] * 3


def open_breaker_of(channel: str, now: datetime) -> None:
    """It has just been found away."""
    away = {"since": now, "failed_at": now, "failures": FAILURES, "opened_at": now}
    Breaker.objects.create(channel=channel, next_at=now + PAUSES[-1], **away)


def open_breaker(clock) -> None:
    """The mail server has been away, and may be tried again now."""
    now = clock.now()
    Breaker.objects.create(channel="email", since=now, failed_at=now, failures=3, opened_at=now, next_at=now)


def test_one_at_a_time_is_let_through_to_see(queue, post, clock):
    people = [person(f"Agent{n} Smith") for n in range(6)]
    for one in people:
        queue(one)
    open_breaker(clock)
    [probe] = deliver.claim(8)
    assert probe.probe and deliver.claim(8) == []
    assert Delivery.objects.filter(state="queued", behind=True, attempts=0).count() == 5
    post.trouble = {probe.deliveries[0].person.email: AWAY}
    deliver.deliver(probe)
    breaker = Breaker.objects.get()
    assert (breaker.probes, breaker.next_at) == (1, clock.now() + PAUSES[1])
    clock.jump(seconds=59)
    assert deliver.claim(8) == []
    clock.jump(seconds=1)
    post.trouble = {}
    assert deliver.deliver_due() == 6  # the probe, and then all the others
    assert not Breaker.objects.exists() and not Delivery.objects.exclude(state="sent").exists()
    assert len(post.keys) == 7 and len(set(post.keys)) == 6


def test_a_probe_whose_worker_dies_makes_room_for_another(queue, post, cast, clock):
    queue(cast.ana)
    queue(cast.jo)
    open_breaker(clock)
    assert len(deliver.claim(8)) == 1  # and is gone
    clock.jump(seconds=30)
    tasks.send()
    assert not Breaker.objects.exists()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_what_was_due_when_it_had_to_wait_leaves_though_the_clock_was_put_back_since(queue, post, cast, clock):
    queue(cast.jo)
    queue(cast.ana)
    Delivery.objects.filter(person=cast.ana).update(not_before=clock.now())
    open_breaker(clock)
    [probe] = deliver.claim(8)
    clock.jump(seconds=-300)
    deliver.deliver(probe)
    assert deliver.deliver_due() == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.parametrize("trouble", [BUSY, SendFailed("no such number", permanent=True, up=True), SendFailed("?")])
def test_what_is_said_of_one_address_never_opens_it(queue, post, cast, clock, trouble):
    people = [person(f"Agent{n} Smith") for n in range(8)]
    post.trouble = {one.email: trouble for one in people}
    for one in people:
        queue(one)
    tasks.send()
    assert len(post.keys) == 8 and not Breaker.objects.exists()


def test_an_answer_between_ends_the_row(queue, post, cast, clock):
    for trouble in (AWAY, AWAY, BUSY, AWAY, AWAY):
        post.trouble = {cast.ana.email: trouble}
        queue(cast.ana)
        deliver.deliver_due()
        Delivery.objects.update(state="cancelled", next_at=None)
        clock.jump(seconds=16)
    assert Breaker.objects.get().failures == 2


def test_one_service_of_a_channel_leaves_the_others_alone(queue, post, cast, clock, monkeypatch):
    monkeypatch.setattr(post, "provider", lambda address: "one" if address else "two", raising=False)
    away = {"since": clock.now(), "failed_at": clock.now(), "opened_at": clock.now(), "failures": 3}
    Breaker.objects.create(channel="email", provider="one", next_at=clock.now() + PAUSES[0], **away)
    behind, free = queue(method=method(cast.ana, "email", "ana@home.example")), queue(cast.jo)
    deliver.deliver_due()
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {behind.pk: "queued", free.pk: "sent"}


def test_nothing_is_lost_if_how_it_went_cannot_be_noted(queue, post, cast, clock, monkeypatch):
    monkeypatch.setattr(breakers, "_learn", lambda *args: 1 / 0)
    post.trouble = {cast.ana.email: AWAY}
    row = queue()
    tasks.send()
    post.trouble = {}
    clock.jump(seconds=5)
    tasks.send()
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("sent", 2)


@pytest.mark.rehearsal("long")
def test_a_message_that_is_answered_while_it_waits_is_cancelled(by_sms, carriers, open_incident, cast):
    incident = open_incident()
    work()
    pass_by(25)
    assert {behind for _state, _tries, behind in sms()} == {True}
    incident.acknowledge(by=cast.ana, seen=incident.state_token)
    pass_by(60)
    assert {state for state, _tries, _behind in sms()} == {"cancelled"} and len(called()) == 1


def test_on_a_good_day_it_costs_two_looks_at_an_empty_table(queue, post, django_assert_max_num_queries):
    with transaction.atomic(), django_assert_max_num_queries(1):
        assert breakers.give_way() == 0
    queue()
    deliver.deliver_due()
    assert not Breaker.objects.exists()


# --- it can be seen ------------------------------------------------------------------------------


@pytest.fixture
def away(by_sms, open_incident, clock):
    incident = open_incident()
    work()
    pass_by(25)
    return incident


def shown(client: Client, user, address: str) -> str:
    client.force_login(user)
    return " ".join(client.get(address).content.decode().split())


def test_the_incident_says_what_its_messages_wait_for(away, cast, client):
    page = shown(client, cast.ana, away.get_absolute_url())
    assert "waiting: SMS has not answered since 09:30:00; next try 09:30:35</time>" in page


def test_everybody_is_told_above_every_page(away, cast, client, monkeypatch):
    monkeypatch.setattr(notices, "known", notices.Known())
    notices.refresh()
    for who in (cast.sam, cast.ada):
        page = shown(client, who, "/")
        assert "SMS has not answered since <time" in page and "Calls go by other ways, or to the next step." in page


@pytest.mark.rehearsal("seconds")
def test_one_that_nobody_tries_any_more_is_not_said_to_be_away(away, cast, clock, client, monkeypatch):
    """It is answered, so nothing waits: when it was tried last is all that is known, and after a while nothing is."""
    monkeypatch.setattr(notices, "known", notices.Known())
    away.acknowledge(by=cast.ana, seen=away.state_token)
    clock.jump(seconds=40)
    work()
    seen = health.look(clock.now())
    assert seen.away == {"sms": 5.0}  # from the first failure to the last
    notices.refresh()
    page = shown(client, cast.ada, "/")
    assert "SMS did not answer when it was last tried, at <time" in page and "has not answered since" not in page
    assert "Nothing has been sent by it since." in page
    assert "last tried 2 March 09:30:" in shown(client, cast.ada, "/readiness/")
    clock.jump(minutes=15)
    notices.refresh()
    assert health.look(clock.now()).away == {} and "SMS" not in str(notices.known.notices)


def test_when_it_is_tried_again_after_hours_it_is_away_since_then(away, cast, carriers, open_incident, clock):
    """Whatever it was in between, nobody knows; and one failure is enough to leave it alone again."""
    away.acknowledge(by=cast.ana, seen=away.state_token)
    clock.jump(hours=5)
    before, began = len(carriers["sms"].keys), clock.now()
    open_incident("Another")
    work()
    assert len(carriers["sms"].keys) == before + 1  # of the two one goes to see
    breaker = Breaker.objects.get()
    assert (breaker.since, breaker.next_at, breaker.probes) == (began, began + PAUSES[0], 0)
    clock.forward(seconds=10)
    assert health.look(clock.now()).away == {"sms": 10.0}


def test_it_is_in_the_numbers(away, clock):
    seen = health.look(clock.now())
    assert seen.away == {"sms": 25.0}
    assert views.said(seen)["services_away"] == {"sms": 25.0}
    assert 'baton_service_away_seconds{service="sms"} 25.0' in metrics.exposition(seen, None).decode()
    assert not [word for word in seen.problems if "sms" in word]


def test_readiness_turns_red(away, cast, client):
    page = shown(client, cast.ada, "/readiness/")
    assert "Services that do not answer" in page and "the SMS gateway gave no answer" in page
