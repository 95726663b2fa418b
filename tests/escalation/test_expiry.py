"""What is not worth sending any more: a table for the rules, and what the record says of it."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation.engine import climb, deliver, endings, expiry, tasks
from escalation.engine.models import Delivery, EscalationRun
from escalation.kit import clock as kit_clock
from escalation.notify import reaching
from escalation.notify.message import ASKING
from escalation.notify.models import ContactMethod
from escalation.trail.models import Entry, Trail
from tests.escalation.outbox_kit import entries, now_
from tests.reach_kit import Carriers, method

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

TABLE = {  # kind: the age at which it expires, and the reason
    "verify": (15 * MINUTE, "its code is not valid any more"),
    "test": (15 * MINUTE, "it is more than 15 min late"),
    "reply": (15 * MINUTE, "it is more than 15 min late"),
    "accepted": (2 * HOUR, "it is more than 2 h late"),
    "declined": (2 * HOUR, "it is more than 2 h late"),
    "withdrawn": (2 * HOUR, "it is more than 2 h late"),
    "moved": (2 * HOUR, "it is more than 2 h late"),
    "inform": (4 * HOUR, "it is more than 4 h late"),
    "also": (4 * HOUR, "it is more than 4 h late"),
    "returned": (4 * HOUR, "it is more than 4 h late"),
    "swap_accepted": (DAY, "it is more than 24 h late"),
    "swap_declined": (DAY, "it is more than 24 h late"),
    "cover_ended": (DAY, "it is more than 24 h late"),
    "swap_unanswered": (DAY, "it is more than 24 h late"),
    "duty_on": (DAY, "it is more than 24 h late"),
    "duty_off": (DAY, "it is more than 24 h late"),
}


@pytest.mark.parametrize("kind", TABLE)
def test_what_only_tells_expires_and_not_a_moment_before(kind):
    age, reason = TABLE[kind]
    assert expiry.why_not(kind, {}, NOW - age + timedelta(microseconds=1), NOW) == ""
    assert expiry.why_not(kind, {}, NOW - age, NOW) == reason


@pytest.mark.parametrize("kind", [*ASKING, "something_new"])
def test_what_asks_somebody_to_act_never_does(kind):
    assert expiry.why_not(kind, {}, NOW - 400 * DAY, NOW) == ""
    assert kind not in expiry.MAY_EXPIRE


@pytest.mark.parametrize(
    ("until", "expires"),
    [
        ("2026-03-02T09:29:00+00:00", True),
        ("2026-03-02T09:30:00+00:00", True),
        ("2026-03-02T09:31:00+00:00", False),
        ("2026-03-02T10:29:00+01:00", True),
        ("2026-03-02T09:00:00", False),  # in no zone
        ("2026-99-99T09:00:00+00:00", False),
        ("soon", False),
        (7, False),
        (None, False),
    ],
)
@pytest.mark.parametrize("kind", ["swap_asked", "swap_waiting"])
def test_a_swap_that_is_asked_for_expires_when_its_shift_begins(kind, until, expires):
    assert bool(expiry.why_not(kind, {"until": until}, NOW - DAY, NOW)) is expires


@pytest.mark.parametrize("kind", ["duty_on", "cover_ended", "swap_accepted"])
@pytest.mark.parametrize(("begins", "expires"), [(NOW + MINUTE, False), (NOW, True), (NOW - MINUTE, True)])
def test_who_is_on_call_reads_it_before_their_time_begins_however_late_it_is(kind, begins, expires):
    assert bool(expiry.why_not(kind, {"begins": begins.isoformat()}, NOW - 3 * DAY, NOW)) is expires


def test_the_clock_that_was_put_back_makes_nothing_old():
    assert expiry.why_not("inform", {}, NOW + DAY, NOW) == ""


# --- what becomes of it --------------------------------------------------------------------------


def test_after_a_long_outage_the_call_is_sent_and_the_news_is_not(queue, post, cast, clock):
    call, news = queue(kind="call"), queue(cast.jo, kind="moved")
    clock.jump(hours=3)
    tasks.send()
    assert (now_(call).state, now_(news).state) == ("sent", "expired")
    assert post.to == [cast.ana.email]
    after = now_(news)
    assert (after.next_at, after.finished_at, after.attempts) == (None, kit_clock.now(), 0)
    assert after.last_error == "it is more than 2 h late"
    [told, sent] = sorted(entries(), key=lambda entry: entry["outcome"])
    assert (told["outcome"], told["error"], told["kind"]) == ("expired", "it is more than 2 h late", "moved")
    assert sent["outcome"] == "sent"
    assert tasks.send() == 0 and len(entries()) == 2


def test_quiet_hours_make_nothing_old(queue, post, cast, clock):
    begins = kit_clock.now()
    news = queue(kind="inform", not_before=begins + 9 * HOUR, next_at=begins + 9 * HOUR, quiet=True)
    clock.jump(hours=9)
    tasks.send()
    assert now_(news).state == "sent"


def test_the_desk_is_told_however_late(queue, post, clock):
    told = queue(channel="desk", kind="moved")
    clock.jump(days=3)
    tasks.send()
    assert now_(told).state == "sent"


def test_what_somebody_has_just_claimed_is_left_to_them(queue, post, clock):
    news = queue(kind="moved")
    clock.jump(hours=3)
    [claimed] = deliver.claim(1)
    tasks.send()
    assert now_(news).state == "sending"
    deliver.deliver(claimed)
    assert now_(news).state == "sent"


def test_one_that_cannot_be_ended_is_sent_late_and_costs_the_others_nothing(queue, post, clock, monkeypatch):
    news = queue(kind="moved")
    clock.jump(hours=3)
    monkeypatch.setattr("escalation.engine.endings._expire", lambda old: 1 / 0)
    tasks.send()
    assert now_(news).state == "sent"


def test_behind_one_that_cannot_be_ended_the_others_are(queue, post, clock, monkeypatch):
    first, second = queue(kind="moved"), queue(kind="moved")
    clock.jump(hours=3)
    expire = endings._expire
    monkeypatch.setattr(endings, "_PORTION", 1)
    monkeypatch.setattr(endings, "_expire", lambda old: 0 if old[0].pk == first.pk else expire(old))
    tasks.send()
    assert (now_(first).state, now_(second).state) == ("sent", "expired")


def test_the_owner_of_a_way_sees_that_their_code_came_too_late(monkeypatch, cast, clock):
    carriers = Carriers().use(monkeypatch)
    phone = method(cast.ana, "sms", "+4915112345667", verified=False)
    reaching.send_code(cast.ana, phone.pk)
    clock.jump(minutes=16)
    tasks.send()
    assert carriers["sms"].carried == []
    way = ContactMethod.objects.get(pk=phone.pk)
    assert way.last_failure == "its code is not valid any more"
    entry = Entry.objects.get(kind="delivery")
    assert entry.trail == Trail.objects.installation()


def test_who_must_know_of_an_open_incident_is_told_within_hours_or_not_at_all(
    monkeypatch, open_incident, cast, clock, client
):
    carriers = Carriers().use(monkeypatch)
    incident = open_incident(people_affected=1900)
    informed = Delivery.objects.filter(kind="inform").exclude(channel="desk")
    assert informed.exists()
    clock.jump(hours=5)  # nothing runs
    climb.drain()
    tasks.send()
    assert set(informed.filter(queued_at__lt=kit_clock.now() - HOUR).values_list("state", flat=True)) == {"expired"}
    assert EscalationRun.objects.functional().get().ended_at is None
    assert any("Card payments fail" in message.full for _to, message in carriers["email"].carried)
    client.force_login(cast.sam)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert "not sent any more: it is more than 4 h late" in page
