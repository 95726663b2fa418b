"""What there is: services, teams, tiers, skills and people, by the ids that other operations take. Admins keep them in
Django admin. Of people there is the name and nothing else: how they are reached is theirs."""

from typing import Annotated, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from escalation.kit.containing import contains
from escalation.kit.text import one_line
from escalation.people.models import Skill, Team, Tier, User
from incidents.models import Cause, Level, PeopleBand, Service, SeverityCell

from . import answers, cursors
from .bearer import Bearer
from .cursors import Paging
from .shapes import Grade, MaybeText, Named, Number

router = Router(auth=Bearer(), tags=["catalogue"])
ORDER = ("name", "id")
WORDS = 5
Words = Annotated[MaybeText, Field(max_length=80, description="Words that are all in its name.")]


class ServiceOut(Named):
    team: Named = Field(description="Who answers for it.")


class ServicesOut(Schema):
    items: list[ServiceOut]
    next: str | None


class TeamsOut(Schema):
    items: list[Named]
    next: str | None


class PersonOut(Named):
    teams: list[Named]


class PeopleOut(Schema):
    items: list[PersonOut]
    next: str | None


class TierOut(Named):
    track: Literal["functional", "hierarchical"] = Field(
        description="functional: who works on it; hierarchical: who must know."
    )
    rank: int
    team: Named


class TiersOut(Schema):
    items: list[TierOut]


class SkillOut(Named):
    kind: Literal["ability", "authority", "access"]


class SkillsOut(Schema):
    items: list[SkillOut]


class CellOut(Schema):
    impact: Grade
    urgency: Grade
    severity: int


class BandOut(Schema):
    least: int = Field(description="People affected, at least.")
    severity: int


class CauseOut(Schema):
    name: Cause
    words: str


class SeveritiesOut(Schema):
    """What severity comes from: the worse of the two. 1 is the worst, 5 the least."""

    table: list[CellOut]
    people: list[BandOut]


class CausesOut(Schema):
    items: list[CauseOut]


@router.get("/services", response={200: ServicesOut}, summary="Services")
def services(request: HttpRequest, paging: Query[Paging], q: Words = "") -> HttpResponse:
    rows, following = cursors.page(_named(Service.objects.in_use(), q).select_related("team"), paging, order=ORDER)
    items = [ServiceOut(id=one.pk, name=one.name, team=Named(id=one.team_id, name=one.team.name)) for one in rows]
    return answers.read(request, ServicesOut(items=items, next=following))


@router.get("/teams", response={200: TeamsOut}, summary="Teams")
def teams(request: HttpRequest, paging: Query[Paging], q: Words = "") -> HttpResponse:
    rows, following = cursors.page(_named(Team.objects.in_use(), q), paging, order=ORDER)
    return answers.read(request, TeamsOut(items=[Named(id=one.pk, name=one.name) for one in rows], next=following))


@router.get("/people", response={200: PeopleOut}, summary="People")
def people(request: HttpRequest, paging: Query[Paging], q: Words = "", team: Number | None = None) -> HttpResponse:
    """Whoever works here. Names alone: nobody is reached through this but by Baton."""
    found = _named(User.objects.filter(is_active=True), q)
    if team is not None:
        found = found.filter(teams=team)
    rows, following = cursors.page(found.prefetch_related("teams"), paging, order=ORDER)
    items = [
        PersonOut(id=one.pk, name=one.name, teams=[Named(id=team.pk, name=team.name) for team in one.teams.all()])
        for one in rows
    ]
    return answers.read(request, PeopleOut(items=items, next=following))


@router.get("/tiers", response={200: TiersOut}, summary="Tiers")
def tiers(request: HttpRequest) -> HttpResponse:
    """Levels of support and of authority, the first to be called first."""
    rows = Tier.objects.in_use().select_related("team").order_by("track", "rank", "name")
    return answers.read(request, TiersOut(items=[_tier(one) for one in rows]))


@router.get("/skills", response={200: SkillsOut}, summary="Skills")
def skills(request: HttpRequest) -> HttpResponse:
    """What an incident may need of whoever works on it."""
    rows = Skill.objects.order_by("kind", "name")
    return answers.read(request, SkillsOut(items=[_skill(one) for one in rows]))


@router.get("/severities", response={200: SeveritiesOut}, summary="What severity comes from")
def severities(request: HttpRequest) -> HttpResponse:
    """The worse of the two counts: impact and urgency, and how many people are affected."""
    table = [
        CellOut(impact=_grade(one.impact), urgency=_grade(one.urgency), severity=one.severity)
        for one in SeverityCell.objects.all()
    ]
    bands = [BandOut(least=one.least, severity=one.severity) for one in PeopleBand.objects.order_by("least")]
    return answers.read(request, SeveritiesOut(table=table, people=bands))


@router.get("/causes", response={200: CausesOut}, summary="Causes of incidents")
def causes(request: HttpRequest) -> HttpResponse:
    """What was at the bottom of it, as a resolution says."""
    return answers.read(
        request, CausesOut(items=[CauseOut(name=Cause(name), words=str(words)) for name, words in Cause.found()])
    )


def _tier(one: Tier) -> TierOut:
    team = Named(id=one.team_id, name=one.team.name)
    return TierOut(id=one.pk, name=one.name, track=one.track, rank=one.rank, team=team)  # type: ignore[arg-type]


def _skill(one: Skill) -> SkillOut:
    return SkillOut(id=one.pk, name=one.name, kind=one.kind)  # type: ignore[arg-type]


def _grade(level: int) -> Grade:
    return Grade(Level(level).name.lower())


def _named(rows: QuerySet, words: str) -> QuerySet:
    for word in one_line(words, limit=80).split()[:WORDS]:
        rows = rows.filter(contains("name", word))
    return rows
