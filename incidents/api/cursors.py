"""Lists by the page. A cursor is the place of the last row in the list's order, signed: what comes or goes between two
pages is not missed, nothing is listed twice, and nobody makes one up. It says no time: the same page has the
same ``ETag``."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet
from ninja import Schema
from pydantic import Field

from .problems import FieldProblem, Problem

USUAL, MOST = 25, 100
M = TypeVar("M", bound=Model)


class Paging(Schema):
    """How much of a list, and from where."""

    limit: Annotated[int, Field(ge=1, le=MOST, description=f"So many at the most; up to {MOST}.")] = USUAL
    cursor: Annotated[
        str | None, Field(max_length=1000, description="`next` of the page before, with the same order.")
    ] = None


def page(rows: QuerySet[M], paging: Paging, *, order: Sequence[str]) -> tuple[list[M], str | None]:
    """A page in this order, and the cursor of the next one. The columns are never null and the last one is unique."""
    salt = "api.cursor:" + rows.model._meta.label + ":" + ",".join(order)
    if paging.cursor is not None:
        rows = rows.filter(_after(rows.model, order, _read(paging.cursor, salt)))
    found = list(rows.order_by(*order)[: paging.limit + 1])
    if len(found) <= paging.limit:
        return found, None
    found = found[: paging.limit]
    place = [_plain(getattr(found[-1], name.removeprefix("-"))) for name in order]
    return found, signing.Signer(salt=salt).sign_object(place)


def _read(cursor: str, salt: str) -> list[Any]:
    try:
        found: list[Any] = signing.Signer(salt=salt).unsign_object(cursor)
    except (signing.BadSignature, ValueError) as error:
        said = "This is no cursor of this list in this order."
        raise Problem(422, said, errors=[FieldProblem(field="query.cursor", message=said)]) from error
    return found


def _after(model: type[Model], order: Sequence[str], place: Sequence[Any]) -> Q:
    """Beyond the place by the first column, or level with it and beyond it by the next, and so on."""
    beyond, level = Q(pk__in=[]), Q()
    for name, value in zip(order, place, strict=True):
        column = name.removeprefix("-")
        known = model._meta.get_field(column).to_python(value)  # type: ignore[union-attr]
        beyond |= level & Q(**{f"{column}__{'lt' if name.startswith('-') else 'gt'}": known})
        level &= Q(**{column: known})
    return beyond


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value  # an instant is a day too
