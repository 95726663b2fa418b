"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from .transport import UNSET, File, Transport, Unset, part, said

_list = list  # some nouns have a verb of that name


class MeOut(TypedDict):
    """Whoever the token acts for."""
    id: int
    name: str
    email: str
    time_zone: str
    admin: bool
    auditor: bool
    teams: _list[MyTeam]
    scopes: _list[str]
    token_ends_at: str | None


class MyTeam(TypedDict):
    id: int
    name: str
    role: str


class ActOut(TypedDict):
    label: str
    page: str


class CueOut(TypedDict):
    kind: str
    title: str
    why: str
    then: str
    due: str | None
    late: bool
    incident: int | None
    severity: int | None
    page: str
    acts: _list[ActOut]


class CuesOut(TypedDict):
    total: int
    items: _list[CueOut]


class Named(TypedDict):
    """Something or somebody, with the name as it is now."""
    id: int
    name: str


class StandingOut(TypedDict):
    """One schedule at one instant."""
    schedule: Named
    team: Named
    person: Named | None
    until: str | None
    next: Named | None
    next_at: str | None


class StandingsOut(TypedDict):
    at: str
    items: _list[StandingOut]


class ScheduleRow(TypedDict):
    id: int
    name: str
    team: Named
    time_zone: str


class SchedulesOut(TypedDict):
    items: _list[ScheduleRow]


class LayerOut(TypedDict):
    """A rotation. Times of day are on the schedule's wall clock."""
    id: int
    position: int
    name: str
    every: int
    unit: str
    starts_on: str
    hand_off: str
    hours: str
    on_holidays: str
    ends_at: str | None
    seats: _list[SeatOut]


class ScheduleOut(TypedDict):
    id: int
    name: str
    team: Named
    time_zone: str
    layers: _list[LayerOut]
    people: _list[Named]
    may_change: bool
    may_cover: bool
    seen: str


class SeatOut(TypedDict):
    person: Named | None
    joins_at: str | None
    leaves_at: str | None


class ShiftOut(TypedDict):
    """A stretch of time; shifts are told from where they begin to where they end."""
    starts_at: str
    ends_at: str
    person: Named | None
    override: int | None
    instead_of: _list[Named]


class ShiftsOut(TypedDict):
    since: str
    until: str
    items: _list[ShiftOut]


class OverrideOut(TypedDict):
    """For a while it is this person, or nobody, whatever the layers say."""
    id: int
    schedule: Named
    person: Named | None
    starts_at: str
    ends_at: str
    reason: str
    by: Named
    cancelled_at: str | None
    swap: int | None


class OverridesOut(TypedDict):
    items: _list[OverrideOut]


class OverrideIn(TypedDict):
    starts_at: str
    ends_at: str
    person: NotRequired[int | None]
    reason: NotRequired[str]
    instead: NotRequired[int | None]
    seen: NotRequired[str | None]


class TakeIn(TypedDict):
    until: NotRequired[str | None]


class SwapOut(TypedDict):
    """Somebody asks to have their time on call taken."""
    id: int
    schedule: Named
    giver: Named
    starts_at: str
    ends_at: str
    asked: Named | None
    return_starts_at: str | None
    return_ends_at: str | None
    text: str
    state: str
    accepted_by: Named | None


class SwapsOut(TypedDict):
    items: _list[SwapOut]


class SwapIn(TypedDict):
    starts_at: str
    ends_at: str
    asked: NotRequired[int | None]
    return_starts_at: NotRequired[str | None]
    return_ends_at: NotRequired[str | None]
    text: NotRequired[str]


class AcceptIn(TypedDict):
    covers: NotRequired[int | None]


class AccountOut(TypedDict):
    """An account of a chat whose buttons answer for you."""
    id: int
    name: str


class ChainOut(TypedDict):
    """What happens when you are called, in words."""
    urgency: Literal['loud', 'quiet']
    severities: str
    sentence: str
    rules: _list[RuleOut]


class QuietOut(TypedDict):
    begins: str
    ends: str


class ReachOut(TypedDict):
    ways: _list[WayOut]
    chains: _list[ChainOut]
    quiet: QuietOut | None
    accounts: _list[AccountOut]
    flaws: _list[str]


class RuleOut(TypedDict):
    id: int
    way: int
    delay_minutes: int
    words: str


class WayOut(TypedDict):
    """One way to reach you."""
    id: int
    channel: str
    address: str
    label: str
    is_account: bool
    verified_at: str | None
    proved_at: str | None
    unusable: str
    last: str
    last_failure: str


class WayIn(TypedDict):
    channel: str
    address: str
    label: NotRequired[str]


class CodeIn(TypedDict):
    code: str


class RuleIn(TypedDict):
    urgency: Literal['loud', 'quiet']
    way: int
    delay_minutes: NotRequired[int]


class QuietIn(TypedDict):
    begins: str
    ends: str


class TimeOut(TypedDict):
    starts_at: str
    ends_at: str


class WindowOut(TypedDict):
    """When which services are worked on, so that nobody is called about them."""
    id: int
    reason: str
    public_text: str
    everything: bool
    services: _list[Named]
    on: bool
    times: _list[TimeOut]
    begins: str
    ends: str
    zone: str
    repeats: str
    weekdays: _list[int]
    last_day: str | None
    planned_by: Named
    ended_at: str | None
    cancelled_at: str | None
    over_at: str | None


class WindowsOut(TypedDict):
    items: _list[WindowOut]


class WindowIn(TypedDict):
    """As the desk's form: times are on the clocks of a zone, so that a change of the clocks moves none of them."""
    reason: str
    services: NotRequired[_list[int]]
    teams: NotRequired[_list[int]]
    everything: NotRequired[bool]
    begins: str
    ends: str
    zone: NotRequired[str | None]
    repeats: NotRequired[Literal['', 'weekly', 'monthly']]
    weekdays: NotRequired[_list[int]]
    last_day: NotRequired[str | None]
    public_text: NotRequired[str]


class Paging(TypedDict):
    """How much of a list, and from where."""
    limit: NotRequired[int]
    cursor: NotRequired[str | None]


class RunbookRow(TypedDict):
    id: int
    title: str
    team: Named
    owner: Named | None
    review_at: str | None
    archived_at: str | None


class RunbooksOut(TypedDict):
    items: _list[RunbookRow]
    next: str | None


class RunbookOut(TypedDict):
    id: int
    title: str
    team: Named
    owner: Named | None
    review_at: str | None
    archived_at: str | None
    body: str
    steps: _list[StepOut]
    services: _list[Named]
    tiers: _list[Named]
    policies: _list[Named]
    reviewed_at: str | None
    reviewed_by: Named | None
    may_keep: bool


class StepOut(TypedDict):
    id: int
    number: int
    words: str


class BodyIn(TypedDict):
    body: str


Outcome: TypeAlias = "Literal['helped', 'no_effect', 'worse']"


class AttemptOut(TypedDict):
    """A step that somebody took on an incident."""
    id: int
    incident: int
    service: Named | None
    by: str
    at: str
    hypothesis: str
    action: str
    outcome: Outcome
    minutes: int | None


class AttemptsOut(TypedDict):
    items: _list[AttemptOut]
    next: str | None
    tally: TallyOut
    looked_at: int | None


class TallyOut(TypedDict):
    tried: int
    helped: int


class ViewOut(TypedDict):
    id: int
    name: str
    asked: str
    team: Named | None
    author: Named
    first: bool
    may_change: bool


class ViewsOut(TypedDict):
    items: _list[ViewOut]


class ViewIn(TypedDict):
    name: str
    asked: NotRequired[str]
    team: NotRequired[int | None]
    first: NotRequired[bool]


class PreferencesOut(TypedDict):
    time_zone: str
    theme: Literal['system', 'light', 'dark']
    keys_on: bool
    presence_on: bool


class PreferencesIn(TypedDict):
    """What is not said stays as it is."""
    time_zone: NotRequired[str]
    theme: NotRequired[Literal['system', 'light', 'dark'] | None]
    keys_on: NotRequired[bool | None]
    presence_on: NotRequired[bool | None]


class CalendarOut(TypedDict):
    """A calendar from elsewhere. Of its address the host is shown: the rest is often a key."""
    id: int
    host: str
    schedule: Named | None
    read_at: str | None
    failing_since: str | None
    error: str


class CalendarsOut(TypedDict):
    items: _list[CalendarOut]


class CalendarIn(TypedDict):
    address: str
    schedule: NotRequired[int | None]


class ServiceOut(TypedDict):
    id: int
    name: str
    team: Named


class ServicesOut(TypedDict):
    items: _list[ServiceOut]
    next: str | None


class TeamsOut(TypedDict):
    items: _list[Named]
    next: str | None


class PeopleOut(TypedDict):
    items: _list[PersonOut]
    next: str | None


class PersonOut(TypedDict):
    id: int
    name: str
    teams: _list[Named]


class TierOut(TypedDict):
    id: int
    name: str
    track: Literal['functional', 'hierarchical']
    rank: int
    team: Named


class TiersOut(TypedDict):
    items: _list[TierOut]


class SkillOut(TypedDict):
    id: int
    name: str
    kind: Literal['ability', 'authority', 'access']


class SkillsOut(TypedDict):
    items: _list[SkillOut]


class BandOut(TypedDict):
    least: int
    severity: int


class CellOut(TypedDict):
    impact: Level
    urgency: Level
    severity: int


Level: TypeAlias = 'Literal[1, 2, 3]'


class SeveritiesOut(TypedDict):
    """What severity comes from: the worse of the two. 1 is the worst, 5 the least."""
    table: _list[CellOut]
    people: _list[BandOut]


Cause: TypeAlias = "Literal['change', 'capacity', 'hardware', 'software', 'supplier', 'network', 'human', 'security', 'false_alarm', 'unknown', 'duplicate']"


class CauseOut(TypedDict):
    name: Cause
    words: str


class CausesOut(TypedDict):
    items: _list[CauseOut]


class HeartbeatOut(TypedDict):
    """What is to beat regularly, and opens an incident when it stops."""
    id: int
    name: str
    service: Named | None
    state: Literal['silent', 'late', 'waits', 'maintenance', 'beats', 'not_watched']
    every_minutes: int
    grace_minutes: int
    severity: int
    last_beat: str | None
    due: str | None
    silent_since: str | None
    incident: int | None


class HeartbeatsOut(TypedDict):
    items: _list[HeartbeatOut]


class FindingOut(TypedDict):
    name: str
    sentence: str


class FindingsOut(TypedDict):
    """Findings of one kind."""
    title: str
    advice: str
    red: bool
    findings: _list[FindingOut]


class ReadinessOut(TypedDict):
    checked: str
    items: _list[FindingsOut]


class AskedOut(TypedDict):
    person: Named
    asked_at: str


class NoticeOut(TypedDict):
    code: str
    text: str
    since: str
    urgent: bool


class NoticesOut(TypedDict):
    items: _list[NoticeOut]


class FieldProblem(TypedDict):
    """What is wrong with one field."""
    field: str
    message: str


class ProblemOut(TypedDict):
    """Why it was not done. Nothing has changed."""
    title: str
    status: int
    code: str
    detail: str
    errors: NotRequired[_list[FieldProblem]]


def _there(**files: File | None) -> dict[str, File]:
    return {name: file for name, file in files.items() if file is not None}


class AttemptsNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        q: str | None = None,
        service: int | None = None,
        outcome: Outcome | None = None,
    ) -> AttemptsOut:
        """What was tried before.

        The latest first; on one service, or on all.
        """
        found: AttemptsOut = self._transport.call(
            "GET",
            "/api/v1/attempts",
            query={'limit': limit, 'cursor': cursor, 'q': q, 'service': service, 'outcome': outcome},
        )
        return found

    def each(
        self,
        *,
        limit: int | None = None,
        q: str | None = None,
        service: int | None = None,
        outcome: Outcome | None = None,
    ) -> Iterator[AttemptOut]:
        """``list``, page after page."""
        return self._transport.pages(
            lambda cursor: self.list(
                limit=limit,
                q=q,
                service=service,
                outcome=outcome,
                cursor=cursor,
            )
        )


class CatalogueNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

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
            query={'limit': limit, 'cursor': cursor, 'q': q, 'team': team},
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
            query={'limit': limit, 'cursor': cursor, 'q': q},
        )
        return found

    def each_services(self, *, limit: int | None = None, q: str | None = None) -> Iterator[ServiceOut]:
        """``services``, page after page."""
        return self._transport.pages(lambda cursor: self.services(limit=limit, q=q, cursor=cursor))

    def severities(self) -> SeveritiesOut:
        """What severity comes from."""
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
            query={'limit': limit, 'cursor': cursor, 'q': q},
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


class CuesNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, limit: int | None = None) -> CuesOut:
        """My cues.

        What is late first, then what comes, then what has no end.
        """
        found: CuesOut = self._transport.call("GET", "/api/v1/cues", query={'limit': limit})
        return found


class MaintenanceNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def cancel(self, window: int, *, if_match: str | None = None, key: str | None = None) -> WindowOut:
        """Cancel a window.

        It does not take place, or no longer.
        """
        found: WindowOut = self._transport.call(
            "POST",
            f"/api/v1/maintenance/{part(window)}/cancellation",
            if_match=if_match,
            key=key,
        )
        return found

    def change(
        self,
        window: int,
        *,
        reason: str,
        services: _list[int] | Unset = UNSET,
        teams: _list[int] | Unset = UNSET,
        everything: bool | Unset = UNSET,
        begins: str,
        ends: str,
        zone: str | None | Unset = UNSET,
        repeats: Literal['', 'weekly', 'monthly'] | Unset = UNSET,
        weekdays: _list[int] | Unset = UNSET,
        last_day: str | None | Unset = UNSET,
        public_text: str | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> WindowOut:
        """Plan a window anew.

        What is not said is as for a new one. It counts from now.
        """
        found: WindowOut = self._transport.call(
            "PUT",
            f"/api/v1/maintenance/{part(window)}",
            body=said(reason=reason, services=services, teams=teams, everything=everything, begins=begins, ends=ends, zone=zone, repeats=repeats, weekdays=weekdays, last_day=last_day, public_text=public_text),
            if_match=if_match,
            key=key,
        )
        return found

    def end(self, window: int, *, if_match: str | None = None, key: str | None = None) -> WindowOut:
        """End a window now.

        What is still open goes on at once. One that comes again does at its next time.
        """
        found: WindowOut = self._transport.call(
            "POST",
            f"/api/v1/maintenance/{part(window)}/end",
            if_match=if_match,
            key=key,
        )
        return found

    def list(self, *, over: bool | None = None) -> WindowsOut:
        """Maintenance windows.

        What is on or coming; or, with “over”, what was, the latest first.
        """
        found: WindowsOut = self._transport.call("GET", "/api/v1/maintenance", query={'over': over})
        return found

    def plan(
        self,
        *,
        reason: str,
        services: _list[int] | Unset = UNSET,
        teams: _list[int] | Unset = UNSET,
        everything: bool | Unset = UNSET,
        begins: str,
        ends: str,
        zone: str | None | Unset = UNSET,
        repeats: Literal['', 'weekly', 'monthly'] | Unset = UNSET,
        weekdays: _list[int] | Unset = UNSET,
        last_day: str | None | Unset = UNSET,
        public_text: str | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> WindowOut:
        """Plan a window.

        Of services of teams that you supervise; admins, of any.
        """
        found: WindowOut = self._transport.call(
            "POST",
            "/api/v1/maintenance",
            body=said(reason=reason, services=services, teams=teams, everything=everything, begins=begins, ends=ends, zone=zone, repeats=repeats, weekdays=weekdays, last_day=last_day, public_text=public_text),
            if_match=if_match,
            key=key,
        )
        return found

    def show(self, window: int) -> WindowOut:
        """One maintenance window."""
        found: WindowOut = self._transport.call("GET", f"/api/v1/maintenance/{part(window)}")
        return found


class MeNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def show(self) -> MeOut:
        """Who the token acts for, and what it may."""
        found: MeOut = self._transport.call("GET", "/api/v1/me")
        return found


class OncallNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def now(self, *, at: str | None = None, team: int | None = None) -> StandingsOut:
        """Who is on call.

        On each schedule that you may see: now, or at another instant.
        """
        found: StandingsOut = self._transport.call("GET", "/api/v1/oncall", query={'at': at, 'team': team})
        return found


class OwnNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def absences(self) -> CalendarsOut:
        """Calendars that are read for you.

        Of your absences, and of the holidays of schedules that you may change.
        """
        found: CalendarsOut = self._transport.call("GET", "/api/v1/absences")
        return found

    def add_absences(
        self,
        *,
        address: str,
        schedule: int | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> CalendarsOut:
        """Have a calendar read.

        Within a minute, and every few hours from then on.
        """
        found: CalendarsOut = self._transport.call(
            "POST",
            "/api/v1/absences",
            body=said(address=address, schedule=schedule),
            if_match=if_match,
            key=key,
        )
        return found

    def prefer(
        self,
        *,
        time_zone: str | Unset = UNSET,
        theme: Literal['system', 'light', 'dark'] | None | Unset = UNSET,
        keys_on: bool | None | Unset = UNSET,
        presence_on: bool | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> PreferencesOut:
        """Change your preferences.

        What is not said stays as it is.
        """
        found: PreferencesOut = self._transport.call(
            "PATCH",
            "/api/v1/preferences",
            body=said(time_zone=time_zone, theme=theme, keys_on=keys_on, presence_on=presence_on),
            if_match=if_match,
            key=key,
        )
        return found

    def preferences(self) -> PreferencesOut:
        """Your preferences."""
        found: PreferencesOut = self._transport.call("GET", "/api/v1/preferences")
        return found

    def read_absences(self, calendar: int, *, if_match: str | None = None, key: str | None = None) -> CalendarsOut:
        """Read a calendar again.

        Within a minute, instead of in a few hours.
        """
        found: CalendarsOut = self._transport.call(
            "POST",
            f"/api/v1/absences/{part(calendar)}/reading",
            if_match=if_match,
            key=key,
        )
        return found

    def remove_absences(self, calendar: int, *, if_match: str | None = None, key: str | None = None) -> CalendarsOut:
        """Have a calendar read no longer.

        Its dates go with it.
        """
        found: CalendarsOut = self._transport.call(
            "DELETE",
            f"/api/v1/absences/{part(calendar)}",
            if_match=if_match,
            key=key,
        )
        return found


class ReachNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def add(
        self,
        *,
        channel: str,
        address: str,
        label: str | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReachOut:
        """Add a way to reach you.

        A code is sent there at once; the way is used once it was sent back.
        """
        found: ReachOut = self._transport.call(
            "POST",
            "/api/v1/reach/ways",
            body=said(channel=channel, address=address, label=label),
            if_match=if_match,
            key=key,
        )
        return found

    def add_rule(
        self,
        *,
        urgency: Literal['loud', 'quiet'],
        way: int,
        delay_minutes: int | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReachOut:
        """Add a rule.

        When you are called: by this way, so many minutes later.
        """
        found: ReachOut = self._transport.call(
            "POST",
            "/api/v1/reach/rules",
            body=said(urgency=urgency, way=way, delay_minutes=delay_minutes),
            if_match=if_match,
            key=key,
        )
        return found

    def end_account(self, account: int, *, if_match: str | None = None, key: str | None = None) -> ReachOut:
        """Unlink a chat account.

        Its buttons answer for you no more.
        """
        found: ReachOut = self._transport.call(
            "DELETE",
            f"/api/v1/reach/accounts/{part(account)}",
            if_match=if_match,
            key=key,
        )
        return found

    def end_quiet(self, *, if_match: str | None = None, key: str | None = None) -> ReachOut:
        """Have no quiet hours."""
        found: ReachOut = self._transport.call("DELETE", "/api/v1/reach/quiet", if_match=if_match, key=key)
        return found

    def remove(self, way: int, *, if_match: str | None = None, key: str | None = None) -> ReachOut:
        """Remove a way.

        With the rules that use it.
        """
        found: ReachOut = self._transport.call(
            "DELETE",
            f"/api/v1/reach/ways/{part(way)}",
            if_match=if_match,
            key=key,
        )
        return found

    def remove_rule(self, rule: int, *, if_match: str | None = None, key: str | None = None) -> ReachOut:
        """Remove a rule."""
        found: ReachOut = self._transport.call(
            "DELETE",
            f"/api/v1/reach/rules/{part(rule)}",
            if_match=if_match,
            key=key,
        )
        return found

    def send_code(self, way: int, *, if_match: str | None = None, key: str | None = None) -> ReachOut:
        """Have a new code sent.

        The old one is not valid any more.
        """
        found: ReachOut = self._transport.call(
            "POST",
            f"/api/v1/reach/ways/{part(way)}/codes",
            if_match=if_match,
            key=key,
        )
        return found

    def set_quiet(self, *, begins: str, ends: str, if_match: str | None = None, key: str | None = None) -> ReachOut:
        """Set quiet hours.

        What is not urgent waits for their end.
        """
        found: ReachOut = self._transport.call(
            "PUT",
            "/api/v1/reach/quiet",
            body=said(begins=begins, ends=ends),
            if_match=if_match,
            key=key,
        )
        return found

    def show(self) -> ReachOut:
        """How Baton reaches you.

        Your ways, rules and quiet hours, and what may keep a call from reaching you.
        """
        found: ReachOut = self._transport.call("GET", "/api/v1/reach")
        return found

    def test(self, way: int, *, if_match: str | None = None, key: str | None = None) -> ReachOut:
        """Send yourself a test.

        By this way. How it went stands on the way a moment later.
        """
        found: ReachOut = self._transport.call(
            "POST",
            f"/api/v1/reach/ways/{part(way)}/tests",
            if_match=if_match,
            key=key,
        )
        return found

    def test_all(self, *, if_match: str | None = None, key: str | None = None) -> ReachOut:
        """Send yourself the tests that are due."""
        found: ReachOut = self._transport.call("POST", "/api/v1/reach/tests", if_match=if_match, key=key)
        return found

    def verify(self, way: int, *, code: str, if_match: str | None = None, key: str | None = None) -> ReachOut:
        """Send a way's code back.

        A wrong code counts as a try, whatever the key of the request.
        """
        found: ReachOut = self._transport.call(
            "POST",
            f"/api/v1/reach/ways/{part(way)}/verification",
            body=said(code=code),
            if_match=if_match,
            key=key,
        )
        return found


class RunbooksNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, limit: int | None = None, cursor: str | None = None, q: str | None = None) -> RunbooksOut:
        """Runbooks.

        Those in use, by title.
        """
        found: RunbooksOut = self._transport.call(
            "GET",
            "/api/v1/runbooks",
            query={'limit': limit, 'cursor': cursor, 'q': q},
        )
        return found

    def each(self, *, limit: int | None = None, q: str | None = None) -> Iterator[RunbookRow]:
        """``list``, page after page."""
        return self._transport.pages(lambda cursor: self.list(limit=limit, q=q, cursor=cursor))

    def review(self, runbook: int, *, if_match: str | None = None, key: str | None = None) -> RunbookOut:
        """Say that a runbook is still right.

        You have read it.
        """
        found: RunbookOut = self._transport.call(
            "POST",
            f"/api/v1/runbooks/{part(runbook)}/review",
            if_match=if_match,
            key=key,
        )
        return found

    def show(self, runbook: int) -> RunbookOut:
        """One runbook."""
        found: RunbookOut = self._transport.call("GET", f"/api/v1/runbooks/{part(runbook)}")
        return found

    def write(self, runbook: int, *, body: str, if_match: str | None = None, key: str | None = None) -> RunbookOut:
        """Write a runbook anew.

        Steps with other words begin anew; tasks about them are settled by it.
        """
        found: RunbookOut = self._transport.call(
            "PUT",
            f"/api/v1/runbooks/{part(runbook)}/procedure",
            body=said(body=body),
            if_match=if_match,
            key=key,
        )
        return found


class SchedulesNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def accept(
        self,
        schedule: int,
        swap: int,
        *,
        covers: int | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> SwapOut:
        """Take the shift.

        You take it; or, as a supervisor, you say who does.
        """
        found: SwapOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/swaps/{part(swap)}/acceptance",
            body=said(covers=covers),
            if_match=if_match,
            key=key,
        )
        return found

    def cancel(
        self,
        schedule: int,
        override: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> OverrideOut:
        """End an override.

        Or take it back before it begins. Both halves of a swap end together.
        """
        found: OverrideOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/overrides/{part(override)}/cancellation",
            if_match=if_match,
            key=key,
        )
        return found

    def decline(self, schedule: int, swap: int, *, if_match: str | None = None, key: str | None = None) -> SwapOut:
        """Decline a swap."""
        found: SwapOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/swaps/{part(swap)}/refusal",
            if_match=if_match,
            key=key,
        )
        return found

    def list(self) -> SchedulesOut:
        """Schedules that you may see."""
        found: SchedulesOut = self._transport.call("GET", "/api/v1/schedules")
        return found

    def override(
        self,
        schedule: int,
        *,
        starts_at: str,
        ends_at: str,
        person: int | None | Unset = UNSET,
        reason: str | Unset = UNSET,
        instead: int | None | Unset = UNSET,
        seen: str | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> OverrideOut:
        """Say who covers.

        A supervisor chooses whom; others of the team, and of the schedule, cover themselves.
        """
        found: OverrideOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/overrides",
            body=said(starts_at=starts_at, ends_at=ends_at, person=person, reason=reason, instead=instead, seen=seen),
            if_match=if_match,
            key=key,
        )
        return found

    def overrides(self, schedule: int) -> OverridesOut:
        """Overrides that count.

        Those in force or to come, the soonest first.
        """
        found: OverridesOut = self._transport.call("GET", f"/api/v1/schedules/{part(schedule)}/overrides")
        return found

    def shifts(self, schedule: int, *, since: str | None = None, until: str | None = None) -> ShiftsOut:
        """Shifts and gaps of a schedule.

        Of a period: from now for four weeks, if nothing else is said; of 100 days at the most.
        """
        found: ShiftsOut = self._transport.call(
            "GET",
            f"/api/v1/schedules/{part(schedule)}/shifts",
            query={'since': since, 'until': until},
        )
        return found

    def show(self, schedule: int) -> ScheduleOut:
        """One schedule.

        Its layers, who takes turns, and who can cover.
        """
        found: ScheduleOut = self._transport.call("GET", f"/api/v1/schedules/{part(schedule)}")
        return found

    def swap(
        self,
        schedule: int,
        *,
        starts_at: str,
        ends_at: str,
        asked: int | None | Unset = UNSET,
        return_starts_at: str | None | Unset = UNSET,
        return_ends_at: str | None | Unset = UNSET,
        text: str | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> SwapOut:
        """Ask somebody to take your shift.

        Until somebody accepts it stays yours.
        """
        found: SwapOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/swaps",
            body=said(starts_at=starts_at, ends_at=ends_at, asked=asked, return_starts_at=return_starts_at, return_ends_at=return_ends_at, text=text),
            if_match=if_match,
            key=key,
        )
        return found

    def swap_show(self, schedule: int, swap: int) -> SwapOut:
        """One swap."""
        found: SwapOut = self._transport.call("GET", f"/api/v1/schedules/{part(schedule)}/swaps/{part(swap)}")
        return found

    def swaps(self, schedule: int) -> SwapsOut:
        """Swaps that wait for an answer."""
        found: SwapsOut = self._transport.call("GET", f"/api/v1/schedules/{part(schedule)}/swaps")
        return found

    def take(
        self,
        schedule: int,
        *,
        until: str | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> OverrideOut:
        """Take it now.

        From now on it is you, until the shift ends that is under way.
        """
        found: OverrideOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/cover",
            body=said(until=until),
            if_match=if_match,
            key=key,
        )
        return found

    def withdraw(self, schedule: int, swap: int, *, if_match: str | None = None, key: str | None = None) -> SwapOut:
        """Keep your shift after all."""
        found: SwapOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/swaps/{part(swap)}/withdrawal",
            if_match=if_match,
            key=key,
        )
        return found


class ViewsNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def add(
        self,
        *,
        name: str,
        asked: str | Unset = UNSET,
        team: int | None | Unset = UNSET,
        first: bool | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ViewOut:
        """Save a view.

        What the queue does not know of “asked” is left out.
        """
        found: ViewOut = self._transport.call(
            "POST",
            "/api/v1/views",
            body=said(name=name, asked=asked, team=team, first=first),
            if_match=if_match,
            key=key,
        )
        return found

    def archive(self, view: int, *, if_match: str | None = None, key: str | None = None) -> ViewsOut:
        """Archive a view.

        Nobody sees it any more. The answer is those that are left.
        """
        found: ViewsOut = self._transport.call("DELETE", f"/api/v1/views/{part(view)}", if_match=if_match, key=key)
        return found

    def change(
        self,
        view: int,
        *,
        name: str,
        asked: str | Unset = UNSET,
        team: int | None | Unset = UNSET,
        first: bool | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ViewOut:
        """Change a view.

        Your own; as a supervisor, those of your team.
        """
        found: ViewOut = self._transport.call(
            "PUT",
            f"/api/v1/views/{part(view)}",
            body=said(name=name, asked=asked, team=team, first=first),
            if_match=if_match,
            key=key,
        )
        return found

    def end_first(self, view: int, *, if_match: str | None = None, key: str | None = None) -> ViewOut:
        """Begin my queue with it no longer."""
        found: ViewOut = self._transport.call(
            "DELETE",
            f"/api/v1/views/{part(view)}/first",
            if_match=if_match,
            key=key,
        )
        return found

    def list(self) -> ViewsOut:
        """Saved views.

        Your own, and those of your teams.
        """
        found: ViewsOut = self._transport.call("GET", "/api/v1/views")
        return found

    def set_first(self, view: int, *, if_match: str | None = None, key: str | None = None) -> ViewOut:
        """Begin my queue with a view.

        One that you see, whoever made it.
        """
        found: ViewOut = self._transport.call("PUT", f"/api/v1/views/{part(view)}/first", if_match=if_match, key=key)
        return found


class WatchingNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(self, who: int, *, if_match: str | None = None, key: str | None = None) -> AskedOut:
        """Ask somebody to test.

        To send themselves a test: a message is on its way, and a cue waits. Once a day is enough.
        """
        found: AskedOut = self._transport.call(
            "POST",
            f"/api/v1/readiness/people/{part(who)}/test-request",
            if_match=if_match,
            key=key,
        )
        return found

    def heartbeats(self) -> HeartbeatsOut:
        """Heartbeats.

        Those whose incident you would see.
        """
        found: HeartbeatsOut = self._transport.call("GET", "/api/v1/heartbeats")
        return found

    def notices(self) -> NoticesOut:
        """What everybody must know now.

        What stands above every page: escalations that are late, a storm, an installation that is held.
        """
        found: NoticesOut = self._transport.call("GET", "/api/v1/notices")
        return found

    def readiness(self) -> ReadinessOut:
        """What would go wrong with the next call.

        Of the teams that you supervise; of all, for admins and auditors.
        """
        found: ReadinessOut = self._transport.call("GET", "/api/v1/readiness")
        return found


class Baton:
    """Baton, as one person's token sees it."""

    def __init__(self, url: str, token: str, *, timeout: float = 30.0, tries: int = 4) -> None:
        transport = Transport(url, token, timeout=timeout, tries=tries)
        self.attempts = AttemptsNoun(transport)
        self.catalogue = CatalogueNoun(transport)
        self.cues = CuesNoun(transport)
        self.maintenance = MaintenanceNoun(transport)
        self.me = MeNoun(transport)
        self.oncall = OncallNoun(transport)
        self.own = OwnNoun(transport)
        self.reach = ReachNoun(transport)
        self.runbooks = RunbooksNoun(transport)
        self.schedules = SchedulesNoun(transport)
        self.views = ViewsNoun(transport)
        self.watching = WatchingNoun(transport)
