"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypedDict

from .._noun import Noun
from .shared import Cause, Grade, Named


class ServiceOut(TypedDict):
    id: int
    name: str
    team: Named


class ServicesOut(TypedDict):
    items: list[ServiceOut]
    next: str | None


class TeamsOut(TypedDict):
    items: list[Named]
    next: str | None


class PeopleOut(TypedDict):
    items: list[PersonOut]
    next: str | None


class PersonOut(TypedDict):
    id: int
    name: str
    teams: list[Named]


class TierOut(TypedDict):
    id: int
    name: str
    track: Literal['functional', 'hierarchical']
    rank: int
    team: Named


class TiersOut(TypedDict):
    items: list[TierOut]


class SkillOut(TypedDict):
    id: int
    name: str
    kind: Literal['ability', 'authority', 'access']


class SkillsOut(TypedDict):
    items: list[SkillOut]


class BandOut(TypedDict):
    least: int
    severity: int


class CellOut(TypedDict):
    impact: Grade
    urgency: Grade
    severity: int


class SeveritiesOut(TypedDict):
    """What severity comes from: the worse of the two. 1 is the worst, 5 the least."""
    table: list[CellOut]
    people: list[BandOut]


class CauseOut(TypedDict):
    name: Cause
    words: str


class CausesOut(TypedDict):
    items: list[CauseOut]


class CatalogueNoun(Noun):
    def causes(self) -> CausesOut:
        """Causes of incidents.

        What was at the bottom of it, as a resolution says.
        """
        found: CausesOut = self._transport.call("GET", "/api/v1/causes")
        return found

    def people(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        q: str | None = None,
        team: int | None = None,
    ) -> PeopleOut:
        """People.

        Whoever works here. Names alone: nobody is reached through this but by Baton.
        """
        found: PeopleOut = self._transport.call(
            "GET",
            "/api/v1/people",
            query={"limit": limit, "cursor": cursor, "q": q, "team": team},
        )
        return found

    def each_people(
        self,
        *,
        limit: int | None = None,
        q: str | None = None,
        team: int | None = None,
    ) -> Iterator[PersonOut]:
        """``people``, page after page."""
        return self._transport.pages(lambda cursor: self.people(limit=limit, q=q, team=team, cursor=cursor))

    def services(self, *, limit: int | None = None, cursor: str | None = None, q: str | None = None) -> ServicesOut:
        """Services."""
        found: ServicesOut = self._transport.call(
            "GET",
            "/api/v1/services",
            query={"limit": limit, "cursor": cursor, "q": q},
        )
        return found

    def each_services(self, *, limit: int | None = None, q: str | None = None) -> Iterator[ServiceOut]:
        """``services``, page after page."""
        return self._transport.pages(lambda cursor: self.services(limit=limit, q=q, cursor=cursor))

    def severities(self) -> SeveritiesOut:
        """What severity comes from.

        The worse of the two counts: impact and urgency, and how many people are affected.
        """
        found: SeveritiesOut = self._transport.call("GET", "/api/v1/severities")
        return found

    def skills(self) -> SkillsOut:
        """Skills.

        What an incident may need of whoever works on it.
        """
        found: SkillsOut = self._transport.call("GET", "/api/v1/skills")
        return found

    def teams(self, *, limit: int | None = None, cursor: str | None = None, q: str | None = None) -> TeamsOut:
        """Teams."""
        found: TeamsOut = self._transport.call(
            "GET",
            "/api/v1/teams",
            query={"limit": limit, "cursor": cursor, "q": q},
        )
        return found

    def each_teams(self, *, limit: int | None = None, q: str | None = None) -> Iterator[Named]:
        """``teams``, page after page."""
        return self._transport.pages(lambda cursor: self.teams(limit=limit, q=q, cursor=cursor))

    def tiers(self) -> TiersOut:
        """Tiers.

        Levels of support and of authority, the first to be called first.
        """
        found: TiersOut = self._transport.call("GET", "/api/v1/tiers")
        return found
