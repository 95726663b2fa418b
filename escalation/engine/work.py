"""One transaction's changes, gathered and written together: past, future and messages.

``Work`` holds the locked heads of the trails it touches. Moves add entries, re-arm timers and
queue deliveries; ``write`` puts all of it into the database with a fixed number of
statements, whether one run moved or a hundred.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Q, QuerySet

from escalation.kit import clock, failpoint
from escalation.kit.rows import insert_all, update_all
from escalation.notify.message import ASKING, LASTING  # an answer overtakes the first, nothing the others
from escalation.people.models import User
from escalation.policies import path
from escalation.trail.models import Entry, Trail
from escalation.trail.writing import Actor, Draft, append

from . import bell, jumps, knowing, shown, telling
from .models import Delivery, EscalationRun, Timer
from .telling import Telling

ASKED_OF_ALL = ("call", "also", "inform", "offer", "last_resort", "put_back", "role", "role_offer")

_MOVING = [
    one.name
    for one in EscalationRun._meta.concrete_fields
    if not one.primary_key and one.name not in EscalationRun.LASTING
]

OVERTAKEN = "answered or overtaken before it was sent"

# What rooms upstairs do besides when people or teams are called; they register it with ``registry.on_call``.
DecisionHandler = Callable[["Work", Sequence[tuple[EscalationRun, dict]]], None]
besides: list[DecisionHandler] = []
# And when entries were written; they register it with ``registry.on_entries``.
EntryHandler = Callable[["Work", Sequence[Entry]], None]
followers: list[EntryHandler] = []


@dataclass
class Work:
    """The changes of one transaction at one instant. ``heads`` are locked."""

    now: datetime
    actor: Actor
    heads: dict[int, Trail]
    look_again: set[int] = field(default_factory=set)  # trails whose own timers an ``EntryHandler`` is to see to anyway
    via: str = ""  # the channel by which a person answered without signing in
    undoes: dict | None = None  # what this takes back: the entry's number, its kind, and after how many seconds
    _drafts: list[Draft] = field(default_factory=list)
    _runs: dict[int, EscalationRun] = field(default_factory=dict)
    _facts: dict[int, EscalationRun] = field(default_factory=dict)
    _timers: list[Timer] = field(default_factory=list)
    # Runs whose queued messages no longer hold, by the reason and by the kinds of message.
    _quiet: dict[tuple[str, tuple[str, ...]], set[int]] = field(default_factory=dict)
    _tellings: list[Telling] = field(default_factory=list)
    _calls: list[tuple[EscalationRun, dict]] = field(default_factory=list)
    _last: list[Callable[[], None]] = field(default_factory=list)

    @classmethod
    def lock(cls, trail_ids: Iterable[int], *, actor: Actor) -> "Work":
        """Take the heads' locks, in id order, then read the clock: who waited is not in the past."""
        heads = Trail.objects.lock(trail_ids)
        return cls(now=clock.now(), actor=actor, heads=heads)

    @cached_property
    def jump(self) -> jumps.Jump | None:
        """The clock's latest jump, for what comes late."""
        return jumps.latest()

    # --- what moves add ------------------------------------------------------------------

    def entry(
        self,
        trail_id: int,
        kind: str,
        data: dict | None = None,
        *,
        text: str = "",
        cause: str | None = None,
        run: EscalationRun | None = None,
        actor: Actor | None = None,
    ) -> None:
        """Something happened. ``cause`` makes it an effect that can be recorded only once."""
        via: dict = {"via": self.via} if self.via and actor is None else {}
        via |= {"undoes": self.undoes} if self.undoes and actor is None else {}
        self._drafts.append(
            Draft(
                trail_id=trail_id,
                at=self.now,
                kind=kind,
                actor=actor or self.actor,
                data={**(data or {}), **via},
                text=text,
                cause=cause,
                run=run.pk if run else None,
                policy_version=run.policy_version if run else None,
            )
        )

    def changed(self, run: EscalationRun) -> None:
        """The run moved: save it, and arm the one timer that its new standing waits for."""
        self._runs[run.pk] = run

    def facts_changed(self, run: EscalationRun) -> None:
        """Only what the run knows changed: its timer stays, and goes by the new severity."""
        self._facts[run.pk] = run

    def moving(self, run: EscalationRun) -> EscalationRun:
        """The run as this work has changed it already, if it has."""
        return self._runs.get(run.pk) or self._facts.get(run.pk) or run

    def hush(self, run: EscalationRun, kinds: tuple[str, ...] = ASKING, *, why: str = OVERTAKEN) -> None:
        """What was asked for this run is no longer true: cancel what has not been sent; no ``kinds``: of all that
        passes."""
        self._quiet.setdefault((why, kinds), set()).add(run.pk)

    def tell(
        self,
        run: EscalationRun,
        people: Iterable[User],
        *,
        kind: str,
        cause: str,
        message: dict,
        goes_on: bool = False,
        once: bool = False,
        alone: bool = False,
    ) -> None:
        """Queue a message to each person by their ways. ``goes_on``: whoever was called before stays called.

        ``once``: only to whom this cause has not told yet. ``alone``: to the last resort, since nobody is there; the
        message keeps it, for it is a call to the last resort like any other.
        """
        if kind not in ASKED_OF_ALL:  # nobody is told what they have just done themselves
            people = [person for person in people if self.actor != Actor.person(person)]
        whole = {"kind": kind, **run.brief, "severity": run.severity, "step": run.step_key, **message}
        if alone:
            whole["alone"] = True
        self._tellings.append(Telling(run, run.epoch, tuple(people), kind, cause, whole, goes_on, once, alone))

    def arm(self, trail_id: int, *, kind: str, due: datetime, epoch: int = 0, severity: int = 5) -> None:
        """Arm a timer of the trail's own, handled by a room upstairs."""
        one = Timer(trail_id=trail_id, kind=kind, epoch=epoch, severity=severity, due_at=due, next_at=due)
        self._timers.append(one)

    def armed(self, trail_id: int, *, kind: str) -> Timer | None:
        """What this work has armed for the trail by now."""
        return next((one for one in self._timers if one.kind == kind and one.trail_id == trail_id), None)

    def called(self, run: EscalationRun, *, people: Sequence[User], teams: Sequence[int] = ()) -> None:
        """People and teams were brought in: rooms upstairs may want to know."""
        self._calls.append((run, {"people": [person.pk for person in people], "teams": list(teams)}))

    def teams_called(self) -> list[tuple[int, int]]:
        """(trail, team) of those brought in by now: that they may see it is written after the entries."""
        return [(run.trail_id, team) for run, whom in self._calls for team in whom["teams"]]

    # --- writing -------------------------------------------------------------------------

    def last(self, do: Callable[[], None]) -> None:
        """Done once everything is in the database: for what looks at the messages of this very work."""
        self._last.append(do)

    def write(self) -> None:
        """Put everything into the database. Deliveries leave after the commit, by the outbox."""
        self._tell_followers(append(self.heads, self._drafts))
        learnt = knowing.learn(self._drafts, self._runs, self._facts, self.now)
        self._write_runs()
        knowing.rearm([(run, next_timer(run, self.now)) for run in learnt])
        insert_all(self._timers)
        self._write_deliveries()
        self._tell_upstairs()
        for do in self._last:
            do()
        failpoint.reach("verb.written")

    def _tell_followers(self, entries: Sequence[Entry]) -> None:
        before = len(self._drafts)
        for handler in followers:
            handler(self, entries)
        assert len(self._drafts) == before, "what a handler adds here would be lost"

    def _tell_upstairs(self) -> None:
        if not self._calls:
            return
        before = len(self._drafts)
        for handler in besides:
            handler(self, self._calls)
        assert len(self._drafts) == before, "what a handler adds here would be lost"

    def _write_runs(self) -> None:
        for run in self._facts.values():
            EscalationRun.objects.filter(pk=run.pk).update(severity=run.severity, brief=run.brief)
            Timer.objects.filter(run=run, state=Timer.State.ARMED).update(severity=run.severity)
        if telling.let_out(self._facts.values(), self.now):
            bell.ring_after_commit()
        runs = list(self._runs.values())
        if not runs:
            return
        Timer.objects.filter(run__in=runs, state=Timer.State.ARMED).update(state=Timer.State.CANCELLED, next_at=None)
        for run in runs:
            timer = next_timer(run, self.now)
            if timer is not None:
                self._timers.append(timer)
        update_all(runs, _MOVING)
        shown.moved(runs, self.now)

    def _write_deliveries(self) -> None:
        """Cancel what is no longer asked, then queue. Who is called before and again has one chain: see ``telling``."""
        tellings = telling.not_told_yet(self._tellings)
        going_on = telling.going_on(tellings)
        for (why, kinds), runs in self._quiet.items():
            asked = Delivery.objects.filter(run__in=runs).exclude(pk__in=[row.pk for row in going_on.waiting])
            asked = asked.filter(kind__in=kinds) if kinds else asked.exclude(kind__in=LASTING)
            cancel(asked, self.now, why)
        going_on.write()
        deliveries = list(telling.rows(tellings, going_on, self.now))
        if deliveries:
            insert_all(deliveries)
            bell.ring_after_commit()


def cancel(asked: QuerySet[Delivery], now: datetime, why: str = OVERTAKEN) -> None:
    """What has not left does not leave. What is being sent, or was tried, may still arrive: it is marked."""
    asked.filter(state=Delivery.State.QUEUED).update(
        state=Delivery.State.CANCELLED,
        next_at=None,
        finished_at=now,
        last_error=why,
        overtaken=Q(attempts__gt=0),
    )
    asked.filter(state=Delivery.State.SENDING).update(overtaken=True)


def next_timer(run: EscalationRun, now: datetime) -> Timer | None:
    """The one timer this run's standing waits for; without one, ``run.idle`` says why."""
    run.idle = ""
    if run.ended_at is not None:
        return None
    outlook = path.path(run.policy_path, run.standing, run.facts, now, {})
    if outlook.idle is not None:
        run.idle = outlook.idle.value
        return None
    rule = outlook.rule
    if outlook.decision is not None:  # due already: the timekeeper takes it at once
        kind, due = outlook.decision.act, outlook.decision.due
    else:
        assert outlook.expects is not None
        assert outlook.at is not None
        kind, due = outlook.expects, outlook.at
    return Timer(
        trail_id=run.trail_id,
        run_id=run.pk,
        kind=knowing.kind_of(rule) if rule else kind.value,
        round=run.lap,
        step=run.place,
        epoch=run.epoch,
        severity=run.severity,
        due_at=due,
        next_at=due,
    )
