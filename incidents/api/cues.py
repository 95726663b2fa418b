"""My cues: what one must do next, why, by when, and what happens otherwise..

A cue's ``page`` and buttons lead to the desk; what a program does instead is an operation on the cue's incident.
"""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from ninja import Router, Schema
from pydantic import Field

from escalation.kit import clock
from incidents import cueing
from incidents.cueing import Cue

from . import answers
from .bearer import Bearer, person
from .shapes import Instant

router = Router(auth=Bearer(), tags=["cues"])


class ActOut(Schema):
    label: str
    page: str


class CueOut(Schema):
    kind: str = Field(description="offer, call, holding, swap, gap, review and others.")
    title: str
    why: str
    then: str = Field(description="What happens if you do nothing.")
    due: Instant | None
    late: bool
    incident: int | None = Field(description="Its number, if it is about one.")
    severity: int | None
    page: str
    acts: list[ActOut] = Field(description="The buttons of the desk.")


class CuesOut(Schema):
    total: int
    items: list[CueOut]


@router.get("/cues", response={200: CuesOut}, summary="My cues")
def listed(request: HttpRequest, limit: Annotated[int, Field(ge=1, le=100)] = 50) -> HttpResponse:
    """What is late first, then what comes, then what has no end."""
    now, user = clock.now(), person(request)
    found, total = cueing.of(user, now, limit)
    items = [_cue(one, now) for one in found]
    return answers.read(request, CuesOut(total=total, items=items))


def _cue(one: Cue, now: datetime) -> CueOut:
    return CueOut(
        kind=one.kind,
        title=str(one.title),
        why=str(one.why),
        then=str(one.then),
        due=one.due,
        late=one.due is not None and one.due < now,
        incident=_number(one.url),
        severity=one.severity,
        page=one.url,
        acts=[ActOut(label=str(act.label), page=act.url) for act in one.acts],
    )


def _number(url: str) -> int | None:
    try:
        match = resolve(url.partition("?")[0].partition("#")[0])
    except Resolver404:
        return None
    return match.kwargs.get("number")
