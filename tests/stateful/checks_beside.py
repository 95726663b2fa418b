"""What must hold beside the climbs: promised times, whose hands were on it, and what was ticked."""

from typing import Any

from incidents import summing
from incidents.counting import days
from incidents.counting.packed import Sheet
from incidents.models import Incident, Promise, Summary, SummaryChange, SummaryDay, SummaryShare, Tick
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

    def summaries_are_as_the_record_says(self, incidents: list[Incident]) -> None:
        """Whatever is over has its row, and nothing else has; each as if it were made anew now."""
        if incidents:
            rows, shares = summing.made([incident.trail_id for incident in incidents])
            same("what incidents came to", _values(Summary.objects.all()), _values(rows))
            same("who had a share in it", _values(SummaryShare.objects.all()), _values(shares))
            self.what_is_packed_holds()

    def what_is_packed_holds(self) -> None:
        """A day that nobody noted as changed is as it would be packed now; the others are packed, for the next step."""
        changed = set(SummaryChange.objects.values_list("day", flat=True))
        kept = {one.day: bytes(one.packed) for one in SummaryDay.objects.exclude(day__in=changed)}
        for day, packed in kept.items():
            same(f"what is packed of {day}", packed, days.packed([day]).get(day, Sheet(0).pack()))
        for day in changed:
            days.pack(day)

    def ticks_are_as_the_reference_says(self) -> None:
        if not self.book.words:
            return
        rows = Tick.objects.standing().values_list("incident", "step__words", "by", "worked", "settled_as")
        real = {(self.incidents[i], step): (self.world.names[by], *rest) for i, step, by, *rest in rows}
        same("what is ticked", real, {key: (t.by, t.worked, t.settled) for key, t in self.book.ticks.items()})


def _values(rows: Any) -> list[dict[str, Any]]:
    """Without the keys that the database gave, and what is night where somebody lives now: people move."""
    apart = ("id", "night_calls")
    found = [{f.attname: getattr(row, f.attname) for f in row._meta.fields if f.attname not in apart} for row in rows]
    return sorted(found, key=lambda one: (one.get("incident_id") or one["summary_id"], one.get("person_id") or 0))
