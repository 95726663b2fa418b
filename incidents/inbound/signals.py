"""What a webhook's message says, as signals: by the source's mapping, or in words of our own. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import alert, bodies
from .alert import Action, Element, Invalid, Message, Outside, Signal
from .mapping import applying, language, vocabulary
from .mapping.applying import Said
from .mapping.values import TooMuchWork

MANY = 100  # messages in one list
MANY_LINE = "many"  # whoever says several things at once may say any of them again: all keep their order


class FieldsWrong(Invalid):
    """``fields``: what is wrong, by the name of each field; of a list by its place, too."""

    def __init__(self, fields: Mapping[str, Sequence[str]]):
        super().__init__(" ".join(f"{name}: {', '.join(said)}." for name, said in fields.items()))
        self.fields = fields


@dataclass
class Heard:
    """What one body says, before it becomes signals; the page of a mapping shows it like this."""

    said: list[Said] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    many: bool = False
    mapped: bool = False
    unmapped: str = ""  # why the mapping could make nothing of it


def hear(
    mapping: str,
    payload: Any,
    *,
    now: datetime,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> Heard:
    """``mapping`` is its text, or empty for our own words. Raises ``Invalid`` only for the latter."""
    payload, notice = bodies.opened(payload)
    if notice:
        return Heard(warnings=[notice])
    if not mapping:
        return _in_our_words(payload, now)
    try:
        read = language.read(mapping)
    except language.Unreadable as error:
        return Heard(unmapped=f"the mapping cannot be read: {error}"[:500])
    if not isinstance(payload, dict):
        payload = {"list": payload}
    try:
        said, warnings = applying.apply(read, payload, now=now, headers=headers, query=query)
    except TooMuchWork:
        return Heard(unmapped="the message is too much for the mapping")
    heard = Heard(said, warnings, many=read.each is not None, mapped=True)
    if read.each is None and not _says_something(said[0]):
        heard.unmapped = "the mapping found no title"
    return heard


def message(heard: Heard, body: bytes, source_name: str) -> Message:
    """An accepted message is never lost: what no mapping makes anything of is an alert that says so."""
    warnings = list(heard.warnings)
    if heard.unmapped:
        return _unmapped(heard, body, source_name, warnings)
    signals = []
    for said in heard.said:
        warnings += said.warnings
        if said.action is None:
            continue
        if not _says_something(said):
            warnings.append("an element without a title was left out")
            continue
        if not said.key and heard.mapped:
            warnings.append("no key was found: the title is taken for it")
        signals.append(signal_of(said))
    if not signals and not warnings:
        warnings.append("to be ignored, as the mapping says")
    if heard.many:
        line = MANY_LINE
    else:
        line = alert.sha256(signals[0].key) if signals else ""
    return Message(line=line or MANY_LINE, signals=signals, warnings=warnings[: alert.WARNINGS])


def signal_of(said: Said) -> Signal:
    action = said.action or Action.UPDATE
    key = alert.key(key_of(said))
    parts = [line for line in said.body.splitlines() if line.strip() != said.title]
    parts += [f"{name}: {address}" for name, address in said.links.items()]
    body = alert.body("\n".join(parts))
    if action.is_done_outside:
        return Signal(action=action, key=key, title=said.title, outside=Outside(by=said.by, text=said.body))
    firing = action is Action.TRIGGER
    element = Element(
        fingerprint=alert.sha256(key),
        firing=firing,
        labels=said.labels,
        name=alert.title(said.title)[:120],
        summary="",
        severity=said.severity,
        starts_at=said.at if firing else None,
        ends_at=None if firing else said.at,
        link=next(iter(said.links.values()), ""),
    )
    return Signal(
        action=action,
        key=key,
        title=said.title,
        body=body,
        labels=said.labels,
        elements=[element],
        stands_alone=said.at is None,  # the same again is news: there is no time in it to tell a late retry by
    )


def key_of(said: Said) -> str:
    """Without one the title, which the end of it says too; never an empty one, which would be everybody's."""
    return said.key or f"auto:{alert.sha256(said.title)}"


def _says_something(said: Said) -> bool:
    if said.action is None:
        return True
    return bool(said.title) or bool(said.key and said.action is not Action.TRIGGER)


def _unmapped(heard: Heard, body: bytes, source_name: str, warnings: list[str]) -> Message:
    digest = hashlib.sha256(body).hexdigest()
    known = heard.said[0] if heard.said else Said()
    why = heard.unmapped[0].upper() + heard.unmapped[1:]
    said = Said(
        key=known.key or f"unmapped:{digest}",
        title=alert.title(f"A message from {source_name} that its mapping does not fit"),
        body=f"{why}. What came in is kept with the source.",
        severity=known.severity,
        labels=known.labels,
    )
    return Message(
        line=alert.sha256(said.key), signals=[signal_of(said)], warnings=[f"unmapped: {heard.unmapped}", *warnings]
    )


# --- our own words ----------------------------------------------------------------------------------


def _in_our_words(payload: Any, now: datetime) -> Heard:
    """A list is heard item by item: what is good in it counts, if anything is."""
    if not isinstance(payload, list):
        return Heard([_one(payload, now)])
    if len(payload) > MANY:
        raise FieldsWrong({"": [f"a list has at most {MANY} messages"]})
    heard, wrong = Heard(many=True), {}
    for place, item in enumerate(payload):
        try:
            heard.said.append(_one(item, now))
        except FieldsWrong as error:
            wrong |= {f"{place}.{name}": said for name, said in error.fields.items()}
    if not heard.said:
        raise FieldsWrong(wrong or {"": ["the list is empty"]})
    heard.warnings = [f"{name}: {', '.join(said)}" for name, said in wrong.items()]
    return heard


def _one(item: Any, now: datetime) -> Said:
    if not isinstance(item, dict):
        raise FieldsWrong({"": ["an object is expected"]})
    said = vocabulary.read(item, now)
    if not _says_something(said):
        raise FieldsWrong({"title" if said.action is Action.TRIGGER else "dedup_key": ["required"]})
    return said
