"""Saved views of the queue: a name for what its address asks for, one's own or shared with a team."""

from typing import Annotated, Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from escalation.kit import clock
from escalation.kit.text import one_line
from escalation.people.models import User
from escalation.people.tokens import Scope
from incidents.models import FirstView, SavedView
from incidents.models.views import LONGEST, asked_in

from . import answers
from .answers import Made
from .bearer import Bearer, person
from .filled import wrong
from .repeats import once
from .shapes import Asked, Id, MaybeText, Named, Number, example, named

router = Router(auth=Bearer(Scope.PLAN), tags=["views"])


class ViewOut(Schema):
    id: int
    name: str
    asked: str = Field(description="What of an address stands after the question mark.", examples=["severity=1"])
    team: Named | None = Field(description="With whom it is shared; null: it is its author's.")
    author: Named
    first: bool = Field(description="Your queue begins with it.")
    may_change: bool


class ViewsOut(Schema):
    items: list[ViewOut]


class ViewIn(Asked):
    model_config = example(name="Worst", asked="scope=all&severity=1")

    name: Annotated[MaybeText, Field(min_length=1, max_length=80)]
    asked: Annotated[MaybeText, Field(max_length=LONGEST, examples=["scope=all&severity=1"])] = ""
    team: Id | None = Field(None, description="One of yours, to share it with.")
    first: bool = Field(False, description="Your queue begins with it.")


@router.get("/views", response={200: ViewsOut}, summary="Saved views")
def listed(request: HttpRequest) -> HttpResponse:
    """Your own, and those of your teams."""
    user = person(request)
    return answers.read(request, ViewsOut(items=[_state(one) for one in _rows(user)]))


@router.get("/views/{view}", response={200: ViewOut}, summary="One saved view")
def show(request: HttpRequest, view: Number) -> HttpResponse:
    return answers.read(request, _state(get_object_or_404(_rows(person(request)), pk=view)))


@router.post("/views", response={201: ViewOut}, summary="Save a view")
def add(request: HttpRequest, said: ViewIn) -> HttpResponse:
    """What the queue does not know of “asked” is left out."""
    user = person(request)

    def do() -> Made:
        view = SavedView(author=user)
        _write(view, said, user)
        view.save()
        FirstView.choose(user, view, on=said.first)
        return _made(user, view, 201)

    return once(request, do)


@router.put("/views/{view}", response={200: ViewOut}, summary="Change a view")
def change(request: HttpRequest, view: Number, said: ViewIn) -> HttpResponse:
    """Your own; as a supervisor, those of your team."""
    user = person(request)

    def do() -> Made:
        found = _changeable(user, view)
        _write(found, said, user)
        found.save(update_fields=["name", "asked", "team"])  # somebody may have archived it meanwhile
        FirstView.choose(user, found, on=said.first)
        return _made(user, found)

    return once(request, do, was=lambda: _standing_still(user, view))


@router.delete("/views/{view}", response={200: ViewsOut}, summary="Archive a view")
def archive(request: HttpRequest, view: Number) -> HttpResponse:
    """Nobody sees it any more. The answer is those that are left."""
    user = person(request)

    def do() -> Made:
        found = _changeable(user, view)
        found.archived_at = clock.now()
        found.save(update_fields=["archived_at"])
        return Made(ViewsOut(items=[_state(one) for one in _rows(user)]))

    return once(request, do, was=lambda: _standing_still(user, view))


@router.put("/views/{view}/first", response={200: ViewOut}, summary="Begin my queue with a view")
def set_first(request: HttpRequest, view: Number) -> HttpResponse:
    """One that you see, whoever made it."""
    return _first(request, view, on=True)


@router.delete("/views/{view}/first", response={200: ViewOut}, summary="Begin my queue with it no longer")
def end_first(request: HttpRequest, view: Number) -> HttpResponse:
    return _first(request, view, on=False)


def _first(request: HttpRequest, pk: int, *, on: bool) -> HttpResponse:
    user = person(request)
    found = get_object_or_404(SavedView.objects.visible_to(user), pk=pk)

    def do() -> Made:
        FirstView.choose(user, found, on=on)
        return _made(user, found)

    return once(request, do, was=lambda: _standing_still(user, pk))


def _changeable(user: User, pk: int) -> SavedView:
    get_object_or_404(SavedView.objects.visible_to(user), pk=pk)
    return get_object_or_404(SavedView.objects.changeable_by(user), pk=pk)


def _standing_still(user: User, pk: int) -> Made:
    """As it is; whoever else changes it waits."""
    list(SavedView.objects.select_for_update().filter(pk=pk))
    return Made(_state(get_object_or_404(_rows(user), pk=pk)))


def _write(view: SavedView, said: ViewIn, user: User) -> None:
    view.name = one_line(said.name, limit=80)
    if not view.name:
        raise wrong({"name": [_("Give it a name.")]})
    if said.team not in (None, view.team_id, *(team for team, _name, _role in user.belongs)):
        raise wrong({"team": [_("Choose one of your teams.")]})
    view.team_id = said.team
    view.asked = asked_in(QueryDict(said.asked.removeprefix("?")))


def _rows(user: User) -> Any:
    mine = FirstView.objects.filter(person=user, view=OuterRef("pk"))
    may = SavedView.objects.changeable_by(user).filter(pk=OuterRef("pk"))
    rows = SavedView.objects.visible_to(user).select_related("team", "author")
    return rows.annotate(first=Exists(mine), may=Exists(may))


def _made(user: User, view: SavedView, status: int = 200) -> Made:
    return Made(_state(_rows(user).get(pk=view.pk)), status=status)


def _state(one: Any) -> ViewOut:
    return ViewOut(
        id=one.pk,
        name=one.name,
        asked=one.asked,
        team=named(one.team),
        author=Named(id=one.author_id, name=one.author.name),
        first=one.first,
        may_change=one.may,
    )
