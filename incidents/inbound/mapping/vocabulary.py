"""What a message says in our own words, or in those of tools whose users come to us. Pure; needs no mapping.

The first name of each row that is not empty counts. Forms can only say texts, so ``"0"`` is said too.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from escalation.kit.text import clean

from .. import alert
from ..alert import Action
from . import times, words
from .applying import Said
from .values import as_text

TITLE = ("title", "summary", "subject", "name", "text", "msg", "message")
KEY = ("dedup_key", "dedup", "alert_uid", "alias", "incident_key", "key", "id")
ACTION = ("action", "event_action", "status", "state")
SEVERITY = ("severity", "priority", "level", "sev")
BODY = ("message", "details", "description", "body", "text")
LABELS = ("labels", "meta", "custom_details", "details")
LINK = ("link", "url", "link_to_upstream_details", "source_link", "generatorURL")
IMAGE = ("image_url", "imageUrl")
SOURCE = ("source", "host", "hostname", "instance")
TIME = ("occurred_at", "timestamp", "time")


def read(payload: Mapping[str, Any], now: datetime) -> Said:
    said = Said(
        key=clean(_first(payload, KEY)).strip(),
        title=alert.title(_first(payload, TITLE)),
        at=next((at for name in TIME if (at := times.instant(payload.get(name), now))), None),
        labels=_labels(payload),
    )
    _act(said, _first(payload, ACTION))
    _grade(said, _first(payload, SEVERITY))
    body = _first({name: payload.get(name) for name in BODY if not isinstance(payload.get(name), dict | list)}, BODY)
    is_title = said.action is Action.TRIGGER and alert.title(body) == said.title
    said.body = "" if is_title else alert.body(body)
    for name, names in (("Link", LINK), ("Image", IMAGE)):
        if address := alert.link(_first(payload, names)):
            said.links[name] = address
    return said


def _first(payload: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((text for name in names if (text := as_text(payload.get(name)))), "")


def _act(said: Said, word: str) -> None:
    action = words.action(word) if word else Action.TRIGGER
    if action is None:
        said.warnings.append(f'action "{alert.title(word)[:40]}" is not known: taken as trigger')
    said.action = action or Action.TRIGGER


def _grade(said: Said, word: str) -> None:
    said.severity = words.severity(word) if word else None
    if word and said.severity is None:
        said.warnings.append(f'severity "{alert.title(word)[:40]}" is not known')


def _labels(payload: Mapping[str, Any]) -> dict[str, str]:
    """A map of plain values, or ``name=value`` as often as one likes, as GoAlert's senders write it."""
    found: dict[str, str] = {}
    for name in reversed(LABELS):
        value = payload.get(name)
        if isinstance(value, list | str) and name == "meta":
            pairs = [value] if isinstance(value, str) else value
            value = dict(pair.split("=", 1) for pair in pairs if isinstance(pair, str) and "=" in pair)
        found |= alert.labels(value)
    if source := _first(payload, SOURCE):
        found = {"source": source, **found}
    return alert.labels(found)
