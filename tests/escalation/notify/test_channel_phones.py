"""Text messages and voice calls, through a gateway in each of its shapes."""

import base64
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from django.core.exceptions import ValidationError

from escalation.notify.senders import SendFailed
from escalation.notify.sms import Sms
from escalation.notify.voice import Voice
from tests.escalation.notify.conftest import TOKEN
from tests.escalation.notify.world import ANA, LINK, message

NUMBER, KEY = "+4930901821", "k-1"
TWILIO = {"url": "https://gateway.example.com/2010-04-01/Accounts/AC0123456789abcdef/Messages.json", "shape": "twilio"}
SPOKEN = "This is Baton. Severity 1, INC-1042 Card payments fail. Acknowledge by 10:45 CET, or Mei is called."


def send(sender, **facts) -> str:
    return sender.send(replace(ANA, address=NUMBER), message(**facts), KEY)


def fails(sender) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        send(sender)
    return failed.value


def shaped(settings, shape: str, **told: str) -> None:
    settings.SMS = {**settings.SMS, "shape": shape, **told}
    settings.VOICE = {**settings.VOICE, "shape": shape, **told}


@pytest.mark.parametrize(("kind", "text"), [(Sms, message().short), (Voice, SPOKEN)])
@pytest.mark.parametrize("shape", ["json", "form"])
def test_a_gateway_is_told_whom_what_and_the_key(world, settings, kind, text, shape):
    shaped(settings, shape)
    world.answers(201, {"id": 4711})
    assert send(kind()) == "4711"
    heard = world.last
    assert heard.url == "gateway.example.com/send"
    assert heard.headers["authorization"] == f"Bearer {TOKEN}"
    assert heard.headers["idempotency-key"] == KEY
    said = heard.data if shape == "json" else heard.form
    assert said == {"to": NUMBER, "from": "+4930901820", "text": text, "key": KEY}


def test_what_is_not_set_is_not_said(world, settings):
    shaped(settings, "json", **{"from": ""})
    send(Sms())
    assert "from" not in world.last.data


def test_a_text_message_ends_in_the_link_and_a_voice_does_not_speak_it():
    assert Sms().said(message()).endswith(LINK)
    assert "http" not in Voice().said(message())


def test_twilio_is_told_in_its_own_form(world, settings):
    shaped(settings, **TWILIO, token=f"AC0123456789abcdef:{TOKEN}")
    world.answers(201, {"sid": "SM0123", "status": "queued", "error_code": None})
    assert send(Sms()) == "SM0123"
    basic = base64.b64decode(world.last.headers["authorization"].removeprefix("Basic ")).decode()
    assert basic == f"AC0123456789abcdef:{TOKEN}"
    assert world.last.form == {"To": NUMBER, "From": "+4930901820", "Body": message().short}


def test_twilio_may_send_from_a_messaging_service(world, settings):
    shaped(settings, **TWILIO, token=f"AC0123456789abcdef:{TOKEN}", **{"from": "MG0123"})
    world.answers(201, {"sid": "SM0123"})
    send(Sms())
    assert world.last.form["MessagingServiceSid"] == "MG0123"
    assert "From" not in world.last.form


def test_twilio_speaks_it_twice_and_nobodys_title_is_an_instruction(world, settings):
    shaped(settings, **TWILIO, token=f"AC0123456789abcdef:{TOKEN}")
    world.answers(201, {"sid": "CA0123"})
    short = 'SEV1 INC-1042 </Say><Dial>+900</Dial><Say>&amp; "x". Acknowledge.'
    assert send(Voice(), short=short) == "CA0123"
    [say] = ElementTree.fromstring(world.last.form["Twiml"])
    assert (say.tag, say.attrib) == ("Say", {"loop": "2"})
    assert say.text == "This is Baton. " + short.replace("SEV1", "Severity 1,")


NOES = [
    ({"error": "unknown number"}, True),
    ({"ok": False}, True),
    ({"success": False}, True),
    ({"status": "rejected"}, True),
    ({"status": "rejected", "text": "try again later"}, True),  # our own words
    ({"sid": "SM1", "error_code": 30006}, True),
    ({"error": "against the rules of the operator", "status": "unsuccessfully sent"}, True),
    ({"sid": "SM1", "status": "failed"}, True),
    ({"ok": False, "error": "rate limit exceeded"}, False),
    ({"status": "failed", "reason": "modem busy"}, False),
    ({"ok": False, "error_code": 503}, False),
    ({"success": False, "message": "Please try again later"}, False),
]


@pytest.mark.parametrize(("body", "permanent"), NOES)
def test_a_gateway_says_no_with_a_2xx(world, body, permanent):
    """For good, unless it speaks of another try."""
    world.answers(200, body)
    failure = fails(Sms())
    assert (failure.reason, failure.permanent) == ("the SMS gateway refused", permanent)


def test_a_gateway_that_says_no_and_when_to_come_back_is_asked_again_then(world):
    world.answers(200, {"ok": False}, Retry_After="30")
    failure = fails(Sms())
    assert (failure.permanent, failure.retry_after) == (False, 30.0)


def test_twilio_without_an_id_has_taken_nothing(world, settings):
    shaped(settings, **TWILIO, token=f"AC0123456789abcdef:{TOKEN}")
    world.answers(200, "<html>hello</html>")
    assert "cannot be read" in fails(Sms()).reason


def test_twilio_refuses_a_number_for_good_and_says_no_secret(world, settings):
    shaped(settings, **TWILIO, token=f"AC0123456789abcdef:{TOKEN}")
    account = "AC0123456789abcdef"
    world.answers(400, {"code": 21211, "message": f"Invalid 'To' of {account}", "more_info": TOKEN})
    failure = fails(Sms())
    assert failure.permanent
    assert "21211" in failure.detail
    assert TOKEN not in failure.detail
    assert account not in failure.detail


def test_a_gateway_set_up_in_halves_says_what_is_wrong(settings):
    shaped(settings, "twilio", token="no-colon")
    assert Sms().ready() == "BATON_SMS_TOKEN must be an account and its token, with a colon between."
    shaped(settings, "twilio", token="a:b", **{"from": ""})
    assert Voice().ready() == "BATON_VOICE_FROM is not set."
    shaped(settings, "carrier-pigeon")
    assert Sms().ready() == "BATON_SMS_SHAPE must be one of: json, form, twilio."


@pytest.mark.parametrize("typed", ["+49 30 901821", "0049-30-901821", "+49 (30) 90.18/21", "\u00a0+4930901821 "])
def test_a_number_has_one_form(typed):
    assert Sms().clean(typed) == "+4930901821" == Voice().clean(typed)


@pytest.mark.parametrize(
    "typed", ["", "030 901821", "+0123456789", "+49", "+49301234567890123", "+49 30 CALL", "٠٠٤٩٣٠٩٠١٨٢١"]
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(ValidationError):
        Sms().clean(typed)
