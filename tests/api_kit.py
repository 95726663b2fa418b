"""A program that speaks to the API for somebody of the cast."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core import signals
from django.db import close_old_connections
from django.test import Client

from escalation.kit import clock
from escalation.people.models import ApiToken, User

V1 = "/api/v1"


class Program:
    """``keyed``: each request has a name of its own."""

    def __init__(self, person: User, *scopes: str, ends_at: datetime | None = None):
        made, self.key = ApiToken.make(
            person, name="A program", scopes=scopes or ("work", "plan"), now=clock.now(), ends_at=ends_at
        )
        self.token = made
        self.client = Client()

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(V1 + path, headers=self._headers(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("post", path, body, headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("delete", path, body, headers)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        sent = "" if body is None else json.dumps(body)
        send = getattr(self.client, method)
        return send(V1 + path, sent, content_type="application/json", headers=self._headers(headers))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        """``if_match=…`` is ``If-Match: …``."""
        named = {name.replace("_", "-").title(): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.key}", **named}


@contextmanager
def one_connection() -> Iterator[None]:
    """Whoever calls the application itself, and not by Django's client, keeps the test's connection open like that."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


def new_key() -> str:
    return uuid.uuid4().hex
