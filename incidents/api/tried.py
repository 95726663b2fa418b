"""What was tried before, on incidents that one may see, and how often it helped."""

import json
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from escalation.kit.text import one_line
from incidents.models import Attempt, Incident
from incidents.models.attempts import LOOK, Outcome, counted, parted

from . import answers, cursors
from .bearer import Bearer, person
from .cursors import Paging
from .shapes import Instant, MaybeText, Named, Number

router = Router(auth=Bearer(), tags=["attempts"])
ORDER = ("-at", "-id")


class TallyOut(Schema):
    tried: int
    helped: int


class AttemptOut(Schema):
    """A step that somebody took on an incident."""

    id: int
    incident: int = Field(description="Its number.")
    service: Named | None
    by: str = Field(description="As they were called then.")
    at: Instant
    hypothesis: str
    action: str
    outcome: Outcome
    minutes: int | None


class AttemptsOut(Schema):
    items: list[AttemptOut]
    next: str | None
    tally: TallyOut = Field(description="Of every outcome, among the latest that were looked at.")
    looked_at: int | None = Field(description="There are more than these latest ones; null: every one was looked at.")


Words = Annotated[MaybeText, Field(max_length=200, description="Words that are all in it.")]


@router.get("/attempts", response={200: AttemptsOut}, summary="What was tried before")
def listed(
    request: HttpRequest,
    paging: Query[Paging],
    q: Words = "",
    service: Number | None = None,
    outcome: Outcome | None = None,
) -> HttpResponse:
    """The latest first; on one service, or on all."""
    user = person(request)
    within = Attempt.objects.visible_to(user)
    if service is not None:
        within = Attempt.objects.on(Incident.objects.visible_to(user).filter(service=service))
    found, more = within.looked_through(one_line(q, limit=200), LOOK)
    ids = [one.pk for one in found if outcome in (None, one.outcome)]
    wanted = Attempt.objects.filter(pk__in=ids).select_related("entry__said", "incident__service")
    rows, following = cursors.page(wanted, paging, order=ORDER)
    body = AttemptsOut(
        items=[_row(one) for one in rows],
        next=following,
        tally=TallyOut(**counted(found)),
        looked_at=LOOK if more else None,
    )
    return answers.read(request, body)


def _row(one: Attempt) -> AttemptOut:
    data = json.loads(one.entry.data)
    said = one.entry.said.text if hasattr(one.entry, "said") else ""
    hypothesis, action = parted(said, has_hypothesis=bool(data.get("hypothesis")))
    service = one.incident.service
    return AttemptOut(
        id=one.pk,
        incident=one.incident.number,
        service=Named(id=service.pk, name=service.name) if service else None,
        by=one.entry.actor_name,
        at=one.at,
        hypothesis=hypothesis,
        action=action,
        outcome=Outcome(one.outcome),
        minutes=one.minutes,
    )
