"""The scene for whoever asks it questions of their own, and what every answer is read for."""

import re
from collections.abc import Collection, Iterator
from copy import deepcopy
from typing import Any

import pytest

from escalation.kit import clock as kit_clock
from tests.conftest import START

from . import kept
from .asking import Asked, Asking, prepared, tables, undone
from .scene import NONE, Scene
from .sight import hidden_from


class Table:
    """Asks as somebody; no answer to whom shows what is hidden from them."""

    def __init__(self, scene: Scene, asking: Asking):
        self.scene, self.asking = scene, asking

    def get(self, role: str, path: str, **headers: str) -> Any:
        return self._ask(role, Asked("GET", path, is_api=path.startswith("/api/"), headers=headers))

    def post(self, role: str, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
        return self._ask(role, Asked(method, path, body or {}, path.startswith("/api/")), look=tables())

    def _ask(self, role: str, asked: Asked, *, look: Collection[str] = ()) -> Any:
        answer = self.asking.ask(role, asked, look=look)
        numbers = {int(number) for number in re.findall(r"\d+", f"{asked.path} {asked.body}")}
        assert hidden_from(role, answer.text, self.scene.refs, numbers) == set(), f"{asked} as {role}"
        assert answer.status < 500, asked
        return answer

    def number(self, slot: str, state: str = "taken") -> int:
        return NONE if slot == "x" else self.scene.incidents[state][slot].number

    def key(self, kind: str, slot: str) -> int:
        return NONE if slot == "x" else self.scene.things[kind][slot]


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker) -> Iterator[tuple[Scene, Asking]]:
    """Once for all tests of a file: it takes longer than most of them. Its rows go when they are over."""
    with django_db_blocker.unblock(), undone():
        kit_clock.fix(START)
        scene = kept.scene()
        asking = Asking(scene)
        kit_clock.fix(None)
        yield scene, asking


@pytest.fixture
def db(made, django_db_blocker) -> Iterator[None]:
    """Instead of pytest-django's, which closes the connection after each test, and so ends the scene."""
    with django_db_blocker.unblock(), undone():
        yield


@pytest.fixture
def table(made, db, clock) -> Iterator[Table]:
    scene, asking = made
    cookies = {role: deepcopy(client.cookies) for role, client in asking.clients.items()}
    with prepared():
        yield Table(deepcopy(scene), asking)
    for role, client in asking.clients.items():  # a browser may have been signed out
        client.cookies = cookies[role]
