"""What is stated about an incident while it is worked: notes, attempts, hands on it, facts, severity, needs, roles,
what a runbook's steps did."""

from typing import Annotated

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from ninja import Path, Router, Schema
from pydantic import Field

from escalation.people.models import Skill, User
from incidents.models import Incident, Level, Runbook, RunbookStep, Tick
from incidents.models.attempts import HYPOTHESIS, MOST_MINUTES, Outcome
from incidents.models.role_plans import Role

from . import answers
from .acting import act, found, someone
from .bearer import Bearer, person
from .incident_verbs import AT, NEW, At, Somebody, Why
from .problems import FieldProblem, Problem
from .shapes import Asked, EachOnce, Grade, Id, Instant, MaybeText, Named, Number, Text, example

router = Router(auth=Bearer(), tags=["incidents"])


# --- written down ---------------------------------------------------------------------------------


@router.post(AT + "/notes", response=NEW, summary="Write a note")
def note(request: HttpRequest, number: At, said: Why) -> HttpResponse:
    """Also on what is resolved. Whoever is named with an @ may see the incident, and is told."""
    return act(request, number, lambda incident, me: incident.note(by=me, text=said.text))


class Attempted(Asked):
    model_config = example(text="Restarted the gateway", outcome="no_effect", hypothesis="A leak", minutes=10)

    text: Text = Field(description="What was tried, and what happened.")
    outcome: Outcome
    hypothesis: Annotated[MaybeText, Field(max_length=HYPOTHESIS)] = ""
    minutes: int | None = Field(
        None, strict=True, ge=0, le=MOST_MINUTES, description="As the effort clock says, if null."
    )


@router.post(AT + "/attempts", response=NEW, summary="Record an attempt")
def attempt(request: HttpRequest, number: At, said: Attempted) -> HttpResponse:
    def do(incident: Incident, me: User) -> None:
        known = {"outcome": said.outcome.value, "hypothesis": said.hypothesis}
        incident.attempt(by=me, text=said.text, minutes=said.minutes, **known)

    return act(request, number, do)


@router.post(AT + "/work", response=NEW, summary="I work on it: your hands-on time runs")
def begin_work(request: HttpRequest, number: At) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.begin_work(by=me))


@router.delete(AT + "/work", response=NEW, summary="I stopped: your hands-on time stands still")
def stop_work(request: HttpRequest, number: At) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.stop_work(by=me))


# --- facts ----------------------------------------------------------------------------------------


class Facts(Asked):
    """Only what is sent is stated."""

    model_config = example(people_affected=1900, impact="high")

    people_affected: int | None = Field(None, strict=True, ge=0, le=2_000_000_000)
    impact: Grade | None = None
    urgency: Grade | None = None


@router.post(AT + "/facts", response=NEW, summary="State what is known; severity follows")
def state(request: HttpRequest, number: At, said: Facts) -> HttpResponse:
    impact, urgency = (Level[grade.name] if grade else None for grade in (said.impact, said.urgency))
    stated = {"people_affected": said.people_affected, "impact": impact, "urgency": urgency}
    return act(request, number, lambda incident, me: incident.state(by=me, **stated))


class Judged(Why):
    model_config = example(severity=1, text="The press asks")

    severity: int | None = Field(strict=True, ge=1, le=5, description="Null: by the table again.")


@router.post(AT + "/severity", response=NEW, summary="Overrule the severity, or give it back to the table")
def set_severity(request: HttpRequest, number: At, said: Judged) -> HttpResponse:
    return act(
        request, number, lambda incident, me: incident.set_severity(by=me, severity=said.severity, text=said.text)
    )


class Needed(Asked):
    model_config = example(skills=[3])

    skills: Annotated[
        list[Id], Field(max_length=100, description="All of them, by number; none is an answer too."), *EachOnce
    ]


@router.post(AT + "/needs", response=NEW, summary="State which skills it needs")
def state_needs(request: HttpRequest, number: At, said: Needed) -> HttpResponse:
    def do(incident: Incident, me: User) -> None:
        skills = Skill.objects.in_bulk(said.skills)
        if gone := set(said.skills) - skills.keys():
            words = f"There is no skill {min(gone)}."
            raise Problem(422, words, errors=[FieldProblem(field="body.skills", message=words)])
        incident.state_needs(by=me, skills=list(skills.values()))

    return act(request, number, do)


# --- roles ----------------------------------------------------------------------------------------


Which = Path[Role]
Version = Annotated[str, Field(max_length=80)] | None


class As(Asked):
    """``was``: the role's `version` as you saw it."""

    was: Version = None


class Passing(As):
    model_config = example(to="jo@example.com", text="You know them")

    to: Somebody
    text: MaybeText = ""


class Leaving(As):
    text: MaybeText = ""


@router.post(AT + "/roles/{role}", response=NEW, summary="Take a role, or take it over")
def take_role(request: HttpRequest, number: At, role: Which, said: As | None = None) -> HttpResponse:
    was = said.was if said else None
    return act(request, number, lambda incident, me: incident.take_role(role.value, by=me, was=was))


@router.post(AT + "/roles/{role}/passing", response=NEW, summary="Ask somebody to take a role")
def pass_role(request: HttpRequest, number: At, role: Which, said: Passing) -> HttpResponse:
    def do(incident: Incident, me: User) -> None:
        incident.pass_role(role.value, by=me, to=someone(said.to), text=said.text, was=said.was)

    return act(request, number, do)


@router.post(AT + "/roles/{role}/refusal", response=NEW, summary="Decline a role you are asked to take, or keep yours")
def refuse_role(request: HttpRequest, number: At, role: Which, said: Leaving | None = None) -> HttpResponse:
    said = said or Leaving()
    return act(
        request, number, lambda incident, me: incident.refuse_role(role.value, by=me, text=said.text, was=said.was)
    )


@router.post(AT + "/roles/{role}/leaving", response=NEW, summary="Leave a role")
def leave_role(request: HttpRequest, number: At, role: Which, said: Leaving | None = None) -> HttpResponse:
    said = said or Leaving()
    return act(
        request, number, lambda incident, me: incident.leave_role(role.value, by=me, text=said.text, was=said.was)
    )


# --- runbooks -------------------------------------------------------------------------------------


class TickOut(Schema):
    id: int
    worked: bool
    by: Named
    at: Instant
    settled_at: Instant | None


class StepOut(Schema):
    id: int
    number: int
    words: str
    tick: TickOut | None = Field(description="What it did here.")


class FittingOut(Schema):
    id: int
    title: str
    steps: list[StepOut]


class FittingPage(Schema):
    items: list[FittingOut]


@router.get(AT + "/runbooks", response={200: FittingPage}, summary="Which runbooks fit, and what their steps did here")
def runbooks(request: HttpRequest, number: At) -> HttpResponse:
    incident = found(number, person(request))
    run = incident.run
    tier, policy = (run.tier_id, run.policy_id) if run else (None, None)
    standing = Tick.objects.standing().filter(incident=incident).select_related("by")
    steps = RunbookStep.objects.exclude(number=None).order_by("number")
    rows = Runbook.objects.in_use().fitting(service=incident.service_id, tier=tier, policy=policy).order_by("title")
    near = rows.prefetch_related(Prefetch("steps", steps.prefetch_related(Prefetch("ticks", standing))))
    return answers.read(request, FittingPage(items=[_fitting(one) for one in near]))


def _fitting(one: Runbook) -> FittingOut:
    steps = [
        StepOut(id=row.pk, number=row.number or 0, words=row.words, tick=_tick(next(iter(row.ticks.all()), None)))
        for row in one.steps.all()
    ]
    return FittingOut(id=one.pk, title=one.title, steps=steps)


def _tick(row: Tick | None) -> TickOut | None:
    if row is None:
        return None
    by = Named(id=row.by.pk, name=row.by.name)
    return TickOut(id=row.pk, worked=row.worked, by=by, at=row.at, settled_at=row.settled_at)


@router.post(AT + "/steps/{step}/success", response=NEW, summary="A runbook's step worked here")
def tick(request: HttpRequest, number: At, step: Path[Number]) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.tick(by=me, step=step, worked=True))


@router.post(AT + "/steps/{step}/failure", response=NEW, summary="A runbook's step did not work here")
def tick_failed(request: HttpRequest, number: At, step: Path[Number], said: Why) -> HttpResponse:
    """Its owner is asked to look at it."""
    return act(request, number, lambda incident, me: incident.tick(by=me, step=step, worked=False, text=said.text))


@router.post(AT + "/steps/{step}/retraction", response=NEW, summary="It was not so: take a tick back")
def untick(request: HttpRequest, number: At, step: Path[Number]) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.untick(by=me, step=step))


@router.post(AT + "/ticks/{tick}/settlement", response=NEW, summary="A step that did not work is right as it is")
def settle(request: HttpRequest, number: At, tick: Path[Number], said: Why) -> HttpResponse:
    """For whoever keeps the runbook: they need not work on the incident, but have to see it."""
    return act(request, number, lambda incident, me: incident.settle(by=me, tick=tick, text=said.text), looking=True)
