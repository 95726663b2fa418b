"""What the product gave up in a storm, and whether as much went wrong as that takes. Pure.

A message has failed, a timer is dead, a receipt is quarantined: each after so many tries, and nothing in a storm is
poison, so that each try was spoiled by something that was done to it.
"""

from collections.abc import Iterator
from datetime import datetime

from .chaos_evidence import GRACE, Delivery, Evidence, Fault

GIVEN_UP = ("failed", "unknown")
CLAIMS = 3  # of a timer, then it is dead; of a receipt, then it is quarantined
# How the product's own words for the end of a message begin; the rest are of the talk with the provider.
GAVE_WAY = "not tried any more"
REFUSED = "refused"
DIED, STOOD = "its worker died", "its worker stood still"
RESTART = 20.0  # seconds until what was ended works again, on a busy machine
# What can spoil a try at a timer or a receipt. Until a process was there to be killed, or had come by the named point,
# nothing was wrong: these hit at their end.
AT_THE_END = ("kill", "point")
LASTING = ("freeze", "silence", "db full")
SPOILING = (*AT_THE_END, *LASTING, "db")


# --- messages ----------------------------------------------------------------------------------------


def failed_for_nothing(seen: Evidence) -> Iterator[str]:
    """Given up means that the provider was in trouble at the last try. If its worker died, something went wrong
    at every try; if its worker stood still, something did at the last."""
    for delivery in seen.deliveries:
        if delivery.state not in GIVEN_UP or not delivery.finished_at:
            continue
        guilty, tries, since = seen.blows, 1, delivery.finished_at
        span = seen.lease_seconds
        if delivery.last_error.startswith(GAVE_WAY):  # its provider was away at some time since
            guilty, since = _of_the_talk(seen, delivery), delivery.queued_at
            span = seen.send_seconds + seen.left_alone_seconds + _nobody_could_try(seen, delivery)
        elif delivery.last_error.startswith(DIED):
            tries, since = delivery.attempts, delivery.queued_at
        elif not delivery.last_error.startswith(STOOD):
            guilty, span = _of_the_talk(seen, delivery), seen.send_seconds
        start, end = seen.clock.earliest(since) - span - GRACE, seen.clock.latest(delivery.finished_at) + GRACE
        hits = sum(fault.start <= end and fault.end >= start for fault in guilty)
        if hits < tries:
            why = f"{delivery.last_error!r}, after {delivery.attempts} tries"
            yield f"delivery {delivery.id} failed: {why}, and {hits} faults could have hit it"


def _of_the_talk(seen: Evidence, delivery: Delivery) -> list[Fault]:
    """What the provider did; and whoever stood still while it talked believes that it had no answer in time."""
    kinds = ("provider",) if REFUSED in delivery.last_error else ("provider", "freeze")
    return [fault for fault in seen.faults if fault.what.startswith(kinds)]


def _nobody_could_try(seen: Evidence, delivery: Delivery) -> float:
    """Of the time in which it waited: how long whoever might have seen that the provider is well again stood still.

    What stood still already when it began to wait counts from its own beginning: the provider was left alone as long.
    """
    assert delivery.finished_at is not None
    start, end = seen.clock.earliest(delivery.queued_at), seen.clock.latest(delivery.finished_at)
    mine = [fault for fault in seen.faults if not fault.what.startswith("provider")]
    stood = [(fault.start, min(fault.end, end)) for fault in mine if fault.start <= end and fault.end >= start]
    return _at_all(stood) + RESTART * sum(start <= fault.start <= end for fault in seen.restarts)


def _at_all(spans: list[tuple[float, float]]) -> float:
    """How long there was any of them: what overlaps counts once."""
    found, so_far = 0.0, float("-inf")
    for start, end in sorted(spans):
        found += max(0.0, end - max(start, so_far))
        so_far = max(so_far, end)
    return found


# --- timers and receipts -----------------------------------------------------------------------------


def dead_timers(seen: Evidence) -> Iterator[str]:
    """A timer is dead after three claims that went wrong, and the record says when."""
    ends = {entry.cause: entry.at for entry in seen.entries if entry.kind == "step_failed"}
    for timer in seen.timers:
        if timer.state == "dead":
            yield from _too_soon(seen, f"timer {timer.id}", timer.due_at, ends.get(f"timer:{timer.id}:dead"))


def set_aside(seen: Evidence) -> Iterator[str]:
    """A quarantined message was not heard, and an incident was opened in its place."""
    trails = {incident.ref: incident.trail for incident in seen.incidents}
    opened = {entry.trail: entry.at for entry in seen.entries if entry.kind == "opened"}
    for receipt in seen.receipts:
        if receipt.state == "quarantined":
            ends = [opened[trails[ref]] for ref in receipt.incidents if trails.get(ref) in opened]
            yield from _too_soon(seen, f"receipt {receipt.digest[:12]}", receipt.received_at, max(ends, default=None))


def _too_soon(seen: Evidence, what: str, begun: datetime, ended: datetime | None) -> Iterator[str]:
    if ended is None:
        yield f"{what} was given up, and the record does not say so"
    elif (hits := _hits(seen, begun, ended)) < CLAIMS:
        yield f"{what} was given up, and {hits} faults could have hit it"


def _hits(seen: Evidence, begun: datetime, ended: datetime) -> int:
    """How many tries can have been spoiled between two instants.

    What is over at once spoils one, and so does a process's end at its supervisor's hands. What lasts spoils whatever
    is tried meanwhile: a lock that somebody frozen holds, or a full disk, refuses again after each pause between two
    tries, which is a second. While the database is away or locked no further try begins: that would be written down.
    """
    start, end = seen.clock.earliest(begun) - GRACE, seen.clock.latest(ended) + GRACE
    found = sum(start <= fault.end and fault.start <= end for fault in seen.restarts)
    for fault in seen.faults:
        first = fault.end if fault.what.startswith(AT_THE_END) else fault.start
        if fault.what.startswith(SPOILING) and first <= end and fault.end >= start:
            lasted = min(fault.end, end) - max(first, start)
            found += 1 + (int(lasted) if fault.what.startswith(LASTING) else 0)
    return found
