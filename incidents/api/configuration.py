"""The configuration record, for programs of admins and auditors: who changed what, when, before and after."""

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.trail import configuration
from incidents.models.access import sees_all

from . import answers
from .bearer import Bearer, person
from .cursors import Paging, page
from .shapes import Instant, MaybeText, Number, When

router = Router(auth=Bearer(), tags=["configuration"])


class DifferenceOut(Schema):
    """One field. Of a secret it is on record that it changed, and not to what."""

    field: str
    before: str
    after: str


class ChangeOut(Schema):
    """One change of how the installation works."""

    number: int = Field(description="Of the entry: there is none missing but of what is no change.")
    at: Instant
    by: str = Field(description="As they were called then.")
    by_kind: Literal["person", "source", "engine"]
    by_id: int | None
    kind: str = Field(description="What was done, such as `config_changed` or `token_revoked`.")
    what: str = Field(description="The kind of thing, such as `tier`.")
    id: int | None = Field(description="Its number; null: it has none.")
    name: str = Field(description="As it was called then.")
    of: str = Field(description="Whose it is, where that is said.")
    differences: list[DifferenceOut]
    text: str


class ChangePage(Schema):
    items: list[ChangeOut]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


Words = Annotated[MaybeText, Field(max_length=120, description="Words that all stand in it.")]
Kind = Annotated[MaybeText, Field(max_length=120, description="Only of this kind of thing, such as `tier`.")]
Who = Annotated[MaybeText, Field(max_length=120, description="Only by whoever was called so.")]


@router.get("/configuration", response={200: ChangePage}, summary="The configuration record")
def listed(
    request: HttpRequest,
    paging: Query[Paging],
    q: Words = "",
    what: Kind = "",
    id: Number | None = None,
    who: Who = "",
    since: When | None = None,
    until: When | None = None,
) -> HttpResponse:
    """Every change, the latest first. For admins and auditors. `id` is that of the thing, and goes with `what`."""
    if not sees_all(person(request)):
        raise Refused(_("Only admins and auditors read the configuration record."), code="not-allowed")
    said = configuration.Asked(
        one_line(q, limit=120), one_line(what, limit=120), id, one_line(who, limit=120), since, until
    )
    found, following = page(configuration.entries(said).select_related("said"), paging, order=("-seq",))
    items = [_change(one) for one in configuration.changes(found)]
    return answers.read(request, ChangePage(items=items, next=following))


def _change(one: configuration.Change) -> ChangeOut:
    entry = one.entry
    return ChangeOut(
        number=entry.seq,
        at=entry.at,
        by=entry.actor_name,
        by_kind=entry.actor_kind,  # type: ignore[arg-type]
        by_id=entry.actor_id,
        kind=entry.kind,
        what=one.kind,
        id=one.number,
        name=one.name,
        of=one.of,
        differences=[DifferenceOut(**each._asdict()) for each in one.differences],
        text=one.words,
    )
