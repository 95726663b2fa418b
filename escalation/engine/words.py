"""What entries and messages say of a run: whose it is, until when, what then, and how late that comes."""

from datetime import timedelta

from escalation.people.models import User
from escalation.policies import path
from escalation.policies.models import Installation

from .models import EscalationRun
from .work import Work

LATE = timedelta(seconds=10)  # later than this is said on the trail


def named(person: User | None) -> dict | None:
    """A person as the record keeps them: the id, and the name as it was."""
    return None if person is None else {"id": person.pk, "name": person.name}


def late(work: Work, decision: path.Decision) -> dict:
    behind = work.now - decision.due
    if behind <= LATE:
        return {}
    jumped = work.jump.seconds_over(decision.due) if work.jump else 0
    return {"late_s": int(behind.total_seconds())} | ({"clock_jumped_s": jumped} if jumped else {})


def said_late(data: dict) -> dict:
    """The same for the message, from the entry's data."""
    return {name: data[name] for name in ("late_s", "clock_jumped_s") if name in data}


def then_tier(run: EscalationRun) -> str | None:
    """The tier that is called if nothing is done: the next step's, whoever may be there."""
    seats = _everybody(run)
    coming = path.next_step(run.policy_path, run.standing, seats, why=path.Why.NOT_ACKNOWLEDGED, due=run.started_at)
    return coming.step.tier if coming.step else None


def ends_at(run: EscalationRun) -> str | None:
    """When the running clock ends, for a message."""
    deadline = run.thawed(run.standing.deadline)
    return deadline.isoformat() if deadline else None


def _everybody(run: EscalationRun) -> dict[int, path.Seats]:
    """Seats as if somebody sat on each: to name the next step without asking who is there."""
    return {number: path.Seats(people=(0,)) for number in range(len(run.frozen["steps"]))}


def last_resort() -> User:
    return Installation.objects.select_related("last_resort").get().last_resort


def called_now(run: EscalationRun, who: path.Who) -> list[User]:
    """Who is there now for the step the run stands on."""
    if run.place < 0:
        return []
    seats = who[run.frozen["laps"][run.lap][run.place]]
    return list(seats.people or seats.fallback)
