"""Webhooks, signed as Standard Webhooks has it."""

import base64
import hashlib
import hmac
import io
import json
import time
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from escalation.notify.webhook import Webhook, identity, signature
from tests.escalation.notify.world import ANA, HOSTILE, LINK, message

KEY, PLACE = "k-1", "https://hooks.example.com/baton"
OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()


def send(address: str = PLACE, **facts) -> str:
    return Webhook().send(replace(ANA, address=address), message(**facts), KEY)


def shown(address: str = PLACE) -> list[str]:
    out = io.StringIO()
    call_command("webhooksecret", address, stdout=out)
    return out.getvalue().split()


def verified(heard, secret: str) -> bool:
    """As a receiver does it, written from the specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode() + heard.body
    mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = heard.headers["webhook-signature"].split(" ")
    return any(hmac.compare_digest(one, f"v1,{mine}") for one in given)


def test_the_published_vector_comes_out():
    key = base64.b64decode(OLD.removeprefix("whsec_"))
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_can_check_who_wrote(world):
    send()
    [secret] = shown()
    heard = world.last
    assert verified(heard, secret)
    assert abs(int(heard.headers["webhook-timestamp"]) - time.time()) < 60
    assert heard.headers["content-type"] == "application/json; charset=utf-8"
    assert not verified(replace(heard, body=heard.body + b" "), secret)


def test_no_receiver_can_write_to_another(world):
    [secret] = shown("https://hooks.example.com/other")
    send()
    assert not verified(world.last, secret)
    assert not verified(world.last, OLD)


def test_while_there_are_two_secrets_both_are_good(world, settings):
    before = shown()
    settings.WEBHOOK_SECRET = [NEW, OLD]
    now = shown()
    assert now[1:] == before
    send()
    assert all(verified(world.last, secret) for secret in now)
    assert len(world.last.headers["webhook-signature"].split(" ")) == 2


def test_it_is_told_in_all_three_lengths(world):
    send(subject=HOSTILE)
    said = world.last.data
    assert (said["type"], said["timestamp"]) == ("message.call", "2026-03-02T09:30:00.000000Z")
    data = said["data"]
    assert (data["key"], data["to"], data["ref"], data["link"], data["asks"]) == (
        KEY,
        "Ana Ruiz",
        "INC-1042",
        LINK,
        True,
    )
    assert (data["subject"], data["short"], data["full"]) == (HOSTILE, message().short, message().full)
    assert "truncated" not in data


def test_a_second_try_has_the_same_id(world):
    first, again = send(), send()
    assert first == again == world.last.headers["webhook-id"]
    assert identity("k-2", message()) != first
    assert "." not in first


def test_a_long_one_is_cut_and_says_so(world):
    send(full="é" * 50_000)
    assert world.last.data["data"]["truncated"] is True
    assert len(world.last.body) < 20_000


@pytest.mark.parametrize("secret", ["plain", "whsec_", "whsec_c2hvcnQ=", "whsec_***", OLD.removeprefix("whsec_")])
def test_a_secret_that_is_none_keeps_the_channel_shut(settings, secret):
    settings.WEBHOOK_SECRET = [secret]
    assert "BATON_WEBHOOK_SECRET" in Webhook().ready()
    with pytest.raises(CommandError):
        shown()


def test_nobody_is_shown_a_key_for_what_is_no_address():
    with pytest.raises(CommandError):
        shown("ftp://example.com")


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("https://Hooks.Example.com", "https://hooks.example.com/"),
        ("https://hooks.example.com:443/a?b=c#d", "https://hooks.example.com/a?b=c"),
        ("https://hooks.example.com:8443/a", "https://hooks.example.com:8443/a"),
        (" http://hooks.inner/a ", "http://hooks.inner/a"),
        ("http://[fd00::1]:8080/", "http://[fd00::1]:8080/"),
    ],
)
def test_an_address_has_one_form(typed, clean, settings):
    settings.OUTBOUND_ALLOW = ["hooks.inner", "fd00::/8"]
    assert Webhook().clean(typed) == clean == Webhook().clean(clean)


@pytest.mark.parametrize(
    "typed",
    [
        *("", "hooks.example.com", "http://hooks.example.com/", "ftp://hooks.example.com/", "https://", "https:///a"),
        *(
            "https://ana:pw@hooks.example.com/",
            "https://hooks.example.com:99999/",
            "https://[::1",
            "javascript:alert(1)",
        ),
        *("https://hooks.example.com/a b", "https://hooks.example.com/\r\nX: 1", "https:\\\\hooks.example.com"),
        "https://x/" + "a" * 500,
    ],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValidationError):
        Webhook().clean(typed)


def test_the_exact_bytes_that_were_signed_are_sent(world):
    send()
    assert world.last.body == json.dumps(world.last.data, ensure_ascii=False, separators=(",", ":")).encode()
