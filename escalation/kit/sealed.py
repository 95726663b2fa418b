"""Columns that keep what is sealed. ``rotation`` finds them by these classes: whoever seals something uses one."""

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


def read(kept: str) -> str:
    """What a column of addresses says; ``Locked`` if that cannot be had."""
    try:
        return sealing.found(kept)
    except sealing.Unreadable:
        return Locked(kept)


class SealedText(models.TextField):
    """Keeps what ``sealing.sealed`` made; who uses it opens it."""


class SealedAddress(models.CharField):
    """An address, plain to the code and sealed in the database. It can be looked for by the whole of it, not by a part.

    ``max_length`` is the plain one's. A value that was written before it was sealed is read as it is.
    """

    def get_internal_type(self) -> str:
        return "TextField"  # sealed it is longer

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else read(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        value = super().get_db_prep_value(value, connection, prepared)
        if isinstance(value, Locked):
            return value.kept
        return sealing.findable(value) if isinstance(value, str) else value

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
        return read(value) if isinstance(value, str) else super().to_python(value)

    def value_to_string(self, obj: Any) -> str:
        """For ``dumpdata`` and other files: sealed, as it stands in the database."""
        value = self.value_from_object(obj)
        return value.kept if isinstance(value, Locked) else sealing.findable(str(value or ""))

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
        said = [self.rhs.kept] if isinstance(self.rhs, Locked) else sealing.findables(str(self.rhs))
        return f"{lhs} IN ({', '.join(['%s'] * len(said))})", [*params, *said]
