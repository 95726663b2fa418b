"""The walk over everything that comes over, in the order in which things refer to each other.

It looks at each thing (``Item``): is it here already, what would be made or changed, what is left out and why. To plan
is to look; to apply is to look and write, one transaction for each thing. So what was planned is what is done, a walk
that broke goes on where it was, and a second one finds everything as it should be.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models, transaction

from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.policies.models import Installation
from escalation.trail.recorded_admin import RecordedAdmin, differing
from escalation.trail.writing import Actor, record_configuration
from incidents.models import Origin

from .records import Level, Organisation
from .sparing import Marks, marks_of, spared

LONGEST = 200  # of an origin's id
Facts = dict[str, Any]  # plain values; what is referred to by its name, people by their e-mail


class Action(StrEnum):
    MAKE = "made"
    CHANGE = "changed"
    SAME = "as it is"
    LEAVE = "left out"


class Left(Exception):
    """Something cannot come over. ``str()`` says why."""


@dataclass
class Item:
    """One thing, and what becomes of it. ``changes``: of each fact what it is here now and what it will be."""

    kind: str
    id: str
    name: str
    action: Action = Action.SAME
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    notes: list[tuple[Level, str]] = field(default_factory=list)
    half: bool = False  # archived or disabled, because something it refers to is left out
    asked: Facts = field(default_factory=dict)  # what it is to be by them alone
    kept: list[str] = field(default_factory=list)  # names of facts that were changed here, and stay so

    def note(self, text: str, level: Level = Level.CHANGED) -> None:
        if (level, text) not in self.notes:
            self.notes.append((level, text))

    def lacks(self, text: str) -> None:
        """Something that it refers to is left out, so it will be there and not in use."""
        self.note(text, Level.LEFT)
        self.half = True


class Move:
    """One import: what comes over, and how far it is. ``by`` is who does it; only a walk that writes needs them."""

    def __init__(
        self,
        system: str,
        label: str,
        said: Organisation,
        *,
        now: datetime,
        by: User | None = None,
        create_people: bool = False,
        keep_keys: bool = False,
    ):
        self.system, self.label, self.said, self.now, self.by = system, label, said, now, by
        self.create_people, self.keep_keys = create_people, keep_keys
        self.owner = Installation.objects.select_related("owner").get().owner.name
        self.origins = {(one.kind, one.external): one for one in Origin.objects.filter(system=system)}
        self.names: dict[tuple[str, str], str] = {}  # (kind, id there) → what it is called here, or will be
        self.halves: set[tuple[str, str]] = set()
        self._noted: set[tuple[str, str]] = set()
        self._taken: dict[str, set[str]] = {}

    def walk(self, kinds: "Iterable[Kind]", *, write: bool) -> Iterator[Item]:
        for kind in kinds:
            for external, record in kind.each(self):
                item = self._written(kind, external, record) if write else self._looked(kind, external, record)[0]
                self._note(item, kind.there(external))
                if item.action is not Action.LEAVE and item.half:
                    self.halves.add((kind.word, external))
                yield item

    def _note(self, item: Item, there: str) -> None:
        """What the reader says of a record is said of the first thing that it becomes."""
        if (item.kind, there) not in self._noted:
            self._noted.add((item.kind, there))
            for note in self.said.notes_on(item.kind, there):
                item.note(note.text, note.level)

    # --- one thing ---------------------------------------------------------------------------

    def _looked(self, kind: "Kind", external: str, record: Any) -> "tuple[Item, models.Model | None, Facts]":
        item = Item(kind.word, external, kind.shown(record))
        origin = self.origins.get((kind.word, external))
        row = kind.model._base_manager.filter(pk=origin.row).first() if origin else None
        row = row or kind.known(self, record)
        try:
            if len(external) > LONGEST:
                raise Left("What it is known by there is too long.")
            facts = kind.wanted(self, record, row, item)
            if "in use" in facts and row is not None:
                facts["in use"] = _in_use(origin, kind.present(row, facts)["in use"], item)
            if origin is not None and row is not None and origin.row == row.pk:
                item.asked = facts
                facts = self._spared(kind, item, row, origin)
            if row is None or facts:
                kind.check(row, facts)
        except Left as why:
            item.action = Action.LEAVE
            item.note(str(why), Level.LEFT)
            return item, row, {}
        except ValidationError as wrong:
            item.action = Action.LEAVE
            item.note(_told(wrong), Level.LEFT)
            return item, row, {}
        here = kind.present(row, facts) if row is not None else {}
        item.changes = {name: (here.get(name), value) for name, value in facts.items() if here.get(name) != value}
        item.action = Action.MAKE if row is None else Action.CHANGE if item.changes else Action.SAME
        self.names[kind.word, external] = kind.called(row) if row is not None else kind.called_so(facts)
        return item, row, facts

    def _spared(self, kind: "Kind", item: Item, row: models.Model, origin: Origin) -> Facts:
        marks = {name: value for name, value in origin.marks.items() if name != "in use"}  # see ``_in_use``
        facts, item.kept = spared(item.asked, kind.settled(row, item.asked), marks, kind.added)
        for name in item.kept:
            added = name in kind.added
            item.note(
                f"{name}: " + ("what was taken away here stays away." if added else "changed here, and stays so.")
            )
        return facts

    def _written(self, kind: "Kind", external: str, record: Any) -> Item:
        try:
            with transaction.atomic():
                RecordedAdmin.take_turn()
                self._look_again(kind.word, external)
                item, row, facts = self._looked(kind, external, record)
                if item.action is Action.LEAVE:
                    return item
                made = row is None
                if item.action is not Action.SAME:
                    row = self._recorded(kind, row, facts, record)
                assert row is not None
                self._remember(kind, external, row, item, facts, made=made)
                return item
        except (ValidationError, Refused, Left) as wrong:
            self.names.pop((kind.word, external), None)
            item = Item(kind.word, external, kind.shown(record), Action.LEAVE)
            item.note(_told(wrong), Level.LEFT)
            return item

    def _recorded(self, kind: "Kind", row: models.Model | None, facts: Facts, record: Any) -> models.Model:
        """Written, with the entry that an admin's own change would have."""
        page: Any = admin.site.get_model_admin(kind.model)
        before = page.facts(row) if row is not None else {}
        row = kind.write(self, row, facts, record)
        if before and differing(before, page.facts(row)) != ({}, {}):
            page.changed(row)
        was, now_is = differing(before, page.facts(row))
        about = {"what": row._meta.model_name, "id": row.pk, "name": str(row), "from": self.label}
        assert self.by is not None
        record_configuration(
            Actor.person(self.by),
            "config_changed" if before else "config_added",
            about | {"before": was, "after": now_is} | kind.also_on_record(record),
            now=self.now,
        )
        return row

    def _look_again(self, word: str, external: str) -> None:
        """Somebody else may be at the same, and have brought it along meanwhile."""
        origin = Origin.objects.filter(system=self.system, kind=word, external=external).first()
        if origin is not None:
            self.origins[word, external] = origin

    def _remember(
        self, kind: "Kind", external: str, row: models.Model, item: Item, facts: Facts, *, made: bool
    ) -> None:
        word, origin = kind.word, self.origins.get((kind.word, external))
        if origin is not None and origin.row != row.pk:
            origin = None
        before: Marks = origin.marks if origin is not None else {}
        left = kind.settled(row, facts)
        marks = marks_of(item.asked or facts, left, before, item.kept, kind.added)
        if origin is not None and (origin.half, before) == (item.half, marks):
            return
        self.origins[word, external] = Origin.objects.update_or_create(
            system=self.system,
            kind=word,
            external=external,
            defaults={
                "row": row.pk,
                "made": origin.made if origin is not None else made,
                "half": item.half,
                "marks": marks,
                "at": self.now,
            },
        )[0]

    # --- what kinds ask ----------------------------------------------------------------------

    def name_of(self, word: str, external: str) -> str | None:
        """What it is called here, or will be; None: it does not come over."""
        return self.names.get((word, external))

    def team_of(self, external: str, item: Item) -> str:
        name = self.name_of("team", external) if external else None
        if name is None:
            item.note(f"It has no team that comes over: {self.owner} has it.")
        return name or self.owner

    def free_name(self, model: type[models.Model], name: str, row: models.Model | None) -> str:
        """As there, unless something else here is called so; what is here keeps its name."""
        if row is not None:
            return str(getattr(row, "name"))  # noqa: B009
        words = " ".join(name.split()) or "without a name"
        taken = self._taken.setdefault(model.__name__, set())
        for more in ("", f" ({self.label})", *(f" ({self.label} {number})" for number in range(2, 1000))):
            tried = words[: 80 - len(more)].rstrip() + more
            if tried not in taken and not model._base_manager.filter(name=tried).exists():
                taken.add(tried)
                return tried
        raise Left("There are too many of this name.")


def _told(wrong: Exception) -> str:
    if not isinstance(wrong, ValidationError):
        return str(wrong)
    if not hasattr(wrong, "error_dict"):
        return " ".join(wrong.messages)
    return " ".join(f"{name}: {said}" for name, some in wrong.message_dict.items() for said in some)


def _in_use(origin: Origin | None, here: bool, item: Item) -> bool:
    """What was out of use because it was half comes into use when it is whole; all else is as people have settled."""
    if origin is not None and origin.half:
        return here or not item.half
    item.half = False
    return here


class Kind(ABC):
    """How one kind of thing is found here, compared and written."""

    word: str  # in records, origins and reports
    model: type[models.Model]
    links: tuple[str, ...] = ()  # fields that refer to other rows, which may not be there yet
    added: tuple[str, ...] = ()  # facts to which an import only adds

    @abstractmethod
    def each(self, move: Move) -> Iterable[tuple[str, Any]]:
        """Everything of this kind: the id it is known by, and what the kind reads."""

    def shown(self, record: Any) -> str:
        return str(record.name)

    def there(self, external: str) -> str:
        """The id that its record has there, if several things here are of one record."""
        return external

    def known(self, move: Move, record: Any) -> models.Model | None:
        """What is here by its own name and is the same thing."""
        return None

    @abstractmethod
    def wanted(self, move: Move, record: Any, row: Any, item: Item) -> Facts:
        """What it should be here. Raises ``Left``."""

    @abstractmethod
    def present(self, row: Any, facts: Facts) -> Facts:
        """The same facts as they are; of lists that may have more here, only what is wanted."""

    def settled(self, row: Any, facts: Facts) -> Facts:
        """As ``present``, with all that people may have changed: what stays as it is if it is wanted so."""
        return self.present(row, facts)

    @abstractmethod
    def fill(self, row: Any, facts: Facts) -> None:
        """The row's own fields."""

    @abstractmethod
    def write(self, move: Move, row: Any, facts: Facts, record: Any) -> models.Model:
        """Put it into the database, and what belongs to it."""

    def check(self, row: Any, facts: Facts) -> None:
        """As the model's own form would. Raises ``ValidationError``."""
        draft = self.model() if row is None else self.model._base_manager.get(pk=row.pk)
        self.fill(draft, facts)
        draft.clean_fields(exclude=self.links)
        draft.clean()

    def called(self, row: Any) -> str:
        return str(row.name)

    def called_so(self, facts: Facts) -> str:
        return str(facts["name"])

    def also_on_record(self, record: Any) -> Facts:
        return {}
