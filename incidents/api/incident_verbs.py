"""What is done to an incident: taken, passed on, kept waiting, ended. The nouns are the desk's; where the desk has a
second noun to take something back without a word, here it is DELETE of the first."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import AfterValidator, Field, model_validator

from escalation.people.models import Tier, User
from incidents.models import Cause, Incident
from incidents.models.briefs import Brief
from incidents.models.passing import Reason

from .acting import act, chosen, someone
from .bearer import Bearer
from .incident_state import IncidentWholeOut
from .shapes import Asked, Id, MaybeText, Number, Text, When, example, readable

router = Router(auth=Bearer(), tags=["incidents"])
NEW = {200: IncidentWholeOut}
At = Path[Number]
Address = Annotated[
    str, Field(min_length=3, max_length=254, pattern="@", examples=["jo@example.com"]), AfterValidator(readable)
]
Somebody = Id | Address
AT = "/incidents/{number}"


class Why(Asked):
    model_config = example(text="The acquirer is away; their status page says so.")

    text: Text


class BriefIn(Asked):
    """What a receiver has to know; each part may be missing."""

    state: MaybeText = ""
    symptoms: MaybeText = ""
    tried: MaybeText = ""
    question: MaybeText = ""
    next: MaybeText = ""
    risk: MaybeText = ""


class Passed(Asked):
    """What goes along: a text, or a brief in parts."""

    text: MaybeText = ""
    brief: BriefIn | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "Passed":
        if self.text and self.brief is not None:
            raise ValueError("send text or brief, not both")
        return self

    @property
    def said(self) -> str | Brief:
        return self.text if self.brief is None else Brief(**self.brief.model_dump())


# --- taking it ------------------------------------------------------------------------------------


@router.post(AT + "/acknowledgement", response=NEW, summary="Acknowledge: take it")
def acknowledge(request: HttpRequest, number: At) -> HttpResponse:
    """A call to you, an offer to you, or a baton that your tier holds. The clock of the call stops, and that of the
    work begins."""
    return act(request, number, lambda incident, me: incident.acknowledge(by=me))


@router.post(AT + "/answer", response=NEW, summary="Answer: I am on it, and decide")
def answer(request: HttpRequest, number: At) -> HttpResponse:
    """For a manager who was asked for a decision."""
    return act(request, number, lambda incident, me: incident.answer(by=me))


@router.post(AT + "/decision", response=NEW, summary="Decide")
def decide(request: HttpRequest, number: At, said: Why) -> HttpResponse:
    """A manager's decision; whoever works on it is told."""
    return act(request, number, lambda incident, me: incident.decide(by=me, text=said.text))


# --- passing it on --------------------------------------------------------------------------------


class StepTo(Asked):
    """One of `ahead`."""

    lap: int = Field(strict=True, ge=0, le=10_000)
    place: int = Field(strict=True, ge=0, le=10_000)


class Escalated(Passed):
    model_config = example(reason="expertise", text="The queue is full again, and a restart did not help.")

    reason: Reason
    to: StepTo | None = Field(None, description="The next step at which somebody is there, if null.")


@router.post(AT + "/escalation", response=NEW, summary="Escalate to the next step, or a later one")
def escalate(request: HttpRequest, number: At, said: Escalated) -> HttpResponse:
    to = (said.to.lap, said.to.place) if said.to else None
    return act(
        request, number, lambda incident, me: incident.escalate(by=me, reason=said.reason.value, text=said.said, to=to)
    )


class Told(Passed):
    step: Annotated[str, Field(max_length=40)] | None = Field(
        None, description="`authority.step` as you saw it: refused if it has moved since."
    )


@router.post(AT + "/authority", response=NEW, summary="Tell who must know, or ask them to decide, before their time")
def tell_authority(request: HttpRequest, number: At, said: Told) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.tell_authority(by=me, text=said.said, step=said.step))


class Offered(Passed):
    model_config = example(to="jo@example.com", brief={"state": "Half of it works", "next": "Ask the acquirer"})

    to: Somebody = Field(description="Who is to have it: their number or e-mail address.")


@router.post(AT + "/handover", response=NEW, summary="Hand over: offer the baton")
def hand_over(request: HttpRequest, number: At, said: Offered) -> HttpResponse:
    """It stays yours until they take it."""
    return act(request, number, lambda incident, me: incident.hand_over(by=me, to=someone(said.to), text=said.said))


@router.post(AT + "/acceptance", response=NEW, summary="Accept the baton that is held out to you")
def accept(request: HttpRequest, number: At) -> HttpResponse:
    """As an acknowledgement, but refused if nothing is offered to you any more."""
    return act(request, number, lambda incident, me: incident.accept(by=me))


@router.post(AT + "/refusal", response=NEW, summary="Decline the baton that is held out to you")
def decline(request: HttpRequest, number: At, said: Why) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.decline(by=me, text=said.text))


@router.delete(AT + "/handover", response=NEW, summary="Take the offer back")
def take_back(request: HttpRequest, number: At) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.take_back(by=me))


class Reassigned(Asked):
    """To a person, or to a tier."""

    model_config = example(to="jo@example.com", text="Ana goes home")

    to: Somebody | None = None
    tier: Id | None = None
    text: MaybeText = ""

    @model_validator(mode="after")
    def _one_of_them(self) -> "Reassigned":
        if (self.to is None) == (self.tier is None):
            raise ValueError("send to or tier, one of the two")
        return self


@router.post(AT + "/reassignment", response=NEW, summary="Reassign; for supervisors")
def reassign(request: HttpRequest, number: At, said: Reassigned) -> HttpResponse:
    """It moves at once, and the clocks keep the time they have left."""

    def do(incident: Incident, me: User) -> None:
        if said.to is not None:
            incident.reassign(by=me, to=someone(said.to), text=said.text)
        else:
            tiers = Tier.objects.in_use().filter(track=Tier.Track.FUNCTIONAL)
            incident.reassign(by=me, tier=chosen(tiers, field="body.tier", pk=said.tier), text=said.text)

    return act(request, number, do)


# --- waiting and ending ---------------------------------------------------------------------------


class Held(Why):
    model_config = example(until="2026-03-02T12:00:00Z", text="The supplier is asked")

    until: When = Field(description="When it wakes up.")


@router.post(AT + "/hold", response=NEW, summary="Put on hold: the clocks stand still")
def hold(request: HttpRequest, number: At, said: Held) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.hold(by=me, until=said.until, text=said.text))


@router.delete(AT + "/hold", response=NEW, summary="Resume: the clocks go on with what they had left")
def resume(request: HttpRequest, number: At) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.resume(by=me))


class Resolved(Why):
    model_config = example(cause="change", text="Rolled back")

    cause: Cause = Field(description="What was at the bottom of it. A duplicate is merged.")

    @model_validator(mode="after")
    def _found(self) -> "Resolved":
        if self.cause is Cause.DUPLICATE:
            raise ValueError("merge a duplicate into the other incident")
        return self


@router.post(AT + "/resolution", response=NEW, summary="Resolve")
def resolve(request: HttpRequest, number: At, said: Resolved) -> HttpResponse:
    """`text`: what fixed it."""
    return act(request, number, lambda incident, me: incident.resolve(by=me, cause=said.cause.value, text=said.text))


@router.post(AT + "/reopening", response=NEW, summary="Re-open: the path begins again at its first step")
def reopen(request: HttpRequest, number: At, said: Why) -> HttpResponse:
    return act(request, number, lambda incident, me: incident.reopen(by=me, text=said.text))


@router.post(AT + "/undo/{seq}", response=NEW, summary="Take back what you have just done")
def undo(request: HttpRequest, number: At, seq: Path[Number]) -> HttpResponse:
    """`seq`: the entry; it has to be yours, the last on the record, and not older than a minute."""
    return act(request, number, lambda incident, me: incident.undo(by=me, seq=seq))
