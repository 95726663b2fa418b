"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from ..transport import part
from .incident_verbs import BriefIn, Reason
from .incidents import Order, Role
from .incidents_shapes import Effect, Stage, StepTo
from .reviews import FactorIn
from .shared import Cause, Grade, Outcome


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


class Why(TypedDict):
    text: str


class Escalated(TypedDict):
    text: NotRequired[str]
    brief: NotRequired[BriefIn | None]
    reason: Reason
    to: NotRequired[StepTo | None]


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


class Facts(TypedDict):
    """Only what is sent is stated."""
    people_affected: NotRequired[int | None]
    impact: NotRequired[Grade | None]
    urgency: NotRequired[Grade | None]


class Judged(TypedDict):
    text: str
    severity: int | None


class Needed(TypedDict):
    skills: list[int]


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


class Merged(TypedDict):
    text: str
    number: int


class Linked(TypedDict):
    number: int
    kind: NotRequired[Literal['part', 'related']]


class LetIn(TypedDict):
    to: int | str
    text: NotRequired[str]


class Published(TypedDict):
    """An update as it leaves. On the status page one that is not `resolved` says how bad it is, and for what."""
    stage: Stage
    text: str
    to_stakeholders: NotRequired[bool]
    on_status_page: NotRequired[bool]
    public_title: NotRequired[str]
    effect: NotRequired[Effect | None]
    components: NotRequired[list[int]]
    version: NotRequired[str | None]


class RoomIn(TypedDict):
    room: int


class ReviewsWanted(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str | None]
    state: NotRequired[Literal['draft', 'shared', 'done'] | None]


class BeginIn(TypedDict):
    incident: int


class ActionsWanted(TypedDict):
    limit: NotRequired[int]
    cursor: NotRequired[str | None]
    owner: NotRequired[int | Literal['me'] | None]
    late: NotRequired[bool]


class WordsIn(TypedDict):
    """All that is written; what is left empty is taken away."""
    summary: str
    helped: str
    hindered: str
    factors: list[FactorIn]


class RemarkIn(TypedDict):
    text: str


class ActionIn(TypedDict):
    owner: int | str
    due: str
    what: str


class MoveIn(TypedDict):
    owner: int | str
    due: str


class Paging(TypedDict):
    """How much of a list, and from where."""
    limit: NotRequired[int]
    cursor: NotRequired[str | None]


class ProblemIn(TypedDict):
    title: str
    owner: int | str
    team: int
    cause: str
    incident: int
    also: list[int]
    apart: list[int]


class ProblemWordsIn(TypedDict):
    """All that is written; an empty cause is none."""
    title: str
    owner: int | str
    team: int
    cause: str


class FixedIn(TypedDict):
    at: str


class OverrideIn(TypedDict):
    starts_at: str
    ends_at: str
    person: NotRequired[int | None]
    reason: NotRequired[str]
    instead: NotRequired[int | None]
    seen: NotRequired[str | None]


class TakeIn(TypedDict):
    until: NotRequired[str | None]


class SwapIn(TypedDict):
    starts_at: str
    ends_at: str
    asked: NotRequired[int | None]
    return_starts_at: NotRequired[str | None]
    return_ends_at: NotRequired[str | None]
    text: NotRequired[str]


class AcceptIn(TypedDict):
    covers: NotRequired[int | None]


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


class WindowIn(TypedDict):
    """As the desk's form: times are on the clocks of a zone, so that a change of the clocks moves none of them."""
    reason: str
    services: NotRequired[list[int]]
    teams: NotRequired[list[int]]
    everything: NotRequired[bool]
    begins: str
    ends: str
    zone: NotRequired[str | None]
    repeats: NotRequired[Literal['', 'weekly', 'monthly']]
    weekdays: NotRequired[list[int]]
    last_day: NotRequired[str | None]
    public_text: NotRequired[str]


class BodyIn(TypedDict):
    body: str


class AnswerIn(TypedDict):
    step: int
    when: Literal['not-yet', 'now']
    to: NotRequired[str]
    why: NotRequired[str]


class ViewIn(TypedDict):
    name: str
    asked: NotRequired[str]
    team: NotRequired[int | None]
    first: NotRequired[bool]


class PreferencesIn(TypedDict):
    """What is not said stays as it is."""
    time_zone: NotRequired[str]
    theme: NotRequired[Literal['system', 'light', 'dark'] | None]
    keys_on: NotRequired[bool | None]
    presence_on: NotRequired[bool | None]


class CalendarIn(TypedDict):
    address: str
    schedule: NotRequired[int | None]


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
    errors: NotRequired[list[FieldProblem]]
    state: NotRequired[dict[str, Any] | None]
