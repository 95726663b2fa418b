"""The long tail: the real library in its child process, talking to a server on this machine."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from escalation.notify.apprise import KNOWN, Apprise
from escalation.notify.senders import SendFailed
from tests.escalation.notify.world import ANA, HOSTILE, echoes, hangs, message, pours

KEY = "k-1"
GOTIFY = "AbCdEfGhIjKlMnO"


@pytest.fixture
def gotify(world):
    world.answers(200, {"id": 25, "appid": 5})
    return f"gotify://127.0.0.1:{world.plain}/{GOTIFY}"


def send(address: str, title: str = "Card payments fail", seconds: float = 60.0) -> str:
    sender = Apprise()
    sender.timeout = seconds
    return sender.send(replace(ANA, address=address), message(title), KEY)


def fails(address: str, **how) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        send(address, **how)
    return failed.value


def test_it_is_sent_with_its_link_and_without_the_footer_of_a_mail(gotify, world):
    assert send(gotify) == ""
    [heard] = world.heard
    assert heard.path.startswith("/message")
    assert heard.data["title"] == message().subject
    assert heard.data["message"].rstrip().endswith(message().link)
    assert "this mail" not in heard.data["message"]


def test_nobodys_title_is_a_mention_or_a_link(gotify, world):
    send(gotify, title=HOSTILE)
    said = world.last.data["title"] + world.last.data["message"].removesuffix(message().link)
    for trick in ("@channel", "@here", "<!", "<@", "http://", "https://evil", "](http", "www."):
        assert trick not in said


@pytest.mark.rehearsal("long")
@pytest.mark.parametrize(("status", "permanent"), [(401, True), (404, True), (429, False), (500, False), (302, False)])
def test_a_refusal_is_told_from_trouble(gotify, world, status, permanent):
    world.answers(status, "no", Location=f"http://127.0.0.1:{world.plain}/elsewhere")
    failure = fails(gotify)
    assert (failure.permanent, failure.detail) == (permanent, f"the service answered with {status}")
    assert {heard.path.partition("?")[0] for heard in world.heard} == {"/message"}


def test_nothing_the_other_side_says_is_repeated(gotify, world):
    world.does(echoes(400))
    failure = fails(gotify)
    assert GOTIFY not in f"{failure.reason}{failure.detail}"


@pytest.mark.rehearsal("hanging")
def test_it_is_ended_when_the_time_is_over(gotify, world):
    world.does(hangs)
    failure = fails(gotify, seconds=3.0)
    assert (failure.reason, failure.permanent) == ("the service did not answer in time", False)


@pytest.mark.rehearsal("long")
def test_an_answer_without_end_is_no_end_of_memory(gotify, world):
    def forever(line, heard):
        while True:
            pours(line, heard)

    world.does(forever)
    failure = fails(gotify, seconds=60.0)
    assert (failure.permanent, failure.reason) == (False, "the service did not take it")
    assert world.closed.wait(10)


@pytest.mark.rehearsal("hanging")
def test_an_inner_host_is_not_talked_to(gotify, world, settings):
    settings.OUTBOUND_ALLOW = []
    for host in ("127.0.0.1", "localhost", "[::1]", "2130706433"):
        failure = fails(f"gotifys://{host}:{world.encrypted}/{GOTIFY}")
        assert "inner address" in failure.detail, host
        assert failure.permanent
    assert world.heard == []


def test_an_address_the_library_cannot_read_is_no_use(world):
    failure = fails("discord://x")
    assert (failure.permanent, failure.detail) == (True, "Apprise cannot read the address.")


@pytest.mark.parametrize(
    "query", ["?redirect=yes", "?verify=no", "?rto=9999&cto=9999", "?+X-Evil=1", "#x", "?redirect=yes#x"]
)
def test_options_are_dropped(gotify, query):
    assert Apprise().clean(gotify + query) == gotify


@pytest.mark.rehearsal("long")
def test_a_dropped_redirect_is_not_followed(gotify, world):
    world.answers(307, "", Location=f"http://127.0.0.1:{world.plain}/inner")
    fails(f"{gotify}?redirect=yes")
    assert all(heard.path.startswith("/message") for heard in world.heard)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "discord",
        "discord://",
        "file:///etc/passwd",
        "syslog://",
        "json://127.0.0.1/",
        "https://discord.com/api/webhooks/1/abc",
        "discord://id/token\r\nX: 1",
        "discord://id/to ken",
        "discord://" + "x" * 501,
        "pover://user@token",  # known, but this installation does not allow it
        "gotify://gotify.example.com/token",  # plain http to the world
    ],
)
def test_what_is_not_allowed_is_no_address(address, settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with pytest.raises(ValidationError):
        Apprise().clean(address)


def test_a_schema_that_nobody_vouches_for_keeps_the_channel_shut(settings):
    settings.APPRISE_SCHEMAS = ["discord", "syslog"]
    assert "syslog" in Apprise().ready()


@pytest.mark.filterwarnings("ignore:.imghdr.:DeprecationWarning")
def test_the_library_has_every_schema_that_is_vouched_for():
    from apprise import Apprise as Library

    known = {
        str(schema)
        for plugin in Library().details()["schemas"]
        for part in ("protocols", "secure_protocols")
        for schema in plugin[part] or ()
    }
    assert set(KNOWN) <= known
