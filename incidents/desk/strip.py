"""The path strip: who had the baton, who has it, who gets it next, and in how long.

What is past comes from the record, the present from the run, and what is coming from the
same pure forecast that the engine decides by. Nothing here writes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.engine.models import EscalationRun
from escalation.policies import path
from escalation.policies.freezing import Roster
from incidents.models import Incident

from . import rules as ruled
from .record import Line
from .words import names, spelt

STOPS, AHEAD = 5, 2  # stops that fit, and how many of them are kept for what is coming


@dataclass
class Stop:
    """One stop of the strip. ``state`` is past, now, next or skipped."""

    state: str
    tier: str
    who: str = ""
    note: str = ""
    round: int = 1
    since: datetime | None = None  # an up-counting clock behind the note
    due: datetime | None = None  # a countdown, between before and note
    before: str = ""
    left: str = ""
    paused: bool = False
    at: datetime | None = None
    at_words: str = ""
    limit_s: int | None = None
    acknowledged_at: datetime | None = None
    on_call: bool = False  # by a schedule,
    until: datetime | None = None  # which has them on until then


@dataclass
class Offer:
    giver: str
    receiver: str
    until: datetime | None


@dataclass
class Know:
    """One line of "who must know"."""

    who: str
    tier: str
    said: str
    at: datetime | None = None
    due: datetime | None = None
    tone: str = ""
    text: str = ""  # what they decided


@dataclass
class Strip:
    stops: list[Stop] = field(default_factory=list)
    paused: bool = False
    exhausted: bool = False
    held_until: datetime | None = None
    quiet_until: datetime | None = None
    left: str = ""
    offer: Offer | None = None
    returned_at: datetime | None = None
    returned_by: str = ""
    know: list[Know] = field(default_factory=list)
    policy_changed: bool = False
    also: list[str] = field(default_factory=list)
    rules: list[ruled.Shown] = field(default_factory=list)  # what rules will do, and did


def draw(
    incident: Incident, story: Sequence[Line], roster: Roster | None, now: datetime, last_resort: Callable[[], str]
) -> Strip:
    """The strip of an incident. ``story`` is what its record says, oldest first."""
    run = incident.run
    if run is None:
        return Strip()
    mine = [line for line in story if line.entry.run == run.pk]
    past, present = _walked(run, mine)
    strip = Strip(
        paused=run.ended_at is None and run.held_at is not None,
        held_until=run.held_until,
        quiet_until=run.quiet_until,
        exhausted=_exhausted(run),
        policy_changed=run.ended_at is None and run.policy.version != run.policy_version,
        also=[f"{line.data.get('to', '')}: {line.people}" for line in mine if line.kind == "also_called"],
        rules=ruled.shown(run, mine),
        returned_at=run.offer_returned_at,
        returned_by=run.unanswered_by.name if run.unanswered_by else "",
    )
    if run.ended_at is not None:
        if present and (incident.resolver is None or present.who != incident.resolver.name):
            past.append(present)
        strip.stops = [*_folded_past(past, STOPS - 1), _over(incident)]
        return strip
    assert roster is not None
    if run.held_at and run.standing.deadline:
        strip.left = spelt(run.standing.deadline - run.held_at)
    strip.offer = _offer(run)
    coming = _coming(run, roster, now, last_resort)
    behind = _folded_past(past, STOPS - 1 - min(len(coming), AHEAD))
    ahead = _folded_coming(coming, STOPS - 1 - len(behind))
    strip.stops = [*behind, _now(run, present, mine, strip), *ahead]
    return strip


def _exhausted(run: EscalationRun) -> bool:
    return run.ended_at is None and run.finished == path.Idle.EXHAUSTED


# --- past -------------------------------------------------------------------------------------


def _walked(run: EscalationRun, lines: Iterable[Line]) -> tuple[list[Stop], Stop | None]:
    """The stops behind this run, and the one it stands on, as the record tells it."""
    past: list[Stop] = []
    here: Stop | None = None

    def leave(note: str) -> None:
        nonlocal here
        if here is not None:
            past.append(replace(here, note=note))
        here = None

    for line in lines:
        data = line.data
        match line.kind:
            case "called" | "exhausted":
                leave(_left_because(here, line))
                past += [Stop("skipped", skip["tier"], _("nobody there"), _("skipped")) for skip in data["skipped"]]
                if line.kind == "called":
                    here = Stop("past", data["to"], line.people, round=_round(run, data["lap"]), at=line.at)
                    here.limit_s = data.get("limit_s")
            case "acknowledged" | "accepted":
                if line.kind == "accepted":
                    leave(_("handed over to %(name)s") % {"name": line.actor})
                here = here or Stop("past", data.get("tier") or "", at=line.at)
                here.who, here.limit_s, here.acknowledged_at = line.actor, data.get("limit_s"), line.at
            case "reassigned":
                leave(_("reassigned by %(name)s") % {"name": line.actor})
                here = Stop("past", data.get("tier") or "", line.people, at=line.at)
    return past, here


def _left_because(here: Stop | None, line: Line) -> str:
    if here is None:
        return ""
    limit = spelt(here.limit_s)
    match line.data.get("why"):
        case "not_acknowledged":
            return _("not acknowledged in %(time)s") % {"time": limit} if limit else _("not acknowledged")
        case "unreachable":
            return _("could not be reached: %(why)s") % {"why": line.data.get("unreached", "")}
        case "work_limit":
            return _("worked on it %(time)s") % {"time": limit}
        case "by_hand":
            return _("escalated by %(name)s: %(why)s") % {"name": line.actor, "why": line.reason}
    return line.why


def _round(run: EscalationRun, lap: int) -> int:
    """Which time this lap's steps are climbed: laps of a following policy count from one again."""
    laps = run.frozen["laps"]
    return laps[: lap + 1].count(laps[lap])


def _folded_past(stops: list[Stop], room: int) -> list[Stop]:
    """The latest ones; how many came before is said in one."""
    if len(stops) <= room:
        return stops
    gone = len(stops) - room + 1
    words = ngettext("%d earlier stop", "%d earlier stops", gone) % gone
    tiers = list(dict.fromkeys(stop.tier for stop in stops[:gone]))
    return [Stop("past", _("before"), words, names(tiers, most=2)), *stops[gone:]]


def _over(incident: Incident) -> Stop:
    tier = incident.resolver_tier.name if incident.resolver_tier else _("the end")
    who = incident.resolver.name if incident.resolver else (incident.source.name if incident.source else "")
    note = _("after %(time)s") % {"time": spelt((incident.resolved_at or incident.opened_at) - incident.opened_at)}
    said = _("%(name)s resolved it") % {"name": who} if who else _("resolved")
    return Stop("now", tier, said, note)


# --- present ----------------------------------------------------------------------------------


def _now(run: EscalationRun, here: Stop | None, lines: Sequence[Line], strip: Strip) -> Stop:
    tier = run.tier.name if run.tier else (here.tier if here else _("nobody yet"))
    stop = Stop("now", tier, round=_round(run, run.lap) if run.place >= 0 else 1)
    if run.holder is not None:
        stop.who = _("%(name)s holds the baton") % {"name": run.holder.name}
        if run.acknowledged_at:
            stop.at, stop.at_words = run.acknowledged_at, _("acknowledged")
            if not strip.paused:
                stop.note, stop.since = _("trying for"), run.acknowledged_at
                if not run.standing.begun and run.standing.deadline is None:
                    stop.before = _("no work limit, since no step was taken;") + " "
        else:
            stop.note = _("reassigned, not acknowledged yet")
    elif strip.exhausted:
        stop.tier, stop.who = _("end of the path"), _("nobody answered")
        ended = [line for line in lines if line.kind == "exhausted"]
        if ended:
            stop.note = _("%(name)s, last resort, was called") % {"name": _last_resort_of(ended[-1])}
    else:
        stop.who = here.who if here else ""
        stop.at, stop.at_words = (here.at, _("called")) if here else (None, "")
        stop.note = _("acknowledged elsewhere, not here") if run.elsewhere_at else _("no answer yet")
        if run.standing.waits_to_begin and run.standing.deadline:
            stop.tier, stop.who = _("not begun"), _("nobody is called yet")
            stop.note = _("its policy waits before it calls; whoever acknowledges before has no work limit")
    if run.awaits_until is not None and not strip.paused:
        stop.note, stop.since = _("nobody else is on call now"), None
    if strip.paused:
        stop.paused, stop.due = True, run.sleeps_until
        stop.before = _("on hold, sleeps until") if run.held_until else _("maintenance until")
        stop.note = _("then %(time)s left") % {"time": strip.left} if strip.left else ""
    return stop


def _offer(run: EscalationRun) -> Offer | None:
    if run.offered_to is None:
        return None
    giver = run.offered_by.name if run.offered_by else ""
    return Offer(giver, run.offered_to.name, run.offer_ends)


# --- coming -----------------------------------------------------------------------------------


def _coming(run: EscalationRun, roster: Roster, now: datetime, last_resort: Callable[[], str]) -> list[Stop]:
    """What happens if nobody does anything; then the tiers that only a person can lead to."""
    stops: list[Stop] = []
    policy = run.policy_path
    last = now
    for due, decision in path.forecast(policy, run.standing, run.facts, now, lambda at: roster.seats(run.frozen, at)):
        if decision.act in (path.Act.WAKE, path.Act.SPEAK):
            last = due
        if decision.act not in (path.Act.CALL, path.Act.ALSO, path.Act.EXHAUST):
            continue
        stops += [Stop("skipped", s.step.tier, _("nobody there now"), _("would be skipped")) for s in decision.skipped]
        stop = _next(run, decision, due, roster, last_resort)
        if not any(one.due or one.note for one in stops if one.state == "next"):
            _time_first(run, stop, due)
        else:
            stop.note = _("after that, %(time)s later") % {"time": spelt(due - last)}
        if decision.why is path.Why.NEXT_SHIFT and decision.act is path.Act.CALL:
            stop.note = _("when their shift begins")
            stop.before, stop.due = _("in"), due
        if decision.act is path.Act.ALSO:
            stop.note = _("%(when)s also called; the baton stays") % {"when": stop.note}
        stops.append(stop)
        last = due
    return stops or _by_hand(run, policy, roster)


def _next(
    run: EscalationRun, decision: path.Decision, due: datetime, roster: Roster, last_resort: Callable[[], str]
) -> Stop:
    if decision.act is path.Act.EXHAUST or decision.step is None:
        return Stop("next", _("end of the path"), _("%(name)s, last resort") % {"name": last_resort()})
    who = names((person.name for person in decision.people), most=2)
    stop = Stop("next", decision.step.tier, who, round=_round(run, decision.lap))
    return _on_call(stop, run, decision.step, roster, due) if decision.by else stop


def _on_call(stop: Stop, run: EscalationRun, step: path.Step, roster: Roster, at: datetime) -> Stop:
    stop.on_call, stop.until = True, roster.until(run.frozen["steps"][step.number], at)
    return stop


def _time_first(run: EscalationRun, stop: Stop, due: datetime) -> None:
    unless = _("if not resolved") if run.acknowledged_at else _("if not acknowledged")
    if run.sleeps_until is not None:
        words = _("%(time)s after waking, %(unless)s") if run.held_until else _("%(time)s after it, %(unless)s")
        if not run.standing.begun and due <= run.sleeps_until:
            words = _("at once then")
        stop.note = words % {"time": spelt(due - run.sleeps_until), "unless": unless}
        return
    stop.before, stop.due, stop.note = _("in"), due, unless


def _by_hand(run: EscalationRun, policy: path.Policy, roster: Roster) -> list[Stop]:
    if _exhausted(run):
        return []
    seats = roster.seats(run.frozen)
    stops, seen = [], {policy.at(run.lap, run.place).tier} if run.place >= 0 else set()
    for lap, place in policy.after(run.lap, run.place):
        step = policy.at(lap, place)
        if step.tier in seen:
            continue
        seen.add(step.tier)
        there = seats.get(step.number, path.Seats())
        who = names((person.name for person in there.people), most=2)
        stop = Stop("next", step.tier, who or _("nobody there now"), _("only if escalated"))
        stops.append(_on_call(stop, run, step, roster, roster.now) if there.by else stop)
    return stops


def _folded_coming(stops: list[Stop], room: int) -> list[Stop]:
    """As many as there is room for; the others in one, which says how it ends."""
    if len(stops) <= room:
        return stops
    hidden = stops[room - 1 :]
    words = ngettext("%d more step", "%d more steps", len(hidden)) % len(hidden)
    rounds = max(stop.round for stop in hidden)
    tier = _("then, up to round %d") % rounds if rounds > 1 else _("then")
    return [*stops[: room - 1], Stop("next", tier, words, _("at the end: %s") % hidden[-1].who)]


# --- who must know ----------------------------------------------------------------------------


def must_know(run: EscalationRun | None, story: Sequence[Line], roster: Roster | None, now: datetime) -> list[Know]:
    """What the hierarchical track did, and what it waits for."""
    if run is None:
        return []
    lines = [line for line in story if line.entry.run == run.pk]
    told = [known for line in lines if (known := _known(line))]
    if run.ended_at is not None or roster is None or run.held_at is not None:
        return told
    frozen = run.frozen
    coming = path.forecast(run.policy_path, run.standing, run.facts, now, lambda at: roster.seats(frozen, at), most=2)
    calls = [(due, decision) for due, decision in coming if decision.act is not path.Act.AWAIT]
    if calls:
        due, decision = calls[0]
        if decision.step is not None:
            who = names(person.name for person in decision.people)
            told.append(Know(who, decision.step.tier, _("in"), due=due))
    elif run.idle == path.Idle.WAITS_FOR_SEVERITY and run.frozen["steps"]:
        tier = run.frozen["steps"][0]["tier"]["name"]
        people = roster.seats(run.frozen)[0].people
        worst = run.frozen["starts_at_severity"]
        said = _("from SEV%d") % worst if worst else _("only by hand")
        told.append(Know(names(person.name for person in people), tier, said))
    return told


def _known(line: Line) -> Know | None:
    data = line.data
    match line.kind:
        case "called":
            said = _("asked to decide") if data.get("mode") == path.Mode.DECIDE else _("informed")
            return Know(line.people, data.get("to", ""), said, line.at)
        case "acknowledged":
            return Know(line.actor, data.get("tier", ""), _("answered"), line.at, tone="good")
        case "decided":
            return Know(line.actor, data.get("tier", ""), _("decided"), line.at, tone="good", text=str(line.said))
        case "exhausted":
            return Know(_last_resort_of(line), _("last resort"), _("nobody answered; called"), line.at, tone="bad")
    return None


def _last_resort_of(line: Line) -> str:
    return (line.data.get("last_resort") or {}).get("name", "")
