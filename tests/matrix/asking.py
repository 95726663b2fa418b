"""Real requests, each undone afterwards: what was answered, what stood in it, and what was written meanwhile."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from django.apps import apps
from django.core.cache import cache as kept
from django.db import connection, transaction
from django.template import Template
from django.test import Client, override_settings
from django.test.utils import _TestState

from escalation.kit import clock
from escalation.people.models import ApiToken
from incidents.answers import afterwards, limits
from incidents.api import failures
from incidents.inbound import quota

from . import signing
from .scene import Scene
from .sight import ROLES

# What a request leaves that is no change of anything: who is signed in, when a token was used, what was said to a form,
# how often somebody guessed.
BESIDE = {"people_session", "people_press", "people_apianswer", "signin_guess"}
WRITES = re.compile(
    r'\s*(?:INSERT\b.*?\bINTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+"?(\w+)', re.IGNORECASE | re.DOTALL
)

# As in production, admins have a second step; and chats, text messages and browsers are answered from.
SETTINGS = {
    "ADMIN_SECOND_FACTOR": True,
    "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
    "TELEGRAM_SECRET": "shown-by-telegram-0123456789",
    "MATTERMOST_BUTTONS": True,
    "SMS_REPLY_KEY": "gateway-key-0123456789",
    "VAPID_KEY": "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI",
    "WATCH_TOKEN": "shown-by-who-watches-0123456789",
}
_afterwards: list[str] = []  # what is said to chats once they are answered

_DIFFERS = re.compile(r"(?<![\w+/=-])[\w+/=-]{22,}|\d+")


@dataclass(frozen=True)
class Asked:
    """One request. ``ready``: what is to be so first; it says how the request goes then. ``beside``: what is said in
    answer to it by another way. ``under``: settings of this installation that are its own."""

    method: str
    path: str
    body: dict[str, Any] | str = field(default_factory=dict, compare=False)
    is_api: bool = False
    headers: dict[str, str] = field(default_factory=dict, compare=False)
    ready: "Ready | None" = field(default=None, compare=False)
    beside: Callable[[], str] | None = field(default=None, compare=False)
    under: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def is_form(self) -> bool:
        """What people send; and programs, if it is a file."""
        return "file" in self.body if self.is_api else "Content-Type" not in self.headers


Ready = Callable[[Client, Asked], Asked]


@dataclass
class Answer:
    status: int
    text: str  # with the headers that say something
    location: str
    wrote: set[str]  # the tables that were written to, whatever became of it
    why: str = ""  # it failed
    changed: bool = False  # whether anything was different afterwards; looked at where something was written

    @property
    def letter(self) -> str:
        """One letter for the table: see its head."""
        if self.status in (301, 302, 303):
            return "l" if "/login/" in self.location else ">"
        known = {401: "k", 403: "x", 404: "-", 405: "m"}
        return known.get(
            self.status, "+" if self.status < 300 else "!" if self.status < 500 or self.status == 503 else "E"
        )


@contextmanager
def prepared() -> Iterator[None]:
    """With ``SETTINGS``; without what Django's test client keeps of each template that is drawn, which nobody here
    looks at; and with what chats are told kept here instead of sent."""
    kept, Template._render = Template._render, _TestState.saved_data.template_render
    said, afterwards.say = afterwards.say, lambda _who, _url, said, **_headers: _afterwards.append(json.dumps(said))
    try:
        with override_settings(**SETTINGS):
            yield
    finally:
        Template._render, afterwards.say = kept, said


class Asking:
    """A browser and a program for each role."""

    def __init__(self, scene: Scene):
        self.clients, self.programs, self.keys = {}, {}, {}
        for role in ROLES:
            self.clients[role] = client = Client(raise_request_exception=False)
            self.programs[role] = Client(raise_request_exception=False)
            if role != "nobody":
                one = getattr(scene.people, role)
                client.force_login(one)
                signing.step_passed(client.session, one)
                _token, self.keys[role] = ApiToken.make(one, name="A program", scopes=["work", "plan"], now=clock.now())
        ApiToken.objects.update(used_at=clock.now())  # so that no request has to write that
        scene.people.gus.is_active = False
        scene.people.gus.save()

    def ask(self, role: str, asked: Asked, *, look: Collection[str] = ()) -> Answer:
        """Ask, and take back what it did. ``look``: the tables of which to say whether anything was different."""
        known, cookies = kept.known(), SimpleCookie(self.clients[role].cookies)
        with undone():
            asked = asked.ready(self.clients[role], asked) if asked.ready else asked
            before = digest(look)
            with writes() as wrote, override_settings(**asked.under):
                response = self._send(role, asked)
            answer = Answer(response.status_code, _text(response), response.headers.get("Location", ""), wrote)
            answer.text = "\n".join([answer.text, *_afterwards, asked.beside() if asked.beside else ""])
            answer.why = repr(getattr(response, "exc_info", None))
            if wrote:
                answer.changed = digest(look) != before
        self.clients[role].cookies = cookies
        if wrote or asked.method != "GET":  # whoever does something is counted for anew
            kept.know(known)
        failures.forget()
        _afterwards.clear()
        for rates in (quota._rates, limits._rates):
            rates.clear()
        return answer

    def _send(self, role: str, asked: Asked) -> Any:
        client, headers = self.clients[role], dict(asked.headers)
        data: Any = asked.body
        kind = "application/x-www-form-urlencoded"
        if asked.is_api:
            client, kind = self.programs[role], "application/json"
            if role in self.keys:
                headers["Authorization"] = f"Bearer {self.keys[role]}"
        if asked.method == "GET":
            return client.get(asked.path, headers=headers)
        if asked.method == "POST" and asked.is_form:
            return client.post(asked.path, data, headers=headers)
        kind = headers.pop("Content-Type", kind)
        text = data if isinstance(data, str) else json.dumps(data)
        return client.generic(asked.method, asked.path, text, content_type=kind, headers=headers)


def _text(response: Any) -> str:
    said = [response.headers.get(name, "") for name in ("Location", "HX-Redirect", "HX-Trigger", "Content-Disposition")]
    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        body = b""  # it has no end: see ``test_rights_change``. To close it would close the database too.
    else:
        body = b"".join(response.streaming_content) if response.streaming else response.content
    if response.headers.get("Content-Type") == "application/zip":
        with ZipFile(BytesIO(body)) as packed:
            body = b"\n".join(packed.read(name) for name in packed.namelist())
    return "\n".join([*said, body.decode("utf-8", "replace")])


def plain(text: str) -> str:
    """Without what differs from page to page: numbers, and keys drawn by lot."""
    return _DIFFERS.sub("…", text)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def writes() -> Iterator[set[str]]:
    """The tables that are written to meanwhile, but those of ``BESIDE``."""
    found: set[str] = set()

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if told := WRITES.match(sql):
            found.add(told[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield found
    found -= BESIDE


@cache
def tables() -> frozenset[str]:
    """All of them, but those of ``BESIDE``."""
    return frozenset(model._meta.db_table for model in apps.get_models(include_auto_created=True)) - BESIDE


def digest(of: Collection[str]) -> str:
    """Of all rows of these tables."""
    found = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in sorted(of):
            columns = "*"
            if table == ApiToken._meta.db_table:  # when it was used last is no change of anything
                columns = "id, person_id, name, scopes, key_hash, ends_at, revoked_at"
            cursor.execute(f"SELECT {columns} FROM {connection.ops.quote_name(table)}")
            found.update(f"{table}{sorted(map(repr, cursor.fetchall()))}".encode())
    return found.hexdigest()
