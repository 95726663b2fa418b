"""What operations take and give: texts, numbers, and the small objects that others are made of."""

from collections.abc import Hashable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, PlainSerializer

T = TypeVar("T", bound=Hashable)
MOST_TEXT = 10_000  # characters, as in the desk's forms
LARGEST = 2**53 - 1  # what every program can count to


def readable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a NUL character is no text")
    return text


def each_once(items: list[T]) -> list[T]:
    if len(set(items)) != len(items):
        raise ValueError("something stands twice")
    return items


def _in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


Text = Annotated[str, Field(min_length=1, max_length=MOST_TEXT), AfterValidator(readable)]
MaybeText = Annotated[str, Field(max_length=MOST_TEXT), AfterValidator(readable)]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(readable)]
Id = Annotated[int, Field(strict=True, ge=1, le=LARGEST)]  # in a body
EachOnce = (AfterValidator(each_once), Field(json_schema_extra={"uniqueItems": True}))  # of a list in a body
Number = Annotated[int, Field(ge=1, le=LARGEST)]  # in an address
Instant = Annotated[datetime, PlainSerializer(_in_utc, return_type=str, when_used="json")]  # given
When = Annotated[AwareDatetime, Field(examples=["2026-03-02T12:00:00Z"])]  # taken: with its zone


class Asked(Schema):
    """A body. A field that nobody knows is a mistake, and is not passed over."""

    model_config = ConfigDict(extra="forbid")


def example(**said: Any) -> ConfigDict:
    """For a body of which the description is to show one."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [said]})


class Grade(StrEnum):
    """Impact and urgency share one scale."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Named(Schema):
    """Something or somebody, with the name as it is now."""

    id: int
    name: str


def named(row: Any) -> Named | None:
    return None if row is None else Named(id=row.pk, name=str(row))
