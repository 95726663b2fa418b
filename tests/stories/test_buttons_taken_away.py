"""A call that was answered elsewhere: its message in a chat says so, and has no buttons any more."""

from datetime import timedelta

import pytest
from django.utils.module_loading import import_string

from escalation.engine import deliver, limits, registry, shown
from escalation.engine.models import Shown
from escalation.kit import clock as kit_clock
from escalation.kit import outbound
from escalation.notify import reaching
from escalation.notify.models import Breaker
from escalation.policies.models import Installation
from incidents.answers import afterwards, buttons
from incidents.answers.tasks import take_buttons_away
from incidents.models import Incident
from tests.reach_kit import reached_by
from tests.slack_kit import ANAS, CHANNEL

pytestmark = pytest.mark.django_db
TROUBLE = outbound.Answer(503, b"", whole=True)
REFUSED = outbound.Answer(400, b'{"ok": false, "error_code": 400, "error": "message_not_found"}', whole=True)
AT_MOST = 20


@pytest.fixture(params=["slack", "bot"])
def chat(request, cast):
    """Either of the two whose messages can be changed."""
    chat = request.getfixturevalue(request.param)
    reached_by(cast.ana, chat.channel, chat.anas)
    return chat


@pytest.fixture
def called(chat, open_incident):
    incident = open_incident("Card payments fail", people_affected=200)
    chat.posted()
    settled()
    assert chat.edits == []
    return incident


def settled() -> None:
    """All that is due has been sent, and looked at."""
    for _turn in range(AT_MOST):
        while deliver.deliver_due():
            pass
        due = shown.next_due()
        if due is None or due > kit_clock.now():
            return
        take_buttons_away()
    raise AssertionError("there is always something to look at")


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def test_a_limit_of_the_channel_counts_its_edits_too(called, chat, cast, clock, settings):
    """What finds no room in this second costs none of its tries, and is made in the next."""
    settings.LIMIT_PER_SECOND = {chat.channel: 1}
    kit_clock.fix(kit_clock.now() + timedelta(seconds=5))
    called.acknowledge(by=cast.jo)
    assert limits.room_for_an_edit(chat.channel) is None  # another one is changed
    settled()
    row = Shown.objects.get()
    assert (chat.edits, row.next_at, row.attempts) == ([], kit_clock.now() + timedelta(seconds=1), 0)
    kit_clock.fix(row.next_at)
    settled()
    assert len(chat.edits) == 1 and limits.room_for_an_edit(chat.channel) is not None


# --- what ends a call -----------------------------------------------------------------------------------


def acknowledged(incident, cast, clock) -> str:
    incident.acknowledge(by=cast.jo)
    return "Jo Okafor acknowledged it. Jo Okafor has it now."


def acknowledged_by_herself_on_the_desk(incident, cast, clock) -> str:
    incident.acknowledge(by=cast.ana)
    return "Ana Ruiz acknowledged it. Ana Ruiz has it now."


def escalated(incident, cast, clock) -> str:
    incident.escalate(by=cast.jo, reason="access", text="The vault")
    return "Jo Okafor escalated it to L2 Applications. L2 Applications is called now."


def unanswered(incident, cast, clock) -> str:
    clock.forward(minutes=5)
    return "Baton escalated it to L2 Applications. L2 Applications is called now."


def held(incident, cast, clock) -> str:
    incident.hold(by=cast.jo, until=kit_clock.now() + timedelta(hours=1), text="Until the vendor calls")
    return "Jo Okafor put it on hold. It is on hold until 02 Mar 10:30 UTC."


def resolved(incident, cast, clock) -> str:
    incident.resolve(by=cast.jo, cause="unknown", text="Restarted it")
    return "Jo Okafor resolved it. It is resolved."


ENDS = [acknowledged, acknowledged_by_herself_on_the_desk, escalated, unanswered, held, resolved]


@pytest.mark.parametrize("end", ENDS)
def test_what_ends_the_call_takes_its_buttons(called, chat, cast, clock, end):
    said = end(called, cast, clock)
    settled()
    [edited] = map(chat.read, chat.edits)
    assert said in edited and "Card payments fail" in edited
    assert "/a/" not in edited
    assert not Shown.objects.filter(delivery__person=cast.ana).exists()
    if end is not resolved:
        resolved(fresh(called), cast, clock)
    settled()
    assert len(chat.edits) == 1, "a message that has none is not touched again"


def test_an_offer_that_is_taken_back_or_goes_back_has_none(chat, cast, clock, open_incident):
    incident = open_incident("Card payments fail", people_affected=200)
    incident.acknowledge(by=cast.jo)
    fresh(incident).hand_over(by=cast.jo, to=cast.ana, text="Yours?")
    chat.posted()
    settled()
    before = len(chat.edits)
    fresh(incident).take_back(by=cast.jo)
    settled()
    [edited] = map(chat.read, chat.edits[before:])
    assert "Jo Okafor took the offer back. Jo Okafor has it now." in edited


def test_a_call_that_goes_on_to_her_by_the_same_message_keeps_its_buttons(in_both_tiers, called, chat, cast, clock):
    clock.forward(minutes=5)
    settled()
    assert fresh(called).run.tier == cast.tiers["l2"]
    assert chat.edits == []
    clock.forward(minutes=5)  # and the third tier is without her
    settled()
    assert len(chat.edits) == 1


def test_a_newer_message_takes_the_buttons_of_the_older_one(called, chat, cast, clock):
    called.acknowledge(by=cast.ana)
    fresh(called).reassign(by=cast.ada, tier=cast.tiers["l1"])
    settled()
    assert len(chat.edits) == 1
    assert Shown.objects.filter(delivery__person=cast.ana).count() == 1, "the newer one has its own"


def test_answered_while_it_was_being_sent(chat, cast, open_incident):
    incident = open_incident("Card payments fail", people_affected=200)
    claimed = deliver.claim(5)
    fresh(incident).acknowledge(by=cast.jo)
    for bundle in claimed:
        deliver.deliver(bundle)
    settled()
    [edited] = map(chat.read, chat.edits)
    assert "Jo Okafor acknowledged it." in edited


def test_what_is_said_after_a_press_may_be_lost_and_this_is_not(slack, cast, open_incident, monkeypatch):
    reached_by(cast.ana, "slack", ANAS)
    incident = open_incident("Card payments fail", people_affected=200)
    monkeypatch.setattr(afterwards, "say", lambda *_, **__: None)
    slack.press(ANAS)
    assert fresh(incident).run.holder == cast.ana and slack.replaced is None
    settled()
    assert "Ana Ruiz acknowledged it. Ana Ruiz has it now." in slack.read(slack.edits[-1])


def test_in_a_channel_it_says_no_more_than_all_may_read_of_it(slack, cast, open_incident):
    reached_by(cast.ana, "slack", CHANNEL)
    incident = open_incident("Card payments fail", people_affected=200)
    slack.posted()
    cast.ana.is_active = False
    cast.ana.save()
    settled()
    assert slack.edits == [], "others in the channel can still answer"
    incident.acknowledge(by=cast.jo)
    settled()
    assert "It is over." in slack.read(slack.edits[-1])


def test_a_way_that_was_removed_is_not_talked_to(called, chat, cast):
    reaching.remove(cast.ana, cast.ana.contact_methods.exclude(address="").get().pk)
    called.acknowledge(by=cast.jo)
    settled()
    assert chat.edits == [] and not Shown.objects.exists()


# --- trouble ------------------------------------------------------------------------------------------


def test_what_cannot_be_said_is_tried_again_until_it_is(called, chat, cast, clock):
    chat.trouble = [outbound.OutboundError("no answer"), TROUBLE]
    called.acknowledge(by=cast.jo)
    settled()
    assert chat.edits == []
    for seconds in (5, 30, 30):
        clock.jump(seconds=seconds)
        settled()
    assert len(chat.edits) == 1 and chat.trouble == []


def test_a_refusal_is_for_good(called, chat, cast, clock):
    chat.trouble = [REFUSED]
    called.acknowledge(by=cast.jo)
    settled()
    clock.jump(hours=1)
    settled()
    assert chat.edits == [] and not Shown.objects.exists()


def test_a_worker_that_dies_meanwhile_leaves_it_to_the_next(called, chat, cast, clock):
    called.acknowledge(by=cast.jo)
    while deliver.deliver_due():
        pass
    assert shown.claim() is not None  # and that was all of it
    settled()
    assert chat.edits == []
    assert shown.claim() is None, "one at a time, so that a worker is left for calls"
    clock.jump(seconds=shown.LEASE.total_seconds() + 1)
    settled()
    assert len(chat.edits) == 1


def test_what_happens_during_a_look_is_looked_at(called, chat, cast):
    shown.moved([called.run.pk], kit_clock.now())
    look = shown.claim()
    fresh(called).acknowledge(by=cast.jo)
    shown.goes_on(look)  # it had found that the call goes on
    settled()
    assert len(chat.edits) == 1


def test_a_service_that_is_away_is_left_alone_until_it_is_back(called, chat, cast, clock):
    provider = {"slack": "slack.com", "telegram": "api.telegram.org"}[chat.channel]
    now = kit_clock.now()
    Breaker.objects.create(channel=chat.channel, provider=provider, since=now, failed_at=now, opened_at=now)
    called.acknowledge(by=cast.jo)
    settled()
    assert chat.edits == []
    assert Shown.objects.get().attempts == 0, "waiting for it costs no try"
    Breaker.objects.all().delete()
    clock.jump(seconds=31)
    settled()
    assert len(chat.edits) == 1


def test_what_is_put_off_is_held_by_nobody_any_more(called, chat):
    """It was looked at when its climb moved: the look left it to the next, and its service is away."""
    shown.moved([called.run.pk], kit_clock.now())
    assert shown.claim() is not None
    shown.moved([called.run.pk], kit_clock.now())
    shown.put_off({chat.channel}, timedelta(seconds=30))
    row = Shown.objects.get()
    assert (row.busy, row.next_at) == (False, kit_clock.now() + timedelta(seconds=30))


def test_a_chat_that_is_not_set_up_may_be_set_up_again(called, chat, cast, clock, settings):
    name = {"slack": "SLACK_TOKEN", "telegram": "TELEGRAM_TOKEN"}[chat.channel]
    token = getattr(settings, name)
    setattr(settings, name, "")
    called.acknowledge(by=cast.jo)
    settled()
    assert chat.edits == [] and Shown.objects.exists()
    setattr(settings, name, token)
    clock.jump(minutes=1)
    settled()
    assert len(chat.edits) == 1


def test_what_cannot_be_looked_at_is_not_looked_at_for_ever(called, chat, cast, clock, monkeypatch):
    monkeypatch.setattr(buttons, "TRIES", 3)
    monkeypatch.setattr(buttons, "over", lambda _asked: 1 / 0)
    called.acknowledge(by=cast.jo)
    for left in (1, 1, 0):
        settled()
        assert Shown.objects.count() == left
        clock.jump(minutes=6)
    assert chat.edits == []


def test_while_nobody_may_be_called_nothing_is_said_here_either(called, chat, cast, clock):
    called.acknowledge(by=cast.jo)
    Installation.objects.update(held_at=kit_clock.now())
    assert (buttons.next_due(), take_buttons_away()) == (None, 0)
    assert chat.edits == [] and Shown.objects.get().attempts == 0


def test_the_rows_are_watched_by_the_cluster():
    [task] = [one.task for one in registry.watched() if one.next_due == buttons.next_due]
    assert import_string(task) is take_buttons_away
