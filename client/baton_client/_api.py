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


Cause: TypeAlias = "Literal['change', 'capacity', 'hardware', 'software', 'supplier', 'network', 'human', 'security', 'false_alarm', 'unknown', 'duplicate']"


Order: TypeAlias = "Literal['urgency', 'newest', 'oldest']"


Role: TypeAlias = "Literal['lead', 'communicator', 'scribe']"


Status: TypeAlias = "Literal['open', 'triggered', 'acknowledged', 'on_hold', 'resolved']"


class Wanted(TypedDict):
    """What narrows the queue, by the same words as in its address."""
    limit: NotRequired[int]
    cursor: NotRequired[str | None]
    q: NotRequired[str]
    scope: NotRequired[Literal['mine', 'teams', 'all']]
    status: NotRequired[Literal['open', 'triggered', 'acknowledged', 'on_hold', 'resolved']]
    severity: NotRequired[int | None]
    service: NotRequired[int | Literal['none'] | None]
    team: NotRequired[int | None]
    tier: NotRequired[int | Literal['none'] | None]
    holder: NotRequired[int | Literal['me', 'nobody'] | None]
    since: NotRequired[Literal['1h', '24h', '7d', '30d', '365d'] | None]
    within: NotRequired[Literal['1h', '24h', '7d', '30d', '365d'] | None]
    people: NotRequired[int | None]
    cause: NotRequired[Cause | None]
    promise: NotRequired[Literal['at-risk', 'breached'] | None]
    role: NotRequired[Literal['open', 'mine'] | Role | None]
    source: NotRequired[int | None]
    sort: NotRequired[Order | None]


class Baton(TypedDict):
    """Who works on it, and how its clocks stand."""
    tier: Named | None
    holder: Named | None
    offered_to: Named | None
    offered_by: Named | None
    acknowledged_at: str | None
    held_until: str | None
    quiet_until: str | None
    next_at: str | None


Grade: TypeAlias = "Literal['high', 'medium', 'low']"


class IncidentOut(TypedDict):
    """An incident in a list."""
    number: int
    ref: str
    title: str
    url: str
    status: str
    severity: int
    service: Named | None
    team: Named
    restricted: bool
    impact: Grade
    urgency: Grade
    people_affected: int
    attempts: int
    failed_attempts: int
    opened_at: str
    resolved_at: str | None
    closed_at: str | None
    cause: Cause | None
    resolver: Named | None
    baton: Baton | None


class IncidentPage(TypedDict):
    items: _list[IncidentOut]
    next: str | None


class Named(TypedDict):
    """Something or somebody, with the name as it is now."""
    id: int
    name: str


class AuthorityOut(TypedDict):
    """Who must know: the second track."""
    tier: Named | None
    step: str
    next_tier: str | None
    acknowledged_at: str | None
    over: bool


Effect: TypeAlias = "Literal['degraded', 'partly_down', 'down']"


class FileOut(TypedDict):
    id: int
    name: str
    size: int
    sha256: str
    by: Named
    at: str


class HandsOn(TypedDict):
    """How long hands were on it."""
    seconds: int
    working: _list[Working]


class IncidentWholeOut(TypedDict):
    """An incident with all that stands about it. Its record and its runbooks are at addresses of their own."""
    number: int
    ref: str
    title: str
    url: str
    status: str
    severity: int
    service: Named | None
    team: Named
    restricted: bool
    impact: Grade
    urgency: Grade
    people_affected: int
    attempts: int
    failed_attempts: int
    opened_at: str
    resolved_at: str | None
    closed_at: str | None
    cause: Cause | None
    resolver: Named | None
    baton: Baton | None
    symptom: str
    source: Named | None
    opened_by: Named | None
    severity_override: int | None
    reported_severity: int | None
    needs: _list[Named]
    needs_stated: bool
    ahead: _list[StepAhead]
    authority: AuthorityOut | None
    roles: _list[RoleOut]
    links: _list[LinkOut]
    files: _list[FileOut]
    last_update: UpdateOut | None
    update_version: str
    following: bool
    hands_on: HandsOn
    rights: Rights
    last_entry: int


class LinkOut(TypedDict):
    """Another incident that its reader may see."""
    kind: str
    number: int
    ref: str
    title: str


class Rights(TypedDict):
    """What the token's person may do with it."""
    act: bool
    reassign: bool


class RoleOut(TypedDict):
    role: str
    person: Named | None
    with_baton: bool
    offered_to: Named | None
    version: str


Stage: TypeAlias = "Literal['investigating', 'identified', 'watching', 'resolved']"


class StepAhead(TypedDict):
    """Where an escalation may lead."""
    lap: int
    place: int
    tier: str


class UpdateOut(TypedDict):
    """What others were told."""
    number: int
    stage: Stage
    text: str
    public_title: str
    to_stakeholders: bool
    on_status_page: bool
    effect: Effect | None
    told: int
    by: Named
    at: str
    withdrawn_at: str | None


class Working(TypedDict):
    id: int
    name: str
    since: str


class Opened(TypedDict):
    """What is known of it. Two things are asked; the rest can wait."""
    title: str
    service: NotRequired[int | str | None]
    symptom: NotRequired[str]
    people_affected: NotRequired[int | None]
    impact: NotRequired[Grade | None]
    urgency: NotRequired[Grade | None]
    restricted: NotRequired[bool]
    previous: NotRequired[int | None]
    call_anyway: NotRequired[bool | None]


class RecordWanted(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str | None]
    sort: NotRequired[Literal['oldest', 'newest']]
    kind: NotRequired[str | None]


class ActorOut(TypedDict):
    kind: str
    id: int | None
    name: str


class EntryOut(TypedDict):
    """One line of the record."""
    seq: int
    at: str
    kind: str
    actor: ActorOut
    text: str
    hypothesis: str
    step: str
    data: dict[str, Any]


class EntryPage(TypedDict):
    items: _list[EntryOut]
    next: str | None


class Why(TypedDict):
    text: str


class BriefIn(TypedDict):
    """What a receiver has to know; each part may be missing."""
    state: NotRequired[str]
    symptoms: NotRequired[str]
    tried: NotRequired[str]
    question: NotRequired[str]
    next: NotRequired[str]
    risk: NotRequired[str]


class Escalated(TypedDict):
    text: NotRequired[str]
    brief: NotRequired[BriefIn | None]
    reason: Reason
    to: NotRequired[StepTo | None]


Reason: TypeAlias = "Literal['expertise', 'authority', 'access', 'impact', 'time', 'capacity']"


class StepTo(TypedDict):
    """One of `ahead`."""
    lap: int
    place: int


class Told(TypedDict):
    text: NotRequired[str]
    brief: NotRequired[BriefIn | None]
    step: NotRequired[str | None]


class Offered(TypedDict):
    text: NotRequired[str]
    brief: NotRequired[BriefIn | None]
    to: int | str


class Reassigned(TypedDict):
    """To a person, or to a tier."""
    to: NotRequired[int | str | None]
    tier: NotRequired[int | None]
    text: NotRequired[str]


class Held(TypedDict):
    text: str
    until: str


class Resolved(TypedDict):
    text: str
    cause: Cause


class AdviceOut(TypedDict):
    """What the signs come to now."""
    verdict: Literal['not_yet', 'soon', 'now']
    signs: _list[SignOut]
    to: TargetOut | None
    declined: DeclinedOut | None
    may_answer: bool


class DeclinedOut(TypedDict):
    by: str
    at: str


class SignOut(TypedDict):
    """A fact that says that it is time to escalate."""
    key: str
    level: Literal['unknown', 'mild', 'strong']
    text: str
    evidence: dict[str, int | str]


class TargetOut(TypedDict):
    """The next tier of its path at which somebody is there."""
    lap: int
    place: int
    tier: str
    people: _list[Named]
    until: str | None


class Taken(TypedDict):
    to: NotRequired[StepTo | None]


class NotNow(TypedDict):
    text: str
    to: NotRequired[StepTo | None]


class Attempted(TypedDict):
    text: str
    outcome: Outcome
    hypothesis: NotRequired[str]
    minutes: NotRequired[int | None]


Outcome: TypeAlias = "Literal['helped', 'no_effect', 'worse']"


class Facts(TypedDict):
    """Only what is sent is stated."""
    people_affected: NotRequired[int | None]
    impact: NotRequired[Grade | None]
    urgency: NotRequired[Grade | None]


class Judged(TypedDict):
    text: str
    severity: int | None


class Needed(TypedDict):
    skills: _list[int]


class As(TypedDict):
    """``was``: the role's `version` as you saw it."""
    was: NotRequired[str | None]


class Passing(TypedDict):
    was: NotRequired[str | None]
    to: int | str
    text: NotRequired[str]


class Leaving(TypedDict):
    was: NotRequired[str | None]
    text: NotRequired[str]


class FittingOut(TypedDict):
    id: int
    title: str
    steps: _list[StepOut]


class FittingPage(TypedDict):
    items: _list[FittingOut]


class StepOut(TypedDict):
    id: int
    number: int
    words: str
    tick: TickOut | None


class TickOut(TypedDict):
    id: int
    worked: bool
    by: Named
    at: str
    settled_at: str | None


class Merged(TypedDict):
    text: str
    number: int


class Linked(TypedDict):
    number: int
    kind: NotRequired[Literal['part', 'related']]


class LetIn(TypedDict):
    to: int | str
    text: NotRequired[str]


class UpdatePage(TypedDict):
    items: _list[UpdateOut]


class Published(TypedDict):
    """An update as it leaves. On the status page one that is not `resolved` says how bad it is, and for what."""
    stage: Stage
    text: str
    to_stakeholders: NotRequired[bool]
    on_status_page: NotRequired[bool]
    public_title: NotRequired[str]
    effect: NotRequired[Effect | None]
    components: NotRequired[_list[int]]
    version: NotRequired[str | None]


class RoomOut(TypedDict):
    id: int
    name: str
    kind: str
    told: bool


class RoomsOut(TypedDict):
    items: _list[RoomOut]


class RoomIn(TypedDict):
    room: int


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


class ReviewsWanted(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str | None]
    state: NotRequired[Literal['draft', 'shared', 'done'] | None]


class ReviewRow(TypedDict):
    """A review in a list."""
    incident: ReviewedOut
    url: str
    state: str
    begun_at: str
    begun_by: Named
    shared_at: str | None


class ReviewedOut(TypedDict):
    number: int
    ref: str
    title: str


class ReviewsOut(TypedDict):
    items: _list[ReviewRow]
    next: str | None


class ActionOut(TypedDict):
    """What somebody does so that it goes better next time."""
    number: int
    what: str
    owner: Named
    due: str
    state: str
    late: bool
    done_at: str | None
    done_by: Named | None
    dropped_at: str | None
    dropped_by: Named | None
    why_dropped: str


class FactOut(TypedDict):
    label: str
    words: str


Factor: TypeAlias = "Literal['change', 'configuration', 'capacity', 'dependency', 'design', 'detection', 'knowledge', 'access', 'handover', 'staffing', 'other']"


class FactorOut(TypedDict):
    kind: Factor
    text: str


class MomentOut(TypedDict):
    """A line of the timeline."""
    seq: int
    at: str
    kind: str
    tier: str
    words: str
    text: str
    remark: RemarkOut | None


class RemarkOut(TypedDict):
    text: str
    by: Named
    at: str


class ReviewOut(TypedDict):
    """What people wrote, and what the record says."""
    incident: ReviewedOut
    url: str
    state: str
    begun_at: str
    begun_by: Named
    shared_at: str | None
    shared_by: Named | None
    summary: str
    helped: str
    hindered: str
    factors: _list[FactorOut]
    actions: _list[ActionOut]
    facts: _list[FactOut]
    signs: _list[SignShownOut]
    timeline: _list[MomentOut]
    cut: bool
    may_write: bool


class SignShownOut(TypedDict):
    """A warning sign: when it showed first, and what came of it."""
    key: str
    words: str
    at: str
    heeded_at: str | None
    how: str
    heeded: str


class BeginIn(TypedDict):
    incident: int


class ActionsWanted(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str | None]
    owner: NotRequired[int | Literal['me'] | None]
    late: NotRequired[bool]


class ActionRow(TypedDict):
    """An action in a list of several reviews' actions."""
    incident: ReviewedOut
    number: int
    what: str
    owner: Named
    due: str
    late: bool


class ActionsOut(TypedDict):
    items: _list[ActionRow]
    next: str | None


class FactorIn(TypedDict):
    kind: Factor
    text: str


class WordsIn(TypedDict):
    """All that is written; what is left empty is taken away."""
    summary: str
    helped: str
    hindered: str
    factors: _list[FactorIn]


class RemarkIn(TypedDict):
    text: str


class ActionIn(TypedDict):
    owner: int | str
    due: str
    what: str


class MoveIn(TypedDict):
    owner: int | str
    due: str


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
    steps: _list[RunbookStepOut]
    services: _list[Named]
    tiers: _list[Named]
    policies: _list[Named]
    reviewed_at: str | None
    reviewed_by: Named | None
    may_keep: bool


class RunbookStepOut(TypedDict):
    id: int
    number: int
    words: str


class BodyIn(TypedDict):
    body: str


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
    impact: Grade
    urgency: Grade
    severity: int


class SeveritiesOut(TypedDict):
    """What severity comes from: the worse of the two. 1 is the worst, 5 the least."""
    table: _list[CellOut]
    people: _list[BandOut]


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
    state: NotRequired[dict[str, Any] | None]


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


class IncidentsNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def accept(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Accept the baton that is held out to you.

        As an acknowledgement, but refused if nothing is offered to you any more.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/acceptance",
            if_match=if_match,
            key=key,
        )
        return found

    def acknowledge(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Acknowledge: take it.

        A call to you, an offer to you, or a baton that your tier holds. The clock of the call stops, and that of
        the work begins.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/acknowledgement",
            if_match=if_match,
            key=key,
        )
        return found

    def advice(self, number: int) -> AdviceOut:
        """What the warning signs advise.

        For the token's person: what compares with other incidents counts those that they may see.
        """
        found: AdviceOut = self._transport.call("GET", f"/api/v1/incidents/{part(number)}/advice")
        return found

    def answer(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Answer: I am on it, and decide.

        For a manager who was asked for a decision.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/answer",
            if_match=if_match,
            key=key,
        )
        return found

    def attach(
        self,
        number: int,
        *,
        file: File,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Attach a file.

        Whoever may see the incident may see it.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/files",
            body=said({}),
            files=_there(file=file),
            if_match=if_match,
            key=key,
        )
        return found

    def attempt(
        self,
        number: int,
        *,
        text: str,
        outcome: Outcome,
        hypothesis: str | Unset = UNSET,
        minutes: int | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Record an attempt."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/attempts",
            body=said({'text': text, 'outcome': outcome, 'hypothesis': hypothesis, 'minutes': minutes}),
            if_match=if_match,
            key=key,
        )
        return found

    def begin_work(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """I work on it: your hands-on time runs."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/work",
            if_match=if_match,
            key=key,
        )
        return found

    def content(self, number: int, file: int) -> bytes:
        """Read a file.

        To be saved: whatever it is, it is handed out as bytes.
        """
        found: bytes = self._transport.call("GET", f"/api/v1/incidents/{part(number)}/files/{part(file)}")
        return found

    def create(
        self,
        *,
        title: str,
        service: int | str | None | Unset = UNSET,
        symptom: str | Unset = UNSET,
        people_affected: int | None | Unset = UNSET,
        impact: Grade | None | Unset = UNSET,
        urgency: Grade | None | Unset = UNSET,
        restricted: bool | Unset = UNSET,
        previous: int | None | Unset = UNSET,
        call_anyway: bool | None | Unset = UNSET,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Open an incident.

        The first step of its path is called at once.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            "/api/v1/incidents",
            body=said({'title': title, 'service': service, 'symptom': symptom, 'people_affected': people_affected, 'impact': impact, 'urgency': urgency, 'restricted': restricted, 'previous': previous, 'call_anyway': call_anyway}),
            key=key,
        )
        return found

    def decide(
        self,
        number: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Decide.

        A manager's decision; whoever works on it is told.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/decision",
            body=said({'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def decline(
        self,
        number: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Decline the baton that is held out to you."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/refusal",
            body=said({'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def decline_advice(
        self,
        number: int,
        *,
        text: str,
        to: StepTo | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Decline the advice: not now.

        The path and its clocks go on as they would. The advice comes up again if it gets worse.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/advice/refusal",
            body=said({'text': text, 'to': to}),
            if_match=if_match,
            key=key,
        )
        return found

    def escalate(
        self,
        number: int,
        *,
        text: str | Unset = UNSET,
        brief: BriefIn | None | Unset = UNSET,
        reason: Reason,
        to: StepTo | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Escalate to the next step, or a later one."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/escalation",
            body=said({'text': text, 'brief': brief, 'reason': reason, 'to': to}),
            if_match=if_match,
            key=key,
        )
        return found

    def follow(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Follow: its updates are sent to you.

        Whoever may see it may follow it. Nothing of the incident changes.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/follow",
            if_match=if_match,
            key=key,
        )
        return found

    def hand_over(
        self,
        number: int,
        *,
        text: str | Unset = UNSET,
        brief: BriefIn | None | Unset = UNSET,
        to: int | str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Hand over: offer the baton.

        It stays yours until they take it.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/handover",
            body=said({'text': text, 'brief': brief, 'to': to}),
            if_match=if_match,
            key=key,
        )
        return found

    def hold(
        self,
        number: int,
        *,
        text: str,
        until: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Put on hold: the clocks stand still."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/hold",
            body=said({'text': text, 'until': until}),
            if_match=if_match,
            key=key,
        )
        return found

    def leave_role(
        self,
        number: int,
        role: Literal['lead', 'communicator', 'scribe'],
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Leave a role."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/roles/{part(role)}/leaving",
            body=said({}),
            if_match=if_match,
            key=key,
        )
        return found

    def leave_room(
        self,
        number: int,
        room: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Tell a chat channel no more.

        Where it can be, its message is taken back to the number alone.
        """
        found: IncidentWholeOut = self._transport.call(
            "DELETE",
            f"/api/v1/incidents/{part(number)}/rooms/{part(room)}",
            if_match=if_match,
            key=key,
        )
        return found

    def let_in(
        self,
        number: int,
        *,
        to: int | str,
        text: str | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Let somebody in."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/participants",
            body=said({'to': to, 'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def lift_restriction(
        self,
        number: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Lift the restriction; for supervisors who take part."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/restriction/end",
            body=said({'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def link(
        self,
        number: int,
        *,
        other_number: int,
        kind: Literal['part', 'related'] | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Link with another."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/links",
            body=said({'number': other_number, 'kind': kind}),
            if_match=if_match,
            key=key,
        )
        return found

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        q: str | None = None,
        scope: Literal['mine', 'teams', 'all'] | None = None,
        status: Literal['open', 'triggered', 'acknowledged', 'on_hold', 'resolved'] | None = None,
        severity: int | None = None,
        service: int | Literal['none'] | None = None,
        team: int | None = None,
        tier: int | Literal['none'] | None = None,
        holder: int | Literal['me', 'nobody'] | None = None,
        since: Literal['1h', '24h', '7d', '30d', '365d'] | None = None,
        within: Literal['1h', '24h', '7d', '30d', '365d'] | None = None,
        people: int | None = None,
        cause: Cause | None = None,
        promise: Literal['at-risk', 'breached'] | None = None,
        role: Literal['open', 'mine'] | Role | None = None,
        source: int | None = None,
        sort: Order | None = None,
    ) -> IncidentPage:
        """Find incidents.

        Those you may see. Of what is resolved, `q` looks through the newest.
        """
        found: IncidentPage = self._transport.call(
            "GET",
            "/api/v1/incidents",
            query={'limit': limit, 'cursor': cursor, 'q': q, 'scope': scope, 'status': status, 'severity': severity, 'service': service, 'team': team, 'tier': tier, 'holder': holder, 'since': since, 'within': within, 'people': people, 'cause': cause, 'promise': promise, 'role': role, 'source': source, 'sort': sort},
        )
        return found

    def each(
        self,
        *,
        limit: int | None = None,
        q: str | None = None,
        scope: Literal['mine', 'teams', 'all'] | None = None,
        status: Literal['open', 'triggered', 'acknowledged', 'on_hold', 'resolved'] | None = None,
        severity: int | None = None,
        service: int | Literal['none'] | None = None,
        team: int | None = None,
        tier: int | Literal['none'] | None = None,
        holder: int | Literal['me', 'nobody'] | None = None,
        since: Literal['1h', '24h', '7d', '30d', '365d'] | None = None,
        within: Literal['1h', '24h', '7d', '30d', '365d'] | None = None,
        people: int | None = None,
        cause: Cause | None = None,
        promise: Literal['at-risk', 'breached'] | None = None,
        role: Literal['open', 'mine'] | Role | None = None,
        source: int | None = None,
        sort: Order | None = None,
    ) -> Iterator[IncidentOut]:
        """``list``, page after page."""
        return self._transport.pages(
            lambda cursor: self.list(
                limit=limit,
                q=q,
                scope=scope,
                status=status,
                severity=severity,
                service=service,
                team=team,
                tier=tier,
                holder=holder,
                since=since,
                within=within,
                people=people,
                cause=cause,
                promise=promise,
                role=role,
                source=source,
                sort=sort,
                cursor=cursor,
            )
        )

    def merge(
        self,
        number: int,
        *,
        text: str,
        other_number: int,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Merge into another: it is the same trouble.

        It ends here, nobody is called for it any more, and what its sources report is heard in the other.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/merging",
            body=said({'text': text, 'number': other_number}),
            if_match=if_match,
            key=key,
        )
        return found

    def note(
        self,
        number: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Write a note.

        Also on what is resolved. Whoever is named with an @ may see the incident, and is told.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/notes",
            body=said({'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def pass_role(
        self,
        number: int,
        role: Literal['lead', 'communicator', 'scribe'],
        *,
        was: str | None | Unset = UNSET,
        to: int | str,
        text: str | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Ask somebody to take a role."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/roles/{part(role)}/passing",
            body=said({'was': was, 'to': to, 'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def publish_update(
        self,
        number: int,
        *,
        stage: Stage,
        text: str,
        to_stakeholders: bool | Unset = UNSET,
        on_status_page: bool | Unset = UNSET,
        public_title: str | Unset = UNSET,
        effect: Effect | None | Unset = UNSET,
        components: _list[int] | Unset = UNSET,
        version: str | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Send an update."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/updates",
            body=said({'stage': stage, 'text': text, 'to_stakeholders': to_stakeholders, 'on_status_page': on_status_page, 'public_title': public_title, 'effect': effect, 'components': components, 'version': version}),
            if_match=if_match,
            key=key,
        )
        return found

    def reassign(
        self,
        number: int,
        *,
        to: int | str | None | Unset = UNSET,
        tier: int | None | Unset = UNSET,
        text: str | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Reassign; for supervisors.

        It moves at once, and the clocks keep the time they have left.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/reassignment",
            body=said({'to': to, 'tier': tier, 'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def record(
        self,
        number: int,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        sort: Literal['oldest', 'newest'] | None = None,
        kind: str | None = None,
    ) -> EntryPage:
        """Read its record.

        What happened, entry by entry. New entries come at the end: an `oldest` first reading can go on from its
        last cursor.
        """
        found: EntryPage = self._transport.call(
            "GET",
            f"/api/v1/incidents/{part(number)}/record",
            query={'limit': limit, 'cursor': cursor, 'sort': sort, 'kind': kind},
        )
        return found

    def each_record(
        self,
        number: int,
        *,
        limit: int | None = None,
        sort: Literal['oldest', 'newest'] | None = None,
        kind: str | None = None,
    ) -> Iterator[EntryOut]:
        """``record``, page after page."""
        return self._transport.pages(
            lambda cursor: self.record(
                number,
                limit=limit,
                sort=sort,
                kind=kind,
                cursor=cursor,
            )
        )

    def refuse_role(
        self,
        number: int,
        role: Literal['lead', 'communicator', 'scribe'],
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Decline a role you are asked to take, or keep yours."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/roles/{part(role)}/refusal",
            body=said({}),
            if_match=if_match,
            key=key,
        )
        return found

    def reopen(
        self,
        number: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Re-open: the path begins again at its first step."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/reopening",
            body=said({'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def resolve(
        self,
        number: int,
        *,
        text: str,
        cause: Cause,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Resolve.

        `text`: what fixed it.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/resolution",
            body=said({'text': text, 'cause': cause}),
            if_match=if_match,
            key=key,
        )
        return found

    def restrict(
        self,
        number: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Restrict it to those who take part."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/restriction",
            body=said({'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def resume(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Resume: the clocks go on with what they had left."""
        found: IncidentWholeOut = self._transport.call(
            "DELETE",
            f"/api/v1/incidents/{part(number)}/hold",
            if_match=if_match,
            key=key,
        )
        return found

    def rooms(self, number: int) -> RoomsOut:
        """Which chat channels read of it, or could.

        Those that could are shown to whoever may change the incident.
        """
        found: RoomsOut = self._transport.call("GET", f"/api/v1/incidents/{part(number)}/rooms")
        return found

    def runbooks(self, number: int) -> FittingPage:
        """Which runbooks fit, and what their steps did here."""
        found: FittingPage = self._transport.call("GET", f"/api/v1/incidents/{part(number)}/runbooks")
        return found

    def set_severity(
        self,
        number: int,
        *,
        text: str,
        severity: int | None,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Overrule the severity, or give it back to the table."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/severity",
            body=said({'text': text, 'severity': severity}),
            if_match=if_match,
            key=key,
        )
        return found

    def settle(
        self,
        number: int,
        tick: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """A step that did not work is right as it is.

        For whoever keeps the runbook: they need not work on the incident, but have to see it.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/ticks/{part(tick)}/settlement",
            body=said({'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def show(self, number: int) -> IncidentWholeOut:
        """Read one."""
        found: IncidentWholeOut = self._transport.call("GET", f"/api/v1/incidents/{part(number)}")
        return found

    def state(
        self,
        number: int,
        *,
        people_affected: int | None | Unset = UNSET,
        impact: Grade | None | Unset = UNSET,
        urgency: Grade | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """State what is known; severity follows."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/facts",
            body=said({'people_affected': people_affected, 'impact': impact, 'urgency': urgency}),
            if_match=if_match,
            key=key,
        )
        return found

    def state_needs(
        self,
        number: int,
        *,
        skills: _list[int],
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """State which skills it needs."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/needs",
            body=said({'skills': skills}),
            if_match=if_match,
            key=key,
        )
        return found

    def stop_work(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """I stopped: your hands-on time stands still."""
        found: IncidentWholeOut = self._transport.call(
            "DELETE",
            f"/api/v1/incidents/{part(number)}/work",
            if_match=if_match,
            key=key,
        )
        return found

    def take_advice(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Take the advice: escalate, with the signs as the reason."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/advice/taking",
            body=said({}),
            if_match=if_match,
            key=key,
        )
        return found

    def take_back(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Take the offer back."""
        found: IncidentWholeOut = self._transport.call(
            "DELETE",
            f"/api/v1/incidents/{part(number)}/handover",
            if_match=if_match,
            key=key,
        )
        return found

    def take_file_away(
        self,
        number: int,
        file: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Take a file away for good."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/files/{part(file)}/removal",
            body=said({'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def take_role(
        self,
        number: int,
        role: Literal['lead', 'communicator', 'scribe'],
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Take a role, or take it over."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/roles/{part(role)}",
            body=said({}),
            if_match=if_match,
            key=key,
        )
        return found

    def tell_authority(
        self,
        number: int,
        *,
        text: str | Unset = UNSET,
        brief: BriefIn | None | Unset = UNSET,
        step: str | None | Unset = UNSET,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Tell who must know, or ask them to decide, before their time."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/authority",
            body=said({'text': text, 'brief': brief, 'step': step}),
            if_match=if_match,
            key=key,
        )
        return found

    def tell_room(
        self,
        number: int,
        *,
        room: int,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Tell a chat channel of it.

        It gets one message, which says how it is. Whoever is in the channel reads its title, and who has it.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/rooms",
            body=said({'room': room}),
            if_match=if_match,
            key=key,
        )
        return found

    def tick(
        self,
        number: int,
        step: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """A runbook's step worked here."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/steps/{part(step)}/success",
            if_match=if_match,
            key=key,
        )
        return found

    def tick_failed(
        self,
        number: int,
        step: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """A runbook's step did not work here.

        Its owner is asked to look at it.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/steps/{part(step)}/failure",
            body=said({'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def undo(self, number: int, seq: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Take back what you have just done.

        `seq`: the entry; it has to be yours, the last on the record, and not older than a minute.
        """
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/undo/{part(seq)}",
            if_match=if_match,
            key=key,
        )
        return found

    def unfollow(self, number: int, *, if_match: str | None = None, key: str | None = None) -> IncidentWholeOut:
        """Follow no more."""
        found: IncidentWholeOut = self._transport.call(
            "DELETE",
            f"/api/v1/incidents/{part(number)}/follow",
            if_match=if_match,
            key=key,
        )
        return found

    def unlink(
        self,
        number: int,
        far: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Unlink."""
        found: IncidentWholeOut = self._transport.call(
            "DELETE",
            f"/api/v1/incidents/{part(number)}/links/{part(far)}",
            if_match=if_match,
            key=key,
        )
        return found

    def untick(
        self,
        number: int,
        step: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """It was not so: take a tick back."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/steps/{part(step)}/retraction",
            if_match=if_match,
            key=key,
        )
        return found

    def updates(self, number: int) -> UpdatePage:
        """What others were told."""
        found: UpdatePage = self._transport.call("GET", f"/api/v1/incidents/{part(number)}/updates")
        return found

    def withdraw_update(
        self,
        number: int,
        update: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> IncidentWholeOut:
        """Withdraw an update."""
        found: IncidentWholeOut = self._transport.call(
            "POST",
            f"/api/v1/incidents/{part(number)}/updates/{part(update)}/withdrawal",
            body=said({'text': text}),
            if_match=if_match,
            key=key,
        )
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
            body=said({'reason': reason, 'services': services, 'teams': teams, 'everything': everything, 'begins': begins, 'ends': ends, 'zone': zone, 'repeats': repeats, 'weekdays': weekdays, 'last_day': last_day, 'public_text': public_text}),
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
        key: str | None = None,
    ) -> WindowOut:
        """Plan a window.

        Of services of teams that you supervise; admins, of any.
        """
        found: WindowOut = self._transport.call(
            "POST",
            "/api/v1/maintenance",
            body=said({'reason': reason, 'services': services, 'teams': teams, 'everything': everything, 'begins': begins, 'ends': ends, 'zone': zone, 'repeats': repeats, 'weekdays': weekdays, 'last_day': last_day, 'public_text': public_text}),
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
        key: str | None = None,
    ) -> CalendarsOut:
        """Have a calendar read.

        Within a minute, and every few hours from then on.
        """
        found: CalendarsOut = self._transport.call(
            "POST",
            "/api/v1/absences",
            body=said({'address': address, 'schedule': schedule}),
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
        key: str | None = None,
    ) -> PreferencesOut:
        """Change your preferences.

        What is not said stays as it is.
        """
        found: PreferencesOut = self._transport.call(
            "PATCH",
            "/api/v1/preferences",
            body=said({'time_zone': time_zone, 'theme': theme, 'keys_on': keys_on, 'presence_on': presence_on}),
            key=key,
        )
        return found

    def preferences(self) -> PreferencesOut:
        """Your preferences."""
        found: PreferencesOut = self._transport.call("GET", "/api/v1/preferences")
        return found

    def read_absences(self, calendar: int, *, key: str | None = None) -> CalendarsOut:
        """Read a calendar again.

        Within a minute, instead of in a few hours.
        """
        found: CalendarsOut = self._transport.call("POST", f"/api/v1/absences/{part(calendar)}/reading", key=key)
        return found

    def remove_absences(self, calendar: int, *, key: str | None = None) -> CalendarsOut:
        """Have a calendar read no longer.

        Its dates go with it.
        """
        found: CalendarsOut = self._transport.call("DELETE", f"/api/v1/absences/{part(calendar)}", key=key)
        return found


class ReachNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def add(self, *, channel: str, address: str, label: str | Unset = UNSET, key: str | None = None) -> ReachOut:
        """Add a way to reach you.

        A code is sent there at once; the way is used once it was sent back.
        """
        found: ReachOut = self._transport.call(
            "POST",
            "/api/v1/reach/ways",
            body=said({'channel': channel, 'address': address, 'label': label}),
            key=key,
        )
        return found

    def add_rule(
        self,
        *,
        urgency: Literal['loud', 'quiet'],
        way: int,
        delay_minutes: int | Unset = UNSET,
        key: str | None = None,
    ) -> ReachOut:
        """Add a rule.

        When you are called: by this way, so many minutes later.
        """
        found: ReachOut = self._transport.call(
            "POST",
            "/api/v1/reach/rules",
            body=said({'urgency': urgency, 'way': way, 'delay_minutes': delay_minutes}),
            key=key,
        )
        return found

    def end_account(self, account: int, *, key: str | None = None) -> ReachOut:
        """Unlink a chat account.

        Its buttons answer for you no more.
        """
        found: ReachOut = self._transport.call("DELETE", f"/api/v1/reach/accounts/{part(account)}", key=key)
        return found

    def end_quiet(self, *, key: str | None = None) -> ReachOut:
        """Have no quiet hours."""
        found: ReachOut = self._transport.call("DELETE", "/api/v1/reach/quiet", key=key)
        return found

    def remove(self, way: int, *, key: str | None = None) -> ReachOut:
        """Remove a way.

        With the rules that use it.
        """
        found: ReachOut = self._transport.call("DELETE", f"/api/v1/reach/ways/{part(way)}", key=key)
        return found

    def remove_rule(self, rule: int, *, key: str | None = None) -> ReachOut:
        """Remove a rule."""
        found: ReachOut = self._transport.call("DELETE", f"/api/v1/reach/rules/{part(rule)}", key=key)
        return found

    def send_code(self, way: int, *, key: str | None = None) -> ReachOut:
        """Have a new code sent.

        The old one is not valid any more.
        """
        found: ReachOut = self._transport.call("POST", f"/api/v1/reach/ways/{part(way)}/codes", key=key)
        return found

    def set_quiet(self, *, begins: str, ends: str, key: str | None = None) -> ReachOut:
        """Set quiet hours.

        What is not urgent waits for their end.
        """
        found: ReachOut = self._transport.call(
            "PUT",
            "/api/v1/reach/quiet",
            body=said({'begins': begins, 'ends': ends}),
            key=key,
        )
        return found

    def show(self) -> ReachOut:
        """How Baton reaches you.

        Your ways, rules and quiet hours, and what may keep a call from reaching you.
        """
        found: ReachOut = self._transport.call("GET", "/api/v1/reach")
        return found

    def test(self, way: int, *, key: str | None = None) -> ReachOut:
        """Send yourself a test.

        By this way. How it went stands on the way a moment later.
        """
        found: ReachOut = self._transport.call("POST", f"/api/v1/reach/ways/{part(way)}/tests", key=key)
        return found

    def test_all(self, *, key: str | None = None) -> ReachOut:
        """Send yourself the tests that are due."""
        found: ReachOut = self._transport.call("POST", "/api/v1/reach/tests", key=key)
        return found

    def verify(self, way: int, *, code: str, key: str | None = None) -> ReachOut:
        """Send a way's code back.

        A wrong code counts as a try, whatever the key of the request.
        """
        found: ReachOut = self._transport.call(
            "POST",
            f"/api/v1/reach/ways/{part(way)}/verification",
            body=said({'code': code}),
            key=key,
        )
        return found


class ReviewsNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def actions(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        owner: int | Literal['me'] | None = None,
        late: bool | None = None,
    ) -> ActionsOut:
        """Actions of reviews that are not done.

        The earliest day first.
        """
        found: ActionsOut = self._transport.call(
            "GET",
            "/api/v1/reviews/actions",
            query={'limit': limit, 'cursor': cursor, 'owner': owner, 'late': late},
        )
        return found

    def each_actions(
        self,
        *,
        limit: int | None = None,
        owner: int | Literal['me'] | None = None,
        late: bool | None = None,
    ) -> Iterator[ActionRow]:
        """``actions``, page after page."""
        return self._transport.pages(lambda cursor: self.actions(limit=limit, owner=owner, late=late, cursor=cursor))

    def add_action(
        self,
        number: int,
        *,
        owner: int | str,
        due: str,
        what: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Add an action.

        It is among the cues of whoever does it, until it is done or dropped.
        """
        found: ReviewOut = self._transport.call(
            "POST",
            f"/api/v1/reviews/{part(number)}/actions",
            body=said({'owner': owner, 'due': due, 'what': what}),
            if_match=if_match,
            key=key,
        )
        return found

    def as_markdown(self, number: int, *, names: bool | None = None) -> bytes:
        """A review as one Markdown file.

        By tiers, unless `names` are asked for. What people wrote is escaped: it is text there, never markup.
        """
        found: bytes = self._transport.call("GET", f"/api/v1/reviews/{part(number)}/markdown", query={'names': names})
        return found

    def begin(self, *, incident: int, key: str | None = None) -> ReviewOut:
        """Begin a review.

        Of a resolved incident: a draft from its record, to be corrected and shared.
        """
        found: ReviewOut = self._transport.call("POST", "/api/v1/reviews", body=said({'incident': incident}), key=key)
        return found

    def change_action(
        self,
        number: int,
        action: int,
        *,
        owner: int | str,
        due: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Say who does an action, and by when."""
        found: ReviewOut = self._transport.call(
            "PUT",
            f"/api/v1/reviews/{part(number)}/actions/{part(action)}",
            body=said({'owner': owner, 'due': due}),
            if_match=if_match,
            key=key,
        )
        return found

    def complete_action(
        self,
        number: int,
        action: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Say that an action is done."""
        found: ReviewOut = self._transport.call(
            "POST",
            f"/api/v1/reviews/{part(number)}/actions/{part(action)}/completion",
            if_match=if_match,
            key=key,
        )
        return found

    def drop_action(
        self,
        number: int,
        action: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Drop an action, and say why."""
        found: ReviewOut = self._transport.call(
            "POST",
            f"/api/v1/reviews/{part(number)}/actions/{part(action)}/refusal",
            body=said({'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: Literal['draft', 'shared', 'done'] | None = None,
    ) -> ReviewsOut:
        """Reviews of incidents that you may see.

        The newest first.
        """
        found: ReviewsOut = self._transport.call(
            "GET",
            "/api/v1/reviews",
            query={'limit': limit, 'cursor': cursor, 'state': state},
        )
        return found

    def each(
        self,
        *,
        limit: int | None = None,
        state: Literal['draft', 'shared', 'done'] | None = None,
    ) -> Iterator[ReviewRow]:
        """``list``, page after page."""
        return self._transport.pages(lambda cursor: self.list(limit=limit, state=state, cursor=cursor))

    def remark(
        self,
        number: int,
        seq: int,
        *,
        text: str,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Remark on a line of the timeline.

        Instead of the remark that was there.
        """
        found: ReviewOut = self._transport.call(
            "PUT",
            f"/api/v1/reviews/{part(number)}/timeline/{part(seq)}/remark",
            body=said({'text': text}),
            if_match=if_match,
            key=key,
        )
        return found

    def share(self, number: int, *, if_match: str | None = None, key: str | None = None) -> ReviewOut:
        """Share a review: it is no draft any more."""
        found: ReviewOut = self._transport.call(
            "POST",
            f"/api/v1/reviews/{part(number)}/sharing",
            if_match=if_match,
            key=key,
        )
        return found

    def show(self, number: int, *, names: bool | None = None) -> ReviewOut:
        """One review.

        What people wrote, and what the record says: by tiers, with `names` by the names that are on it.
        """
        found: ReviewOut = self._transport.call("GET", f"/api/v1/reviews/{part(number)}", query={'names': names})
        return found

    def take_remark_away(
        self,
        number: int,
        seq: int,
        *,
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Take a remark away."""
        found: ReviewOut = self._transport.call(
            "DELETE",
            f"/api/v1/reviews/{part(number)}/timeline/{part(seq)}/remark",
            if_match=if_match,
            key=key,
        )
        return found

    def write(
        self,
        number: int,
        *,
        summary: str,
        helped: str,
        hindered: str,
        factors: _list[FactorIn],
        if_match: str | None = None,
        key: str | None = None,
    ) -> ReviewOut:
        """Write a review: what happened, helped, made it harder, contributed.

        Instead of what was written there. The timeline is the record's, and nobody's to write.
        """
        found: ReviewOut = self._transport.call(
            "PUT",
            f"/api/v1/reviews/{part(number)}/words",
            body=said({'summary': summary, 'helped': helped, 'hindered': hindered, 'factors': factors}),
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
            body=said({'body': body}),
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
            body=said({'covers': covers}),
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
        key: str | None = None,
    ) -> OverrideOut:
        """Say who covers.

        A supervisor chooses whom; others of the team, and of the schedule, cover themselves.
        """
        found: OverrideOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/overrides",
            body=said({'starts_at': starts_at, 'ends_at': ends_at, 'person': person, 'reason': reason, 'instead': instead, 'seen': seen}),
            key=key,
        )
        return found

    def override_show(self, schedule: int, override: int) -> OverrideOut:
        """One override.

        Also one that is over or was cancelled.
        """
        found: OverrideOut = self._transport.call(
            "GET",
            f"/api/v1/schedules/{part(schedule)}/overrides/{part(override)}",
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
        key: str | None = None,
    ) -> SwapOut:
        """Ask somebody to take your shift.

        Until somebody accepts it stays yours.
        """
        found: SwapOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/swaps",
            body=said({'starts_at': starts_at, 'ends_at': ends_at, 'asked': asked, 'return_starts_at': return_starts_at, 'return_ends_at': return_ends_at, 'text': text}),
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

    def take(self, schedule: int, *, until: str | None | Unset = UNSET, key: str | None = None) -> OverrideOut:
        """Take it now.

        From now on it is you, until the shift ends that is under way.
        """
        found: OverrideOut = self._transport.call(
            "POST",
            f"/api/v1/schedules/{part(schedule)}/cover",
            body=said({'until': until}),
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
        key: str | None = None,
    ) -> ViewOut:
        """Save a view.

        What the queue does not know of “asked” is left out.
        """
        found: ViewOut = self._transport.call(
            "POST",
            "/api/v1/views",
            body=said({'name': name, 'asked': asked, 'team': team, 'first': first}),
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
            body=said({'name': name, 'asked': asked, 'team': team, 'first': first}),
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

    def show(self, view: int) -> ViewOut:
        """One saved view."""
        found: ViewOut = self._transport.call("GET", f"/api/v1/views/{part(view)}")
        return found


class WatchingNoun:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(self, who: int, *, key: str | None = None) -> AskedOut:
        """Ask somebody to test.

        To send themselves a test: a message is on its way, and a cue waits. Once a day is enough.
        """
        found: AskedOut = self._transport.call("POST", f"/api/v1/readiness/people/{part(who)}/test-request", key=key)
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


class Client:
    """Baton, as one person's token sees it."""

    def __init__(self, url: str, token: str, *, timeout: float = 30.0, tries: int = 4) -> None:
        transport = Transport(url, token, timeout=timeout, tries=tries)
        self.attempts = AttemptsNoun(transport)
        self.catalogue = CatalogueNoun(transport)
        self.cues = CuesNoun(transport)
        self.incidents = IncidentsNoun(transport)
        self.maintenance = MaintenanceNoun(transport)
        self.me = MeNoun(transport)
        self.oncall = OncallNoun(transport)
        self.own = OwnNoun(transport)
        self.reach = ReachNoun(transport)
        self.reviews = ReviewsNoun(transport)
        self.runbooks = RunbooksNoun(transport)
        self.schedules = SchedulesNoun(transport)
        self.views = ViewsNoun(transport)
        self.watching = WatchingNoun(transport)
