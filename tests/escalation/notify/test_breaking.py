"""When a service that does not answer is left alone: tables for the pure part, and what each sender's answers tell."""

import smtplib
from datetime import UTC, datetime, timedelta

import pytest

from escalation.notify import email, gateway, senders
from escalation.notify.breaking import FAILURES, FORGOTTEN, MISSED, PAUSES, Trouble
from escalation.notify.web import Reply

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def after(*seconds: int, probe: bool = False) -> Trouble:
    """Failures, each so many seconds after the first."""
    trouble = Trouble(NOW, NOW)
    for at in seconds:
        trouble = trouble.failed(NOW + at * SECOND, probe=probe)
    return trouble


def test_it_opens_after_so_many_failures_in_a_row_and_not_before():
    assert after(*range(FAILURES - 1)).opened_at is None
    opened = after(*range(FAILURES))
    assert (opened.since, opened.opened_at) == (NOW, NOW + (FAILURES - 1) * SECOND)
    assert opened.next_at == opened.opened_at + PAUSES[0]


def test_several_at_once_count_each():
    assert Trouble(NOW, NOW).failed(NOW, times=FAILURES).opened_at == NOW


def test_a_failure_of_long_ago_begins_no_row():
    later = NOW + FORGOTTEN + SECOND
    trouble = after(0, 1).failed(later + SECOND)
    assert (trouble.failures, trouble.since, trouble.opened_at) == (1, later + SECOND, None)


def test_the_pause_before_each_probe_is_longer_and_has_an_end():
    trouble, at, pauses = after(0, 0, 0), NOW, []
    for _ in range(6):
        at = trouble.next_at
        trouble = trouble.failed(at, probe=True)
        pauses.append(trouble.next_at - at)
    assert pauses == [*PAUSES[1:], *[PAUSES[-1]] * 3]
    assert trouble.since == NOW


def test_what_had_begun_before_it_opened_makes_no_pause_longer():
    trouble = after(0, 0, 0)
    assert trouble.failed(NOW + SECOND).next_at == trouble.next_at


@pytest.mark.parametrize(
    ("at", "alone"),
    [
        (NOW, True),
        (NOW + PAUSES[0] - SECOND, True),
        (NOW + PAUSES[0], False),
        (NOW + 60 * MINUTE, False),
        (NOW - 60 * MINUTE, False),  # the clock was put back: do not wait an hour
    ],
)
def test_it_is_left_alone_until_its_next_probe(at, alone):
    assert after(0, 0, 0).left_alone(at) is alone


def test_one_that_is_not_open_is_not_left_alone():
    assert not after(0, 0).left_alone(NOW) and not after(0, 0).is_news(NOW)


def test_without_any_message_nobody_knows_after_a_while():
    trouble = after(0, 0, 0)
    assert trouble.is_news(NOW) and trouble.is_news(NOW + FORGOTTEN - SECOND)
    assert not trouble.is_news(NOW + FORGOTTEN) and not trouble.is_news(NOW - FORGOTTEN)  # the clock was put back
    missed = trouble.next_at + MISSED
    assert not trouble.untried(missed - SECOND) and trouble.untried(missed)


def test_what_nobody_has_tried_for_long_and_fails_again_has_failed_since_then():
    later = NOW + FORGOTTEN + SECOND
    trouble = after(0, 0, 0).failed(NOW + PAUSES[0], probe=True)
    again = trouble.failed(later + PAUSES[0], times=2, probe=True)
    assert again == Trouble(later + PAUSES[0], later + PAUSES[0], 2, later + PAUSES[0], later + 2 * PAUSES[0], 0)
    assert trouble.failed(later, probe=True).since == NOW  # so soon it is the same trouble


# --- what an answer tells of the service ---------------------------------------------------------

REFUSED = smtplib.SMTPRecipientsRefused({"ana@example.com": (550, b"no such person")})
MAIL = {
    "one address": (REFUSED, True),
    "one address for now": (smtplib.SMTPRecipientsRefused({"a@b.c": (451, b"later")}), True),
    "this text": (smtplib.SMTPDataError(554, b"no"), True),
    "going down": (smtplib.SMTPDataError(421, b"bye"), False),
    "our password": (smtplib.SMTPAuthenticationError(535, b"no"), False),
    "our own address": (smtplib.SMTPSenderRefused(550, b"no", "baton@example.com"), False),
    "no greeting": (smtplib.SMTPConnectError(421, b"too many"), False),
    "no answer": (TimeoutError(), False),
    "refused connection": (ConnectionRefusedError(), False),
    "hung up": (smtplib.SMTPServerDisconnected(), False),
    "no such host": (OSError(-2, "Name or service not known"), False),
    "an address that cannot be written": (ValueError(), None),
    "a fault of ours": (RuntimeError(), None),
}


@pytest.mark.parametrize("name", MAIL)
def test_what_the_mail_server_says(name):
    error, up = MAIL[name]
    assert email._failure(error).up is up


WEB = {
    ("sms", 400): True,
    ("sms", 401): False,
    ("sms", 403): False,
    ("sms", 408): False,
    ("sms", 429): True,
    ("sms", 500): False,
    ("telegram", 400): True,
    ("telegram", 401): False,
    ("telegram", 403): True,  # the person has blocked the bot
    ("ntfy", 401): False,
    ("mattermost", 403): False,
    ("push", 410): True,
    ("push", 401): True,  # of one subscription, perhaps
    ("push", 502): False,
    ("slack", 404): True,  # one webhook
    ("slack", 503): False,
    ("teams", 503): False,
    ("webhook", 503): None,  # somebody's own
    ("webhook", 404): None,
    ("apprise", 503): None,
}


@pytest.mark.parametrize(("channel", "status"), WEB)
def test_what_a_status_says(channel, status):
    sender = senders.by_name()[channel]
    assert sender.refused(Reply(status, "", {}, {}, str(status))).up is WEB[channel, status]


@pytest.mark.parametrize(
    ("error", "up"),
    [("channel_not_found", True), ("ratelimited", True), ("internal_error", False), ("invalid_auth", False)],
)
def test_what_slack_says_in_its_answer(error, up):
    reply = Reply(200, "", {"ok": False, "error": error}, {}, error)
    assert senders.by_name()["slack"]._refused(reply).up is up


def test_a_gateway_that_says_no_in_words_has_answered():
    assert gateway._says_no(Reply(200, "", {"status": "failed"}, {}, ""))
