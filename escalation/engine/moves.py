"""How a run begins, climbs, sleeps and ends. Used by the timers and by the verbs, inside one ``Work``.

A move changes the run, raises its epoch (so older timers, calls and forms are stale), adds
the entries and queues the messages. It does not look anything up that could wait for a lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from escalation.notify.message import ASKING
from escalation.people.models import Tier
from escalation.policies import path, rules
from escalation.policies.freezing import Roster, freeze, keep
from escalation.policies.models import FrozenPath, Policy
from escalation.trail.models import Trail
from escalation.trail.writing import ENGINE

from . import duty, ruling, silence
from .models import EscalationRun
from .words import called_now, ends_at, last_resort, late, named, said_late, then_tier
from .work import Work

# --- beginning and ending -------------------------------------------------------------------


@dataclass(frozen=True)
class Start:
    """One climb to begin: on which trail, up which policy, about what."""

    trail: Trail
    policy: Policy
    brief: dict
    severity: int


def begin(
    work: Work, *, trail: Trail, policy: Policy, brief: dict, severity: int, again: bool = False
) -> list[EscalationRun]:
    """Start a climb on each track the policy has steps for, and call the first step at once."""
    return begin_all(work, [Start(trail, policy, brief, severity)], again=again)[0]


def begin_all(work: Work, starts: Sequence[Start], *, again: bool = False) -> list[list[EscalationRun]]:
    """The same for many trails with the same few statements; the runs of each start, in their order."""
    paths = {policy.pk: _paths(policy) for policy in {start.policy.pk: start.policy for start in starts}.values()}
    begun = [[_new_run(work, start, row) for row in paths[start.policy.pk]] for start in starts]
    EscalationRun.objects.bulk_create([run for runs in begun for run in runs])
    roster = Roster({run.frozen_path_id: run.frozen for runs in begun for run in runs}.values(), work.now)
    for run in silence.spared(work, [run for runs in begun for run in runs]):
        look(work, run, roster, again=again)
    return begun


def _paths(policy: Policy) -> list[FrozenPath]:
    """One for each track that is climbed: the functional one always, the other if it has steps."""
    return keep([frozen for frozen in freeze(policy).values() if frozen["laps"] or frozen["functional"]])


def _new_run(work: Work, start: Start, row: FrozenPath) -> EscalationRun:
    run = EscalationRun(
        trail=start.trail,
        policy=start.policy,
        policy_version=start.policy.version,
        frozen_path=row,
        brief=start.brief,
        severity=start.severity,
        started_at=work.now,
    )
    run.track = Tier.Track.FUNCTIONAL if run.policy_path.functional else Tier.Track.HIERARCHICAL
    if run.frozen["starts_after_s"] is not None:
        run.clock_from, run.clock_limit_s = work.now, run.frozen["starts_after_s"]
    run.known = rules.written(rules.Known()) if run.policy_path.rules else None
    return run


def end(work: Work, run: EscalationRun) -> None:
    """The incident is over: nothing more is due and nothing more is sent."""
    run.ended_at = work.now
    run.epoch += 1
    run.held_at = run.held_until = run.quiet_until = run.offer_until = run.awaits_until = run.unreached_at = None
    run.elsewhere_at = None
    run.offered_to = run.offered_by = None
    work.hush(run, ())
    work.changed(run)


# --- what the clock brings ------------------------------------------------------------------


def look(work: Work, run: EscalationRun, roster: Roster, *, again: bool = False) -> path.Decision | None:
    """Ask the path what is due and carry it out; if nothing is, arm the next look.

    ``again``: the climb begins because the incident was re-opened, which the record says.
    """
    who = roster.seats(run.frozen)
    outlook = path.path(run.policy_path, run.standing, run.facts, work.now, who)
    if outlook.decision is None:
        run.epoch += 1
        work.changed(run)
        return None
    decision = outlook.decision
    if again and decision.why is path.Why.OPENED:
        decision = replace(decision, why=path.Why.REOPENED)
    carry_out(work, run, decision, who=who)
    return decision


def carry_out(
    work: Work,
    run: EscalationRun,
    decision: path.Decision,
    *,
    who: path.Who | None = None,
    reason: str = "",
    text: str = "",
    parts: Sequence[str] = (),
) -> None:
    """Do what was decided, by the engine or (with ``reason``) by hand, saying ``text`` (of these ``parts``)."""
    policy, before = run.policy_path, run.standing
    holder, tier_before = run.holder, run.tier
    run.standing = path.advance(policy, before, decision, work.now)
    if decision.act not in (path.Act.ADVISE, path.Act.TELL):  # whoever was called is, and no form is stale
        run.epoch += 1
    if decision.rule is not None:
        ruling.record(work, run, decision, before)
    match decision.act:
        case path.Act.CALL:
            _call(work, run, decision, before, reason=reason, text=text, parts=parts)
        case path.Act.ALSO:
            _call_also(work, run, decision)
        case path.Act.RETURN:
            _return_offer(work, run, decision, before)
        case path.Act.WAKE:
            _wake(work, run, decision, who or Roster([run.frozen], work.now).seats(run.frozen))
        case path.Act.SPEAK:
            silence.tell_over(work, run, before, decision, who or Roster([run.frozen], work.now).seats(run.frozen))
        case path.Act.TELL:
            ruling.inform(work, run, decision)
        case path.Act.AWAIT:
            _await_shift(work, run, decision, before)
        case path.Act.EXHAUST:
            _exhaust(work, run, decision, before)
        case path.Act.FINISH:
            told = {**_told(run, decision), **_unreached(before)}
            work.entry(run.trail_id, "told_all", told, run=run, cause=_cause(run, decision))
    if decision.act is path.Act.CALL and holder is not None and holder not in decision.people:
        tier = decision.step.tier if decision.step else ""
        message = {"to": tier, "from": tier_before.name if tier_before else None, "why": decision.why.value}
        message |= _unreached(before) | _rule(decision)
        work.tell(run, [holder], kind="moved", cause=_cause(run, decision), message=message)
    work.changed(run)


def _cause(run: EscalationRun, decision: path.Decision) -> str:
    return f"run:{run.pk}:{decision.act}:{decision.lap}:{decision.place}:{run.epoch}"


def _rule(decision: path.Decision) -> dict:
    """The name of the rule that says so."""
    return {"rule": decision.rule.name} if decision.rule else {}


def _told(run: EscalationRun, decision: path.Decision) -> dict:
    """What every decision's entry says: which act, why, and whether it came late."""
    return {
        "act": decision.act.value,
        "why": decision.why.value,
        "track": run.track,
        "skipped": [duty.skipped(skip, decision) for skip in decision.skipped],
        **_rule(decision),
    }


def _unreached(standing: path.Standing) -> dict:
    """Why nobody who was asked before could be reached, if that is known: for the entry and for the message."""
    return {"unreached": standing.unreached_why} if standing.unreached_at else {}


def _call(
    work: Work,
    run: EscalationRun,
    decision: path.Decision,
    standing: path.Standing,
    *,
    reason: str,
    text: str,
    parts: Sequence[str],
) -> None:
    """``standing``: as it was before."""
    step = run.step_frozen
    assert step is not None
    assert decision.step is not None
    before, giver = run.tier, run.holder
    work.hush(run)
    run.tier_id = step["tier"]["id"]
    run.offered_to = run.offered_by = run.offer_returned_at = None
    if run.is_functional:
        run.holder = None  # the tier holds at once; a person from their acknowledgement
    data = {
        **_told(run, decision),
        **_unreached(standing),
        **late(work, decision),
        "from": before.name if before else None,
        "holder": named(giver),
        "to": step["tier"]["name"],
        "lap": decision.lap,
        "people": [named(person) for person in decision.people],
        "fallback": decision.by_fallback,
        "limit_s": run.clock_limit_s,
        "mode": step["mode"],
        **duty.by(decision.by),
    }
    if reason:
        data["reason"] = reason
    if parts:
        data["parts"] = list(parts)
    cause = _cause(run, decision)
    work.entry(run.trail_id, "called", data, text=text, run=run, cause=cause)
    work.called(run, people=decision.people, teams=duty.teams(step, decision.by))
    kind = "inform" if decision.step.mode is path.Mode.INFORM else "call"
    goes_on = kind == "call" and _unanswered(standing, decision)
    message = _message(work, run, decision, data, text)
    work.tell(run, decision.people, kind=kind, cause=cause, message=message, goes_on=goes_on)


def _unanswered(standing: path.Standing, decision: path.Decision) -> bool:
    """Whether this call takes over from one of the same round that nobody has answered. A new round calls anew.

    So does a call after one that reached nobody, one that was acknowledged elsewhere, and one that has waited for a
    shift: hours may have passed.
    """
    waits = standing.begun and standing.acknowledged_at is None and standing.held_at is None
    waits = waits and standing.awaits_until is None and standing.elsewhere_at is None
    return waits and standing.lap == decision.lap


def _message(work: Work, run: EscalationRun, decision: path.Decision, data: dict, text: str) -> dict:
    """Why you, why now, until when, and what happens if you do nothing."""
    return {
        "unreached": data.get("unreached", ""),
        "tier": data["to"],
        "from": data["from"],
        "why": decision.why.value,
        "by": work.actor.name if work.actor.id else None,
        "reason": data.get("reason", ""),
        "text": text,
        **({"parts": data["parts"]} if "parts" in data else {}),
        **_rule(decision),
        "until": ends_at(run),
        "then": then_tier(run),
        "mode": data["mode"],
        **said_late(data),
    }


def _call_also(work: Work, run: EscalationRun, decision: path.Decision) -> None:
    assert decision.step is not None
    step = run.frozen["steps"][decision.step.number]
    data = {
        **_told(run, decision),
        **late(work, decision),
        "to": step["tier"]["name"],
        "people": [named(person) for person in decision.people],
        **duty.by(decision.by),
    }
    cause = _cause(run, decision)
    work.entry(run.trail_id, "also_called", data, run=run, cause=cause)
    work.called(run, people=decision.people, teams=duty.teams(step, decision.by))
    message = {"tier": data["to"], "why": decision.why.value, "by": None, "holder": named(run.holder)}
    message |= said_late(data)
    work.tell(run, decision.people, kind="also", cause=cause, message=message)


def _await_shift(work: Work, run: EscalationRun, decision: path.Decision, standing: path.Standing) -> None:
    """Nobody is on call for the next step: it waits for the shift, and whoever has the baton keeps it."""
    assert decision.step is not None
    assert decision.until is not None
    data = {
        **_told(run, decision),
        **_unreached(standing),
        **late(work, decision),
        "from": run.tier.name if run.tier else None,
        "to": decision.step.tier,
        "until": decision.until.isoformat(),
        "holder": named(run.holder),
    }
    work.entry(run.trail_id, "awaits_shift", data, run=run, cause=_cause(run, decision))


def _return_offer(work: Work, run: EscalationRun, decision: path.Decision, standing: path.Standing) -> None:
    receiver, giver = run.offered_to, run.offered_by
    run.offered_to = run.offered_by = None
    run.offer_returned_at, run.unanswered_by = work.now, receiver
    work.hush(run, ("offer",))
    cause = f"run:{run.pk}:offer_returned:{run.epoch}"
    work.entry(
        run.trail_id,
        "offer_returned",
        {"to": named(giver), "from": named(receiver), **_unreached(standing), **late(work, decision)},
        run=run,
        cause=cause,
    )
    if giver is not None:
        message = {"from": receiver.name if receiver else "", "until": ends_at(run), "then": then_tier(run)}
        message |= _unreached(standing)
        work.tell(run, [giver], kind="returned", cause=cause, message=message)


def _wake(work: Work, run: EscalationRun, decision: path.Decision, who: path.Who) -> None:
    if not run.is_functional:
        return  # one hold stops both tracks; the functional one tells it
    told = {"by_hand": work.actor != ENGINE, **late(work, decision)}
    if run.quiet_until is not None:  # its clocks stand still none the less, and it calls nobody
        told |= {"people": [], "holder": named(run.holder)}
        work.entry(run.trail_id, "woken", told, run=run, cause=f"run:{run.pk}:woken:{run.epoch}")
        return
    # Before its first step it goes on to wait for that, and nobody has it who is to be told.
    waits = run.standing.waits_to_begin and run.awaits_until is None
    before = duty.relieved(work, run, who)
    there = [run.holder] if run.holder else called_now(run, who)
    people = there or ([] if waits else [last_resort()])
    cause = f"run:{run.pk}:woken:{run.epoch}"
    told |= {"people": [named(person) for person in people], "holder": named(run.holder)}
    work.entry(run.trail_id, "woken", told, run=run, cause=cause)
    message = {"why": path.Why.HOLD_ENDED.value, "until": ends_at(run), "then": then_tier(run), **said_late(told)}
    run.standing = path.asked_anew(run.standing)
    work.tell(run, people, kind="woken", cause=cause, message=message, alone=not there)
    work.called(run, people=people)
    duty.tell_relieved(work, run, before, why=path.Why.HOLD_ENDED, cause=cause)


def _exhaust(work: Work, run: EscalationRun, decision: path.Decision, standing: path.Standing) -> None:
    """Nobody is left: the last-resort contact is called, loudly."""
    run.offered_to = run.offered_by = None
    work.hush(run, ("offer",))
    last = last_resort()
    cause = _cause(run, decision)
    data = {**_told(run, decision), **_unreached(standing), **late(work, decision), "last_resort": named(last)}
    data |= {"from": run.tier.name} if run.tier else {}
    work.entry(run.trail_id, "exhausted", data, run=run, cause=cause)
    work.called(run, people=[last])
    message = {
        "why": decision.why.value,
        "from": run.tier.name if run.tier else None,
        "holder": run.holder.name if run.holder else None,
        **_unreached(standing),
        **_rule(decision),
        **said_late(data),
    }
    work.tell(run, [last], kind="last_resort", cause=cause, message=message)


# --- what stops and starts the clocks --------------------------------------------------------


def hold(work: Work, run: EscalationRun, *, until: datetime) -> None:
    """Freeze the clocks. The entry is the caller's: one hold stops both tracks."""
    run.standing = path.held(run.standing, work.now, until=until)
    run.epoch += 1
    if run.is_functional:  # its holder is called when it wakes; nobody calls a manager twice
        work.hush(run, tuple(kind for kind in ASKING if kind != "offer"))
    work.changed(run)


def wake(work: Work, run: EscalationRun) -> None:
    """Let the clocks go on before the hold's end."""
    carry_out(work, run, path.Decision(path.Act.WAKE, path.Why.BY_HAND, work.now, run.lap, run.place))


def speak(work: Work, run: EscalationRun, who: path.Who) -> None:
    """Maintenance is over before its time."""
    over = path.Decision(path.Act.SPEAK, path.Why.MAINTENANCE_ENDED, work.now, run.lap, run.place)
    carry_out(work, run, over, who=who)


def learn(work: Work, run: EscalationRun, *, severity: int, roster: Roster) -> None:
    """The facts changed. A running clock is not touched; a waiting track may begin."""
    run.severity = severity
    work.facts_changed(run)
    if not run.is_functional and not run.standing.begun and run.held_at is None:
        for spared in silence.spared(work, [run]):
            look(work, spared, roster)
