"""A record of a few hundred entries with anchors over it, and ways to change it behind Baton's back."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection, transaction

from escalation.trail import chain
from escalation.trail.anchors import making
from escalation.trail.anchors.log import Log
from escalation.trail.models import Entry, EntryText, Trail
from escalation.trail.writing import Actor, Draft, append

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def written(trail: Trail, n: int, at: datetime, *, cause: str | None = None) -> None:
    draft = Draft(
        trail.pk,
        at,
        "noted",
        Actor("person", n, f"Alice {n}"),
        {"n": n},
        text=f"Text {n}" if n % 2 else "",
        cause=cause or f"{trail.subject}/{n}",
        run=n,
        policy_version=n,
    )
    with transaction.atomic():
        append(Trail.objects.lock([trail.pk]), [draft])


@dataclass
class Record:
    trails: Sequence[Trail]
    log: Log
    newest: list[int]  # the highest id of an entry when each anchor was made

    @property
    def place(self) -> Path:
        return self.log.folder


def record(place: Path, *, trails: int, anchors: int, entries: int, seed: int = 1) -> Record:
    """``entries`` between two anchors, in trails at random; each trail has some."""
    dice = random.Random(seed)
    made = [Trail.objects.create(subject=f"INC-{1001 + n}") for n in range(trails)]
    log: Log | None = None
    newest, many = [], 0
    for minute in range(anchors):
        at = NOON + timedelta(minutes=minute)
        for _n in range(entries):
            many += 1
            written(made[many % trails] if many <= 3 * trails else dice.choice(made), many, at)
        log = log or making.log_of(place)
        assert making.add(log, now=at) is not None
        newest.append(Entry.objects.latest("id").pk)
    assert log is not None
    return Record(made, log, newest)


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def fit_head(trail: int) -> None:
    last = Entry.objects.filter(trail=trail).order_by("-seq").first()
    ends = (last.seq, last.hash) if last else (0, chain.GENESIS)
    sql("UPDATE trail_trail SET length = %s, head = %s WHERE id = %s", *ends, trail)


def seal_again(trail: int, first: int = 1) -> None:
    """What somebody does who knows how: number and seal everything from ``first`` on anew, and fit the head."""
    rows = list(Entry.objects.filter(trail=trail, seq__gte=first).order_by("seq"))
    before = Entry.objects.filter(trail=trail, seq__lt=first).order_by("-seq").first()
    prev = before.hash if before else chain.GENESIS
    for row in rows:
        row.prev = prev
        row.canonical = chain.canonical(vars(row))
        prev = row.hash = chain.seal(prev, row.canonical)
        sql("UPDATE trail_entry SET prev=%s, canonical=%s, hash=%s WHERE id=%s", row.prev, row.canonical, prev, row.pk)
    fit_head(trail)


# --- mutations: each changes something and says what is to be named ------------------------------


@dataclass
class Expected:
    subjects: set[str]
    seq: int  # the first bad entry; what is named may lie before it, but not behind
    exact: bool = True


Mutation = Callable[[random.Random, Record], Expected]
_TEXTS = ("kind", "actor_kind", "actor_name", "cause", "data", "prev", "hash", "canonical")
_NUMBERS = ("actor_id", "run", "policy_version")


def _some(dice: random.Random, record: Record) -> Entry:
    return dice.choice(list(Entry.objects.select_related("trail").order_by("id")))


def _flipped(dice: random.Random, text: str) -> str:
    at = dice.randrange(len(text))
    other = dice.choice([c for c in "abcdef0123456789" if c != text[at]])
    return text[:at] + other + text[at + 1 :]


def byte(dice: random.Random, record: Record) -> Expected:
    entry = _some(dice, record)
    column = dice.choice((*_TEXTS, *_NUMBERS, "at"))
    old = getattr(entry, column)
    new = _flipped(dice, old) if column in _TEXTS else old + (1 if column in _NUMBERS else timedelta(microseconds=1))
    if column == "actor_kind":
        new = new[:8]
    sql(f"UPDATE trail_entry SET {column} = %s WHERE id = %s", new, entry.pk)
    return Expected({entry.trail.subject}, entry.seq)


def text(dice: random.Random, record: Record) -> Expected:
    said = dice.choice(list(EntryText.objects.select_related("entry__trail").order_by("entry")))
    column = dice.choice(("salt", "text"))
    new = _flipped(dice, getattr(said, column))
    sql(f"UPDATE trail_entrytext SET {column} = %s WHERE entry_id = %s", new, said.pk)
    return Expected({said.entry.trail.subject}, said.entry.seq)


def text_gone(dice: random.Random, record: Record) -> Expected:
    said = dice.choice(list(EntryText.objects.select_related("entry__trail").order_by("entry")))
    sql("DELETE FROM trail_entrytext WHERE entry_id = %s", said.pk)
    return Expected({said.entry.trail.subject}, said.entry.seq)


def middle(dice: random.Random, record: Record) -> Expected:
    """Deleted; half of the time the rest is numbered and sealed anew."""
    entry = _some(dice, record)
    _delete([entry.pk])
    if dice.random() < 0.5:
        for row in Entry.objects.filter(trail=entry.trail_id, seq__gt=entry.seq).order_by("seq"):
            sql("UPDATE trail_entry SET seq = %s WHERE id = %s", row.seq - 1, row.pk)
        seal_again(entry.trail_id, entry.seq)
        return Expected({entry.trail.subject}, entry.seq, exact=False)
    return Expected({entry.trail.subject}, entry.seq)


def tail(dice: random.Random, record: Record) -> Expected:
    entry = _some(dice, record)
    _delete(Entry.objects.filter(trail=entry.trail_id, seq__gte=entry.seq).values_list("pk", flat=True))
    fits = dice.random() < 0.7
    if fits:
        fit_head(entry.trail_id)
    return Expected({entry.trail.subject}, entry.seq, exact=not fits)


def swap(dice: random.Random, record: Record) -> Expected:
    trail = dice.choice(record.trails)
    one, other = sorted(dice.sample(list(Entry.objects.filter(trail=trail)), 2), key=lambda entry: entry.seq)
    sql("UPDATE trail_entry SET seq = 1000000 WHERE id = %s", one.pk)
    sql("UPDATE trail_entry SET seq = %s WHERE id = %s", one.seq, other.pk)
    sql("UPDATE trail_entry SET seq = %s WHERE id = %s", other.seq, one.pk)
    if dice.random() < 0.5:
        seal_again(trail.pk, one.seq)
        return Expected({trail.subject}, one.seq, exact=False)
    return Expected({trail.subject}, one.seq)


def inserted(dice: random.Random, record: Record) -> Expected:
    """A line that nobody wrote, in the middle, with everything behind it sealed anew."""
    entry = _some(dice, record)
    for row in Entry.objects.filter(trail=entry.trail_id, seq__gte=entry.seq).order_by("-seq"):
        sql("UPDATE trail_entry SET seq = %s WHERE id = %s", row.seq + 1, row.pk)
    Entry.objects.create(
        trail=entry.trail, seq=entry.seq, at=entry.at, kind="noted", actor_kind="person", actor_name="X"
    )
    seal_again(entry.trail_id, entry.seq)
    return Expected({entry.trail.subject}, entry.seq, exact=False)


def rewritten(dice: random.Random, record: Record) -> Expected:
    entry = _some(dice, record)
    sql("UPDATE trail_entry SET actor_name = 'Mallory' WHERE id = %s", entry.pk)
    seal_again(entry.trail_id, entry.seq)
    return Expected({entry.trail.subject}, entry.seq, exact=False)


def moved(dice: random.Random, record: Record) -> Expected:
    """Two trails change their names, and so their stories."""
    one, other = dice.sample(list(record.trails), 2)
    sql("UPDATE trail_trail SET subject = 'away' WHERE id = %s", one.pk)
    sql("UPDATE trail_trail SET subject = %s WHERE id = %s", one.subject, other.pk)
    sql("UPDATE trail_trail SET subject = %s WHERE id = %s", other.subject, one.pk)
    return Expected({one.subject, other.subject}, 1)


def gone(dice: random.Random, record: Record) -> Expected:
    trail = dice.choice(record.trails)
    _delete(Entry.objects.filter(trail=trail).values_list("pk", flat=True))
    sql("DELETE FROM trail_trail WHERE id = %s", trail.pk)
    return Expected({trail.subject}, 1)


def older_copy(dice: random.Random, record: Record) -> Expected:
    """The database as it was at one of the anchors."""
    newest = dice.choice(record.newest[:-2])
    first = Entry.objects.filter(pk__gt=newest).order_by("pk").select_related("trail")[0]
    _delete(Entry.objects.filter(pk__gt=newest).values_list("pk", flat=True))
    for trail in record.trails:
        fit_head(trail.pk)
    return Expected({one.subject for one in record.trails}, first.seq, exact=False)


MUTATIONS = (byte, text, text_gone, middle, tail, swap, inserted, rewritten, moved, gone, older_copy)


def _delete(entries: Sequence[int]) -> None:
    ids = list(entries)
    marks = ", ".join(["%s"] * len(ids))
    sql(f"DELETE FROM trail_entrytext WHERE entry_id IN ({marks})", *ids)
    sql(f"DELETE FROM trail_entry WHERE id IN ({marks})", *ids)
