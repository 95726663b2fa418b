"""After every step: the rows are what the reference says, and the invariants hold by themselves."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from hypothesis.stateful import invariant

from escalation.engine.models import Delivery, EscalationRun, Timer, Try
from escalation.notify.models import Breaker
from escalation.trail.models import Entry
from escalation.trail.verifying import verify_all
from incidents.models import Access, AlertKey, Incident, Receipt
from incidents.models.effort import EffortClock
from incidents.models.verb import told

from .base import Base, seen_of
from .checks_beside import ChecksBeside
from .comparing import same
from .monitoring import HASHES
from .reference.climb import Climb
from .reference.desk import Case
from .rig import first
from .world import NAMES

REASONS = {"waits_for_severity", "no_work_limit", "answered", "exhausted", "told", "step_failed"}
WITHOUT_A_LINE = {"delivery"}


class Checks(ChecksBeside, Base):
    def prepare(self) -> None:
        super().prepare()
        self.read = self.verified = 0  # the last entry seen, and verified
        self.lines: dict[tuple[int, int | None], list[tuple[str, dict]]] = {}
        self.heard: Counter[tuple[int, int | None]] = Counter()  # how many lines were compared
        self.noted: Counter[tuple] = Counter()

    @invariant()
    def everything_holds(self) -> None:
        self.rows_are_as_the_reference_says()
        self.the_record_is_as_the_reference_says()
        self.messages_are_as_the_reference_says()
        self.nothing_is_said_between()
        self.services_are_as_the_reference_says()
        self.alerts_are_as_the_reference_says()
        self.the_chain_holds()

    def rows_are_as_the_reference_says(self) -> None:
        incidents = list(Incident.objects.order_by("id"))
        same("the number of incidents", len(incidents), len(self.cases))
        self.incidents = {incident.pk: number for number, incident in enumerate(incidents)}
        self.by_trail: dict[int, list[EscalationRun]] = {incident.trail_id: [] for incident in incidents}
        for run in EscalationRun.objects.order_by("id"):
            self.by_trail[run.trail_id].append(run)
        armed: dict[Any, list[Timer]] = {}
        for timer in Timer.objects.filter(state="armed").order_by("id"):
            armed.setdefault(timer.run_id or f"{timer.kind} {timer.trail_id}", []).append(timer)
        self._windows_are_looked_at([timer.due_at for _key, [timer] in _popped(armed, "windows ")])
        for case, incident in zip(self.cases, incidents, strict=True):
            real = self.by_trail[incident.trail_id]
            incident._runs = real
            same(f"{incident.ref}", self._stated(incident), _plainly_stated(case))
            same(f"the climbs of {incident.ref}", len(real), len(case.climbs))
            closing = [(t.due_at, t.attempts, t.next_at) for t in armed.pop(f"close {incident.trail_id}", [])]
            tries = case.closing_tries
            plainly = [(case.closes_at, tries.count, tries.again_at or case.closes_at)] if case.closes_at else []
            same(f"when {incident.ref} closes", closing, plainly)
            settling = [(t.attempts, t.next_at) for t in armed.pop(f"maintenance {incident.trail_id}", [])]
            again = case.settling_tries
            plainly = [(again.count, again.again_at or case.settles_at)] if case.settles_at else []
            same(f"when {incident.ref} is to be settled", settling, plainly)
            said = [(t.due_at, t.attempts, t.next_at) for t in armed.pop(f"promise {incident.trail_id}", [])]
            waits, tries = case.promised.waits, case.promised.tries
            plainly = [(waits, tries.count, tries.again_at or waits)] if waits else []
            same(f"when something is to be said of what {incident.ref} was promised", said, plainly)
            for run, climb in zip(real, case.climbs, strict=True):
                same(f"climb {climb.number} of {incident.ref}", self._standing(run), _plain_standing(climb))
                self._timer_is_right(run, climb, armed.pop(run.pk, []))
            self.tokens.setdefault(case.number, []).append((case.token, incident.state_token))
        assert not armed, f"timers of nobody: {armed}"
        self.see_what_was_armed_first()
        self._tokens_change_together()
        self._seen_by(incidents)
        self.promises_are_as_the_reference_says(incidents)
        self.ticks_are_as_the_reference_says()
        self.summaries_are_as_the_record_says(incidents)
        self.outsiders_read_what_the_reference_says()
        self.shown = incidents

    def _windows_are_looked_at(self, instants: list) -> None:
        same("when the windows are looked at", instants, [self.windows.looks_at] if self.windows.looks_at else [])

    def _stated(self, incident: Incident) -> dict:
        return {
            "status": incident.status,
            "severity": incident.severity,
            "reported": incident.reported_severity,
            "affected": incident.people_affected,
            "resolved": incident.resolved_at,
            "closed": incident.closed_at,
            "resolver": self.world.names.get(incident.resolver_id),
            "attempts": (incident.attempts, incident.failed_attempts),
            "restricted": incident.restricted,
            "previous": self.incidents.get(incident.previous_id),
            "merged into": self.incidents.get(incident.merged_into_id),
        }

    def _standing(self, run: EscalationRun) -> dict:
        who, standing = self.world.names.get, run.standing
        return {
            "track": run.track,
            "severity": run.severity,
            "ended": run.ended_at is not None,
            "tier": self.world.tier_names.get(run.tier_id),
            "holder": who(run.holder_id),
            "offered": (who(run.offered_to_id), who(run.offered_by_id), standing.offer_until),
            "place": (standing.lap, standing.place) if standing.begun else None,
            "acknowledged": standing.acknowledged_at,
            "clock ends": standing.deadline,
            "held": (standing.held_at, standing.held_until),
            "awaits": standing.awaits_until,
            "unreached": standing.unreached_at,
            "elsewhere": standing.elsewhere_at,
            "quiet": standing.quiet_until,
            "over": run.finished,
        }

    def _timer_is_right(self, run: EscalationRun, climb: Climb, timers: list[Timer]) -> None:
        """Exactly one for a climb under way, or a reason from the closed list (I1)."""
        wait = None if climb.ended else climb.next
        same(f"when climb {climb.number} looks again", [t.due_at for t in timers], [wait.at] if wait else [])
        tried = [(t.attempts, t.next_at) for t in timers]
        same("how often it was tried", tried, [(climb.tries.count, climb.tries.again_at or wait.at)] if wait else [])
        if wait is None and not climb.ended:
            assert run.idle in REASONS, f"no timer and no reason: {run.idle!r}"
            same("the reason why no timer is armed", run.idle, climb.idle)
        if wait is not None and wait.at > self.now and timers[0].kind in ("call", "also", "return", "wake", "speak"):
            same("what it will do then", timers[0].kind, wait.act)
        if wait is not None:
            kind = timers[0].kind
            same("whether a rule is next", kind.startswith("rule:"), wait.rule is not None)
        assert all(timer.epoch == run.epoch for timer in timers), "an armed timer is stale"

    def _tokens_change_together(self) -> None:
        """A form is stale exactly when the reference says so."""
        for history in self.tokens.values():
            (plain, real), (plain_before, real_before) = history[-1], history[-min(2, len(history))]
            assert (plain == plain_before) == (real == real_before), "a form went stale, or did not, against the rules"

    def _seen_by(self, incidents: list[Incident]) -> None:
        rows = Access.objects.values_list("incident", "team", "person")
        found = {incident.pk: (set(), set()) for incident in incidents}
        for pk, team, person in rows:
            if team:
                found[pk][0].add(self.world.team_names[team])
            else:
                found[pk][1].add(self.world.names[person])
        for case, incident in zip(self.cases, incidents, strict=True):
            same(f"who may see {incident.ref}", found[incident.pk], (case.teams, case.people))

    def the_record_is_as_the_reference_says(self) -> None:
        numbers = {run.pk: n for runs in self.by_trail.values() for n, run in enumerate(runs)}
        trails = {trail: number for number, trail in enumerate(self.by_trail)}
        for entry in Entry.objects.filter(id__gt=self.read, trail__in=trails).order_by("id"):
            self.read = entry.pk
            self._take_up(entry, trails[entry.trail_id], None if entry.run is None else numbers[entry.run])
            self.efforts.setdefault(entry.trail_id, EffortClock()).hear(told(entry))
        self.hands_are_as_the_reference_says(self.shown)
        for case in self.cases:
            for home, lines in [(None, case.lines), *((climb.number, climb.lines) for climb in case.climbs)]:
                where = f"the record of incident {case.number}, climb {home}"
                real = self.lines.get((case.number, home), [])
                if len(real) == len(lines) == self.heard[case.number, home]:
                    continue  # what was said stays
                self.heard[case.number, home] = len(lines)
                same(where, [kind for kind, _data in real], [kind for kind, _facts in lines])
                for (kind, data), (_kind, facts) in zip(real, lines, strict=True):
                    same(f"{where}: {kind}", {name: data.get(name) for name in facts}, facts)
        same("what is on record of messages", self.noted, self.outbox.noted)

    def _take_up(self, entry: Entry, case: int, climb: int | None) -> None:
        data = _plain(json.loads(entry.data))
        actor = first(entry.actor_name) if entry.actor_name in NAMES.values() else entry.actor_name
        if entry.kind == "delivery":
            self.noted[case, data["to"], data["channel"], data["kind"], data["outcome"], data["tries"]] += 1
            return
        data |= {"actor": actor, "at": entry.at, "late": data.get("late_s"), "reason": data.get("reason", "")}
        data["in_vain"] = bool(data.get("unreached"))
        if "skipped" in data:
            data["skipped"] = [skip["tier"] for skip in data["skipped"]]
        self.lines.setdefault((case, climb), []).append((entry.kind, data))

    def messages_are_as_the_reference_says(self) -> None:
        real = self.deliveries()
        for number, message in enumerate(self.outbox.messages):
            found = seen_of(real[number]) if number in real else "nothing"
            same(f"the message to {message.person} by {message.channel} ({message.kind})", found, message.seen)
        keys = {row.idempotency_key: row for row in real.values()}
        for key, times in self.said.items():
            assert key in keys, f"{key} was said and is not on record"
            assert times <= keys[key].attempts, f"{key} was said {times} times in {keys[key].attempts} tries"
        every_try_is_on_record(real.values())
        runs = {run.pk: run for runs in self.by_trail.values() for run in runs}
        for row in real.values():
            if row.state == "queued" and row.run_id:  # what belongs to no climb outlives them all
                self._may_still_be_said(row, runs[row.run_id])

    def _may_still_be_said(self, row: Delivery, run: EscalationRun) -> None:
        """Nothing waits for an acknowledged call (I5), and of what is over only who is mentioned (I6)."""
        assert run.ended_at is None or row.kind == "mentioned", f"{row} is queued and the climb is over"
        if run.acknowledged_at and row.kind in ("call", "assigned"):  # by the record, whatever a clock said
            mine = Entry.objects.filter(trail=run.trail_id, run=run.pk)
            answered = mine.filter(kind__in=("acknowledged", "accepted")).order_by("id").last()
            assert mine.filter(cause=row.cause, id__gt=answered.id if answered else 0).exists(), f"{row} was answered"

    def services_are_as_the_reference_says(self) -> None:
        """Which are in trouble; and only for one that is left alone something waits."""
        columns = ("channel", "failures", "next_at", "probes")
        real = {channel: rest for channel, *rest in Breaker.objects.values_list(*columns)}
        plain = {name: [one.failures, one.next_at, one.probes] for name, one in self.outbox.away.items()}
        same("the services in trouble", real, plain)
        alone = {channel for channel, (_failures, next_at, _probes) in real.items() if next_at is not None}
        waiting = {message.channel for message in self.outbox.messages if message.waits_for == "service"}
        assert waiting <= alone, f"messages wait for {waiting - alone}, which nobody leaves alone"

    def nothing_is_said_between(self) -> None:
        """Messages leave in their own time, never in the transaction of a change."""
        same("the number of messages that left the house", len(self.post.keys), self.said.total())

    def alerts_are_as_the_reference_says(self) -> None:
        real = [
            (source, HASHES.get(key, key), self.incidents[incident], count, ended is not None)
            for source, key, incident, count, ended in AlertKey.objects.order_by("id").values_list(
                "source__name", "key", "incident", "count", "ended_at"
            )
        ]
        same("the alerts' keys", real, self.doors.seen())
        states = Receipt.objects.order_by("id").values_list("state", flat=True)
        plain = ["processed" if receipt.done else "received" for receipt in self.doors.receipts]
        same("the receipts", list(states), plain)

    def the_chain_holds(self) -> None:
        if self.read == self.verified:
            return
        self.verified = self.read
        faults = [verdict.fault for verdict in verify_all(now=timezone.now()) if verdict.fault]
        assert not faults, faults


def _popped(armed: dict, prefix: str) -> list:
    """Taken out: what waits under keys that begin so."""
    return [(key, armed.pop(key)) for key in list(armed) if str(key).startswith(prefix)]


def every_try_is_on_record(rows: Iterable[Delivery]) -> None:
    """Each with its number, but for one that is under way; whoever died of one is said to be unknown."""
    tried: dict[int, list[tuple[int, str]]] = {}
    for delivery, n, outcome in Try.objects.order_by("n").values_list("delivery", "n", "outcome"):
        tried.setdefault(delivery, []).append((n, outcome))
    for row in rows:
        found = tried.get(row.pk, [])
        if not found and row.attempts == 0:
            continue
        over = 0 if row.channel == "desk" else row.attempts - (row.state == "sending")
        same(f"the tries of {row}", [n for n, _outcome in found], list(range(1, over + 1)))
        # What is given up because its service is away ends without another try: the last one's worker may have died.
        ends = {"sent": ("sent",), "failed": ("failed", "unknown"), "unknown": ("unknown",)}
        if found and row.state in ends:
            assert found[-1][1] in ends[row.state], f"the last try of {row} was {found[-1][1]}"
        same(f"earlier tries of {row}", [n for n, outcome in found[:-1] if outcome == "sent"], [])


def _plainly_stated(case: Case) -> dict:
    return {
        "status": case.status,
        "severity": case.severity,
        "reported": case.facts.reported,
        "affected": case.facts.affected,
        "resolved": case.resolved_at,
        "closed": case.closed_at,
        "resolver": case.resolver,
        "attempts": (case.attempts, case.failed),
        "restricted": case.restricted,
        "previous": case.previous,
        "merged into": case.merged_into.number if case.merged_into else None,
    }


def _plain_standing(climb: Climb) -> dict:
    stop = climb.stop
    return {
        "track": "functional" if climb.plan.functional else "hierarchical",
        "severity": climb.severity,
        "ended": climb.ended,
        "tier": climb.tier,
        "holder": climb.holder,
        "offered": (climb.offered_to, climb.offered_by, climb.offer_ends),
        "place": (climb.plan.stops[stop][0], climb.plan.same_lap(stop).index(stop)) if stop >= 0 else None,
        "acknowledged": climb.working_since,
        "clock ends": climb.ends,
        "held": (climb.held_since, climb.held_until),
        "awaits": climb.awaits_until,
        "unreached": climb.unreached_at,
        "elsewhere": climb.elsewhere_at,
        "quiet": climb.quiet_until,
        "over": climb.over,
    }


def _plain(value: Any) -> Any:
    """People by their first names."""
    if isinstance(value, dict):
        if set(value) == {"id", "name"}:
            return first(value["name"])
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
