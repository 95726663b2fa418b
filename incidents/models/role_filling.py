"""Roles fill themselves: from whoever is on call when an incident is severe enough, in the transaction that says so.

Nobody on call is an open role, and on record as one. What is in maintenance or on hold waits until it goes on, since
nobody is called before. A restricted incident fills none by itself: a schedule must not let somebody into what only
those who take part may see. Who takes part can take a role there, or ask somebody.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from django.db.models import Max

from escalation.engine.models import Delivery, Timer
from escalation.engine.words import named
from escalation.engine.work import Work, cancel
from escalation.notify import senders
from escalation.oncall.models import Schedule
from escalation.people.models import Tier, User
from escalation.policies.freezing import Frozen, Roster, targets
from escalation.policies.path import Seats

from .casting import who_fills
from .role_plans import ORDER, RolePlans, RoleSource
from .role_rows import IncidentRole

if TYPE_CHECKING:
    from .incident import Incident

R = TypeVar("R", IncidentRole, RoleSource)
TIMER = "roles"  # the kind of the timer: see who is on call by now
SAYS_SO = ("role", "role_offer")  # the kinds of message that bring a role to somebody
_NOT_LEFT = (Delivery.State.QUEUED, Delivery.State.CANCELLED)
LOOK = timedelta(minutes=30)  # so long, at the most, until a change of a schedule is noticed


class Source(Protocol):
    """By whom a role is filled: a schedule, a tier, or neither."""

    @property
    def schedule(self) -> Schedule | None: ...
    @property
    def tier(self) -> Tier | None: ...


class There:
    """Who is there for some roles' schedules and tiers: few queries for all of them, none where there are neither.

    It can tell of instants back to ``since``, too.
    """

    def __init__(self, sources: Iterable[Source], now: datetime, *, since: datetime | None = None):
        rows = [one for one in sources if one.schedule or one.tier]
        tiers = {one.tier for one in rows if one.tier}
        serving: dict[int, list[int]] = {tier.pk: [] for tier in tiers}
        if tiers:
            links = Schedule.tiers.through.objects.filter(tier__in=tiers, schedule__archived_at__isnull=True)
            for tier, schedule in links.order_by("schedule__name").values_list("tier", "schedule"):
                serving[tier].append(schedule)
        self._steps = {key: step for one in rows for key, step in [_step(one, serving)]}
        self._places = {key: place for place, key in enumerate(self._steps)}
        self._frozen: Frozen = {"steps": list(self._steps.values())}
        self._roster = Roster([self._frozen] if rows else [], since or now)
        self._now = now
        self._seats: dict[datetime, Mapping[int, Seats]] = {}

    def people(self, source: Source, at: datetime | None = None) -> list[User]:
        place, at = self._places.get(_key(source)), at or self._now
        if place is None:
            return []
        if at not in self._seats:
            self._seats[at] = self._roster.seats(self._frozen, at)
        return list(self._seats[at][place].people)

    def until(self, source: Source, at: datetime) -> datetime | None:
        """When the first of those who are on call goes off, as far as that is known now."""
        step = self._steps.get(_key(source))
        return self._roster.until(step, at) if step else None

    def changes(self, source: Source) -> datetime | None:
        """When somebody else will be on call, as far as that is known now: who comes after a gap, too."""
        step = self._steps.get(_key(source))
        return self._roster.changes(step, self._now) if step else None


def _key(source: Source) -> tuple[int, int]:
    return source.schedule.pk if source.schedule else 0, source.tier.pk if source.tier else 0


def _step(source: Source, serving: Mapping[int, list[int]]) -> tuple[tuple[int, int], Frozen]:
    """As a policy's step would call them."""
    chosen = [source.schedule.pk] if source.schedule and not source.schedule.archived_at else []
    found = (
        targets([], [], [], source.tier, serving[source.tier.pk])._asdict()
        if source.tier
        else {"people": [], "teams": [], "schedules": chosen}
    )
    return _key(source), {**found, "fallback": None}


# --- filling ----------------------------------------------------------------------------------


def fill(work: Work, incidents: Sequence["Incident"], *, opened: bool = False) -> None:
    """Those of its roles that each incident is to have by now, and has not. ``opened``: it has none yet."""
    plans = RolePlans()
    wanted = {
        one: plans.of(service=one.service_id, team=one.owner_id, severity=one.severity)
        for one in incidents
        if one.resolved_at is None and one.run is not None
    }
    wanted = {one: sources for one, sources in wanted.items() if sources}
    if not wanted:
        return
    rows: list[IncidentRole] = []
    there = There([source for sources in wanted.values() for source in sources], work.now)
    had = [] if opened else list(IncidentRole.objects.along().filter(incident__in=wanted))
    for incident, sources in wanted.items():
        mine = [row for row in had if row.incident_id == incident.pk]
        missing = [source for source in sources if source.role not in {row.role for row in mine}]
        rows += _filled(work, incident, missing, [row.person_id for row in mine if row.person_id], there)
    IncidentRole.objects.bulk_create(rows)
    new = {row.incident_id for row in rows}
    for incident in wanted:
        mine = [row for row in (*had, *rows) if row.incident_id == incident.pk]
        if incident.pk in new or not mine:
            arm(work, incident.trail_id, _next_look(incident, mine, there, work.now), fresh=opened)


def _filled(
    work: Work, incident: "Incident", sources: Sequence[RoleSource], busy: Sequence[int], there: There
) -> list[IncidentRole]:
    run = incident.run
    assert run is not None
    if run.sleeps_until is not None:
        return []
    holder = [run.holder_id] if run.holder_id else []
    on = {one.role: there.people(one) for one in sources}
    ids = {role: [person.pk for person in people] for role, people in on.items()}
    chosen = who_fills({role: [] if incident.restricted else found for role, found in ids.items()}, [*busy, *holder])
    by_id = {person.pk: person for people in on.values() for person in people}
    found = []
    for source in sources:
        row = IncidentRole(
            incident=incident,
            role=source.role,
            schedule=source.schedule,
            tier=source.tier,
            since=work.now,
        )
        person = by_id.get(chosen[source.role] or 0)
        row.person = person
        if person is not None:
            give(work, incident, row, person, until=there.until(source, work.now))
        elif row.of_baton:
            work.entry(incident.trail_id, "role_filled", {"role": row.role, **row.by}, run=run)
        else:
            why = {"why": "restricted"} if incident.restricted else {}
            work.entry(incident.trail_id, "role_open", {"role": row.role, **row.by, **why}, run=run)
        found.append(row)
    return found


def give(work: Work, incident: "Incident", row: IncidentRole, person: User, *, until: datetime | None) -> None:
    """The roster gives somebody a role: on record, with access, and they are told."""
    run, cause = incident.run, cause_of(work, incident, row)
    assert run is not None
    end = {"until": until.isoformat()} if until else {}
    data = {"role": row.role, "people": [named(person)], **row.by, **end}
    work.entry(incident.trail_id, "role_filled", data, run=run, cause=cause)
    work.tell(run, [person], kind="role", cause=cause, message={"role": row.role, **by_in_words(row), **end})
    work.called(run, people=[person])  # who has a role may see it


def cause_of(work: Work, incident: "Incident", row: IncidentRole) -> str:
    """Of what is done in this transaction to this role."""
    return f"role:{incident.trail_id}:{row.role}:{work.heads[incident.trail_id].length}"


def moot(work: Work, incident: "Incident", row: IncidentRole, person: User) -> bool:
    """What waits to tell somebody that this role is theirs, or that they are asked to take it, does not leave any more.
    Whether any of it has reached them by now, or may have: who never heard of it need not hear that it is over."""
    mine = Delivery.objects.filter(run=incident.run, person=person, kind__in=SAYS_SO, message__role=row.role)
    left = mine.exclude(channel__in=senders.in_house()).exclude(state__in=_NOT_LEFT, attempts=0).exists()
    cancel(mine, work.now)
    return left


def by_in_words(row: IncidentRole) -> dict[str, Any]:
    """For a message: the name of the schedule, or the tier, by which it is them."""
    found = {"on_call": row.schedule.name} if row.schedule else {}
    return found | ({"tier": row.tier.name} if row.tier else {})


def in_order(rows: Iterable[R]) -> list[R]:
    return sorted(rows, key=lambda row: ORDER[row.role])


# --- when to look again -----------------------------------------------------------------------


def _next_look(incident: "Incident", rows: Sequence[IncidentRole], there: There, now: datetime) -> datetime | None:
    run = incident.run
    assert run is not None
    if run.sleeps_until is not None:
        return run.sleeps_until
    return next_change(rows, there, now) if not incident.restricted else None


def next_change(rows: Iterable[IncidentRole], there: There, now: datetime) -> datetime | None:
    """When somebody else may be on call; None if all follow the baton."""
    by_roster = [row for row in rows if not row.of_baton]
    changes = [there.changes(row) for row in by_roster]
    return min([now + LOOK, *(at for at in changes if at is not None and at > now)]) if by_roster else None


def arm(work: Work, trail: int, due: datetime | None, *, fresh: bool = False) -> None:
    """The one timer that looks at a trail's roles, in place of what is armed."""
    last = 0
    if not fresh:
        ours = work.armed(trail, kind=TIMER)  # something else in this work has moved it too
        if ours is not None:
            ours.due_at = ours.next_at = min(ours.due_at, due or ours.due_at)
            return
        timers = Timer.objects.filter(run__isnull=True, kind=TIMER, trail=trail)
        timers.filter(state=Timer.State.ARMED).update(state=Timer.State.CANCELLED, next_at=None)
        last = (timers.aggregate(last=Max("epoch"))["last"] or 0) if due else 0
    if due is not None:
        work.arm(trail, kind=TIMER, due=due, epoch=last + 1)
