"""Sealing anew what an older key sealed.

Row by row, each by a conditional update: who writes at the same time wins, and what stopped half-way goes on where
it was. Nothing is decided by it, so it is no change of the configuration and leaves no entry.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core import checks
from django.db import DatabaseError, IntegrityError, models, transaction
from django.db.models import ExpressionWrapper, F, Value

from . import sealing
from .sealed import SealedAddress, SealedText

MANY = 500  # rows that are read at once


@dataclass
class Count:
    """What was found in one column."""

    table: str
    column: str
    first: int = 0  # sealed with the first key
    older: int = 0  # by another one, or by none
    changed: int = 0  # of those: sealed anew
    twice: list[Any] = dataclasses.field(default_factory=list)  # of those: rows that would then be the same as another
    closed: int = 0  # no key here opens them


def columns() -> Iterator[tuple[type[models.Model], Any]]:
    """Every column that keeps what is sealed."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, SealedAddress | SealedText):
                yield model, field


def rotate(*, write: bool) -> list[Count]:
    """Seal anew, or only count, what the first key has not sealed."""
    return [_column(model, field, write) for model, field in columns()]


def closed() -> int:
    """How much is kept that no key here opens."""
    return sum(one.closed for one in rotate(write=False))


def check(databases: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """baton.W008, at every start. Silent while tables are still to be made."""
    if not databases:
        return []
    try:
        with transaction.atomic():
            count = closed()
    except DatabaseError:
        return []
    why = f"{count} sealed values can be opened by no key here: nothing is sent to those addresses."
    hint = "Put the former key into BATON_SEALING_KEY_FALLBACKS or SECRET_KEY_FALLBACKS. See docs/secrets.md."
    return [checks.Warning(why, hint=hint, id="baton.W008")] if count else []


def _column(model: type[models.Model], field: Any, write: bool) -> Count:
    count = Count(model._meta.db_table, field.column)
    rows = kept(model, field.name).exclude(as_kept="").order_by("pk")
    last: Any = None
    while True:
        page = list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", "as_kept")[:MANY])
        for pk, was in page:
            new = _anew(field, was, count)
            if new is not None and write:
                _write(model, field.name, pk, was, new, count)
        if len(page) < MANY:
            return count
        last = page[-1][0]


def _write(model: type[models.Model], name: str, pk: Any, was: str, new: str, count: Count) -> None:
    """While a key was lost somebody may have added anew what could not be read: one such row stops no other."""
    try:
        with transaction.atomic():
            count.changed += kept(model, name).filter(pk=pk, as_kept=was).update(**{name: _plainly(new)})
    except IntegrityError:
        count.twice.append(pk)


def _anew(field: Any, was: str, count: Count) -> str | None:
    """How the first key seals it; nothing if it has, or if nobody can."""
    first = sealing.keys()[:1]
    is_address = isinstance(field, SealedAddress)
    try:
        if is_address and not sealing.is_findable(was):
            raise sealing.Unreadable
        (sealing.found if is_address else sealing.opened)(was, by=first)
    except sealing.Unreadable:
        pass
    else:
        count.first += 1
        return None
    try:
        new = sealing.findable(sealing.found(was)) if is_address else sealing.sealed(sealing.opened(was))
    except sealing.Unreadable:
        count.closed += 1
        return None
    count.older += 1
    return new


def kept(model: Any, name: str) -> Any:
    """Its rows with ``as_kept``: what stands in the database, as it stands there."""
    return model._base_manager.annotate(as_kept=ExpressionWrapper(F(name), output_field=models.TextField()))


def _plainly(text: str) -> Any:
    return Value(text, output_field=models.TextField())


def _found_or_as_it_is(was: str) -> str:
    try:
        return sealing.found(was)
    except sealing.Unreadable:
        return was  # shut, and not lost


def sealing_of(app: str, name: str, column: str) -> tuple[Any, Any]:
    """For a migration: seal what was plain until now, and the way back."""

    def each(apps: Any, change: Any) -> None:
        model = apps.get_model(app, name)
        rows = kept(model, column).exclude(as_kept="").values_list("pk", "as_kept")
        for pk, was in list(rows):
            new = change(was)
            if new != was:
                model._base_manager.filter(pk=pk).update(**{column: _plainly(new)})

    def seal(apps: Any, schema_editor: Any) -> None:
        each(apps, lambda was: was if sealing.is_findable(was) else sealing.findable(was))

    def unseal(apps: Any, schema_editor: Any) -> None:
        each(apps, _found_or_as_it_is)

    return seal, unseal
