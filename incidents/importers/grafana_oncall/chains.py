"""The steps of an escalation chain as a policy's. Pure.

What is waited for is a gap. Steps between two waits call at the same minute, so they are one step here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..plain import number, rows, text
from ..records import Calls, Level, Policy, Step, Target

Raw = dict[str, Any]
LAST = 5  # minutes until the end is told of, where nothing is waited for after the last step
REPEATS = 5  # so often a chain begins anew, however often it says so
NO_STEP = {
    "notify_user_group": "A Slack group is not told: here people are called.",
    "notify_whole_channel": "A policy tells no channel: see docs/channels.md.",
    "trigger_webhook": "A policy calls no webhook: see docs/webhooks-out.md.",
    "declare_incident": "It declares no incident: every alert here is one.",
    "resolve": "It does not resolve by itself at the end: the last resort is called.",
}
CONDITIONS = {
    "notify_if_time_from_to": "It goes on only from {notify_if_time_from} to {notify_if_time_to}.",
    "notify_if_num_alerts_in_window": "It needs {num_alerts_in_window} alerts in {num_minutes_in_window} minutes.",
}


class Chain:
    """``told`` gathers what is to be said of it."""

    def __init__(self, raw: Raw, steps: Sequence[Raw]):
        self.raw = raw
        self.steps = sorted(steps, key=lambda step: number(step, "position", default=0))
        self.told: list[tuple[Level, str]] = []

    def policy(self) -> Policy:
        conditions = [one for one in self.steps if text(one, "type") in CONDITIONS]
        for one in conditions:
            said = CONDITIONS[text(one, "type")].format_map({name: one.get(name) for name in one})
            self.told.append((Level.LEFT, f"{said} Steps have no such condition: it is archived."))
        steps, pause, repeated = self._steps()
        rounds = REPEATS + 1 if repeated else 1
        if repeated and steps and not pause:
            steps, rounds = _written_out(steps, rounds), 1
        if any(one.get("important") for one in self.steps):
            self.told.append((Level.CHANGED, "Which steps are important goes by the severity here, not by the step."))
        id, name, team = text(self.raw, "id"), text(self.raw, "name"), text(self.raw, "team_id")
        return Policy(id, name, tuple(steps), rounds, pause or LAST, team, enabled=not conditions)

    def _steps(self) -> tuple[list[Step], int, bool]:
        """The steps of one round, what is waited for after the last, and whether it then begins anew."""
        found: dict[int, dict[Target, None]] = {}
        seconds = last = 0
        for one in self.steps:
            kind = text(one, "type")
            if kind == "repeat_escalation":
                first = min(found, default=0)  # what is waited for before it, each time
                return self._as_steps(found), first + -(-(seconds - last) // 60), True
            if kind == "wait":
                seconds += number(one, "duration", default=0)
                continue
            targets = list(self._targets(one, kind))
            if targets:
                if seconds % 60:
                    self.told.append((Level.CHANGED, f"Its {seconds} seconds are {-(-seconds // 60)} minutes here."))
                found.setdefault(-(-seconds // 60), {}).update(dict.fromkeys(targets))
                last = seconds
        return self._as_steps(found), -(-(seconds - last) // 60), False

    def _as_steps(self, found: dict[int, dict[Target, None]]) -> list[Step]:
        return [Step(minute, tuple(targets)) for minute, targets in found.items()]

    def _targets(self, step: Raw, kind: str) -> Iterator[Target]:
        if kind in ("notify_persons", "notify_person_next_each_time"):
            name = "persons_to_notify" + ("_next_each_time" if kind.endswith("each_time") else "")
            if kind.endswith("each_time"):
                self.told.append((Level.CHANGED, "Of those who have turns, one after the other, here all are called."))
            yield from (Target(Calls.PERSON, str(one)) for one in self._there(step, name))
        elif kind == "notify_on_call_from_schedule":
            yield from (Target(Calls.SCHEDULE, str(one)) for one in self._there(step, kind))
        elif kind == "notify_team_members":
            yield from (Target(Calls.TEAM, str(one)) for one in self._there(step, "team_to_notify"))
        elif kind not in CONDITIONS:
            self.told.append((Level.LEFT, NO_STEP.get(kind, f"Its step “{kind}” is not known here.")))

    def _there(self, step: Raw, name: str) -> list[Any]:
        """What a step calls: one, or several. What was deleted there is nothing."""
        found = step.get(name)
        if not found:
            place = number(step, "position", default=0) + 1
            self.told.append((Level.LEFT, f"Its step {place} calls what was deleted there."))
        return found if isinstance(found, list) else [found] if found else []


def _written_out(steps: list[Step], rounds: int) -> list[Step]:
    """All rounds as one, where the last step of each calls together with the first of the next.

    Each keeps the tier of its place in the first round.
    """
    lasts = steps[-1].minutes
    found: dict[int, Step] = {}
    for turn in range(rounds):
        for place, step in enumerate(steps, start=1):
            minute = turn * lasts + step.minutes
            there = found.get(minute)
            targets = tuple(dict.fromkeys((*(there.targets if there else ()), *step.targets)))
            found[minute] = replace(step, minutes=minute, targets=targets, rank=there.rank if there else place)
    return list(found.values())


def of(raw: Raw, chain: Raw) -> list[Raw]:
    return [one for one in rows(raw, "escalation_policies") if text(one, "escalation_chain_id") == text(chain, "id")]
