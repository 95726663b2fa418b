"""What was imported, as it is on call here: read through the same plans that the engine reads."""

from datetime import datetime

from escalation.oncall import shifts
from escalation.oncall.models import Schedule
from escalation.people.models import User
from incidents.models import Origin

from .comparing import Here
from .records import Level, Organisation


def on_here(system: str, said: Organisation, since: datetime, until: datetime) -> tuple[dict[str, Here], list[str]]:
    """Each schedule of the old system that is here, by its id there; and the names of those that are not.

    What cannot be read at all is not here either.
    """
    rows: dict[str, list[int]] = {}
    for external, row in Origin.objects.filter(system=system, kind="schedule").values_list("external", "row"):
        rows.setdefault(external.rpartition("#")[0], []).append(row)
    plans = Schedule.objects.filter(pk__in=[row for some in rows.values() for row in some]).plans()
    emails = dict(User.objects.filter(is_active=True, is_auditor=False).values_list("pk", "email"))
    found, missing = {}, []
    for schedule in said.schedules:
        if schedule.id not in rows:
            missing.append(schedule.name)
            continue
        spans = [
            (shift.start, shift.end, emails[shift.person])
            for row in rows[schedule.id]
            for shift in shifts.final(plans[row], since, until)
            if shift.person in emails
        ]
        found[schedule.id] = Here(schedule.name, spans)
    read = {schedule.id for schedule in said.schedules}
    left = [note for note in said.notes if note.kind == "schedule" and note.level is Level.LEFT]
    return found, [*missing, *dict.fromkeys(note.name or note.id for note in left if note.id not in read)]


def names(system: str, said: Organisation) -> dict[str, str]:
    """Everybody of the old system by the e-mail of their account here; without one, by that which they had there."""
    kept = dict(Origin.objects.filter(system=system, kind="person").values_list("external", "row"))
    here = dict(User.objects.filter(pk__in=kept.values()).values_list("pk", "email"))
    return {one.id: here.get(kept.get(one.id, 0), one.email.strip().casefold()) for one in said.people}
