"""Steps that reach nobody at times: where the old system waits their minutes all the same, ours goes on at once. Pure.

A step here can skip, fall back on somebody, or hold until the next shift, and none of these is to wait in vain. So such
a step comes over as one that is skipped, and it is said for each of them when that is and how much sooner what follows
comes. Nothing is said of a step after which nothing follows, nor of one that takes no time.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from escalation.oncall.spans import Span, common, union

from .comparing import AHEAD, Calendar
from .records import Calls, Level, Note, Organisation, Policy, Step, Target


def noted(said: Organisation, calendar: Calendar, now: datetime, label: str) -> Organisation:
    """``said``, with a note for each step that reaches nobody at some time in the next 60 days. ``label``: of it."""
    found = _Looking(said, calendar, Span(now, now + AHEAD))
    notes = [
        Note("policy", policy.id, policy.name, Level.CHANGED, words)
        for policy in said.policies
        if policy.steps
        for words in found.words(policy, label)
    ]
    return replace(said, notes=(*said.notes, *notes))


class _Looking:
    def __init__(self, said: Organisation, calendar: Calendar, whole: Span):
        self.calendar, self.whole = calendar, whole
        self.gone = {one.id for one in said.people if not one.active}
        self.empty = {one.id for one in said.teams if not one.agents}
        self.schedules = {one.id for one in said.schedules}
        self._spells: dict[str, list[Span]] = {}

    def words(self, policy: Policy, label: str) -> Iterator[str]:
        for place, (step, minutes) in enumerate(zip(policy.steps, policy.waits, strict=True), start=1):
            followed = place < len(policy.steps) or policy.rounds > 1
            spells = self._nobody(step) if minutes and followed else []
            if spells:
                yield (
                    f"Step {place}, at {step.minutes} minutes, reaches nobody {_when(spells, self.whole)}."
                    f" {label} waits its {minutes} minutes all the same; here it is passed over at once, and what"
                    f" follows comes {minutes} minutes sooner."
                )

    def _nobody(self, step: Step) -> list[Span]:
        left = [self.whole]
        for target in step.targets:
            left = common(left, self._of(target))
        return left

    def _of(self, target: Target) -> list[Span]:
        """When it is nobody. What does not come over is said elsewhere, and counts as somebody here."""
        if target.calls is Calls.SCHEDULE:
            if target.id not in self._spells:
                self._spells[target.id] = list(self._off(target.id)) if target.id in self.schedules else []
            return self._spells[target.id]
        return [self.whole] if target.id in (self.gone if target.calls is Calls.PERSON else self.empty) else []

    def _off(self, schedule: str) -> list[Span]:
        start, end = self.whole
        edges = sorted({start, end, *(at for at in self.calendar.changes(schedule, start, end) if start < at < end)})
        between = (Span(*pair) for pair in itertools.pairwise(edges))
        return union(span for span in between if not self.calendar.on_call(schedule, span.start))


def _when(spells: list[Span], whole: Span) -> str:
    first = spells[0]
    if first == whole:
        return f"in the next {(whole.end - whole.start) // timedelta(days=1)} days"
    more = len(spells) - 1
    until = "on" if first.end == whole.end else f"until {_at(first.end)}"
    again = f", and {more} more times in the next {(whole.end - whole.start) // timedelta(days=1)} days" if more else ""
    return f"from {_at(first.start)} {until}{again}"


def _at(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
