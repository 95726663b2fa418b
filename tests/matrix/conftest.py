"""The scene for whoever asks it questions of their own, and what every answer is read for."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from . import scene as making
from .asking import Asked, Asking, prepared
from .scene import NONE, Scene
from .sight import hidden_from


class Table:
    """Asks as somebody; no answer to whom shows what is hidden from them."""

    def __init__(self, scene: Scene):
        self.scene, self.asking = scene, Asking(scene)

    def get(self, role: str, path: str, **headers: str) -> Any:
        return self._ask(role, Asked("GET", path, is_api=path.startswith("/api/"), headers=headers))

    def post(self, role: str, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
        return self._ask(role, Asked(method, path, body or {}, path.startswith("/api/")), look=True)

    def _ask(self, role: str, asked: Asked, *, look: bool = False) -> Any:
        answer = self.asking.ask(role, asked, look=look)
        numbers = {int(number) for number in re.findall(r"\d+", f"{asked.path} {asked.body}")}
        assert hidden_from(role, answer.text, self.scene.refs, numbers) == set(), f"{asked} as {role}"
        assert answer.status < 500, asked
        return answer

    def number(self, slot: str, state: str = "taken") -> int:
        return NONE if slot == "x" else self.scene.incidents[state][slot].number

    def key(self, kind: str, slot: str) -> int:
        return NONE if slot == "x" else self.scene.things[kind][slot]


@pytest.fixture
def table(db, clock) -> Iterator[Table]:
    with prepared():
        yield Table(making.make())
