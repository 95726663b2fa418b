"""The advice to escalate, as an incident's warning signs make it for the token's person, and their answer to it."""

from collections.abc import Callable
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from escalation.kit import clock
from escalation.people.models import User
from incidents.advising import words
from incidents.advising.judgement import Judgement
from incidents.learning.signs import Level, Sign
from incidents.models import Incident
from incidents.models.advising import Advice

from . import answers
from .acting import act, found
from .bearer import Bearer, person
from .incident_verbs import AT, NEW, At, StepTo, Why
from .shapes import Asked, Instant, Named, example

router = Router(auth=Bearer(), tags=["incidents"])


class SignOut(Schema):
    """A fact that says that it is time to escalate."""

    key: str
    level: Literal["unknown", "mild", "strong"] = Field(
        description="`unknown`: too little history to compare with; counts for nothing."
    )
    text: str = Field(description="As a sentence.")
    evidence: dict[str, int | str] = Field(description="What it rests on, in numbers and names.")


class TargetOut(Schema):
    """The next tier of its path at which somebody is there."""

    lap: int
    place: int
    tier: str
    people: list[Named]
    until: Instant | None = Field(description="So long they are on call; null without a schedule.")


class DeclinedOut(Schema):
    by: str = Field(description="As they were called then.")
    at: Instant


class AdviceOut(Schema):
    """What the signs come to now."""

    verdict: Literal["not_yet", "soon", "now"]
    signs: list[SignOut]
    to: TargetOut | None
    declined: DeclinedOut | None = Field(description="Somebody said not now, and it has got no worse.")
    may_answer: bool = Field(description="There is an advice, and the token's person may take or decline it.")


@router.get(AT + "/advice", response={200: AdviceOut}, summary="What the warning signs advise")
def advice(request: HttpRequest, number: At) -> HttpResponse:
    """For the token's person: what compares with other incidents counts those that they may see."""
    me = person(request)
    incident = found(number, me)
    judged = Judgement.of(incident, me, clock.now())
    return answers.read(request, _advice(judged, acts=incident.rights_as_read(me).act), incident.state_token)


def _advice(judged: Judgement, *, acts: bool) -> AdviceOut:
    target, refused = judged.target, judged.heard.declined
    silenced = refused is not None and judged.silenced
    return AdviceOut.model_validate(
        {
            "verdict": judged.verdict.key,
            "signs": [_sign(one) for one in judged.seen],
            "to": target
            and TargetOut(
                lap=target.lap,
                place=target.place,
                tier=target.tier,
                people=[Named(id=one.pk, name=one.name) for one in target.people],
                until=target.until,
            ),
            "declined": DeclinedOut(by=refused.actor_name, at=refused.at) if refused and silenced else None,
            "may_answer": acts and judged.may_answer,
        }
    )


def _sign(one: Sign) -> dict[str, object]:
    level = Level(one.level).name.lower()
    return {"key": one.key, "level": level, "text": words.of_sign(one), "evidence": dict(one.evidence)}


class Taken(Asked):
    model_config = example(to={"lap": 0, "place": 1})

    to: StepTo | None = Field(None, description="Where it led when you looked: refused if it leads elsewhere now.")


class NotNow(Why):
    model_config = example(text="The supplier calls back in five minutes.", to={"lap": 0, "place": 1})

    to: StepTo | None = Field(None, description="Where it led when you looked: refused if it leads elsewhere now.")


@router.post(AT + "/advice/taking", response=NEW, summary="Take the advice: escalate, with the signs as the reason")
def take_advice(request: HttpRequest, number: At, said: Taken | None = None) -> HttpResponse:
    to = said.to if said else None
    return act(request, number, lambda incident, me: incident.take_advice(by=me, judge=_judge(incident, me, to)))


@router.post(AT + "/advice/refusal", response=NEW, summary="Decline the advice: not now")
def decline_advice(request: HttpRequest, number: At, said: NotNow) -> HttpResponse:
    """The path and its clocks go on as they would. The advice comes up again if it gets worse."""

    def do(incident: Incident, me: User) -> None:
        incident.decline_advice(by=me, judge=_judge(incident, me, said.to), text=said.text)

    return act(request, number, do)


def _judge(incident: Incident, me: User, to: StepTo | None) -> Callable[[], Advice]:
    """Asked under the incident's lock: the advice as it is then."""
    seen = f"step:{to.lap}:{to.place}" if to else None
    return lambda: Judgement.of(incident, me, clock.now()).answered(seen)
