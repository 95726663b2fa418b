"""Every door that a program posts to, found from the addresses there are, and what is kept to be thrown at it.

A door with its key is a ``Place``. ``Sent`` is one request as a file keeps it: headers, an empty line, the body to the
last byte. ``Why`` says what it is for; ``Repeat: 1000`` repeats the body, so that large ones are small files. What lies
in ``tests/corpus/bodies`` goes to every door, what lies in ``tests/corpus/<door>`` to that one.
"""

import hashlib
import hmac
import json
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from escalation.kit import clock
from incidents.answers import limits
from incidents.answers import urls as answer_urls
from incidents.inbound import intake, letterbox, quota, registry, tasks
from incidents.inbound.door import Door
from incidents.models import Heartbeat, Receipt, Source
from tests.corpus import HERE

COMMON = "bodies"
SLACK, TELEGRAM, SMS = "slack-secret-0123456789", "telegram-secret-0123456789", "sms-key-0123456789"
NAMES = ("backup", "a/close", "%00", "é🔥", "..", "a" * 300)  # of an alert or a heartbeat, within an address
HEADERS = ("Content-Type", "Content-Length", "Content-Encoding")


class Found(AssertionError):
    """A fault of ours."""


# --- what is sent ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    name: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    why: str = ""

    @classmethod
    def read(cls, file: Path) -> "Sent":
        head, _line, body = file.read_bytes().partition(b"\n\n")
        said = dict(
            line.split(": ", 1) if ": " in line else (line.rstrip(":"), "") for line in head.decode().split("\n")
        )
        return cls(file.stem, body * int(said.pop("Repeat", 1)), said, said.pop("Why"))

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        head = {"Why": self.why, **self.headers}
        text = "".join(f"{name}: {value}\n" for name, value in head.items())
        file = folder / f"{self.name}.http"
        file.write_bytes(text.encode() + b"\n" + self.body)
        return file

    @property
    def media(self) -> str:
        return self.headers.get("Content-Type", "application/json")


def kept(door: str = COMMON) -> list[Sent]:
    """In order of their names."""
    return [Sent.read(file) for file in sorted((HERE / door).glob("*.http"))]


# --- where it is sent -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """``name`` is the address' own. ``signs``: what the door wants to see beside the body."""

    name: str
    path: str
    methods: tuple[str, ...] = ("POST",)
    headers: Mapping[str, str] = field(default_factory=dict)
    keeps: bool = False  # a 2xx means that a receipt is on disk
    key: str = ""

    def post(self, sent: Sent, method: str = "POST") -> Any:
        """Whatever is thrown inside comes out here, as nothing inside may be."""
        extra = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self._all(sent).items()}
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            if f"HTTP_{name}" in extra:
                extra[name] = extra.pop(f"HTTP_{name}")
        extra["wsgi.input"] = BytesIO(sent.body)  # as long as it is, whatever its length is said to be
        client = Client(raise_request_exception=True)
        return client.generic(method, self.path, sent.body, content_type=sent.media, **extra)

    def _all(self, sent: Sent) -> dict[str, str]:
        said = {**self.headers, **sent.headers}
        if self.name == "slack-actions":
            at = str(int(clock.nearly().timestamp()))
            digest = hmac.new(SLACK.encode(), b"v0:" + at.encode() + b":" + sent.body, hashlib.sha256)
            said |= {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest.hexdigest()}"}
        return {name: value.encode("utf-8", "replace").decode("latin-1") for name, value in said.items()}


def open_installation(set_up: Any = settings) -> None:
    """Every door that settings open."""
    set_up.SLACK_TOKEN, set_up.SLACK_SIGNING_SECRET = "xoxb-1", SLACK
    set_up.TELEGRAM_TOKEN, set_up.TELEGRAM_SECRET = "1:t", TELEGRAM
    set_up.MATTERMOST_WEBHOOK, set_up.MATTERMOST_BUTTONS = "https://chat.example.com/hooks/x", True
    set_up.SMS_REPLY_KEY, set_up.MAIL_DOMAIN = SMS, "in.example"


def places(service: Any) -> list[Place]:
    """One for each address of each door, with sources and keys of their own."""
    return [*_of_sources(service), *_of_answers()]


def _of_sources(service: Any) -> Iterator[Place]:
    keys: dict[str, str] = {}
    for door in registry.DOORS:
        if door.kind not in keys:
            source = Source.objects.create(name=f"Hostile {door.kind}", kind=door.kind, service=service)
            Heartbeat.objects.create(source=source, name="backup")
            keys[door.kind] = source.new_key()
        for name in door.addresses:
            yield from _at(door, name, keys[door.kind])
    yield Place("mail", "", (), keeps=True, key=keys["email"])


def _at(door: Door, name: str, key: str) -> Iterator[Place]:
    """An address that holds a name is played with odd ones too."""
    headers = {"Authorization": f"Bearer {key}", "X-Routing-Key": key}
    keeps = not name.startswith(("heartbeat", "goalert-heartbeat", "oncall-heartbeat", "opsgenie-ping"))
    wanted = {word for word in ("key", "name", "rest") if f"(?P<{word}>" in door.addresses[name]}
    for said in NAMES if wanted & {"name", "rest"} else ("",):
        words = {word: key if word == "key" else said for word in wanted}
        try:
            path = reverse(name, kwargs=words, urlconf="incidents.inbound.urls")
        except Exception:  # an address cannot say this name, so nobody can send it
            continue
        yield Place(name, path, door.methods, headers, keeps=keeps, key=key)


def _of_answers() -> Iterator[Place]:
    for pattern in answer_urls.urlpatterns:
        if str(pattern.pattern).startswith("^integrations/"):
            words = {"key": SMS} if pattern.name == "sms-replies" else {}
            shown = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM}
            yield Place(pattern.name, reverse(pattern.name, kwargs=words), headers=shown)


# --- what must come of it -------------------------------------------------------------------------


def play(place: Place, sent: Sent, method: str = "POST") -> int:
    """Send it and look: the status. Raises ``Found``."""
    intake.pace = intake.Pace()  # alone, so that it is heard at once
    quota._rates.clear()
    limits._rates.clear()
    before = Receipt.objects.count()
    try:
        status = _mailed(place, sent) if place.name == "mail" else _posted(place, sent, method)
    except Found:
        raise
    except Exception as error:
        raise Found(f"{place.name} raised {type(error).__name__}: {error}") from error
    on_disk = Receipt.objects.count() > before
    if place.keeps and method in ("POST", "PUT", "DELETE") and 200 <= status < 300 and not on_disk:
        raise Found(f"{place.name} answered {status}, and nothing is on disk")
    return status


def _posted(place: Place, sent: Sent, method: str) -> int:
    answer = place.post(sent, method)
    said = answer.headers.get("Content-Type", "")
    if answer.status_code >= 500:
        raise Found(f"{place.name} answered {answer.status_code}")
    if answer.content and said.startswith("application/json"):
        json.loads(answer.content)
    elif answer.content and said.startswith("text/html"):
        raise Found(f"{place.name} answered with a page: {answer.status_code}")
    return answer.status_code


def _mailed(place: Place, sent: Sent) -> int:
    to = letterbox.recipient(f"{place.key}+disk")
    assert to is not None
    return {letterbox.Kept.YES: 250, letterbox.Kept.LATER: 500}[_kept(sent, to)]


def _kept(sent: Sent, to: letterbox.Recipient) -> letterbox.Kept:
    """A mail that was kept before is known: nothing more is on disk for it, so each has a name of its own."""
    kept = letterbox.keep(b"Message-ID: <%d@x>\r\n%s" % (time.perf_counter_ns(), sent.body), "a@mon.example", [to])
    if kept is letterbox.Kept.LATER:
        raise Found("a mail could not be kept")
    return kept


def settle() -> None:
    """What was kept is worked off, and our own code fails on none of it. Raises ``Found``."""
    tasks.process_waiting()
    for receipt in Receipt.objects.exclude(state=Receipt.State.PROCESSED):
        raise Found(
            f"a message of {receipt.source} is {receipt.state}: {receipt.outcome} {bytes(receipt.body)[:300]!r}"
        )


# --- what else could be sent ----------------------------------------------------------------------

BYTES = (
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"{",
    b"[",
    b'"',
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"1e999",
    b"9" * 5000,
)
VALUES = (None, True, -1, 2**63, 10**300, 1e308, "", "\0", "\ud800", "x" * 70_000, [], {}, [[]], [None], {"": {}})


def mutated(dice: random.Random, whole: Iterable[Sent]) -> Iterator[Sent]:
    """Without end: one of them with something else in some places."""
    known = list(whole)
    while True:
        one, other = dice.choice(known), dice.choice(known)
        body = _as_json(dice, one.body) if dice.random() < 0.6 else _as_bytes(dice, one.body, other.body)
        headers = dict(other.headers if dice.random() < 0.1 else one.headers)
        yield Sent("mutated", body, headers, one.name)


def _as_bytes(dice: random.Random, body: bytes, other: bytes) -> bytes:
    for _time in range(dice.randint(1, 4)):
        at = dice.randint(0, len(body))
        end = min(len(body), at + dice.choice((0, 1, 8, 64)))
        put = dice.choice((dice.choice(BYTES), other[at : at + 64], b"", body[at:end] * 2))
        body = body[:at] + put + body[end:]
    return body


def _as_json(dice: random.Random, body: bytes) -> bytes:
    try:
        value = json.loads(body)
        for _time in range(dice.randint(1, 3)):
            value = _elsewhere(dice, value, dice.choice(VALUES))
        return json.dumps(value).encode()
    except (ValueError, RecursionError):
        return _as_bytes(dice, body, b"")


def _elsewhere(dice: random.Random, value: Any, put: Any) -> Any:
    """The same with ``put`` somewhere within."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        name = dice.choice(list(value))
        return {**value, name: _elsewhere(dice, value[name], put)}
    if isinstance(value, list) and value and dice.random() < 0.9:
        n = dice.randrange(len(value))
        return [*value[:n], _elsewhere(dice, value[n], put), *value[n + 1 :]]
    return put


def samples(place: Place) -> list[Sent]:
    """What its real senders say, and all that is kept."""
    files = sorted((HERE.parent / "samples").glob("*/*.json"))
    mine = [file for file in files if place.name.startswith(file.parent.name) or file.parent.name in place.name]
    real = [Sent(file.stem, file.read_bytes()) for file in mine or files if "import" not in file.parts]
    return [*real, *kept(), *kept(place.name)]
