"""Web push: what leaves, read as a browser reads it, and what becomes of every answer."""

import json
import os
import stat
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from escalation.notify import senders, vapid, ways
from escalation.notify.browsers import called
from escalation.notify.masking import masked
from escalation.notify.push import MOST, Push, payload
from escalation.notify.senders import SendFailed
from escalation.notify.subscription import Subscription
from tests.escalation.notify.world import ANA, LINK, message
from tests.push_kit import Browser, PushService, b64, signed_claims

patient = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEY = "run:12:1:1:0|7|push|0"


@pytest.fixture(autouse=True)
def home(settings, tmp_path) -> Path:
    settings.HOME, settings.VAPID_KEY = tmp_path, ""
    vapid.make()
    return tmp_path


@pytest.fixture
def service(settings, socket_enabled):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    service = PushService()
    yield service
    service.close()


@pytest.fixture
def browser(service) -> Browser:
    return Browser(f"{service.url}/push/abcdefghijklmnopqrstuvwxyz")


def send(browser: Browser, said=None, seconds: float = 10.0) -> str:
    sender = Push()
    sender.timeout = seconds
    return sender.send(replace(ANA, address=browser.subscription), said or message(), KEY)


# --- what leaves ----------------------------------------------------------------------------------


def test_only_the_browser_can_read_it(service, browser):
    assert send(browser) == ""
    [pushed] = service.heard
    said = browser.read(pushed)
    assert said == {
        "kind": "call",
        "title": "SEV1 Card payments fail",
        "body": message().line,
        "link": "/incidents/1042/",
        "tag": "/incidents/1042/",
        "stays": True,
        "actions": [["open", "Open the incident"], ["cues", "My cues"]],
    }
    assert b"Card payments" not in pushed.body and "1042" not in pushed.headers["topic"]
    with pytest.raises(InvalidTag):
        Browser(browser.endpoint).plain(pushed.body)


def test_every_message_has_keys_of_its_own(service, browser):
    send(browser)
    send(browser)
    first, second = (pushed.body for pushed in service.heard)
    assert first[:16] != second[:16] and first[21:86] != second[21:86]  # salt and public key


def test_the_push_service_knows_who_sent_it(service, browser, settings):
    settings.ADDRESS, settings.SECURE = "https://baton.example.com:8443", True
    send(browser)
    claims = signed_claims(service.heard[0], vapid.public())
    assert claims["aud"] == service.url and claims["sub"] == "https://baton.example.com:8443"
    assert 0 < claims["exp"] - time.time() <= 24 * 3600

    settings.ADDRESS, settings.SECURE, settings.DEFAULT_FROM_EMAIL = "http://desk", False, "Baton <baton@desk>"
    send(browser)
    assert signed_claims(service.heard[1], vapid.public())["sub"] == "mailto:baton@desk"


def test_a_signature_by_another_key_is_none(service, browser):
    send(browser)
    [pushed] = service.heard
    other = b64(Browser("").point)
    token = pushed.headers["authorization"].replace(vapid.public(), other)
    with pytest.raises(InvalidSignature):
        signed_claims(replace(pushed, headers={"authorization": token}), other)


TEST = {"kind": "test", "ref": "", "asks": False, "link": "http://127.0.0.1:8000/reach/"}
DUTY = {"kind": "duty_on", "ref": "", "asks": False, "link": "http://127.0.0.1:8000/oncall/3/"}
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOW = {
    "a call": ({}, "3600", "high"),
    "an information": ({"kind": "inform", "asks": False}, "43200", "normal"),
    "a code": ({**TEST, "kind": "verify", "code": "123456"}, "900", "high"),
    "a test": (TEST, "900", "normal"),
    "several": ({"kind": "bundle", "ref": "", "asks": False}, "43200", "normal"),
    "a shift soon": ({**DUTY, "begins": NOW + timedelta(hours=1), "loud": True}, "43200", "high"),
    "a shift in three days": ({**DUTY, "begins": NOW + timedelta(days=3)}, "259200", "normal"),
    "a shift next year": ({**DUTY, "begins": NOW + timedelta(days=400)}, "2419200", "normal"),
    "a shift that is over": ({**DUTY, "begins": NOW - timedelta(days=3)}, "43200", "normal"),
}


@pytest.mark.parametrize(("facts", "ttl", "urgency"), HOW.values(), ids=HOW)
def test_how_long_it_is_kept_and_how_urgent_it_is(service, browser, clock, facts, ttl, urgency):
    send(browser, message(**facts))
    headers = service.heard[0].headers
    assert (headers["ttl"], headers["urgency"]) == (ttl, urgency)


def test_a_newer_one_about_an_incident_replaces_the_older(service, browser):
    bundle = {"kind": "bundle", "link": "http://127.0.0.1:8000/"}
    other = LINK.replace("1042", "7")
    for facts in ({}, {"kind": "inform", "asks": False}, {"ref": "INC-7", "link": other}, bundle):
        send(browser, message(**facts))
    first, second, third, several = (pushed.headers.get("topic") for pushed in service.heard)
    assert first == second != third
    assert len(first) == 32 and set(first) <= set("0123456789abcdef")
    assert several is None, "the older has calls that no newer one repeats"
    tags = [browser.read(pushed)["tag"] for pushed in service.heard]
    assert tags[0] == tags[1] != tags[2]
    assert tags[3] not in tags[:3]
    assert browser.read(service.heard[3])["actions"] == [["cues", "My cues"]]


def test_a_word_about_one_night_replaces_none_about_another(service, browser):
    for tag, kind in (("override:7", "duty_on"), ("override:8", "duty_on"), ("override:7", "cover_ended")):
        send(browser, message(**DUTY | {"kind": kind, "tag": tag}))
    first, second, third = (pushed.headers["topic"] for pushed in service.heard)
    assert first == third != second
    tags = [browser.read(pushed)["tag"] for pushed in service.heard]
    assert tags[0] == tags[2] != tags[1]


def test_a_code_comes_with_what_is_shown_when_it_was_taken(service, browser):
    send(browser, message(**TEST | {"kind": "verify", "code": "123456"}))
    said = browser.read(service.heard[0])
    assert said["code"] == "123456" and said["confirmed"]["title"] == "Baton reaches you in this browser"
    assert "actions" not in said


@patient
@given(st.text(max_size=80), st.text(max_size=180), st.text(max_size=500))
def test_it_always_fits(head, line, path):
    said = message(head=head, line=line, link=f"http://127.0.0.1:8000/{path[:100]}")
    assert len(payload(said)) <= MOST


@pytest.mark.parametrize("character", ['"', "\\", "ü", "✓", "a"])
def test_a_body_that_is_written_longer_than_it_is_fits_too(character):
    said = message(line=character * 4000)
    assert len(payload(said)) <= MOST
    body = json.loads(payload(said))["body"]
    assert body.endswith(f"{character}…") and len(body) > 300


# --- what becomes of every answer -----------------------------------------------------------------

ANSWERS = {
    # status: (permanent, gone, what the record says)
    400: (True, False, "the push service refused (400)"),
    401: (True, False, "the push service refused (401)"),
    403: (True, False, "the push service refused (403)"),
    404: (True, True, "the browser takes no messages any more"),
    410: (True, True, "the browser takes no messages any more"),
    413: (True, False, "the push service refused (413)"),
    429: (False, False, "the push service asks for a pause"),
    302: (False, False, "the push service is in trouble (302)"),
    500: (False, False, "the push service is in trouble (500)"),
    503: (False, False, "the push service is in trouble (503)"),
}


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_what_means_yes(service, browser, status):
    service.answers(status, Location=f"{service.url}/message/secret")
    assert send(browser) == ""


@pytest.mark.parametrize("status", ANSWERS)
def test_what_means_no(service, browser, status):
    service.answers(status, says=browser.subscription.encode() + service.url.encode())
    with pytest.raises(SendFailed) as failed:
        send(browser)
    error = failed.value
    assert (error.permanent, error.gone, error.reason) == ANSWERS[status]
    for secret in (b64(browser.auth), b64(browser.point), "abcdefghijklmnopqrstuvwxyz"):
        assert secret not in error.reason + error.detail


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_is_asked_for(service, browser, status):
    later = datetime.now(UTC) + timedelta(seconds=120)
    for said, least, most in (("7", 7, 7), (format_datetime(later, usegmt=True), 60, 120)):
        service.answers(status, Retry_After=said)
        with pytest.raises(SendFailed) as failed:
            send(browser)
        assert least <= failed.value.retry_after <= most


def test_a_service_that_never_answers(service, browser):
    service.hangs = True
    with pytest.raises(SendFailed) as failed:
        send(browser, seconds=0.5)
    assert (failed.value.permanent, failed.value.reason) == (False, "the push service gave no answer")


def test_a_service_that_is_not_there(service, browser):
    service.close()
    with pytest.raises(SendFailed) as failed:
        send(browser)
    assert not failed.value.permanent and not failed.value.gone


def test_an_inner_address_is_never_talked_to(service, browser, settings):
    settings.OUTBOUND_ALLOW = []
    inner = Browser(browser.endpoint.replace("http://", "https://"))
    with pytest.raises(SendFailed) as failed:
        send(inner)
    assert failed.value.permanent and failed.value.reason == "the push service may not be talked to"
    assert service.heard == []


def test_the_engine_is_told_that_it_is_gone(service, browser, monkeypatch):
    service.answers(410)
    monkeypatch.setattr(senders, "by_name", lambda: {"push": Push()})
    handed = senders.hand_over("push", replace(ANA, address=browser.subscription), message(), KEY)
    assert handed.gone and handed.permanent


# --- addresses ------------------------------------------------------------------------------------

HTTPS = Browser("https://push.example.com/send/xyz?x=1")


def said(**changes) -> str:
    return json.dumps(HTTPS.said | changes)


def test_the_same_subscription_is_the_same_address():
    address = Push().clean(HTTPS.subscription)
    padded = {"p256dh": b64(HTTPS.point) + "=", "auth": b64(HTTPS.auth) + "=="}
    assert address == Push().clean(address) == Push().clean(said(keys=padded, expirationTime=12))
    assert json.loads(address) == {"endpoint": HTTPS.endpoint, "keys": HTTPS.said["keys"]}
    assert address.isascii() and " " not in address
    assert masked(address) == "push.example.com"


GOOD = HTTPS.said["keys"]
NONE = {
    "nothing": "",
    "no JSON": "https://push.example.com/",
    "a list": "[]",
    "null": "null",
    "deep": "[" * 2000,
    "too long": said(more="x" * 5000),
    "no keys": json.dumps({"endpoint": HTTPS.endpoint}),
    "keys that are none": said(keys=[]),
    "a number for a key": said(keys={**GOOD, "auth": 7}),
    "a short secret": said(keys={**GOOD, "auth": b64(b"short")}),
    "not on the curve": said(keys={**GOOD, "p256dh": b64(b"\4" + b"\1" * 64)}),
    "no base64": said(keys={**GOOD, "p256dh": "ä" * 87}),
    "plain http": said(endpoint="http://push.example.com/send"),
    "a password": said(endpoint="https://ana:secret@push.example.com/"),
    "another scheme": said(endpoint="file:///etc/passwd"),
    "no host": said(endpoint="https:///x"),
    "an endpoint too long": said(endpoint="https://push.example.com/" + "x" * 1000),
    "an endpoint that is a number": said(endpoint=7),
    "half a character": said(endpoint="https://\ud800.example.com/x"),
    "a path that no header can hold": said(endpoint="https://push.example.com/\ud800"),
}


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_what_is_no_subscription(text):
    with pytest.raises(ValidationError):
        Push().clean(text)


WORDS = st.sampled_from(["endpoint", "keys", "auth", "p256dh"])
SAYABLE = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner),
    max_leaves=8,
)


@patient
@given(SAYABLE)
def test_nothing_a_browser_may_say_breaks_it(said):
    with pytest.raises(ValidationError):
        Subscription.read(json.dumps(said))


AGENTS = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0": "Firefox on Linux",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36": (
        "Chrome on Android"
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36 Edg/142.0": (
        "Edge on Windows"
    ),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15": "Safari on Mac",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1": (
        "Safari on iPhone"
    ),
    "curl/8": "",
    "": "",
}


@pytest.mark.parametrize("agent", AGENTS)
def test_what_a_browser_is_called(agent):
    assert called(agent) == AGENTS[agent]


# --- the installation's key -----------------------------------------------------------------------


def test_the_key_is_made_once_and_for_its_owner_alone(home):
    file = home / ".vapid.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept, public = file.read_text(), vapid.public()
    assert not vapid.make() and file.read_text() == kept and vapid.public() == public


def test_several_hosts_share_it_by_the_environment(home, settings, tmp_path):
    public = vapid.public()
    settings.VAPID_KEY, settings.HOME = (home / ".vapid.key").read_text().strip(), tmp_path / "elsewhere"
    assert vapid.public() == public
    assert not vapid.make()


def test_the_demonstration_has_a_key_of_its_own(home, settings):
    real = vapid.public()
    settings.DEMO = True
    assert vapid.make() and (home / ".demo-vapid.key").exists() and vapid.public() != real


@pytest.mark.parametrize("text", ["", "none", "AAAA", b64(bytes(32)), "ä"])
def test_without_a_key_nobody_is_offered_it(home, text):
    (home / ".vapid.key").write_text(text)
    assert "vapidkey" in ways.why_not("push")
    with pytest.raises(SendFailed) as failed:
        Push().send(replace(ANA, address=HTTPS.subscription), message(), KEY)
    assert failed.value.permanent


def test_nobody_has_to_type_a_subscription():
    assert ways.why_not("push") == ""
    assert "push" not in [sender.name for sender in ways.offered()]


def test_the_command_makes_and_shows_it(home, capsys):
    os.remove(home / ".vapid.key")
    call_command("vapidkey")
    first = capsys.readouterr().out
    assert "Made" in first and vapid.public() in first
    call_command("vapidkey")
    assert capsys.readouterr().out == f"Public key: {vapid.public()}\n"
    (home / ".vapid.key").write_text("broken")
    with pytest.raises(CommandError, match=r"\.vapid\.key is no key"):
        call_command("vapidkey")
