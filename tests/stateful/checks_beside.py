"""What must hold beside the climbs: promised times, whose hands were on it, and what was ticked."""

from typing import Any

from incidents.models import Incident, Promise, Tick
from incidents.models.effort import EffortClock, total

from .base import Base
from .comparing import same
from .rules_runbook import RunbookRules


class ChecksBeside(RunbookRules, Base):
    def prepare(self) -> None:
        super().prepare()
        self.efforts: dict[int, EffortClock] = {}  # by trail

    def promises_are_as_the_reference_says(self, incidents: list[Incident]) -> None:
        real: dict[int, dict[str, dict[str, Any]]] = {incident.pk: {} for incident in incidents}
        for row in Promise.objects.all():
            real[row.incident_id][row.kind] = {
                "state": row.state,
                "minutes": row.minutes,
                "began": row.began_at,
                "risk": row.risk_at,
                "due": row.due_at,
                "ended": row.ended_at,
                "broken": row.broken_at if row.ended_at else None,
            }
        for case, incident in zip(self.cases, incidents, strict=True):
            same(f"which promises {incident.ref} has", sorted(real[incident.pk]), sorted(case.promised.rows))
            for kind, plain in case.promised.rows.items():
                same(f"the promise ({kind}) of {incident.ref}", real[incident.pk][kind], plain)

    def hands_are_as_the_reference_says(self, incidents: list[Incident]) -> None:
        """Whose effort runs; and how long it was, as long as no clock was put back."""
        for case, incident in zip(self.cases, incidents, strict=True):
            clock = self.efforts[incident.trail_id]
            names = self.world.names
            same(f"whose hands are on {incident.ref}", {names[pk] for pk in clock.running}, set(case.hands.on))
            for person in {*case.hands.on, *case.hands.spent} if not self.turned_back else ():
                mine = [one for one in clock.intervals if names[one.person] == person]
                same(
                    f"how long {person} was at {incident.ref}",
                    total(mine, self.now),
                    case.hands.whole(person, self.now),
                )

    def ticks_are_as_the_reference_says(self) -> None:
        if not self.book.words:
            return
        rows = Tick.objects.standing().values_list("incident", "step__words", "by", "worked", "settled_as")
        real = {(self.incidents[i], step): (self.world.names[by], *rest) for i, step, by, *rest in rows}
        same("what is ticked", real, {key: (t.by, t.worked, t.settled) for key, t in self.book.ticks.items()})
