"""What can go wrong with every channel over HTTP, and what the engine is told of it."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from escalation.kit.outbound import MOST
from escalation.notify import senders
from escalation.notify.mattermost import Mattermost
from escalation.notify.ntfy import Ntfy
from escalation.notify.senders import SendFailed
from escalation.notify.slack import Slack
from escalation.notify.sms import Sms
from escalation.notify.teams import Teams
from escalation.notify.telegram import Telegram
from escalation.notify.voice import Voice
from escalation.notify.web import pause_of
from escalation.notify.webhook import Webhook
from tests.escalation.notify.conftest import TOKEN
from tests.escalation.notify.world import ANA, drips, echoes, hangs, message, pours

KEY = "INC-1042:run1:step1:ana:1"
FLOW = "https://prod-12.westeurope.logic.azure.com/workflows/0123456789abcdef/triggers/manual/paths/invoke?sig=s3cr3tSignature0123"
# The sender, an address of its kind, an answer that means yes, and the id in it.
CHANNELS = {
    "slack webhook": (Slack, "https://hooks.slack.com/services/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", "ok", ""),
    "slack bot": (Slack, "U024BE7LH", {"ok": True, "ts": "1503435956.000247", "channel": "D1"}, "D1/1503435956.000247"),
    "mattermost": (Mattermost, "@ana", "ok", ""),
    "teams": (Teams, FLOW, "", ""),
    "telegram": (Telegram, "987654321", {"ok": True, "result": {"message_id": 77}}, "77"),
    "ntfy": (Ntfy, "ana-s3cr3t-topic", {"id": "hwQ2YpKdmg", "event": "message"}, "hwQ2YpKdmg"),
    "sms": (Sms, "+4930901821", {"id": "m-1"}, "m-1"),
    "voice": (Voice, "+4930901821", {"id": "c-1"}, "c-1"),
    "webhook": (Webhook, "https://hooks.example.com/baton?key=s3cr3tS3cr3tS3cr3t", "", None),
}
# Where a 2xx alone does not say that the message was taken.
MUST_SAY_YES = ("slack webhook", "slack bot", "telegram", "ntfy")
SECRETS = (
    TOKEN,
    "pZqX8rT2vW4yB6nM1kL3jH5g",
    "x7k3q9w1e5r2t8y4u6i0o9p3ab",
    "s3cr3t",
    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
)


@pytest.fixture(params=CHANNELS)
def channel(request, world):
    return request.param


def send(channel: str, seconds: float = 10.0) -> str:
    kind, address, _, _ = CHANNELS[channel]
    sender = kind()
    sender.timeout = seconds
    return sender.send(replace(ANA, address=address), message(), KEY)


def fails(channel: str, seconds: float = 10.0) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        send(channel, seconds)
    return failed.value


def test_it_is_taken_and_its_id_is_kept(channel, world):
    _, _, body, known = CHANNELS[channel]
    world.answers(202 if channel == "teams" else 200, body)
    given = send(channel)
    assert given == known if known is not None else given.startswith("msg_")
    assert len(world.heard) == 1
    assert world.last.method == "POST"
    assert world.last.headers["x-baton-key"] == KEY


def test_it_is_asked_to_pause(channel, world):
    world.answers(429, "slow down", Retry_After="7")
    failure = fails(channel)
    assert (failure.permanent, failure.retry_after) == (False, 7.0)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_for_good(channel, world, status):
    world.answers(status, "no such place")
    failure = fails(channel)
    assert failure.permanent
    assert str(status) in failure.reason
    assert "no such place" in failure.detail


@pytest.mark.parametrize("status", [302, 408, 500, 502, 503])
def test_trouble_may_pass(channel, world, status):
    world.answers(status, "oops", Location="http://169.254.169.254/", Retry_After="30")
    failure = fails(channel)
    assert (failure.permanent, failure.retry_after, len(world.heard)) == (False, 30.0, 1)


@pytest.mark.rehearsal("hanging")
@pytest.mark.parametrize("act", [hangs, drips])
def test_a_server_that_does_not_come_to_the_point_is_hung_up_on(channel, world, act):
    world.does(act)
    failure = fails(channel, seconds=0.5)
    assert not failure.permanent
    assert failure.detail == "It did not answer in time."


def test_an_answer_of_ten_megabytes_is_not_read_to_its_end(channel, world):
    world.does(pours)
    if channel in MUST_SAY_YES:
        assert not fails(channel).permanent
    else:
        send(channel)
    assert world.closed.wait(10), f"more than {MOST} bytes were read"


@pytest.mark.parametrize("body", ["<html>Log in to the hotel</html>", '{"ok": ', "[]", b"\xff\xfe\x00", "[" * 50_000])
def test_garbage_is_no_yes_where_a_yes_is_due(channel, world, body):
    world.answers(200, body)
    if channel in MUST_SAY_YES:
        failure = fails(channel)
        assert not failure.permanent
        assert "cannot be read" in failure.reason
    else:
        send(channel)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_no_secret_is_repeated_whoever_repeats_it(channel, world, status, caplog):
    caplog.set_level(logging.DEBUG)
    world.does(echoes(status))
    said = ""
    try:
        send(channel)
    except SendFailed as failure:
        said = f"{failure.reason} {failure.detail} {failure}"
    for secret in SECRETS:
        assert secret not in said
        assert secret not in caplog.text


def test_a_reason_names_no_address_and_quotes_nobody(channel, world):
    for status in (400, 429, 500):
        world.answers(status, "Ana Ruiz +4930901821 is unknown")
        assert set(fails(channel).reason) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ' ()0459")


def test_an_inner_host_is_not_talked_to(channel, world, settings):
    settings.OUTBOUND_ALLOW = []
    failure = fails(channel)
    assert failure.permanent
    assert "BATON_OUTBOUND_ALLOW" in failure.detail
    assert world.heard == []


def test_the_key_cannot_break_out_of_its_header(channel, world):
    kind, address, body, _ = CHANNELS[channel]
    world.answers(200, body)
    kind().send(replace(ANA, address=address), message(), "k\r\nX-Evil: 1\u2028é")
    assert "x-evil" not in world.last.headers
    assert world.last.headers["x-baton-key"] == "k__X-Evil:_1__"


def test_an_address_that_has_become_none_is_not_used(channel, world):
    kind, _, _, _ = CHANNELS[channel]
    for address in ("", " ", "http://10.0.0.1/", "\x00", "a b"):
        with pytest.raises(SendFailed) as failed:
            kind().send(replace(ANA, address=address), message(), KEY)
        assert failed.value.permanent
    assert world.heard == []


LACKING = {
    "mattermost": ({"MATTERMOST_WEBHOOK": ""}, "BATON_MATTERMOST_WEBHOOK is not set."),
    "telegram": ({"TELEGRAM_TOKEN": ""}, "BATON_TELEGRAM_TOKEN is not set."),
    "ntfy": ({"NTFY_URL": ""}, "BATON_NTFY_URL is not set."),
    "sms": ({"SMS": {"url": "", "token": "t", "shape": "json", "from": ""}}, "BATON_SMS_URL is not set."),
    "voice": ({"VOICE": {"url": "u", "token": "", "shape": "json", "from": ""}}, "BATON_VOICE_TOKEN is not set."),
    "webhook": ({"WEBHOOK_SECRET": []}, "BATON_WEBHOOK_SECRET is not set."),
    "apprise": ({"APPRISE_SCHEMAS": []}, "BATON_APPRISE_SCHEMAS is not set."),
}


@pytest.mark.parametrize("name", LACKING)
def test_a_channel_that_is_not_set_up_says_what_is_missing(name, settings, world):
    sender = senders.by_name()[name]
    assert sender.ready() == ""
    lacking, says = LACKING[name]
    for setting, value in lacking.items():
        setattr(settings, setting, value)
    assert sender.ready() == says
    with pytest.raises(SendFailed) as failed:
        sender.send(replace(ANA, address="x"), message(), KEY)
    assert (failed.value.permanent, failed.value.detail) == (True, says)
    assert world.heard == []


def test_in_the_demonstration_nothing_leaves(settings, channel, world):
    settings.DEMO = True
    kind, _, _, _ = CHANNELS[channel]
    if channel.startswith("slack") or channel == "teams":  # the others have no settings there
        assert kind().ready()
        assert fails(channel).permanent
        assert world.heard == []


def test_every_sender_has_a_name_and_a_label_of_its_own():
    every = senders.by_name()
    assert len(every) == len(senders.SENDERS)
    assert len({str(sender.label) for sender in every.values()}) == len(every)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7.0), ("0", 0.0), ("-5", 0.0), ("1e9", 3600.0), (12, 12.0), ("nan", None), ("inf", 3600.0)]
    + [(text, None) for text in ("", None, "soon", "Mon, 99 Foo", "1;2", [])],
)
def test_a_pause_is_a_number_of_seconds_up_to_an_hour(said, seconds):
    assert pause_of(said) == seconds


def test_a_pause_may_be_a_date():
    soon = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    assert 200 < pause_of(soon) <= 300
    assert pause_of("Mon, 02 Mar 2020 09:30:00 GMT") == 0.0


def test_the_pause_reaches_the_engine(world):
    world.answers(429, "", Retry_After="12")
    handed = senders.hand_over("telegram", replace(ANA, address="987654321"), message(), KEY)
    assert (handed.reason, handed.retry_after, handed.permanent) == ("Telegram asks for a pause", 12.0, False)
