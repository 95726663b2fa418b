"""Is the record what it was when it was written? One ordered, streamed query for many chains.

A trail's head, entries and texts come from one statement, hence from one moment: what is
being appended meanwhile cannot look like a fault.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from json.encoder import encode_basestring as quoted
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import QuerySet

from . import chain
from .models import Trail

TAKEN = "text_taken"  # the entry that says whose text was taken away; its reason is its own text
BATCH = 500  # trails to a query: within a statement's time limit and SQLite's number of parameters


@dataclass(frozen=True)
class Fault:
    """The first thing wrong in a trail. ``seq`` is the entry it was seen at, ``what`` a plain sentence."""

    subject: str
    seq: int
    what: str


@dataclass(frozen=True)
class Verdict:
    """Holds for the first ``entries`` entries as they were at ``at``; later ones are not judged."""

    subject: str
    entries: int
    fault: Fault | None
    at: datetime


def verify(trail: Trail, *, now: datetime) -> Verdict:
    return next(_judged([trail.pk], now))


def verify_all(subjects: Iterable[str] | None = None, *, now: datetime) -> Iterator[Verdict]:
    """A verdict for each trail, or for those named, in the order in which they were opened."""
    trails = Trail.objects.all()
    return _verdicts(trails if subjects is None else trails.filter(subject__in=list(subjects)), now)


class _Row(NamedTuple):
    """An entry with its trail's head before it and its text behind it. Of an empty trail only the head is there."""

    trail_id: int
    subject: str
    length: int
    head: str
    id: int | None
    seq: int
    at: datetime
    kind: str
    actor_kind: str
    actor_id: int | None
    actor_name: str
    run: int | None
    policy_version: int | None
    cause: str | None
    data: str
    text_digest: str
    prev: str
    hash: str
    canonical: str
    salt: str | None
    text: str | None


_LOOKUPS = [
    name
    if name in ("subject", "length", "head")
    else "pk"
    if name == "trail_id"
    else f"entries__said__{name}"
    if name in ("salt", "text")
    else f"entries__{name}"
    for name in _Row._fields
]


def _verdicts(trails: "QuerySet[Trail]", now: datetime) -> Iterator[Verdict]:
    chosen = list(trails.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(chosen), BATCH):
        yield from _judged(chosen[start : start + BATCH], now)


def _judged(pks: list[int], now: datetime) -> Iterator[Verdict]:
    trails = Trail.objects.filter(pk__in=pks)
    rows = trails.order_by("pk", "entries__seq").values_list(*_LOOKUPS).iterator(chunk_size=2000)
    for _, group in groupby(map(_Row._make, rows), key=itemgetter(0)):
        yield _judge(group, now)


def _judge(rows: Iterator[_Row], now: datetime) -> Verdict:
    wrong: tuple[int, str] | None = None
    count, seq, last = 0, 0, chain.GENESIS
    missing: set[int] = set()  # entries without their text
    taken: dict[int, int] = {}  # entries whose text a later one takes away, and which
    row: Any = None
    for row in rows:
        if row.id is None:
            break
        count += 1
        if wrong is None:
            wrong = _wrong(row, seq + 1, last)
            seq, last = row.seq, row.hash
        if row.text_digest and row.salt is None:
            missing.add(row.seq)
        if row.kind == TAKEN and (other := _taken(row)) is not None:
            taken[other] = row.seq
    wrong = wrong or _wrong_end(row, seq, last)
    wrong = min(filter(None, (wrong, _wrong_text(missing, taken))), default=None)
    return Verdict(row.subject, count, Fault(row.subject, *wrong) if wrong else None, now)


def _wrong(row: _Row, due: int, last: str) -> tuple[int, str] | None:
    """What is wrong with the entry that should be number ``due`` and follow the seal ``last``."""
    if not _stands_as_sealed(row):
        return _number_of(row, due), _edited(row, due)
    if row.seq != due:
        return due, _gap(due, row.seq)
    if row.prev != last:
        return row.seq, _torn(row.seq)
    if row.salt is None:
        return None  # whether a later entry takes it away is known at the end
    if not row.text_digest:
        return row.seq, f"entry {row.seq} was given a text that it did not have"
    if row.text_digest != chain.digest(row.salt, row.text or ""):
        return row.seq, f"the text of entry {row.seq} was edited"
    return None


def _wrong_text(missing: set[int], taken: dict[int, int]) -> tuple[int, str] | None:
    """A text that is gone although no later entry says so, or there although one does."""
    found = [(seq, f"the text of entry {seq} is missing") for seq in missing if taken.get(seq, 0) <= seq]
    found += [
        (seq, f"entry {seq} has a text, though entry {by} says that it was taken away")
        for seq, by in taken.items()
        if seq not in missing
    ]
    return min(found, default=None)


def _taken(row: _Row) -> int | None:
    """The number of the entry whose text this one takes away."""
    said = _parsed(row.data).get("taken")
    seq = said.get("seq") if isinstance(said, dict) else None
    return seq if isinstance(seq, int) else None


def _wrong_end(row: _Row, seq: int, last: str) -> tuple[int, str] | None:
    if seq < row.length:
        where = f"after entry {seq}" if seq else "from its beginning"
        return seq + 1, f"the end was cut off {where}: {row.length} entries were written"
    if seq > row.length:
        return row.length + 1, f"entry {row.length + 1} was added behind Baton's back"
    if last != row.head:
        return seq, f"entry {seq} is not the last one that Baton wrote" if seq else "the head of the trail was edited"
    return None


def _stands_as_sealed(row: _Row) -> bool:
    return row.canonical == _spliced(row) and row.hash == chain.seal(row.prev, row.canonical)


def _spliced(row: _Row) -> str | None:
    """``chain.canonical`` of the columns for an entry as Baton writes it, several times faster.

    ``data`` goes in as it stands, so an edit that means the same JSON shows too. Everything
    after it is quoted or a number, so no other columns can splice to the same text.
    """
    try:
        return (
            f'{{"actor_id":{_number(row.actor_id)},"actor_kind":{quoted(row.actor_kind)}'
            f',"actor_name":{quoted(row.actor_name)},"at":"{chain.instant(row.at)}"'
            f',"cause":{"null" if row.cause is None else quoted(row.cause)},"data":{row.data}'
            f',"kind":{quoted(row.kind)},"policy_version":{_number(row.policy_version)}'
            f',"prev":{quoted(row.prev)},"run":{_number(row.run)},"seq":{row.seq:d}'
            f',"text_digest":{quoted(row.text_digest)},"trail":{row.trail_id:d},"v":{chain.VERSION}}}'
        )
    except (TypeError, ValueError, AttributeError):  # SQLite keeps any type in any column
        return None


def _number(value: int | None) -> str:
    return "null" if value is None else format(value, "d")


# --- words for what was found -------------------------------------------------------------------


def _edited(row: _Row, due: int) -> str:
    """Name the columns that no longer say what was sealed."""
    entry = f"entry {_number_of(row, due)}"
    before = _parsed(row.canonical)
    spliced = _spliced(row)
    if spliced is not None and spliced != row.canonical and row.hash == chain.seal(row.prev, spliced):
        return f"{entry} was edited: canonical"
    columns = _changed(row, before)
    if "seq" in columns:
        columns[columns.index("seq")] = f"seq (it was sealed as {before.get('seq')})"
    if row.hash == chain.seal(str(before.get("prev")), row.canonical):
        return f"{entry} was edited: {', '.join(columns)}"
    if columns:
        return f"{entry} was edited: {', '.join(columns)}, and it does not fit its hash"
    return f"{entry} does not fit its hash: one of them was edited"


def _changed(row: _Row, before: dict[str, Any]) -> list[str]:
    return [
        name
        for name in ("trail", *chain.COLUMNS)
        if name not in before or _sealed_as(name, before[name]) != _found_as(row, name)
    ]


def _sealed_as(name: str, value: Any) -> Any:
    try:
        return chain.plain(value) if name == "data" else value
    except (TypeError, ValueError):
        return None


def _found_as(row: _Row, name: str) -> Any:
    value = getattr(row, "trail_id" if name == "trail" else name)
    return chain.instant(value) if isinstance(value, datetime) else value


def _parsed(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _number_of(row: _Row, due: int) -> int:
    return row.seq if isinstance(row.seq, int) else due


def _gap(due: int, found: int) -> str:
    if found < due:
        return f"entry {found} does not belong here"
    return f"entry {due} is missing" if found == due + 1 else f"entries {due} to {found - 1} are missing"


def _torn(seq: int) -> str:
    if seq == 1:
        return "entry 1 is not the beginning of a chain"
    return f"entry {seq} does not follow entry {seq - 1}: one of them was replaced"
