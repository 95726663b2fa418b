"""Roles and shifts: a change of shift moves no role. Whoever is on call next is asked to take it, and is told; whoever
has it keeps it until they do. A role that is open is offered in the same way as soon as somebody comes on call. Where
somebody who is not on call has taken it, by themselves or because they were asked, those who are on call then are left
in peace: the next shift is asked.

One timer of the incident's trail looks at the next change that is known, and every half an hour, since schedules are
changed too. Nobody is asked while the incident stands still: on hold, or in maintenance.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from escalation.engine.audit.findings import MOST, Finding, Look, Repair, invariant
from escalation.engine.models import EscalationRun, Timer
from escalation.engine.words import named
from escalation.engine.work import Work
from escalation.people.models import User
from escalation.trail.models import Entry

from .casting import who_is_next
from .incident import Incident
from .role_filling import TIMER, There, arm, cause_of, fill, in_order, moot, next_change
from .role_rows import IncidentRole

SOON = timedelta(minutes=1)
_GOES_ON = ("woken", "maintenance_ended", "unrestricted")  # what made the roster wait is over


def follow(work: Work, entries: Sequence[Entry]) -> None:
    """Registered with the engine: where something goes on, its roles are looked at."""
    moved = {entry.trail_id for entry in entries if entry.kind in _GOES_ON}
    if moved:
        having = IncidentRole.objects.living().filter(incident__trail__in=moved)
        waiting = Timer.objects.filter(run__isnull=True, kind=TIMER, trail__in=moved, state=Timer.State.ARMED)
        for trail in {*having.values_list("incident__trail", flat=True), *waiting.values_list("trail", flat=True)}:
            arm(work, trail, work.now)


def look(work: Work, timers: Sequence[Timer]) -> None:
    """Registered with the engine: somebody else may be on call by now."""
    trails = {timer.trail_id for timer in timers}
    incidents = list(Incident.objects.open().filter(trail__in=trails).select_related("service", "owner", "trail"))
    runs = EscalationRun.objects.functional().running().filter(trail__in=trails).select_related("tier", "holder")
    by_trail = {run.trail_id: work.moving(run) for run in runs}
    rows: dict[int, list[IncidentRole]] = {}
    for row in IncidentRole.objects.living().along().filter(incident__in=incidents):
        rows.setdefault(row.incident_id, []).append(row)
    looked_at = [row for some in rows.values() for row in some]
    there = There(looked_at, work.now, since=min((row.since for row in looked_at), default=None))
    for incident in incidents:
        run = by_trail.get(incident.trail_id)
        if run is None or run.ended_at is not None:
            continue
        incident._runs = [run]
        mine = in_order(rows.get(incident.pk, []))
        if run.sleeps_until is not None:
            arm(work, incident.trail_id, max(run.sleeps_until, work.now + SOON))
        elif not mine:  # it was in maintenance when it became so severe
            fill(work, [incident])
        elif not incident.restricted:
            _offer(work, incident, mine, there)
            arm(work, incident.trail_id, next_change(mine, there, work.now))


def _offer(work: Work, incident: Incident, rows: Sequence[IncidentRole], there: There) -> None:
    run = incident.run
    having = [run.holder_id if run else None, *(pk for row in rows for pk in (row.person_id, row.offered_to_id))]
    busy = {pk for pk in having if pk is not None}
    for row in rows:
        if row.person is not None and not row.person.is_active:
            row.person, row.since = None, work.now
            work.entry(incident.trail_id, "role_open", {"role": row.role, **row.by, "why": "gone"}, run=run)
            row.save()
        if row.offered_to is not None and not row.offered_to.is_active:
            row.offered_by = None  # whoever asked them waits in vain
        elif row.of_baton or row.offered_by_id is not None:  # a colleague has asked somebody
            continue
        people = there.people(row)
        ids = [person.pk for person in people]
        if row.offered_to_id in ids and row.person_id not in ids:
            continue
        stay = _undisturbed(row, there, work.now)
        chosen = who_is_next(ids, row.person_id, [*row.refused, *stay], busy)
        busy |= {chosen} if chosen is not None else set()
        _ask(work, incident, row, next((one for one in people if one.pk == chosen), None), there)


def _undisturbed(row: IncidentRole, there: There, now: datetime) -> list[int]:
    """Whoever was on call already when somebody who was not has taken it: nothing has changed for them since."""
    if row.person is None:
        return []
    changes = there.until(row, row.since)
    then = [person.pk for person in there.people(row, row.since)]
    return [] if row.person_id in then or (changes is not None and changes <= now) else then


def _ask(work: Work, incident: Incident, row: IncidentRole, person: User | None, there: There) -> None:
    run, before = incident.run, row.offered_to
    assert run is not None
    cause = cause_of(work, incident, row)
    if before is not None and (person is None or person != before):
        if moot(work, incident, row, before) and before.is_active:
            message = {"role": row.role, "withdrawn": True}
            work.tell(run, [before], kind="role_news", cause=f"{cause}:news", message=message)
        row.offered_to = None
        if person is None:
            work.entry(incident.trail_id, "role_kept", {"role": row.role, "instead_of": named(before)}, run=run)
    if person is not None:
        row.offered_to, row.offered_by, row.offered_at = person, None, work.now
        until = there.until(row, work.now)
        end = {"until": until.isoformat()} if until else {}
        data = {"role": row.role, "people": [named(person)], "instead_of": named(before), **row.by, **end}
        work.entry(incident.trail_id, "role_offered", data, run=run, cause=cause)
        has = row.person.name if row.person else ""
        on_call = {"on_call": row.schedule.name} if row.schedule else {"tier": row.tier.name if row.tier else ""}
        message = {"role": row.role, "has": has, **on_call}
        work.tell(run, [person], kind="role_offer", cause=cause, message=message)
        work.called(run, people=[person])  # who is asked to take it may see it
    if person is not None or before is not None:
        row.save()


# --- the audit --------------------------------------------------------------------------------


def _see_to(work: Work, findings: Sequence[Finding]) -> None:
    for finding in findings:
        if finding.trail is not None:
            arm(work, finding.trail, work.now)


AGAIN = Repair("roles", _see_to)


@invariant("I16")
def roles_unheeded(look: Look) -> Iterator[Finding]:
    """An open incident with a role that a roster fills has a timer that looks who is on call."""
    armed = Timer.objects.filter(trail=OuterRef("incident__trail"), kind=TIMER, state=Timer.State.ARMED)
    by_roster = IncidentRole.objects.living().exclude(schedule=None, tier=None).filter(incident__restricted=False)
    found = look.only(by_roster, "incident__trail").filter(~Exists(armed)).order_by()
    columns = ("incident__trail", "incident__trail__subject")
    for trail, subject in found.distinct().values_list(*columns)[:MOST]:
        yield Finding("its roles are filled from a roster, and no timer looks at it", trail, subject, repair=AGAIN)
