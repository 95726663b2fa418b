"""Columns that keep what is sealed. ``rotation`` finds them by these classes: whoever seals something uses one.

Each value is bound to the table and the column it is kept in, a ``SealedText`` also to whose it is where that is said.
So a migration that renames either seals anew what is there.
"""

from functools import reduce
from typing import Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.models import lookups

from . import sealing


class Locked(str):
    """An address that no key here opens. Nothing is reached by it, and whoever saves its row loses nothing."""

    kept: str

    def __new__(cls, kept: str) -> "Locked":
        made = super().__new__(cls, "?")  # not empty: that would be the account's own
        made.kept = kept
        return made


class Placed(models.Field):
    """A column that knows what its values are bound to."""

    of = ""

    @property
    def place(self) -> sealing.Place:
        return (f"{self.model._meta.db_table}.{self.column}",)


class SealedText(Placed, models.TextField):
    """Keeps a secret for ``seal`` and ``unseal``. ``of``: the way to whose it is, as queries say it, from the row."""

    def __init__(self, *args: Any, of: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of = of

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | ({"of": self.of} if self.of else {})

    def place_in(self, row: models.Model) -> sealing.Place:
        return (*self.place, str(reduce(getattr, self.of.split("__"), row))) if self.of else self.place


def seal(row: models.Model, column: str, secret: bytes) -> None:
    """Keep it there, to be saved."""
    setattr(row, column, sealing.sealed(secret, _text(row, column).place_in(row)))


def unseal(row: models.Model, column: str) -> bytes:
    """What is kept there; raises ``sealing.Unreadable``."""
    return sealing.opened(getattr(row, column), _text(row, column).place_in(row))


def _text(row: models.Model, column: str) -> SealedText:
    field = row._meta.get_field(column)
    assert isinstance(field, SealedText)
    return field


class SealedAddress(Placed, models.CharField):
    """An address, plain to the code and sealed in the database. It can be looked for by the whole of it, not by a part.

    ``max_length`` is the plain one's. What stands there and was not sealed for there is ``Locked``.
    """

    def get_internal_type(self) -> str:
        return "TextField"  # sealed it is longer

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else self.read(value)

    def read(self, kept: str) -> str:
        """What it says; ``Locked`` if that cannot be had."""
        try:
            return sealing.found(kept, self.place)
        except sealing.Unreadable:
            return Locked(kept)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        value = super().get_db_prep_value(value, connection, prepared)
        if isinstance(value, Locked):
            return value.kept
        return sealing.findable(value, self.place) if isinstance(value, str) else value

    def clean(self, value: Any, model_instance: Any) -> Any:
        """Nothing that somebody types is opened, however it begins."""
        value = super().to_python(value)
        self.validate(value, model_instance)
        self.run_validators(value)
        return value

    def to_python(self, value: Any) -> Any:
        """For deserialising alone: what is sealed comes from a file that ``value_to_string`` went into."""
        if isinstance(value, Locked):
            return value
        return self.read(value) if isinstance(value, str) else super().to_python(value)

    def value_to_string(self, obj: Any) -> str:
        """For ``dumpdata`` and other files: sealed, as it stands in the database."""
        value = self.value_from_object(obj)
        return value.kept if isinstance(value, Locked) else sealing.findable(str(value or ""), self.place)

    def get_prep_value(self, value: Any) -> Any:
        """Not by ``to_python``: what is written is plain, whatever it begins with."""
        value = models.Field.get_prep_value(self, value)
        return value if value is None or isinstance(value, str) else str(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in ("exact", "isnull"):
            raise FieldError(
                f"{self.name} is sealed: it can be looked for by the whole of it, and not by {lookup_name}."
            )
        return super().get_lookup(lookup_name)


@SealedAddress.register_lookup
class _Same(lookups.Lookup):
    """By whichever key it was sealed."""

    lookup_name = "exact"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        lhs, params = self.process_lhs(compiler, connection)
        place = self.lhs.output_field.place
        said = [self.rhs.kept] if isinstance(self.rhs, Locked) else sealing.findables(str(self.rhs), place)
        return f"{lhs} IN ({', '.join(['%s'] * len(said))})", [*params, *said]
