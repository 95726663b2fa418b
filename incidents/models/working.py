"""Working on it: acknowledge, notes, attempts, and the facts that severity comes from."""

from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from escalation.engine import moves, passing
from escalation.engine.models import Delivery, EscalationRun
from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.policies import path
from escalation.policies.freezing import Roster
from escalation.trail.models import Entry

from . import effort
from .access import grant, let_in
from .attempts import MOST_MINUTES, Attempt, Outcome, supposed, worded
from .catalogue import severity_table
from .role_filling import fill
from .severity import judge
from .targets import Targets
from .verb import Verb, tier_of

if TYPE_CHECKING:
    from .incident import Incident


class Working(Verb):
    @transaction.atomic
    def acknowledge(self, *, by: User, seen: str | None = None, via: str = "") -> None:
        """Take it: a call to you, an offer to you, or a baton that your tier holds."""
        incident = cast("Incident", self)
        work = self._begin(by=by, seen=seen, via=via)
        run = incident.run
        assert run is not None
        if run.offered_to_id == by.pk:
            incident._accept(work, by)
        elif run.held_until is not None:
            raise Refused(_("%(ref)s is on hold. Resume it first.") % {"ref": incident.ref})
        elif run.acknowledged_at is not None and run.finished != path.Idle.EXHAUSTED:  # at its end anybody may take it
            raise Refused(_already(run))
        else:
            passing.acknowledge(work, run, by, called=self.was_called(by))
        work.write()

    @transaction.atomic
    def answer(self, *, by: User, via: str = "") -> None:
        """A manager asked for a decision says: I am on it."""
        incident = cast("Incident", self)
        work = self._begin(by=by, via=via)
        run = incident.authority_run
        if run is None or run.ended_at or not run.standing.begun or not run.policy_path.asked(run.lap, run.place):
            raise Refused(_("Nobody was asked for a decision on %(ref)s.") % {"ref": incident.ref})
        if run.acknowledged_at is not None:
            raise Refused(_("Somebody has already answered."))
        if not by.is_staff and not self._was_asked(run, by):
            raise Refused(_("Only who was asked to decide can answer."), code="not-allowed")
        passing.acknowledge(work, run, by, called=self.was_called(by))
        work.write()

    @transaction.atomic
    def decide(self, *, by: User, text: str) -> None:
        """A manager asked for a decision gives it: that is their answer, and whoever has the baton is told."""
        incident = cast("Incident", self)
        work = self._begin(by=by)
        run, work_run = incident.authority_run, incident.run
        if run is None or run.ended_at or not run.standing.begun or not run.policy_path.asked(run.lap, run.place):
            raise Refused(_("Nobody was asked for a decision on %(ref)s.") % {"ref": incident.ref})
        if run.held_until is not None:
            raise Refused(_("%(ref)s is on hold. Resume it first.") % {"ref": incident.ref})
        if not by.is_staff and not self._was_asked(run, by):
            raise Refused(_("Only who was asked to decide can answer."), code="not-allowed")
        said = _some(text)
        if run.acknowledged_at is None:
            passing.acknowledge(work, run, by, called=self.was_called(by))
        cause = f"run:{run.pk}:decided:{work.heads[incident.trail_id].length}"
        work.entry(incident.trail_id, "decided", {"tier": run.tier.name if run.tier else ""}, text=said, run=run)
        if work_run is not None and work_run.holder is not None:
            work.tell(work_run, [work_run.holder], kind="decided", cause=cause, message={"by": by.name, "text": said})
        work.write()

    def _was_asked(self, run: EscalationRun, person: User) -> bool:
        asks = Q(kind__in=("call", "last_resort")) | Q(kind="maintenance_over", message__mode="decide")
        return Delivery.objects.filter(asks, run=run, person=person).exists()

    def was_called(self, person: User) -> bool:
        """Whether a message of the running climbs asked this person to act."""
        asking = ("call", "also", "assigned", "woken", "maintenance_over", "last_resort")
        mine = Delivery.objects.filter(run__in=self.running(), person=person, kind__in=asking)
        return mine.exists()

    @transaction.atomic
    def note(self, *, by: User, text: str) -> None:
        """Write something down. Also on a resolved incident."""
        incident = cast("Incident", self)
        work = self._begin(by=by, needs_open=False)
        text = _some(text)
        work.entry(incident.trail_id, "note", incident._mention(work, by, text), text=text)
        work.write()

    @transaction.atomic
    def attempt(self, *, by: User, text: str, outcome: str, hypothesis: str = "", minutes: int | None = None) -> None:
        """Record what was tried, what it did, what was supposed before, and how long it took.

        Without ``minutes``, as long as the effort clock says that this person worked since their last attempt.
        """
        incident = cast("Incident", self)
        work = self._begin(by=by)
        run = incident.run
        incident.attempts += 1
        incident.failed_attempts += outcome != Outcome.HELPED
        incident.save(update_fields=["attempts", "failed_attempts"])
        tier = tier_of(by, run.tier if run else None)
        data: dict = {"outcome": Outcome(outcome).value, "number": incident.attempts}
        data |= {"tier": tier.name} if tier else {}
        if minutes is None:
            minutes = self._since_last_attempt(by, work)
            data |= {"by_clock": True} if minutes is not None else {}
        data |= {"minutes": _minutes(minutes)} if minutes is not None else {}
        data |= incident._mention(work, by, text)
        hypothesis = supposed(hypothesis)
        data |= {"hypothesis": True} if hypothesis else {}
        work.entry(incident.trail_id, "attempt", data, text=worded(hypothesis, _some(text)), run=run)
        work.write()
        entry = Entry.objects.only("pk").get(trail=incident.trail_id, seq=work.heads[incident.trail_id].length)
        Attempt.objects.create(
            incident=incident, entry=entry, person=by, tier=tier, outcome=outcome, minutes=minutes, at=work.now
        )
        self._brief_anew()

    def _since_last_attempt(self, by: User, work: Work) -> int | None:
        incident = cast("Incident", self)
        last = incident.tried.filter(person=by).aggregate(at=Max("at"))["at"]
        found = effort.minutes_since(by.pk, self.effort().intervals, work.now, last)
        return None if found is None else min(found, MOST_MINUTES)

    # --- the effort clock -----------------------------------------------------------------

    @transaction.atomic
    def begin_work(self, *, by: User) -> None:
        """Somebody says that they work on it, whoever has the baton; from then on they take part in it."""
        incident = cast("Incident", self)
        work = self._begin(by=by)
        run = incident.run
        if run is not None and run.held_until is not None:
            raise Refused(_("%(ref)s is on hold. Resume it first.") % {"ref": incident.ref})
        if by.pk in self.effort().running:
            raise Refused(_("Your hands-on time runs already."), code="invalid")
        tier = tier_of(by, run.tier if run else None)
        work.entry(incident.trail_id, "began_work", {"tier": tier.name} if tier else {}, run=run)
        let_in(grant(incident.pk, people=[by.pk]))
        work.write()

    @transaction.atomic
    def stop_work(self, *, by: User) -> None:
        """Somebody says that they have stopped. The baton stays where it is, and so do the clocks of the path."""
        incident = cast("Incident", self)
        work = self._begin(by=by)
        if by.pk not in self.effort().running:
            raise Refused(_("Your hands-on time does not run."), code="invalid")
        work.entry(incident.trail_id, "stopped_work", {}, run=incident.run)
        work.write()

    def _brief_anew(self) -> None:
        """What was tried travels with the baton: whoever is called from now on is told of it."""
        runs = [run.pk for run in self.running()]
        EscalationRun.objects.filter(pk__in=runs).update(brief=self._brief())

    @transaction.atomic
    def state(
        self, *, by: User, people_affected: int | None = None, impact: int | None = None, urgency: int | None = None
    ) -> None:
        """Change what is known of the impact; severity follows, with its reason."""
        incident = cast("Incident", self)
        work = self._begin(by=by)
        stated = {"people_affected": people_affected, "impact": impact, "urgency": urgency}
        data: dict = {}
        for name, value in stated.items():
            if value is not None and value != getattr(incident, name):
                data[name] = [getattr(incident, name), value]
                setattr(incident, name, value)
        if not data:
            return
        incident.save(update_fields=list(data))
        changed = self._judge_again(work)
        if changed:
            data["severity"] = changed
        work.entry(incident.trail_id, "facts", data)
        if changed:
            fill(work, [incident])
        work.write()

    @transaction.atomic
    def set_severity(self, *, by: User, severity: int | None, text: str) -> None:
        """Overrule the table, with a reason; ``None`` gives it back to the table."""
        incident = cast("Incident", self)
        work = self._begin(by=by)
        incident.severity_override = severity
        incident.save(update_fields=["severity_override"])
        changed = self._judge_again(work)
        data = {"severity": changed} if changed else {"kept": incident.severity}
        work.entry(incident.trail_id, "facts", {**data, "override": severity}, text=_some(text))
        if changed:
            fill(work, [incident])
        work.write()

    def _judge_again(self, work: Work) -> dict | None:
        """Recompute severity and tell the runs. Returns what changed and why, for the entry."""
        incident = cast("Incident", self)
        judged = judge(
            severity_table(),
            impact=incident.impact,
            urgency=incident.urgency,
            people=incident.people_affected,
            reported=incident.reported_severity,
            override=incident.severity_override,
        )
        before = incident.severity
        if judged.severity == before:
            return None
        incident.severity = judged.severity
        incident.save(update_fields=["severity"])
        runs = self.running()
        roster = Roster([run.frozen for run in runs], work.now)
        for run in runs:
            moves.learn(work, run, severity=judged.severity, roster=roster)
        promised = {} if incident.drill else Targets(work.now).on_record(incident.service_id, judged.severity)
        if not promised and incident.promises.exists():
            promised = {"promised": []}
        why = {"because": judged.because, "least": judged.people_from}
        return {"from": before, "to": judged.severity, **why, **promised}


def _some(text: str) -> str:
    if not text.strip():
        raise Refused(_("Write a few words; an empty line helps nobody."), code="invalid")
    return text.strip()


def _minutes(minutes: int) -> int:
    if not 0 <= minutes <= MOST_MINUTES:
        raise Refused(_("Minutes are a number from 0 to %(most)d.") % {"most": MOST_MINUTES}, code="invalid")
    return minutes


def _already(run) -> str:
    who = run.holder.name if run.holder else _("Somebody")
    return _("%(who)s has already acknowledged this.") % {"who": who}
