"""Problems: recurring trouble, what is of it, what is done against it, and whether a fix helped.

``If-Match`` is about what people say and do: words, state, what is one of it, actions. What looks like it, and how
often it came, is read each time and is nobody's change.
"""

from collections.abc import Callable
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Path, Query, Router
from pydantic import Field

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import Team, User
from escalation.people.tokens import Scope
from escalation.trail.models import Trail
from incidents import recurring
from incidents.models import Incident, Problem
from incidents.models.problems import TITLE, ProblemQuerySet

from . import answers, recurring_state
from .acting import chosen, other, someone
from .answers import Made
from .bearer import Bearer, person
from .cursors import Paging, page
from .incident_verbs import Somebody, Why
from .recurring_state import ProblemProposalsOut, ProblemsOut, ProblemWhole
from .repeats import Sees, once
from .reviews import ActionIn, MoveIn, Said, due_of, owner_of
from .shapes import Asked, EachOnce, Id, MaybeText, Number, When, example

router = Router(auth=Bearer(Scope.WORK), tags=["problems"])
AT, ACTION = "/problems/{problem}", "/problems/{problem}/actions/{action}"
OF = "/problems/{problem}/incidents/{number}"
NEW = {200: ProblemWhole}
MOST_AT_ONCE = 50  # incidents that it begins with
Others = Annotated[list[Id], Field(max_length=MOST_AT_ONCE), *EachOnce]


class ProblemWordsIn(Asked):
    """All that is written; an empty cause is none."""

    model_config = example(title="The gateway runs full", owner="mei@example.com", team=2, cause="A pool of ten")

    title: Annotated[Said, Field(max_length=TITLE)]
    owner: Somebody = Field(description="Number or e-mail address.")
    team: Id
    cause: MaybeText = Field(description="What is believed to be the cause.")


class ProblemIn(ProblemWordsIn):
    model_config = example(
        title="The gateway runs full", owner="mei@example.com", team=2, cause="", incident=1042, also=[1031], apart=[]
    )

    incident: Id = Field(description="The number of the one that it begins with.")
    also: Others = Field(description="The numbers of others that are the same trouble.")
    apart: Others = Field(description="Of those that look like it and are not: they are not proposed again.")


class FixedIn(Asked):
    model_config = example(at="2026-03-02T12:00:00Z")

    at: When = Field(description="Before and after it incidents are counted.")


# --- read -----------------------------------------------------------------------------------------


@router.get("/problems", response={200: ProblemsOut}, summary="Problems that you may see")
def listed(request: HttpRequest, wanted: Query[Paging]) -> HttpResponse:
    """The newest first."""
    me, now = person(request), clock.now()
    found, following = page(_seen(me), wanted, order=("-begun_at", "-id"))
    around = recurring.read(found, me, now).around
    items = [recurring_state.row(one, around[one.pk]) for one in found]
    return answers.read(request, ProblemsOut(items=items, next=following))


@router.get("/problems/proposals", response={200: ProblemProposalsOut}, summary="What may be a problem")
def proposals(request: HttpRequest) -> HttpResponse:
    """Three incidents at least that look alike, in 30 days, and are of none; those that came most often first."""
    me, now = person(request), clock.now()
    known = list(_seen(me).open_first()[: recurring.MOST_PROBLEMS])
    found = recurring.read(known, me, now, propose=True).proposals
    items = [recurring_state.proposal_out(one) for one in found[: recurring.MOST_PROPOSALS]]
    return answers.read(request, ProblemProposalsOut(items=items))


@router.get(AT, response=NEW, summary="One problem")
def show(request: HttpRequest, problem: Path[Number]) -> HttpResponse:
    made = _made(request, problem)
    return answers.read(request, made.body, made.version)


# --- written --------------------------------------------------------------------------------------


@router.post("/problems", response={201: ProblemWhole}, summary="Begin a problem")
def begin(request: HttpRequest, said: ProblemIn) -> HttpResponse:
    """With the incidents that are the same trouble: you have to be able to work on each."""
    me = person(request)

    def do() -> Made:
        first = other(said.incident, me, field="body.incident")
        also, apart = (_others(some, me, name) for some, name in ((said.also, "also"), (said.apart, "apart")))
        problem = Problem.begin(first, by=me, **_words(said), also=also, apart=apart)
        return _made(request, problem.pk, status=201)

    return once(request, do, sees=_sees(me))


@router.put(f"{AT}/words", response=NEW, summary="Write a problem: its title, owner, team and what is believed")
def write(request: HttpRequest, problem: Path[Number], said: ProblemWordsIn) -> HttpResponse:
    return _changed(request, problem, lambda one, me: one.write(by=me, **_words(said)))


@router.put(f"{AT}/fix", response=NEW, summary="Say since when a problem is fixed")
def fix(request: HttpRequest, problem: Path[Number], said: FixedIn) -> HttpResponse:
    """Also said again, of another instant. From then on it is counted whether it comes back."""
    return _changed(request, problem, lambda one, me: one.fix(by=me, at=said.at))


@router.post(f"{AT}/closing", response=NEW, summary="Close a problem, and say why")
def close(request: HttpRequest, problem: Path[Number], said: Why) -> HttpResponse:
    return _changed(request, problem, lambda one, me: one.close(by=me, text=said.text))


@router.post(f"{AT}/reopening", response=NEW, summary="Open a problem again: it is neither fixed nor closed")
def reopen(request: HttpRequest, problem: Path[Number]) -> HttpResponse:
    return _changed(request, problem, lambda one, me: one.reopen(by=me))


@router.put(OF, response=NEW, summary="Say that an incident is one of a problem")
def link(request: HttpRequest, problem: Path[Number], number: Path[Number]) -> HttpResponse:
    return _changed(request, problem, lambda one, me: one.link(_incident(number, me), by=me), beside=number)


@router.delete(OF, response=NEW, summary="Say that an incident is none of a problem")
def unlink(request: HttpRequest, problem: Path[Number], number: Path[Number]) -> HttpResponse:
    """Of one that looks like it too: it is not proposed again."""
    return _changed(request, problem, lambda one, me: one.unlink(_incident(number, me), by=me), beside=number)


# --- actions --------------------------------------------------------------------------------------


@router.post(f"{AT}/actions", response=NEW, summary="Add an action against a problem")
def add_action(request: HttpRequest, problem: Path[Number], said: ActionIn) -> HttpResponse:
    """It is among the cues of whoever does it, until it is done or dropped."""

    def do(one: Problem, me: User) -> None:
        one.add_action(by=me, what=said.what, owner=owner_of(said), due=due_of(said))

    return _changed(request, problem, do)


@router.put(ACTION, response=NEW, summary="Say who does an action, and by when")
def change_action(request: HttpRequest, problem: Path[Number], action: Path[Number], said: MoveIn) -> HttpResponse:
    def do(one: Problem, me: User) -> None:
        one.change_action(_number(one, action), by=me, owner=owner_of(said), due=due_of(said))

    return _changed(request, problem, do)


@router.post(f"{ACTION}/completion", response=NEW, summary="Say that an action is done")
def complete_action(request: HttpRequest, problem: Path[Number], action: Path[Number]) -> HttpResponse:
    return _changed(request, problem, lambda one, me: one.complete_action(_number(one, action), by=me))


@router.post(f"{ACTION}/refusal", response=NEW, summary="Drop an action, and say why")
def drop_action(request: HttpRequest, problem: Path[Number], action: Path[Number], said: Why) -> HttpResponse:
    return _changed(request, problem, lambda one, me: one.drop_action(_number(one, action), by=me, text=said.text))


# --- what they share ------------------------------------------------------------------------------


def _seen(me: User) -> ProblemQuerySet:
    return Problem.objects.visible_to(me).select_related("owner", "team", "begun_by")


def _writable(me: User, pk: int) -> Problem:
    problem = get_object_or_404(_seen(me), pk=pk)
    if not problem.may_act(me):
        raise Refused(_("You may look at %(ref)s but not change it.") % {"ref": problem.ref}, code="not-allowed")
    return problem


def _incident(number: int, me: User) -> Incident:
    return get_object_or_404(Incident.objects.visible_to(me), number=number)


def _others(numbers: list[int], me: User, name: str) -> list[Incident]:
    return [other(number, me, field=f"body.{name}.{place}") for place, number in enumerate(numbers)]


def _words(said: ProblemWordsIn) -> dict:
    owner, team = someone(said.owner, field="body.owner"), chosen(Team.objects.all(), field="body.team", pk=said.team)
    return {"title": said.title, "owner": owner, "team": team, "cause": said.cause}


def _number(problem: Problem, number: int) -> int:
    return get_object_or_404(problem.actions.only("number"), number=number).number


def _made(request: HttpRequest, pk: int, *, status: int = 200) -> Made:
    me = person(request)
    return recurring_state.made(get_object_or_404(_seen(me), pk=pk), me, clock.now(), status=status)


def _changed(
    request: HttpRequest, pk: int, verb: Callable[[Problem, User], object], *, beside: int | None = None
) -> HttpResponse:
    """``beside``: the number of an incident that changes too."""
    me = person(request)

    def do() -> Made:
        verb(_writable(me, pk), me)
        return _made(request, pk)

    def was() -> Made:
        """Both locks at once, as the verb takes them: one after the other, two could wait for each other."""
        far = Incident.objects.visible_to(me).filter(number=beside).values_list("trail", flat=True)
        Trail.objects.lock([_writable(me, pk).trail_id, *(far if beside is not None else ())])
        return _made(request, pk)

    return once(request, do, was=was, sees=_sees(me))


def _sees(me: User) -> Sees:
    return lambda told: get_object_or_404(_seen(me), pk=told["id"])
