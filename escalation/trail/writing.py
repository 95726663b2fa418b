"""The only way into the record: drafts are sealed in memory and written with a fixed number of statements."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from escalation.kit.rows import insert_all, update_all
from escalation.kit.text import clean, one_line

from . import chain
from .models import Entry, EntryText, Trail

LIMITS = {"actor_name": 120, "kind": 40, "cause": 120}  # the columns' widths; SQLite does not enforce them


@dataclass(frozen=True)
class Actor:
    """Who did it, with the name as it was then."""

    kind: str
    id: int | None
    name: str

    @classmethod
    def person(cls, user: Any) -> "Actor":
        return cls(Entry.Actor.PERSON.value, user.pk, user.name)

    @classmethod
    def source(cls, pk: int, name: str) -> "Actor":
        return cls(Entry.Actor.SOURCE.value, pk, name)


ENGINE = Actor(Entry.Actor.ENGINE.value, None, "Baton")
COMMAND_LINE = Actor(Entry.Actor.ENGINE.value, None, "Command line")  # whoever runs the installation


@dataclass(frozen=True)
class Draft:
    """An entry to be. ``cause`` names the one effect that may be recorded only once."""

    trail_id: int
    at: datetime
    kind: str
    actor: Actor
    data: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    cause: str | None = None
    run: int | None = None
    policy_version: int | None = None


Reader = Callable[[Sequence[EntryText]], None]
_readers: list[Reader] = []


def on_texts(reader: Reader) -> None:
    """Have new free texts read in the transaction that writes them: how a storey above keeps what is made of them."""
    _readers.append(reader)


def append(heads: Mapping[int, Trail], drafts: Sequence[Draft]) -> list[Entry]:
    """Seal ``drafts`` in their order onto ``heads`` and write them; returns the entries in the same order
    (without their ids, unless one has a text: a row is known by its trail and number).

    The caller holds the locks (``Trail.objects.lock``) in the transaction of the change itself,
    so that an entry that cannot be written fails the change. A ``cause`` that is already on
    record raises IntegrityError: the effect has happened, and the transaction must not go on.
    After a rollback ``heads`` are stale and have to be locked anew.
    """
    assert connection.in_atomic_block, "an entry belongs into the transaction of its change"
    if not drafts:
        return []
    ends = {pk: (heads[pk].length, heads[pk].head) for pk in {draft.trail_id for draft in drafts}}
    entries: list[Entry] = []
    texts: list[EntryText] = []
    for draft in drafts:
        entry, text = _sealed(draft, *ends[draft.trail_id])
        ends[draft.trail_id] = (entry.seq, entry.hash)
        entries.append(entry)
        if text is not None:
            texts.append(text)
    if texts:
        Entry.objects.bulk_create(entries)
        for text in texts:
            text.entry = text.entry  # its id is known only now
        EntryText.objects.bulk_create(texts)
        for reader in _readers:
            reader(texts)
    else:  # nobody asks for their ids
        insert_all(entries)
    _move(heads, ends)
    return entries


def take_turn() -> None:
    """Lock the installation's record before anything else. Verbs and admin pages do, so that no two of them, each with
    what the other wants next, wait for each other; and what is read from then on is as the one before left it."""
    Trail.objects.lock([Trail.objects.installation().pk])


def record_configuration(actor: Actor, kind: str, data: dict[str, Any], *, now: datetime, text: str = "") -> Entry:
    """One change of the installation's configuration: put what it was before and after into ``data``."""
    with transaction.atomic():
        pk = Trail.objects.installation().pk
        draft = Draft(trail_id=pk, at=now, kind=kind, actor=actor, data=data, text=text)
        return append(Trail.objects.lock([pk]), [draft])[0]


def _sealed(draft: Draft, length: int, prev: str) -> tuple[Entry, EntryText | None]:
    said, salt = clean(draft.text), secrets.token_hex(16)
    data = _cleaned(draft.data)
    entry = Entry(
        trail_id=draft.trail_id,
        seq=length + 1,
        at=draft.at,
        kind=_fitting("kind", draft.kind),
        actor_kind=draft.actor.kind,
        actor_id=draft.actor.id,
        actor_name=one_line(draft.actor.name, limit=LIMITS["actor_name"]),
        run=draft.run,
        policy_version=draft.policy_version,
        cause=None if draft.cause is None else _fitting("cause", draft.cause),
        data=chain.plain(data),
        text_digest=chain.digest(salt, said) if said else "",
        prev=prev,
    )
    entry.canonical = chain.canonical(vars(entry), data)
    entry.hash = chain.seal(prev, entry.canonical)
    return entry, EntryText(entry=entry, salt=salt, text=said) if said else None


def _fitting(column: str, value: str) -> str:
    """Too long is an error: cut, a cause or a kind would mean another."""
    value = clean(value)
    if len(value) > LIMITS[column]:
        raise ValueError(f"{column} is too long: {value!r}")
    return value


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner) for inner in value]
    return value


def _move(heads: Mapping[int, Trail], ends: Mapping[int, tuple[int, str]]) -> None:
    moved = [heads[pk] for pk in ends]
    for head in moved:
        head.length, head.head = ends[head.pk]
    update_all(moved, ("length", "head"))
