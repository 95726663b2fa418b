"""All that the page says, as plain values: the JSON is this, and the page and the feed are made of it."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from incidents.models import StatusPage, Update

from . import words
from .picture import Picture, State, Trouble, Word

VERSION = 1  # of the JSON's form: docs/status-page.md


def told(page: StatusPage, picture: Picture) -> dict[str, Any]:
    state, said = words.overall(picture)
    states = [(part, picture.state(part)) for part in picture.parts]
    return {
        "version": VERSION,
        "name": page.name,
        "introduction": page.introduction,
        **_state(state),
        "summary": said,
        "components": [{"group": part.group, "name": part.name, **_state(how)} for part, how in states],
        "incidents": _troubles(page.key, picture, picture.troubles),
        "maintenance": [
            {
                "id": _name(page.key, f"maintenance:{one.pk}:{one.start.isoformat()}"),
                "text": one.text,
                "components": picture.named(one.parts),
                "begins_at": one.start,
                "ends_at": one.end,
                "announced_at": one.announced_at,
                "on": one.start <= picture.now,
            }
            for one in picture.works
        ],
        "resolved": _troubles(page.key, picture, picture.past),
    }


def as_json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1, default=_instant).encode()


def feed_name(page: StatusPage) -> str:
    return _name(page.key, "feed")


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(key: UUID, what: str) -> str:
    """The same for the same thing for ever, and nothing can be counted by it."""
    return str(uuid5(key, what))


def _state(state: State) -> dict[str, str]:
    return {"state": state.value, "state_name": words.state(state)}


def _troubles(key: UUID, picture: Picture, troubles: Iterable[Trouble]) -> list[dict[str, Any]]:
    return [
        {
            "id": _name(key, f"incident:{one.pk}"),
            "title": words.title(one, picture),
            **_state(one.effect),
            "components": picture.named(one.parts),
            "began_at": one.began_at,
            "changed_at": one.changed_at,
            "resolved_at": one.over_at,
            "updates": [_word(key, one, word) for word in one.words],
        }
        for one in troubles
    ]


def _word(key: UUID, trouble: Trouble, word: Word) -> dict[str, Any]:
    what = f"update:{word.pk}" if word.pk else f"end:{trouble.pk}:{word.at.isoformat()}"
    return {
        "id": _name(key, what),
        "at": word.at,
        "stage": word.stage,
        "stage_name": str(Update.Stage(word.stage).label),
        "text": word.text,
    }
