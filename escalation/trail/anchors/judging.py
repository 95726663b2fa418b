"""What anchors state, against what the database has: streamed, a few hundred statements to a query.

A statement is "this trail had so many entries then, and the last one had this hash". If it holds, everything up to
there is as it was. If it does not, where the trail itself is torn is for ``trail.verifying`` to say; here is found what
has been made consistent again: a suffix computed anew, an end cut off with its head, a database put back.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.db import connection

from .. import chain
from ..models import Entry, Trail
from ..verifying import Fault
from . import log, making
from .form import Head
from .walking import Finding, Walk

BATCH = 400
# Entries on the installation's trail: it was held as an older copy, and somebody said that calls go on.
_HELD, _RESUMED = "escalations_held", "escalations_resumed"
_CLOCKS = timedelta(seconds=2)  # so much the clocks of two hosts may differ


class Statement(NamedTuple):
    n: int
    at: str
    head: Head


class Broken(NamedTuple):
    """A statement that does not hold. ``found``: the hash that is there instead, None if there is no such entry."""

    said: Statement
    found: str | None


@dataclass(frozen=True)
class PutBack:
    """What an older copy took with it lawfully: statements made within are not to hold any more."""

    since: datetime  # of when the copy is
    held: str  # when Baton knew that it is one: no anchor from then on speaks of what was lost
    resumed: str
    by: str
    entry: int

    def covers(self, at: str) -> bool:
        return chain.instant(self.since) < at <= self.held


@dataclass
class Judgement:
    logs: int = 0
    anchors: int = 0
    statements: int = 0
    last: str = ""  # when the newest anchor was made
    keys: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    aside: dict[str, str] = field(default_factory=dict)  # host: the key of its log, which was not to be trusted


def judge(
    path: Path, *, trusted: Collection[str] = (), faults: Iterable[Fault] = (), only: Collection[Trail] | None = None
) -> Judgement:
    """All logs at ``path``, a file or a folder. ``faults``: what the chains themselves show. ``only``: these trails,
    by number and by name: one that was made anew has another number."""
    found = Judgement()
    put_back = list(_put_back(found.findings))
    torn = {fault.subject: fault for fault in faults}
    asked = None if only is None else _Asked({one.pk: one.subject for one in only})
    for files in log.found_in(path).values():
        _judge_log(found, files, trusted, put_back, torn, asked)
    if asked is not None and found.anchors:
        found.findings += _unspoken(asked, found.last)
    found.notes += _set_aside(found)
    if not found.anchors and not found.findings:
        found.findings.append(Finding("anchor_missing", str(path), 0, "there is no anchor"))
    return found


def _set_aside(found: Judgement) -> Iterator[str]:
    """Logs of another key prove nothing, which is no fault if there is one of a trusted key."""
    for host, key in found.aside.items():
        if found.anchors:
            yield f"the log of {host} was set aside, it is signed with another key: {key}; say --key once for each host"
        else:
            what = f"it is signed with another key: {key}; say --key once for each host"
            found.findings.append(Finding("wrong_key", host, 0, what))


def _judge_log(
    found: Judgement,
    files: Sequence[Path],
    trusted: Collection[str],
    put_back: Sequence[PutBack],
    torn: Mapping[str, Fault],
    asked: "_Asked | None",
) -> None:
    walk = Walk(files, trusted)
    made: Counter[int] = Counter()  # statements by anchor, from the first on that does not hold
    held: dict[int, int] = {}  # the longest head of a trail that holds
    broken: list[Broken] = []
    excused: dict[PutBack, list[Broken]] = {}
    statements = _statements(walk, asked)
    while some := list(islice(statements, BATCH)):
        found.statements += len(some)
        there = _entries(some)
        for said in some:
            seal = there.get(said.head[:3])
            if seal == said.head.head:
                held[said.head.trail] = max(held.get(said.head.trail, 0), said.head.length)
            elif (lawful := next((one for one in put_back if one.covers(said.at)), None)) and _is_lost(said):
                excused.setdefault(lawful, []).append(Broken(said, seal))
                continue
            else:
                broken.append(Broken(said, seal))
            if broken:
                made[said.n] += 1
    if walk.aside and not walk.anchors:
        found.aside[files[0].parent.name] = walk.aside
    found.logs += 1
    found.anchors += walk.anchors
    for lawful, lost in excused.items():
        if finding := _contradicted(lawful, lost):
            found.findings.append(finding)
            broken += lost
        else:
            found.notes.append(_lawfully_lost(lawful, len(lost)))
    found.findings += walk.findings
    if broken and not held and walk.last is not None and walk.last.anchor.installation != making.installation():
        what = "nothing that it states is here: these are the anchors of another installation's record"
        found.findings.append(Finding("other_installation", files[0].parent.name, 0, what))
    else:
        found.findings += _named(broken, held, made, torn)
    found.notes += walk.notes
    if walk.last is not None:
        found.last = max(found.last, walk.last.anchor.at)
        found.notes += _later(walk.last.anchor.newest, walk.last.anchor.at)
    found.keys += [key for key in walk.keys if key not in found.keys]


@dataclass
class _Asked:
    """The trails that are asked for, name by number, and the numbers of those that an anchor spoke of."""

    named: Mapping[int, str]
    spoken: set[int] = field(default_factory=set)

    def takes(self, head: Head) -> bool:
        self.spoken.add(head.trail)
        return head.trail in self.named or head.subject in self.named.values()


def _statements(walk: Walk, asked: _Asked | None) -> Iterator[Statement]:
    for signed in walk:
        for head in signed.heads:
            if asked is None or asked.takes(head):
                yield Statement(signed.anchor.n, signed.anchor.at, head)


def _entries(some: Sequence[Statement]) -> dict[tuple[int, str, int], str]:
    """The hashes of the entries that are spoken of, by trail, its name now, and number."""
    named = dict(Trail.objects.filter(pk__in={said.head.trail for said in some}).values_list("pk", "subject"))
    pairs = [number for said in some for number in (said.head.trail, said.head.length)]
    rows = ", ".join(["(%s, %s)"] * len(some))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT trail_id, seq, hash FROM trail_entry WHERE (trail_id, seq) IN (VALUES {rows})",  # noqa: S608
            pairs,
        )
        return {(trail, named.get(trail, ""), seq): seal for trail, seq, seal in cursor.fetchall()}


# --- words for what was found -------------------------------------------------------------------


def _named(
    broken: Sequence[Broken], held: Mapping[int, int], made: Mapping[int, int], torn: Mapping[str, Fault]
) -> Iterator[Finding]:
    if not broken:
        return
    trails: dict[int, list[Broken]] = {}
    for one in broken:
        trails.setdefault(one.said.head.trail, []).append(one)
    now = {
        pk: (subject, length)
        for pk, subject, length in Trail.objects.filter(pk__in=trails).values_list("pk", "subject", "length")
    }
    lengths = {pk: Entry.objects.filter(trail=pk).count() for pk in now}
    if _is_older_copy(broken, made) and len(trails) > 1:
        yield _older_copy(broken, lengths)
    for pk, some in trails.items():
        yield _of_trail(min(some, key=lambda one: one.said.head.length), held.get(pk, 0), now.get(pk), lengths, torn)


def _is_older_copy(broken: Sequence[Broken], made: Mapping[int, int]) -> bool:
    """Whether nothing holds any more that was said after the first thing that does not, and nothing was replaced."""
    first = broken[0].said.n
    failed = Counter(one.said.n for one in broken)
    return all(one.found is None for one in broken) and all(failed[n] == many for n, many in made.items() if n != first)


def _older_copy(broken: Sequence[Broken], lengths: Mapping[int, int]) -> Finding:
    first, last = broken[0].said, broken[-1].said
    what = (
        f"the database is an older copy: nothing is here of what anchors {first.n} ({first.at}) to {last.n} ({last.at})"
        " have seen, and Baton was not told that a copy was put back"
    )
    return Finding("older_copy", first.head.subject, lengths.get(first.head.trail, 0) + 1, what)


def _of_trail(
    one: Broken,
    good: int,
    now: tuple[str, int] | None,
    lengths: Mapping[int, int],
    torn: Mapping[str, Fault],
) -> Finding:
    said, head = one.said, one.said.head
    seen = f"anchor {said.n} ({said.at})"
    if now is None:
        return Finding("gone", head.subject, 1, f"the whole trail is gone; {seen} has seen {head.length} entries")
    subject, _length = now
    if subject != head.subject:
        return Finding("renamed", head.subject, 1, f"it is called {subject} now; {seen} knew it by this name")
    fault = torn.get(subject)
    if fault is not None and fault.seq <= head.length:
        return Finding("torn", subject, fault.seq, f"{fault.what}; {seen} has seen it otherwise")
    if one.found is None:
        end = lengths[head.trail]
        after = f"after entry {end}" if end else "from its beginning"
        what = f"the end was cut off {after}, and the head fitted to it; {seen} has seen {head.length} entries"
        if good < end:  # one from among them may be gone as well as the last
            what += f", and none has seen entries {good + 1} to {end} as they are"
        return Finding("cut", subject, good + 1, what)
    which = f"entry {head.length} was" if good + 1 == head.length else f"entries {good + 1} to {head.length} were"
    what = f"{which} written anew and sealed again; {seen} has seen another entry {head.length}"
    return Finding("rewritten", subject, good + 1, what)


def _unspoken(asked: _Asked, last: str) -> Iterator[Finding]:
    """The trails that anchors should have seen by now, and none has."""
    due = datetime.fromisoformat(last) - making.BACK
    silent = set(asked.named) - asked.spoken
    for one in Entry.objects.filter(trail__in=silent, seq=1, at__lt=due).order_by("trail"):
        what = f"no anchor speaks of it, though it says that it began at {chain.instant(one.at)}; the last is of {last}"
        yield Finding("unspoken", asked.named[one.trail_id], 1, what)


def _later(newest: int, at: str) -> Iterator[str]:
    later = Entry.objects.filter(id__gt=newest, at__gt=datetime.fromisoformat(at)).count()
    if later:
        many = f"{later} {'entry is' if later == 1 else 'entries are'}"
        yield f"{many} later than the last anchor, of {at}, and not spoken of by any"


# --- copies that were put back --------------------------------------------------------------------


def _put_back(findings: list[Finding]) -> Iterator[PutBack]:
    """From the installation's own record: since when a copy lacked what was written, until somebody let calls go on."""
    rows = Entry.objects.filter(trail__subject="installation", kind__in=(_HELD, _RESUMED)).order_by("seq")
    since: datetime | None = None
    held = ""
    for entry in rows:
        if entry.kind == _HELD:
            held = chain.instant(entry.at)
            try:
                since = datetime.fromisoformat(json.loads(entry.data)["copy_at"]).astimezone(UTC)
            except (ValueError, KeyError, TypeError, OverflowError):
                since = None
                what = "it does not say of when the copy is that was put back; nothing is excused by it"
                findings.append(Finding("put_back_unreadable", "installation", entry.seq, what))
        elif since is not None:
            yield PutBack(since, held, chain.instant(entry.at), entry.actor_name, entry.seq)
            since = None


def _is_lost(said: Statement) -> bool:
    """Whether nothing is there, or only what was written after the anchor: work went on from the copy.

    Whatever else is in its place was put there by somebody who would have it that it was always so.
    """
    there = Entry.objects.filter(trail=said.head.trail, seq=said.head.length).values_list("at", flat=True).first()
    return there is None or chain.instant(there) > said.at


def _contradicted(lawful: PutBack, lost: Sequence[Broken]) -> Finding | None:
    """A copy lacks everything from its time on. If something from between is here, it was no copy."""
    last = max(one.said.at for one in lost)
    between = Entry.objects.filter(at__gt=lawful.since + _CLOCKS, at__lte=datetime.fromisoformat(last))
    kept = between.select_related("trail").order_by("at").first()
    if kept is None:
        return None
    what = (
        f"it says that a copy of {chain.instant(lawful.since)} was put back, but what was written at"
        f" {chain.instant(kept.at)} ({kept.trail.subject}, entry {kept.seq}) is here; nothing is excused by it"
    )
    return Finding("put_back_contradicted", "installation", lawful.entry, what)


def _lawfully_lost(lawful: PutBack, count: int) -> str:
    what = "statement speaks" if count == 1 else "statements speak"
    return (
        f"{count} {what} of what was lost when a copy of {chain.instant(lawful.since)} was put back;"
        f" {lawful.by} let calls go on at {lawful.resumed} (installation, entry {lawful.entry})"
    )
