"""Runbooks: to read, for everybody; to write and to review, for those who keep them."""

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Annotated, Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from escalation.kit.containing import contains
from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.tokens import Scope
from incidents.models import Runbook
from incidents.models.procedure import LONGEST
from incidents.models.runbooks import too_many_steps

from . import answers, cursors
from .answers import Made
from .bearer import Bearer, person
from .cursors import Paging
from .filled import wrong
from .matching import hold_still
from .repeats import once
from .shapes import Asked, Instant, MaybeText, Named, Number, example, named

router = Router(auth=Bearer(Scope.PLAN), tags=["runbooks"])
ORDER = ("title", "id")
FIELDS = ("body", "services__name", "tiers__name", "policies__name")  # that are searched, beside the title and team
WORDS = 5


class RunbookRow(Schema):
    id: int
    title: str
    team: Named
    owner: Named | None = Field(description="Who is reminded of its review; null: the team.")
    review_at: Instant | None = Field(description="When somebody has to read it again.")
    archived_at: Instant | None


class RunbooksOut(Schema):
    items: list[RunbookRow]
    next: str | None


class RunbookStepOut(Schema):
    id: int
    number: int
    words: str


class RunbookOut(RunbookRow):
    body: str = Field(description="Markdown. A line that begins with “- [ ]” is a step.")
    steps: list[RunbookStepOut] = Field(description="What can be ticked on an incident, by id.")
    services: list[Named]
    tiers: list[Named]
    policies: list[Named]
    reviewed_at: Instant | None
    reviewed_by: Named | None
    may_keep: bool = Field(description="Whether you may write it.")


class BodyIn(Asked):
    model_config = example(body="- [ ] Look at the queue\n- [ ] Restart the worker")

    body: Annotated[str, Field(min_length=1, max_length=LONGEST)]


Words = Annotated[MaybeText, Field(max_length=80, description="Words that are all in it.")]


@router.get("/runbooks", response={200: RunbooksOut}, summary="Runbooks")
def listed(request: HttpRequest, paging: Query[Paging], q: Words = "") -> HttpResponse:
    """Those in use, by title."""
    found = Runbook.objects.in_use().select_related("team", "owner").defer("body")
    for word in one_line(q, limit=80).split()[:WORDS]:
        about = Runbook.objects.filter(reduce(or_, (contains(field, word) for field in FIELDS))).values("pk")
        found = found.filter(contains("title", word) | contains("team__name", word) | Q(pk__in=about))
    rows, following = cursors.page(found, paging, order=ORDER)
    return answers.read(request, RunbooksOut(items=[RunbookRow(**_row(one)) for one in rows], next=following))


@router.get("/runbooks/{runbook}", response={200: RunbookOut}, summary="One runbook")
def show(request: HttpRequest, runbook: Number) -> HttpResponse:
    found = _found(runbook)
    return answers.read(request, state(found, request), found.version)


@router.put("/runbooks/{runbook}/procedure", response={200: RunbookOut}, summary="Write a runbook anew")
def write(request: HttpRequest, runbook: Number, said: BodyIn) -> HttpResponse:
    """Steps with other words begin anew; tasks about them are settled by it."""
    found = _kept(request, runbook)
    body = said.body.replace("\r\n", "\n")
    if "\x00" in body or not body.strip():
        raise wrong({"body": [_("Write a procedure.")]})
    if too_many := too_many_steps(body):
        raise wrong({"body": [too_many]})
    return _changed(request, found, lambda: found.rewrite(by=person(request), body=body))


@router.post("/runbooks/{runbook}/review", response={200: RunbookOut}, summary="Say that a runbook is still right")
def review(request: HttpRequest, runbook: Number) -> HttpResponse:
    """You have read it."""
    found = _kept(request, runbook)
    return _changed(request, found, lambda: found.review(by=person(request)))


def _found(pk: int) -> Runbook:
    return get_object_or_404(Runbook.objects.select_related("team", "owner", "reviewed_by"), pk=pk)


def _kept(request: HttpRequest, pk: int) -> Runbook:
    found = _found(pk)
    if not found.may_keep(person(request)):
        raise Refused(_("Only its owner, its team and admins may do that."), code="not-allowed")
    return found


def _changed(request: HttpRequest, runbook: Runbook, verb: Callable[[], None]) -> HttpResponse:
    def do() -> Made:
        verb()
        return _made(request, runbook.pk)

    def was() -> Made:
        hold_still()
        return _made(request, runbook.pk)

    return once(request, do, was=was)


def _made(request: HttpRequest, pk: int) -> Made:
    found = _found(pk)
    return Made(state(found, request), found.version)


def _row(one: Runbook) -> dict[str, Any]:
    return {
        "id": one.pk,
        "title": one.title,
        "team": Named(id=one.team_id, name=one.team.name),
        "owner": named(one.owner),
        "review_at": one.review_at,
        "archived_at": one.archived_at,
    }


def state(one: Runbook, request: HttpRequest) -> RunbookOut:
    steps = one.steps.filter(number__isnull=False).order_by("number")
    return RunbookOut(
        **_row(one),
        body=one.body,
        steps=[RunbookStepOut(id=step.pk, number=step.number or 0, words=step.words) for step in steps],
        services=_names(one.services),
        tiers=_names(one.tiers),
        policies=_names(one.policies),
        reviewed_at=one.reviewed_at,
        reviewed_by=named(one.reviewed_by),
        may_keep=one.may_keep(person(request)) and one.archived_at is None,
    )


def _names(rows: Any) -> list[Named]:
    found = rows.filter(archived_at__isnull=True).order_by("name", "id")
    return [Named(id=pk, name=name) for pk, name in found.values_list("pk", "name")]
