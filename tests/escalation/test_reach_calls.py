"""Calls go by people's own ways: in chains, with fallbacks, at night, and on through the steps."""

from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation.engine import jumps, recovery, standstill, tasks
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.notify import reaching
from escalation.notify.models import ContactMethod, NotificationRule, QuietHours
from escalation.notify.senders import SendFailed
from escalation.people.models import Membership, User
from escalation.trail.models import Entry
from incidents.models import Incident
from tests.audit_kit import named, quiet
from tests.escalation.outbox_kit import entries
from tests.reach_kit import Carriers, account, method, rules

pytestmark = pytest.mark.django_db
SEVERE = 5000  # people affected: SEV1
NUMBER = "+4915112345667"


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


@pytest.fixture
def reach(cast, carriers, clock):
    """Ana: e-mail at once, SMS after 3 minutes, phone after 10, whatever it is."""
    ways = {
        "email": account(cast.ana),
        "sms": method(cast.ana, "sms", NUMBER),
        "voice": method(cast.ana, "voice", NUMBER),
    }
    for urgency in ("loud", "quiet"):
        rules(cast.ana, urgency, (ways["email"], 0), (ways["sms"], 3), (ways["voice"], 10))
    return ways


@pytest.fixture
def alone(cast):
    """The service desk is Ana alone, and she is in the second tier too."""
    Membership.objects.filter(user=cast.jo).delete()
    Membership.objects.create(team=cast.teams["Applications"], user=cast.ana, role="agent")


def of(person, **which) -> list[Delivery]:
    return list(Delivery.objects.filter(person=person, **which).exclude(channel="desk").order_by("id"))


def waits(person) -> dict[str, float]:
    """channel → in how many minutes, of what is queued."""
    now = kit_clock.now()
    return {one.channel: (one.next_at - now) / timedelta(minutes=1) for one in of(person, state="queued")}


def send() -> None:
    tasks.send()


def forward(clock, minutes: float) -> None:
    """Minute by minute, with the outbox at work."""
    for _minute in range(int(minutes)):
        clock.forward(minutes=1)
        send()


# --- chains -------------------------------------------------------------------------------------


def test_a_call_goes_by_the_persons_rules_each_in_its_time(reach, carriers, open_incident, cast, clock):
    open_incident(people_affected=SEVERE)
    assert waits(cast.ana) == {"email": 0, "sms": 3, "voice": 10}
    send()
    assert carriers["email"].to.count("ana@example.com") == 1
    assert carriers["sms"].to == []
    forward(clock, 2)
    assert carriers["sms"].to == []
    forward(clock, 1)
    assert carriers["sms"].to == [NUMBER]
    assert carriers["voice"].to == []


def test_an_answer_ends_the_chain(reach, carriers, open_incident, cast, clock):
    incident = open_incident(people_affected=SEVERE)
    send()
    clock.forward(minutes=1)
    incident.acknowledge(by=cast.ana)
    assert waits(cast.ana) == {}
    assert [one.state for one in of(cast.ana)] == ["sent", "cancelled", "cancelled"]
    clock.forward(minutes=4)
    send()
    assert carriers["sms"].to == []
    assert quiet()
    Delivery.objects.filter(state="cancelled", channel="voice").update(state="queued", next_at=kit_clock.now())
    assert named() == {"I5"}


def test_the_urgency_follows_the_severity(reach, open_incident, cast):
    rules(cast.ana, "quiet", (reach["sms"], 1))
    open_incident(people_affected=0)  # SEV3
    assert waits(cast.ana) == {"sms": 1}


def test_two_ways_of_one_channel_and_the_same_way_twice_have_keys_of_their_own(reach, carriers, open_incident, cast):
    other = method(cast.ana, "sms", "+4999")
    rules(cast.ana, "loud", (reach["sms"], 0), (other, 0), (reach["sms"], 3))
    open_incident(people_affected=SEVERE)
    send()
    assert sorted(carriers["sms"].to) == sorted([NUMBER, "+4999"])  # neither waits for the other
    keys = [one.idempotency_key for one in of(cast.ana)]
    assert [key.rpartition("/")[2] for key in keys] == ["0", "1", "2"]
    assert len(set(keys)) == 3


def test_what_only_informs_goes_by_the_first_rule_alone(reach, open_incident, cast, clock):
    incident = open_incident(people_affected=SEVERE)
    incident.acknowledge(by=cast.ana)
    incident.hand_over(by=cast.ana, to=cast.jo, text="Yours?")
    incident.decline(by=cast.jo, text="No.")
    assert [(one.channel, one.next_at) for one in of(cast.ana, kind="declined")] == [("email", kit_clock.now())]


def test_a_rule_that_waits_does_not_leave_with_what_leaves_now(reach, carriers, open_incident, cast, clock, settings):
    """Bundling takes along what was held back, not what has its own time."""
    settings.BUNDLE_SECONDS = 15
    rules(cast.ana, "quiet", (reach["sms"], 0), (reach["sms"], 3))
    for title in ("One", "Two"):
        open_incident(title)
    send()
    assert [one.state for one in of(cast.ana)].count("queued") == 2
    assert len(carriers["sms"].to) == 1
    clock.forward(minutes=3)
    send()
    assert {one.state for one in of(cast.ana)} == {"sent"}
    assert len(carriers["sms"].to) == 2


# --- fallback -----------------------------------------------------------------------------------


def _others(**change) -> None:
    ContactMethod.objects.exclude(channel="email").update(**change)


USELESS = {
    "no rule": lambda carriers: NotificationRule.objects.all().delete(),
    "unverified": lambda carriers: _others(verified_at=None),
    "removed": lambda carriers: _others(removed_at=kit_clock.now()),
    "sender not ready": lambda carriers: setattr(carriers["sms"], "away", "BATON_SMS_URL is not set"),
    "sender gone": lambda carriers: carriers.pop("sms"),
}


@pytest.mark.parametrize("why", USELESS)
def test_without_a_usable_rule_the_account_is_written_to_at_once(why, reach, carriers, open_incident, cast):
    rules(cast.ana, "loud", (reach["sms"], 3))
    USELESS[why](carriers)
    open_incident(people_affected=SEVERE)
    [mail] = of(cast.ana)
    assert (mail.channel, mail.fallback, mail.method, mail.next_at) == ("email", True, reach["email"], kit_clock.now())
    send()
    assert "ana@example.com" in carriers["email"].to
    told = next(one for one in entries() if one["to"]["id"] == cast.ana.pk)
    assert told["fallback"] is True


def test_even_without_a_method_at_all(carriers, open_incident, cast):
    NotificationRule.objects.all().delete()
    ContactMethod.objects.all().delete()
    open_incident(people_affected=SEVERE)
    [mail] = of(cast.ana)
    assert (mail.channel, mail.method, mail.fallback) == ("email", None, True)


# --- what becomes of a way meanwhile -----------------------------------------------------------


@pytest.mark.parametrize("change", [{"removed_at": "now"}, {"verified_at": None}])
def test_a_way_that_is_gone_fails_at_once_and_delays_nothing(change, reach, carriers, open_incident, cast, clock):
    open_incident(people_affected=SEVERE)
    change = {name: kit_clock.now() if value else None for name, value in change.items()}
    ContactMethod.objects.filter(pk=reach["sms"].pk).update(**change)
    forward(clock, 4)
    [sms] = of(cast.ana, channel="sms")
    assert (sms.state, sms.attempts) == ("failed", 1)
    assert "this way to reach them" in sms.last_error
    assert waits(cast.ana) == {"voice": 6}
    assert carriers["sms"].keys == []
    failed = [one for one in entries() if one["outcome"] == "failed"]
    assert [one["way"] for one in failed] == ["…67"]  # the record is for good: masked


def test_the_record_never_has_an_address(reach, carriers, open_incident, cast, clock):
    open_incident(people_affected=SEVERE)
    forward(clock, 4)
    assert Entry.objects.filter(kind="delivery").count() >= 2
    assert not Entry.objects.filter(data__contains=NUMBER).exists()


# --- the same person in two steps ----------------------------------------------------------------


def test_in_two_steps_the_chain_goes_on_and_does_not_begin_again(alone, reach, carriers, open_incident, cast, clock):
    rules(cast.ana, "loud", (reach["email"], 0), (reach["sms"], 3), (reach["voice"], 8))
    incident = open_incident(people_affected=SEVERE)
    send()
    forward(clock, 5)  # nobody acknowledged: the second tier, Ana and Mei
    assert Incident.objects.get(pk=incident.pk).run.tier == cast.tiers["l2"]
    assert carriers["email"].to.count("ana@example.com") == 1
    assert waits(cast.ana) == {"voice": 3}
    assert Delivery.objects.filter(person=cast.ana, channel="desk", kind="call").count() == 2  # the page knows both
    [voice] = of(cast.ana, channel="voice")
    assert voice.message["tier"] == "L2 Applications"  # and says what is true now
    forward(clock, 3)
    assert carriers["voice"].to == [NUMBER]
    assert "L2 Applications" in carriers["voice"].carried[0][1].full
    assert len(of(cast.ana)) == 3
    assert len(of(cast.mei)) == 1


def test_an_answer_between_ends_it_and_the_next_call_begins_anew(alone, reach, carriers, open_incident, cast, clock):
    incident = open_incident(people_affected=SEVERE)
    send()
    incident.acknowledge(by=cast.ana)
    clock.forward(minutes=16)  # the time to work on it is over
    assert waits(cast.ana) == {"email": -1, "sms": 2, "voice": 9}


def test_a_new_round_calls_anew(reach, carriers, open_incident, cast, clock):
    cast.policy.steps.exclude(tier=cast.tiers["l1"]).delete()
    cast.policy.rounds = 2
    cast.policy.save()
    open_incident(people_affected=SEVERE)
    send()
    forward(clock, 5)
    assert carriers["email"].to.count("ana@example.com") == 2
    assert waits(cast.ana) == {"sms": 3, "voice": 10}


def test_who_is_not_in_the_next_step_is_left_in_peace(reach, carriers, open_incident, cast, clock):
    open_incident(people_affected=SEVERE)
    send()
    clock.forward(minutes=5)
    assert waits(cast.ana) == {}


def test_what_became_loud_begins_anew(alone, reach, carriers, open_incident, cast, clock):
    rules(cast.ana, "quiet", (reach["email"], 30))
    incident = open_incident(people_affected=0)
    clock.forward(minutes=1)
    incident.set_severity(by=cast.sam, severity=1, text="The bank called.")
    clock.forward(minutes=4)
    assert waits(cast.ana) == {"email": 0, "sms": 3, "voice": 10}


def test_a_try_that_failed_is_repeated_in_its_own_words(alone, reach, carriers, open_incident, cast, clock):
    carriers["email"].trouble = SendFailed("the mail server cannot be reached")
    incident = open_incident(people_affected=SEVERE)
    send()
    incident.escalate(by=cast.sam, reason="time", text="Go on.")
    carriers["email"].trouble = None
    clock.forward(seconds=5)
    send()
    [mail] = [one for one in of(cast.ana, channel="email") if one.kind == "call"]
    assert (mail.state, mail.attempts, mail.message["tier"]) == ("sent", 2, "L1 Service desk")
    ours = [key for key in carriers["email"].keys if f"/{cast.ana.pk}/" in key]
    assert len(ours) == 2 and len(set(ours)) == 1


# --- quiet hours --------------------------------------------------------------------------------


@pytest.fixture
def night(reach, cast):
    """It is 09:30 UTC, and Ana's night lasts until 10:00."""
    QuietHours.objects.create(person=cast.ana, begins=time(22), ends=time(10))


def test_a_quiet_call_waits_until_the_night_is_over_and_says_so(night, open_incident, cast):
    open_incident(people_affected=0)
    assert waits(cast.ana) == {"email": 30, "sms": 33, "voice": 40}
    assert all(one.quiet and one.not_before == one.next_at for one in of(cast.ana))
    assert Delivery.objects.get(person=cast.ana, channel="desk").not_before is None


def test_a_loud_one_does_not(night, open_incident, cast):
    open_incident(people_affected=SEVERE)
    assert waits(cast.ana) == {"email": 0, "sms": 3, "voice": 10}
    assert not any(one.quiet for one in of(cast.ana))


def test_the_last_resort_is_called_at_night_too(carriers, open_incident, cast, clock):
    QuietHours.objects.create(person=cast.ada, begins=time(1), ends=time(0, 59))
    cast.policy.steps.exclude(tier=cast.tiers["l1"]).delete()
    open_incident(people_affected=0)
    clock.forward(minutes=5)
    assert waits(cast.ada) == {"email": 0}


def test_what_becomes_loud_meanwhile_waits_no_longer(night, open_incident, cast, clock):
    incident = open_incident(people_affected=0)
    clock.forward(minutes=1)
    incident.set_severity(by=cast.sam, severity=1, text="The bank called.")
    assert waits(cast.ana) == {"email": 0, "sms": 3, "voice": 10}
    assert {one.message["severity"] for one in of(cast.ana)} == {1}


# --- the clock jumps back -----------------------------------------------------------------------


def test_a_jump_back_leaves_a_chain_the_minutes_it_had(reach, open_incident, cast, clock):
    open_incident(people_affected=SEVERE)
    clock.jump(minutes=1)
    kit_clock.forward(timedelta(hours=-1))
    jumps.note(-3600.0, kit_clock.now())
    assert waits(cast.ana) == {"email": 0, "sms": 2, "voice": 9}


def test_and_quiet_hours_their_end(night, open_incident, cast, clock):
    open_incident(people_affected=0)
    kit_clock.forward(timedelta(hours=-1))
    jumps.note(-3600.0, kit_clock.now())
    assert waits(cast.ana) == {"email": 90, "sms": 93, "voice": 100}


# --- many ---------------------------------------------------------------------------------------


def test_it_costs_the_same_for_one_and_for_many(cast, carriers, clock):
    def cost(people: int) -> int:
        made = User.objects.count()
        for n in range(people):
            one = User.objects.create_user(f"p{made + n}@example.com", f"P{made + n} X", "pass-word-1234")
            Membership.objects.create(team=cast.teams["Service desk"], user=one)
            rules(one, "loud", (account(one), 0), (method(one, "sms", f"+49{n}"), 3))
        with CaptureQueriesContext(connection) as queries:
            Incident.open(title="Fire", service=cast.service, by=cast.ana, people_affected=SEVERE)
        return len(queries)

    cost(1)
    few = cost(1)
    assert cost(40) == few


# --- an older copy ------------------------------------------------------------------------------


def test_what_waits_in_an_older_copy_does_not_leave_and_whom_it_concerns_is_told(reach, carriers, open_incident, cast):
    """Chains and codes alike; what is told instead goes by the rules too."""
    open_incident(people_affected=SEVERE)
    reaching.add(cast.ana, channel="sms", address="+4930")
    standstill.hold(seen_at=None)
    kit_clock.forward(timedelta(minutes=20))
    recovery.resume(actor=standstill.ENGINE)
    assert {one.state for one in of(cast.ana, kind="call")} == {"cancelled"}
    assert {one.state for one in of(cast.ana, kind="verify")} == {"cancelled"}
    assert [one.channel for one in of(cast.ana, kind="put_back")] == ["email", "sms", "voice"]
    send()
    assert carriers["sms"].to == []
