"""Sealing anew what an older key sealed, and what was sealed before it was bound to its place.

Row by row, each by a conditional update: who writes at the same time wins, and what stopped half-way goes on where
it was. Nothing is decided by it, so it is no change of the configuration and leaves no entry.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core import checks
from django.db import DatabaseError, IntegrityError, models, transaction
from django.db.models import ExpressionWrapper, F, Value

from . import sealed_before, sealing
from .sealed import Placed, SealedAddress

MANY = 500  # rows that are read at once


@dataclass
class Count:
    """What was found in one column."""

    table: str
    column: str
    first: int = 0  # sealed with the first key
    older: int = 0  # by another one
    unbound: int = 0  # by whichever, before it was bound to its place
    changed: int = 0  # of these two: sealed anew
    twice: list[Any] = dataclasses.field(default_factory=list)  # of those: rows that would then be the same as another
    closed: int = 0  # no key here opens them, or they were not sealed for where they are


def columns() -> Iterator[tuple[type[models.Model], Any]]:
    """Every column that keeps what is sealed."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, Placed):
                yield model, field


def rotate(*, write: bool, unbound: bool = False) -> list[Count]:
    """Seal anew, or only count, what the first key has not sealed.

    ``unbound``: also what is not bound to its place, which opens anywhere, and so only where somebody asks for it.
    """
    return [_column(model, field, write, unbound) for model, field in columns()]


def closed() -> int:
    """How much is kept that no key here opens."""
    return sum(one.closed for one in rotate(write=False))


def check(databases: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """baton.W008, at every start. Silent while tables are still to be made."""
    if not databases:
        return []
    try:
        with transaction.atomic():
            count = sum(one.closed + one.unbound for one in rotate(write=False))
    except DatabaseError:
        return []
    why = f"{count} sealed values open with no key here, or not where they are: nothing is sent to those addresses."
    hint = "Put the former key into BATON_SEALING_KEY_FALLBACKS or SECRET_KEY_FALLBACKS. See docs/secrets.md."
    return [checks.Warning(why, hint=hint, id="baton.W008")] if count else []


def _column(model: type[models.Model], field: Any, write: bool, unbound: bool) -> Count:
    count = Count(model._meta.db_table, field.column)
    for pk, was, place in _each(model, field):
        new = _anew(field, was, place, count, unbound)
        if new is not None and write:
            _write(model, field.name, pk, was, new, count)
    return count


def _each(model: Any, field: Any) -> Iterator[tuple[Any, str, sealing.Place]]:
    """Each value with its row's key and its place."""
    rows = kept(model, field.name).exclude(as_kept="").order_by("pk")
    rows = rows.values_list("pk", "as_kept", *([field.of] if field.of else []))
    last: Any = None
    while page := list((rows if last is None else rows.filter(pk__gt=last))[:MANY]):
        for pk, was, *whose in page:
            yield pk, was, (*field.place, *map(str, whose))
        last = page[-1][0]


def _write(model: type[models.Model], name: str, pk: Any, was: str, new: str, count: Count) -> None:
    """While a key was lost somebody may have added anew what could not be read: one such row stops no other."""
    try:
        with transaction.atomic():
            count.changed += kept(model, name).filter(pk=pk, as_kept=was).update(**{name: _plainly(new)})
    except IntegrityError:
        count.twice.append(pk)


def _anew(field: Any, was: str, place: sealing.Place, count: Count, unbound: bool) -> str | None:
    """How the first key seals it; nothing if it has, or if nobody can."""
    if _opens(field, was, place, by=sealing.keys()[:1]):
        count.first += 1
    elif _opens(field, was, place):
        count.older += 1
        return _sealed_anew(field, was, place)
    elif new := _bound(field, was, place):
        count.unbound += 1
        return new if unbound else None
    else:
        count.closed += 1
    return None


def _opens(field: Any, was: str, place: sealing.Place, *, by: list[str] | None = None) -> bool:
    try:
        (sealing.found if isinstance(field, SealedAddress) else sealing.opened)(was, place, by=by)
    except sealing.Unreadable:
        return False
    return True


def _sealed_anew(field: Any, was: str, place: sealing.Place) -> str:
    if isinstance(field, SealedAddress):
        return sealing.findable(sealing.found(was, place), place)
    return sealing.sealed(sealing.opened(was, place), place)


# --- before there were places ---------------------------------------------------------------------


def _bound(field: Any, was: str, place: sealing.Place) -> str:
    """What was sealed for no place, sealed for this one; nothing if no key here opens it."""
    try:
        if isinstance(field, SealedAddress):
            return sealing.findable(sealed_before.found(was), place)
        return sealing.sealed(sealed_before.opened(was), place)
    except sealing.Unreadable:
        return ""


def _unbound(field: Any, was: str, place: sealing.Place) -> str:
    try:
        if isinstance(field, SealedAddress):
            return sealed_before.findable(sealing.found(was, place))
        return sealed_before.sealed(sealing.opened(was, place))
    except sealing.Unreadable:
        return ""


def kept(model: Any, name: str) -> Any:
    """Its rows with ``as_kept``: what stands in the database, as it stands there."""
    return model._base_manager.annotate(as_kept=ExpressionWrapper(F(name), output_field=models.TextField()))


def _plainly(text: str) -> Any:
    return Value(text, output_field=models.TextField())


# --- for migrations -------------------------------------------------------------------------------


def binding_of(app: str, name: str, *columns: str) -> tuple[Any, Any]:
    """Bind what was sealed for no place to where it is, and the way back. What no key opens stays as it is."""
    return _turned(app, name, columns, _bound), _turned(app, name, columns, _unbound)


def sealing_of(app: str, name: str, column: str) -> tuple[Any, Any]:
    """Seal what was plain until now, and the way back."""

    def seal(field: Any, was: str, place: sealing.Place) -> str:
        return "" if _opens(field, was, place) else sealing.findable(was, place)

    def unseal(field: Any, was: str, place: sealing.Place) -> str:
        try:
            return sealing.found(was if _opens(field, was, place) else _bound(field, was, place), place)
        except sealing.Unreadable:
            return ""  # shut, and not lost

    return _turned(app, name, [column], seal), _turned(app, name, [column], unseal)


def _turned(app: str, name: str, columns: Iterable[str], change: Callable[[Any, str, sealing.Place], str]) -> Any:
    """What a migration does with each value; where ``change`` says nothing it is left."""

    def turn(apps: Any, schema_editor: Any) -> None:
        model = apps.get_model(app, name)
        for column in columns:
            for pk, was, place in _each(model, model._meta.get_field(column)):
                if new := change(model._meta.get_field(column), was, place):
                    model._base_manager.filter(pk=pk).update(**{column: _plainly(new)})

    return turn
