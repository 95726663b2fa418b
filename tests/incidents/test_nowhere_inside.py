"""Every place where Baton talks to an address, against every spelling of an inner one: nothing is ever connected to.

The rig sits below all libraries. A hook of the interpreter's sees each connection of this process before it is made,
notes where it goes, and lets none be made; a name server of our own answers as an attacker's does: with a public
address first and an inner one for whoever asks again, or with both at once. What talks out is found in the code, so a
new sender is played by itself, and a new caller of the way out fails here until it has a line in ``WAYS``.
"""

import io
import json
import re
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings

from escalation.engine import beats, deadman
from escalation.kit import clock as kit_clock
from escalation.kit import outbound
from escalation.kit.errors import Refused
from escalation.notify import apprise_talk, rooms, senders, vapid
from escalation.notify.message import Recipient
from escalation.notify.rooms import Said
from escalation.notify.senders import SendFailed
from escalation.notify.web import Web
from escalation.oncall.calendars import fetching
from escalation.oncall.calendars.outside import OutsideCalendar
from escalation.signin.openid import provider
from incidents.answers import afterwards
from incidents.importers.goalert.asking import Asking
from incidents.importers.live import Api
from incidents.models import Webhook, WebhookMessage
from incidents.webhooks import sending
from incidents.webhooks.claiming import Claimed
from tests.escalation.notify.world import message
from tests.leading_kit import leading
from tests.push_kit import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]

ROOT = Path(__file__).resolve().parents[2]
PUBLIC, PUBLIC_6 = "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"
INNER = (
    *("127.0.0.1", "localhost", "LOCALHOST.", "localhost.localdomain", "127.1", "127.0.1", "127.0.0.1.", "2130706433"),
    *("0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "0177.0x0.1", "0", "0.0.0.0"),
    *("①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "127.0.0.1%2f", "127.0.0.1%00.example"),
    *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::1%25lo]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:4136:e378::1]", "[fe80::1]", "[fd00::1]"),
    *("169.254.169.254", "[fd00:ec2::254]", "0xa9fea9fe", "2852039166", "168.63.129.16", "100.100.100.200"),
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
    *("good.example@127.0.0.1", "good.example:x@127.0.0.1", "127.0.0.1#good.example", "127.0.0.1?good.example"),
    *(
        "127.0.0.1\\@good.example",
        "good.example\\@127.0.0.1",
        "127.0.0.1:80@127.0.0.1",
        "inner.example",
        "inner.example.",
    ),
)
ANSWERS: dict[str, list[list[str]]] = {
    "good.example": [[PUBLIC], ["127.0.0.1"]],  # it rebinds
    "inner.example": [["127.0.0.1"]],
    "localhost": [["127.0.0.1", "::1"]],
    "localhost.localdomain": [["127.0.0.1"]],
}
MIXED = (
    [PUBLIC, "127.0.0.1"],
    ["127.0.0.1", PUBLIC],
    [PUBLIC, "::1"],
    [PUBLIC_6, "10.0.0.1"],
    [PUBLIC_6, "::ffff:127.0.0.1"],
)

BROWSER = Browser("").said


# --- the rig --------------------------------------------------------------------------------------


class Rig:
    """What was connected to, and how names are answered."""

    def __init__(self) -> None:
        self.armed, self.went, self.answers = False, [], ANSWERS
        self._asked: dict[str, int] = {}
        self._truly = socket.getaddrinfo

    def saw(self, event: str, args: tuple) -> None:
        if self.armed and event in ("socket.connect", "socket.sendto"):
            where = args[-1]
            if isinstance(where, tuple):
                self.went.append(where[0])
                raise ConnectionRefusedError("the rig lets nobody out")

    def again(self) -> None:
        self.went, self._asked = [], {}

    def getaddrinfo(self, host: Any, port: Any, family: int = 0, kind: int = 0, *how: Any, **named: Any) -> list:
        """As the system's resolver: numbers in all their spellings are addresses, and nobody is asked."""
        host = host.decode() if isinstance(host, bytes) else host
        with suppress(OSError):
            return self._truly(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        name = host.encode("idna").decode().rstrip(".").casefold()
        with suppress(OSError):  # some resolvers take a dot after it
            return self._truly(name, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        answers = self.answers.get(name) or self.answers.get("*")
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        turn = self._asked[name] = self._asked.get(name, -1) + 1
        found = answers[min(turn, len(answers) - 1)]
        families = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in found]
        return [(one, socket.SOCK_STREAM, 6, "", (to, port)) for one, to in zip(families, found, strict=True)]


@pytest.fixture(autouse=True)
def installation(settings, tmp_path):
    settings.OUTBOUND_ALLOW, settings.DEMO, settings.HOME, settings.VAPID_KEY = [], False, tmp_path, ""
    vapid.make()
    settings.SLACK_TOKEN, settings.TELEGRAM_TOKEN, settings.MATTERMOST_TOKEN = "xoxb-t", "1:t", "t"
    settings.WEBHOOK_SECRET = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]


_rigs: list[Rig] = []
_hooked = False


def _hook(event: str, args: tuple) -> None:
    for rig in _rigs:
        rig.saw(event, args)


@pytest.fixture
def rig(monkeypatch, installation) -> Iterator[Rig]:
    """A hook of the interpreter's can never be taken off again; an empty list of rigs costs nothing."""
    global _hooked
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked = True
    rig = Rig()
    _rigs.append(rig)
    monkeypatch.setattr(socket, "getaddrinfo", rig.getaddrinfo)
    rig.armed = True
    yield rig
    rig.armed = False
    _rigs.remove(rig)


# --- what talks out -------------------------------------------------------------------------------


def _sender(name: str) -> Callable[[str], None]:
    """By the sender itself, behind all that looks at an address before; and as it is asked to, in front of it."""

    def go(url: str) -> None:
        sender = WEB[name]
        to = Recipient(1, "Ana", "ana@example.com", address=_address(name, url))
        for how in (sender.carry, sender.send):
            with suppress(SendFailed, ValidationError):
                how(to, message(), "key")

    return go


def _everywhere(url: str) -> override_settings:
    """Every setting that holds an address holds this one."""
    gateway = {"url": url, "token": "t", "shape": "json", "from": "+4930901820"}
    names = ("NTFY_URL", "MATTERMOST_WEBHOOK", "MATTERMOST_URL", "DEADMAN_URL")
    return override_settings(SMS=gateway, VOICE=gateway, **dict.fromkeys(names, url))


def _address(name: str, url: str) -> str:
    if name == "push":
        return json.dumps({**BROWSER, "endpoint": url})
    number = "+49301234567"
    return {"telegram": "42", "mattermost": "@ana", "ntfy": "topic", "sms": number, "voice": number}.get(name, url)


def _room(kind: str) -> Callable[[str], None]:
    def go(url: str) -> None:
        address = "4xp9fdt77pncbef59f4k1qe83o" if kind == "mattermost" else url
        room, said = rooms.by_kind()[kind], Said("INC-1: it fails")
        with suppress(SendFailed):
            room.tell(address, said, "key")
        with suppress(SendFailed):
            room.retell(address, "theirs", said, "key")

    return go


def _apprise(url: str) -> None:
    """What the child does once it is begun: its process has no rig, so it is played in this one."""
    resolve = socket.getaddrinfo
    apprise_talk._guard()
    try:
        address = url.replace("https://", "gotifys://").replace("http://", "gotify://") + "/token"
        job = {"url": address, "title": "t", "body": "b", "short": "s"}
        apprise_talk._said(job, io.StringIO())
    finally:
        socket.getaddrinfo = resolve


def _webhook(url: str) -> None:
    hook = Webhook(name="Tickets", url=url)
    hook.new_secret(kit_clock.now())
    said = WebhookMessage(hook=hook, mid="m", type="baton.webhook.test", at=kit_clock.now(), facts={})
    sending._packed(Claimed(said, float("inf")))()


def _calendar(url: str) -> None:
    now = kit_clock.now()
    with suppress(outbound.OutboundError, fetching.reading.Unreadable):
        fetching._dates(OutsideCalendar(address=url, made_at=now, next_at=now), now)


def _deadman(url: str) -> None:
    kit_clock.forward(timedelta(seconds=1))
    beats.beat("audit", now=kit_clock.now(), detail={"green": True})
    deadman.call()


def _importer(url: str) -> None:
    with suppress(Refused):
        Api(url, {}).get("/users")


def _goalert(url: str) -> None:
    with suppress(Refused):
        Asking(Api(url, {}), "name:password")


def _afterwards(url: str) -> None:
    afterwards.say("Slack", url, {"text": "Taken."})
    afterwards.settle()


WEB = {name: one for name, one in senders.by_name().items() if isinstance(one, Web) and name != "apprise"}
SENDERS = {name: _sender(name) for name in WEB}
ROOMS = {f"room of {kind}": _room(kind) for kind in rooms.KINDS}


def _openid(url: str) -> None:
    with suppress(provider.NoAnswer):
        provider._asked("GET", url)


# By the module that asks for the way out.
WAYS = {
    "escalation/signin/openid/provider.py": {"openid": _openid},
    "escalation/notify/web.py": {**SENDERS, **ROOMS},
    "escalation/notify/apprise_talk.py": {"apprise": _apprise},
    "escalation/engine/deadman.py": {"deadman": _deadman},
    "escalation/oncall/calendars/fetching.py": {"calendar": _calendar},
    "incidents/webhooks/sending.py": {"webhook out": _webhook},
    "incidents/answers/afterwards.py": {"an answer's end": _afterwards},
    "incidents/importers/live.py": {"importer": _importer},
    "incidents/importers/goalert/asking.py": {"importer's login": _goalert},
}
ALL = {name: go for some in WAYS.values() for name, go in some.items()}
FIXED = ("slack", "telegram", "teams", "room of slack", "room of teams")  # they lead to one host, whatever is typed


def played(way: str) -> Callable[[str], None]:
    """As it is, in an installation that has everything set up, and this address wherever there is one."""

    def go(url: str) -> None:
        with _everywhere(url):
            ALL[way](url)

    return go


def test_all_that_talks_out_is_played():
    files = [file for room in ("escalation", "incidents") for file in sorted((ROOT / room).rglob("*.py"))]
    asks = {str(file.relative_to(ROOT)) for file in files if re.search(r"outbound\.(send|approve)\(", file.read_text())}
    assert asks == set(WAYS), "another place that talks out: give it a line in WAYS"


@pytest.mark.sqlite_enough
@pytest.mark.parametrize("way", ALL)
def test_nothing_inner_is_ever_connected_to(way, rig, clock, monkeypatch):
    monkeypatch.setattr("incidents.importers.live.time.sleep", lambda _seconds: None)
    go = played(way)
    if way in FIXED:
        rig.answers = {"*": [["127.0.0.1"]]}
    for n, host in enumerate(INNER):
        scheme = "http" if n % 8 == 0 else "https"
        rig.again()
        go(f"{scheme}://{host}:8443/x" if host[-1] in "0123456789]" and "?" not in host else f"{scheme}://{host}/x")
        assert set(rig.went) <= {PUBLIC}, f"{scheme}://{host} was talked to at {rig.went}"
    for answer in MIXED:
        rig.again()
        rig.answers = {"*": [answer]}
        go("https://mixed.example/x")
        assert not rig.went, f"{answer} was taken for public"
    rig.answers = {"*": [[PUBLIC], ["127.0.0.1"], ["::1"]]}  # whoever asks twice is led inside
    rig.again()
    go(_real(way))
    assert PUBLIC in rig.went, "the rig is blind: this way never came as far as a connection"
    if way != "apprise":  # several talks of ours each ask once; each is held by what it was told
        assert set(rig.went) == {PUBLIC}, rig.went


def _real(way: str) -> str:
    return {
        "slack": "https://hooks.slack.com/services/T1/B1/x",
        "room of slack": "https://hooks.slack.com/services/T1/B1/x",
        "teams": "https://prod-1.westeurope.logic.azure.com/workflows/1/triggers/manual?sig=x",
        "room of teams": "https://prod-1.westeurope.logic.azure.com/workflows/1/triggers/manual?sig=x",
    }.get(way, "https://hooks.example/x")


# --- redirects, before a real server --------------------------------------------------------------


@pytest.fixture
def canary(settings, installation) -> Iterator[Any]:
    """A server that an admin allowed, which leads to one that nobody did; ``sang``: what that one was asked."""
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with leading() as servers:
        yield servers


@pytest.mark.sqlite_enough
@pytest.mark.parametrize("way", [way for way in ALL if way not in FIXED])
def test_no_redirect_is_followed(way, canary, clock, monkeypatch):
    monkeypatch.setattr("incidents.importers.live.time.sleep", lambda _seconds: None)
    for status in (301, 302, 303, 307, 308, 300, 201):
        canary.leads.status, before = status, canary.leads.asked
        played(way)(canary.url)
        assert canary.leads.asked > before, "the rig is blind: nobody was asked"
    assert not canary.sang
