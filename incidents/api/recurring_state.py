"""A problem as the API gives it: in a list, and whole."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from django.conf import settings
from django.utils.timezone import localdate
from ninja import Schema
from pydantic import Field

from escalation.people.models import User
from incidents import recurring
from incidents.learning.afterwards import Measured, Verdict
from incidents.models import Action, Problem
from incidents.recurring import Around, Proposal, Row

from .answers import Made
from .review_state import ActionOut, action_out
from .shapes import Instant, Named


class MeasuredOut(Schema):
    """Whether it came back less often: as many days before as after the fix, 90 at most."""

    verdict: Verdict = Field(description="helped, not (it did not help), early (to tell), or unclear after all days.")
    before: int
    after: int
    days: int
    words: str


class ProblemIncidentOut(Schema):
    number: int = Field(examples=[1042])
    ref: str = Field(examples=["INC-1042"])
    title: str
    severity: int
    opened_at: Instant
    open: bool
    why: str = Field(description="What it has in common with the others; empty: somebody said so.")


class ProblemRow(Schema):
    """A problem in a list."""

    id: int
    ref: str = Field(examples=["PRB-3"])
    url: str = Field(description="Its page at the desk.")
    title: str
    state: str = Field(description="open, fixed or closed.")
    owner: Named
    team: Named
    begun_at: Instant
    fixed_at: Instant | None
    closed_at: Instant | None
    lately: int = Field(description="Incidents in the last 30 days, linked or alike, that you may see.")
    measured: MeasuredOut | None = Field(description="null: it is not fixed, or there are too many to count.")
    cut: bool = Field(description="There are more incidents than are looked at: what is counted may be too little.")


class ProblemsOut(Schema):
    items: list[ProblemRow]
    next: str | None


class ProblemProposalOut(Schema):
    """Incidents that look alike and are of no problem, the newest first."""

    incidents: list[ProblemIncidentOut]


class ProblemProposalsOut(Schema):
    items: list[ProblemProposalOut]


class ProblemWhole(ProblemRow):
    cause: str = Field(description="What is believed to be the cause.")
    why_closed: str
    begun_by: Named
    incidents: list[ProblemIncidentOut] = Field(description="That people said are of it, as far as you may see them.")
    proposed: list[ProblemIncidentOut] = Field(description="That look like it. They count with the others.")
    apart: list[ProblemIncidentOut] = Field(description="That people said are none of it.")
    actions: list[ActionOut]
    may_write: bool


def made(problem: Problem, me: User, now: datetime, *, status: int = 200) -> Made:
    around = recurring.of(problem, me, now)
    actions = list(problem.actions.select_related("owner", "done_by", "dropped_by"))
    today = localdate(now)
    whole = ProblemWhole(
        **row(problem, around).model_dump(),
        cause=problem.cause,
        why_closed=problem.why_closed,
        begun_by=Named(id=problem.begun_by_id, name=problem.begun_by.name),
        incidents=[incident_out(one) for one in around.linked],
        proposed=[incident_out(one) for one in around.proposed],
        apart=[incident_out(one) for one in around.apart],
        actions=[action_out(one, today) for one in actions],
        may_write=problem.may_act(me),
    )
    location = f"/api/v1/problems/{problem.pk}" if status == 201 else ""
    return Made(whole, _version(problem, around, actions), status, location)


def _version(problem: Problem, around: Around, actions: Sequence[Action]) -> str:
    """Changes with whatever people do to it, as far as its reader may see that."""
    ends = [(one.number, one.token, one.done_at, one.dropped_at) for one in actions]
    said = [sorted(one.pk for one in some) for some in (around.linked, around.apart)]
    return blake2b(repr((problem.version, said, ends)).encode(), digest_size=6).hexdigest()


def row(problem: Problem, around: Around) -> ProblemRow:
    return ProblemRow(
        id=problem.pk,
        ref=problem.ref,
        url=settings.ADDRESS + problem.get_absolute_url(),
        title=problem.title,
        state=problem.state,
        owner=Named(id=problem.owner_id, name=problem.owner.name),
        team=Named(id=problem.team_id, name=problem.team.name),
        begun_at=problem.begun_at,
        fixed_at=problem.fixed_at,
        closed_at=problem.closed_at,
        lately=around.lately,
        measured=_measured(around.measured) if around.measured else None,
        cut=around.cut,
    )


def _measured(one: Measured) -> MeasuredOut:
    said = recurring.said(one)
    return MeasuredOut(verdict=one.verdict, before=one.before, after=one.after, days=one.days, words=said)


def incident_out(one: Row) -> ProblemIncidentOut:
    return ProblemIncidentOut(
        number=one.number,
        ref=one.ref,
        title=one.title,
        severity=one.severity,
        opened_at=one.at,
        open=one.is_open,
        why=one.why,
    )


def proposal_out(one: Proposal) -> ProblemProposalOut:
    return ProblemProposalOut(incidents=[incident_out(row) for row in (one.first, *one.others)])
