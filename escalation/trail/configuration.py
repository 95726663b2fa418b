"""The configuration record, to read: every change of how this installation works, with who, when, before and after.

It is the installation's trail without what merely happened (``NOT_CHANGES``). What an entry is about stands in its
data, which is sealed text: a search reads that text, and the changes of one thing are looked through for its number.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from .models import Entry, Trail
from .words import DID, field, said, what

NOT_CHANGES = ("delivery", "clock_jumped")
PERSON = "user"  # as entries know people; what is somebody's own belongs to their history


class Difference(NamedTuple):
    """One field; ``before`` and ``after`` in words. Of a secret the record says that it changed, and no more."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One entry, read."""

    entry: Entry

    @cached_property
    def data(self) -> dict[str, Any]:
        found = json.loads(self.entry.data)
        return found if isinstance(found, dict) else {}

    @property
    def did(self) -> str:
        return str(DID.get(self.entry.kind, self.entry.kind.replace("_", " ")))

    @property
    def kind(self) -> str:
        return str(self.data.get("what") or "")

    @property
    def what(self) -> str:
        return what(self.kind)

    @property
    def number(self) -> int | None:
        found = self.data.get("id")
        return found if isinstance(found, int) else None

    @property
    def name(self) -> str:
        to, found = self.data.get("to"), self.data.get("name")
        return str(found or (to.get("name", "") if isinstance(to, dict) else ""))

    @property
    def of(self) -> str:
        """Whose it is, where that is said."""
        person = self.data.get("person") or self.data.get("of")
        return said(person) if person else ""

    @cached_property
    def differences(self) -> list[Difference]:
        before, after = (self._side(name) for name in ("before", "after"))
        return [Difference(field(name), said(before.get(name)), said(after.get(name))) for name in {**before, **after}]

    @property
    def names(self) -> list[str]:
        """Of the fields, as they are kept."""
        return list({**self._side("before"), **self._side("after")})

    def _side(self, name: str) -> dict[str, Any]:
        found = self.data.get(name)
        return found if isinstance(found, dict) else {"": found} if found else {}

    @property
    def words(self) -> str:
        """What was written with it, unless that was taken back."""
        return self.entry.said.text if hasattr(self.entry, "said") else ""


class Asked(NamedTuple):
    """What of the record is wanted; all that is given must be so."""

    q: str = ""  # words; each stands in who, the name or a value
    what: str = ""  # as entries know it: ``tier``, ``contact method``
    number: int | None = None  # of that thing
    who: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries(asked: Asked) -> QuerySet[Entry]:
    rows = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION).exclude(kind__in=NOT_CHANGES)
    for word in asked.q.split()[:8]:
        rows = rows.filter(Q(data__icontains=_in_json(word)) | Q(actor_name__icontains=word))
    if asked.who:
        rows = rows.filter(actor_name=asked.who)
    if asked.since:
        rows = rows.filter(at__gte=asked.since)
    if asked.until:
        rows = rows.filter(at__lt=asked.until)
    if asked.what and asked.number is not None:
        rows = _of_one(rows, asked.what, asked.number)
    elif asked.what:
        rows = rows.filter(data__contains=_kind(asked.what))
    return rows.order_by("-seq")


def _of_one(rows: QuerySet[Entry], kind: str, number: int) -> QuerySet[Entry]:
    """All that say its number are read, however many: a number stands for other things too."""
    some = rows.filter(Q(data__contains=f'"id":{number:d},') | Q(data__contains=f'"id":{number:d}}}'))
    if kind != PERSON:
        some = some.filter(data__contains=_kind(kind))
    pairs = some.order_by().values_list("pk", "data").iterator()
    return Entry.objects.filter(pk__in=[pk for pk, data in pairs if _is_of(json.loads(data), kind, number)])


def _is_of(data: Any, kind: str, number: int) -> bool:
    if data.get("what") == kind and data.get("id") == number:
        return True
    person = data.get("person")
    return kind == PERSON and isinstance(person, dict) and person.get("id") == number


def _kind(name: str) -> str:
    return f'"what":"{_in_json(name)}"'


def changes(rows: Sequence[Entry] | QuerySet[Entry]) -> Iterator[Change]:
    return map(Change, rows)


def who() -> list[str]:
    """Everybody who has changed something, by their names as they were then."""
    rows = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION).exclude(kind__in=NOT_CHANGES)
    return list(rows.order_by("actor_name").values_list("actor_name", flat=True).distinct()[:500])


def _in_json(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)[1:-1]
