"""Training: the written cases, one's plays, and of those for whom one answers whether they have trained."""

from datetime import datetime
from typing import Annotated, Literal

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.people.tokens import Scope
from incidents.learning import training
from incidents.learning.training import Case
from incidents.learning.training_due import Due, Standing
from incidents.models import TrainingPlay
from incidents.models.training_cases import unsaid
from incidents.practising import offered, record, told
from incidents.practising.forms import StepForm
from incidents.practising.offered import Offered
from incidents.training_due import dues_of

from . import answers
from .answers import Made
from .bearer import Bearer, person
from .filled import filled
from .repeats import once
from .shapes import Asked, Instant, MaybeText, Named, Number, example

router = Router(auth=Bearer(Scope.PLAN), tags=["training"])
Slug = Annotated[str, Field(pattern=r"^[-a-z0-9]+$", max_length=64)]
Place = Annotated[int, Field(strict=True, ge=1, le=100)]


class CaseRow(Schema):
    """A case to play, or one that is no longer offered and that you have begun."""

    key: str = Field(examples=["1-card-payments"])
    title: str
    own: bool = Field(description="Made from an incident of this installation; else it comes with the product.")
    steps: int
    best: int | None = Field(description="In per cent: your best of those that you played to the end.")
    play: int | None = Field(description="Yours that goes on.")
    offered: bool = Field(description="false: nobody begins it any more; yours that goes on you can end.")


class PlayRow(Schema):
    id: int
    case: str
    title: str = Field(description="Empty: the case is not told any more.")
    score: int = Field(description="In per cent.")
    ended_at: Instant


class DueOut(Schema):
    """By when a team wants a play that counts."""

    team: str
    at: Instant
    late: bool


class TrainedOut(Schema):
    """Whether somebody has trained, by the plays that count."""

    person: Named
    plays: int
    cases: int = Field(description="Of how many cases.")
    last_play: int | None
    last_at: Instant | None
    due: DueOut | None = Field(description="What comes first; null: no team of theirs has a goal.")


class TrainingOut(Schema):
    """The cases, your latest plays, and those of whom you answer for."""

    good: int = Field(description="A play counts from so many per cent.")
    cases: list[CaseRow]
    plays: list[PlayRow]
    due: DueOut | None = Field(description="What is asked of you first; null: no team of yours has a goal.")
    people: list[TrainedOut] | None = Field(description="null: you answer for nobody.")


class PlayTargetOut(Schema):
    key: str = Field(description="What an answer says as “to”.")
    name: str


class PlaySignOut(Schema):
    words: str
    strong: bool


class PlayStepOut(Schema):
    """What is told at a step. What was right is said once the play has ended."""

    number: int
    minute: int = Field(description="Since the incident began.")
    text: str
    answer: str | None = Field(description="In words; null: this step has come.")
    mark: str | None = Field(description="right, reason, direction, early or missed; null: the play goes on.")
    points: int | None
    right: str | None = Field(description="What was right, in words.")
    signs: list[PlaySignOut] | None = Field(description="The warning signs that were there.")
    comment: str | None


class PlayOut(Schema):
    """One play of a case, as far as it has come."""

    id: int
    url: str = Field(description="Its page at the desk.")
    case: str
    title: str = Field(description="Empty, and so is all else of the case: it is not told any more.")
    person: Named
    service: str
    role: str = Field(description="Who one is in it.")
    targets: list[PlayTargetOut]
    of: int = Field(description="How many steps it has.")
    steps: list[PlayStepOut] = Field(description="Those that have come; the last has no answer yet while it goes on.")
    began_at: Instant
    ended_at: Instant | None
    score: int | None = Field(description="In per cent, once it has ended.")
    outcome: str | None = Field(description="What happened in the end.")
    lesson: str | None


class AnswerIn(Asked):
    model_config = example(step=1, when="now", to="2", why="access")

    step: Place = Field(description="Its number: no other step is answered by mistake.")
    when: Literal["not-yet", "now"] = Field(description="Whether you would escalate now.")
    to: Annotated[MaybeText, Field(max_length=20)] = Field("", description="To whom, if you would.")
    why: Annotated[MaybeText, Field(max_length=20)] = Field(
        "", description=f"Why, if you would: {', '.join(training.REASONS)}."
    )


@router.get("/training", response={200: TrainingOut}, summary="Cases, your plays, and who has trained")
def show(request: HttpRequest) -> HttpResponse:
    reader = person(request)
    people, best = record.people(reader), record.best(reader)
    plays, begun, now_offered = record.own(reader), record.begun(reader), offered.cases()
    left = {key: Offered(play.told, own=key.startswith("own-")) for key, play in begun.items()}
    cases = [
        CaseRow(
            key=key,
            title=one.told["title"],
            own=one.own,
            steps=len(one.told["steps"]),
            best=best.get(key),
            play=begun[key].pk if key in begun else None,
            offered=key in now_offered,
        )
        for key, one in (now_offered | {key: one for key, one in left.items() if key not in now_offered}).items()
    ]
    shut = unsaid(plays)
    return answers.read(
        request,
        TrainingOut(
            good=training.GOOD,
            cases=cases,
            plays=[_row(one, told=one.pk not in shut) for one in plays],
            due=_due(next(iter(dues_of([reader.pk]).get(reader.pk, ())), None), clock.now()),
            people=None if people is None else _trained(people, clock.now()),
        ),
    )


@router.post("/training/cases/{case}/plays", response={200: PlayOut}, summary="Play a case")
def begin(request: HttpRequest, case: Slug) -> HttpResponse:
    """Begin, or go on with yours that has begun."""
    if offered.case(case) is None:
        raise Http404

    def do() -> Made:
        play = offered.begin(case, by=person(request))
        if play is None:  # it was withdrawn in this moment
            raise Http404
        return Made(state(play))

    return once(request, do)


@router.get("/training/plays/{play}", response={200: PlayOut}, summary="One play")
def play(request: HttpRequest, play: Number) -> HttpResponse:
    """Yours, or one of those for whom you answer."""
    return answers.read(request, state(_found(request, play)))


@router.post("/training/plays/{play}/answers", response={200: PlayOut}, summary="Answer the step that has come")
def answer(request: HttpRequest, play: Number, said: AnswerIn) -> HttpResponse:
    """Once: another answer to the same step is refused. With the last step it ends, and what was right is said."""
    found = _found(request, play)

    def do() -> Made:
        if unsaid([found]):
            raise Refused(_("This case is not told any more."), code="stale")
        form = StepForm(said.model_dump(), training.read(found.told))
        filled(form)
        found.answer_step(by=person(request), step=said.step - 1, said=form.said, score=told.score)
        return Made(state(found))

    return once(request, do)


def _found(request: HttpRequest, pk: int) -> TrainingPlay:
    return get_object_or_404(TrainingPlay.objects.visible_to(person(request)).select_related("person"), pk=pk)


def _row(one: TrainingPlay, *, told: bool) -> PlayRow:
    ended: datetime = one.ended_at  # type: ignore[assignment]
    title = one.title if told else ""
    return PlayRow(id=one.pk, case=one.case, title=title, score=one.score or 0, ended_at=ended)


def _trained(people: QuerySet[User], now: datetime) -> list[TrainedOut]:
    lines = record.with_dues(record.lines(people), dues_of(people.values("pk")), now)
    return [
        TrainedOut(
            person=Named(id=one.person.pk, name=one.person.name),
            due=_due(one.due, now),
            **{name: getattr(one.person, name) for name in ("cases", "last_play", "last_at")},
            plays=one.person.times,  # type: ignore[attr-defined]
        )
        for one in lines
    ]


def _due(one: Due | None, now: datetime) -> DueOut | None:
    return None if one is None else DueOut(team=one.team, at=one.at, late=one.standing(now) is Standing.LATE)


def state(one: TrainingPlay) -> PlayOut:
    if unsaid([one]):
        return _unsaid(one)
    case = training.read(one.told)
    ended = one.ended_at is not None
    return PlayOut(
        id=one.pk,
        url=settings.ADDRESS + one.get_absolute_url(),
        case=one.case,
        title=one.title,
        person=Named(id=one.person_id, name=one.person.name),
        service=case.service,
        role=case.role,
        targets=[PlayTargetOut(key=target.key, name=target.name) for target in case.targets],
        of=len(case.steps),
        steps=_steps(one, case, ended=ended),
        began_at=one.began_at,
        ended_at=one.ended_at,
        score=one.score,
        outcome=case.outcome if ended else None,
        lesson=case.lesson if ended else None,
    )


def _unsaid(one: TrainingPlay) -> PlayOut:
    """Whose, when, and what was reached."""
    return PlayOut(
        id=one.pk,
        url=settings.ADDRESS + one.get_absolute_url(),
        case=one.case,
        person=Named(id=one.person_id, name=one.person.name),
        title="",
        service="",
        role="",
        targets=[],
        of=0,
        steps=[],
        began_at=one.began_at,
        ended_at=one.ended_at,
        score=one.score,
        outcome=None,
        lesson=None,
    )


def _steps(one: TrainingPlay, case: Case, *, ended: bool) -> list[PlayStepOut]:
    """Those that were answered, and the one that has come."""
    answered = told.steps_so_far(one, case)
    come = case.steps[: len(answered) + (not ended)]
    return [
        PlayStepOut(
            number=n + 1,
            minute=step.minute,
            text=step.text,
            answer=answered[n].answer if n < len(answered) else None,
            **_judged(answered[n] if ended else None),
        )
        for n, step in enumerate(come)
    ]


def _judged(one: told.Told | None) -> dict:
    if one is None:
        return dict.fromkeys(("mark", "points", "right", "signs", "comment"))
    signs = [PlaySignOut(words=words, strong=strong) for words, strong in one.signs]
    return {"mark": one.key, "points": one.points, "right": one.right, "signs": signs, "comment": one.comment}
