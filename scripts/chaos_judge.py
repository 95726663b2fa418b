"""The judgement after the storm: what the provider received against what the database says. Pure.

``judge`` takes plain rows and returns what is wrong, by count; nothing wrong is the only good answer.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import inf

from .chaos_evidence import GRACE, Arrival, Delivery, Entry, Evidence
from .chaos_given_up import GIVEN_UP, dead_timers, failed_for_nothing, set_aside
from .chaos_rows import CALLS, asked, carried, in_order, label, place_of, positions

COUNTS = ("missing", "double", "early", "late", "after_acknowledge", "gap", "fork", "contradicted", "unprocessed")
ASKING = ("call", "offer", "assigned", "woken", "maintenance_over", "last_resort")
MOVED_BY_HAND = ("reassigned", "accepted")  # to a tier that may be anywhere on the path
END = (10**6, 0)  # behind every place of a path
LATE = 600.0  # seconds: no machine is so busy
TRIED = "answered meanwhile"  # so begins what is said of a message whose try had begun
# After one of these the call before it may be taken back.
MOVES = (*CALLS, "acknowledged", "accepted", "declined", "offered", "offer_returned", "taken_back", "reassigned")
MOVES = (*MOVES, "held", "woken", "resolved", "told_all")


def judge(seen: Evidence) -> dict[str, list[str]]:
    """What is wrong, for each of ``COUNTS``."""
    return {
        "missing": [
            *missing_rows(seen),
            *missing_arrivals(seen),
            *failed_for_nothing(seen),
            *cancelled_for_nothing(seen),
        ],
        "double": [*strangers(seen), *second_steps(seen), *repeats(seen)],
        "early": [*early_timers(seen), *early_steps(seen), *rash_steps(seen), *early_arrivals(seen)],
        "late": list(late_steps(seen)),
        "after_acknowledge": list(after_acknowledge(seen)),
        "gap": [
            *lost_answers(seen),
            *lost_words(seen),
            *silent_incidents(seen),
            *skipped_steps(seen),
            *dead_timers(seen),
        ],
        "fork": list(seen.chain_faults),
        "contradicted": list(contradicted(seen)),
        "unprocessed": [*unprocessed(seen), *set_aside(seen)],
    }


# --- missing: a call that nobody was told ------------------------------------------------------------


def missing_rows(seen: Evidence) -> Iterator[str]:
    """Everybody whom an entry says to have asked has a delivery of it."""
    told = defaultdict(set)
    for delivery in seen.deliveries:
        told[delivery.cause].add(delivery.person)
    for entry in seen.entries:
        for person in asked(entry):
            if person not in told[entry.cause]:
                yield f"{label(entry)} asked {person}, and there is no delivery of {entry.cause}"


def missing_arrivals(seen: Evidence) -> Iterator[str]:
    """Sent means arrived; failed and cancelled have a reason."""
    arrived = {delivery.id for _arrival, delivery in carried(seen)}
    for delivery in seen.deliveries:
        if delivery.state == "sent" and delivery.channel == "email" and delivery.id not in arrived:
            yield f"delivery {delivery.id} ({delivery.key}) is sent and never arrived"
        if delivery.state in (*GIVEN_UP, "cancelled", "expired") and not (delivery.last_error and delivery.finished_at):
            yield f"delivery {delivery.id} is {delivery.state} without a reason"


def cancelled_for_nothing(seen: Evidence) -> Iterator[str]:
    """Who takes back a message says on the trail what happened, at the same instant: it is one transaction.

    What was under way then is marked, and is cancelled when its try has failed.
    """
    moves = defaultdict(list)
    for entry in seen.entries:
        if entry.kind in MOVES:
            moves[entry.trail].append(entry)
    begun = {entry.cause: entry.seq for entry in seen.entries if entry.cause}
    for delivery in seen.deliveries:
        if delivery.state != "cancelled" or not delivery.finished_at:
            continue
        later = [entry for entry in moves[delivery.trail] if entry.seq > begun.get(delivery.cause, 0)]
        if delivery.last_error.startswith(TRIED):
            end = seen.clock.latest(delivery.finished_at) + GRACE
            meanwhile = [entry for entry in later if seen.clock.earliest(entry.at) <= end]
            fits = delivery.overtaken and any(one.run == delivery.run or one.kind == "resolved" for one in meanwhile)
        else:
            fits = any(entry.at == delivery.finished_at for entry in later)
        if not fits:
            yield f"delivery {delivery.id} is cancelled, and nothing happened then that answers what it asked"


# --- double: told twice for one cause ----------------------------------------------------------------


def strangers(seen: Evidence) -> Iterator[str]:
    """Arrivals with a key of no delivery, and more keys for one cause, person and channel than rules can have sent."""
    known = {delivery.key for delivery in seen.deliveries}
    keys, rules = defaultdict(set), defaultdict(set)
    for delivery in seen.deliveries:  # a rule is a way and a delay
        rules[delivery.key.rpartition("/")[0]].add((delivery.method, delivery.not_before))
    for arrival in seen.arrivals:
        keys[arrival.key.rpartition("/")[0]].add(arrival.key)
        if arrival.key not in known:
            yield f"{arrival.key} arrived and is no delivery's key"
    for of_one, several in keys.items():
        if len(several) > max(1, len(rules[of_one])):
            yield f"{of_one} arrived under {len(several)} keys"


def second_steps(seen: Evidence) -> Iterator[str]:
    """A run calls each position of its path once, unless people move it to another tier."""
    places: dict[int | None, set[tuple[int, int]]] = defaultdict(set)
    for entry in in_order(seen.entries):
        if entry.kind in MOVED_BY_HAND:
            places[entry.run] = set()
        place = place_of(entry)
        if place in places[entry.run]:
            yield f"{label(entry)} takes step {place} of run {entry.run} a second time"
        elif place is not None:
            places[entry.run].add(place)


def repeats(seen: Evidence) -> Iterator[str]:
    """Every further arrival of a key has an excuse of its own: a fault meanwhile, or a spoiled answer."""
    by_key = defaultdict(list)
    for arrival in sorted(seen.arrivals):
        by_key[arrival.key].append(arrival)
    for key, several in by_key.items():
        used: set[int] = set()
        for first, again in pairwise(several):
            if not first.heard:
                continue
            meanwhile = (
                number
                for number, fault in enumerate(seen.blows)
                if number not in used and fault.start <= again.mono and fault.end >= first.mono - seen.send_seconds
            )
            excuse = next(meanwhile, None)
            if excuse is None:
                yield f"{key} arrived again after {again.mono - first.mono:.1f} s, and nothing had gone wrong"
            else:
                used.add(excuse)


# --- early -------------------------------------------------------------------------------------------


def early_timers(seen: Evidence) -> Iterator[str]:
    for timer in seen.timers:
        if timer.fired_at is not None and timer.fired_at < timer.due_at:
            yield f"timer {timer.id} fired {(timer.due_at - timer.fired_at).total_seconds():.3f} s before it was due"


def early_steps(seen: Evidence) -> Iterator[str]:
    """Reckoned from the record alone: who was called had their whole limit before the next, or the last resort, was."""
    before: dict[int, Entry] = {}
    for entry in in_order(seen.entries):
        if entry.run is None or entry.kind not in MOVES:
            continue
        last = before.get(entry.run)
        unanswered = entry.kind in ("called", "exhausted") and entry.data.get("why") == "not_acknowledged"
        if unanswered and last is not None and last.kind == "called" and last.data.get("limit_s") is not None:
            short = last.data["limit_s"] - (entry.at - last.at).total_seconds()
            if short > 0:
                yield f"{label(entry)} came {short:.3f} s before the limit of the call before it had passed"
        before[entry.run] = entry


def rash_steps(seen: Evidence) -> Iterator[str]:
    """Who is said not to have been reached was sent nothing by that call, and something of the climb had failed.

    What failed may have an older cause: who is called by two steps running is called on. That others were told of the
    call says nothing.
    """
    before: dict[int, Entry] = {}
    left = [one for one in seen.deliveries if one.state == "sent" and one.channel != "desk"]
    sent = {delivery.cause for delivery in left if delivery.kind in ASKING}
    failed: dict[int | None, float] = {}  # run → when first
    for one in seen.deliveries:
        if one.state in GIVEN_UP and one.finished_at:
            failed[one.run] = min(seen.clock.earliest(one.finished_at), failed.get(one.run, inf))
    for entry in in_order(seen.entries):
        if entry.run is None:
            continue
        last = before.get(entry.run)
        had_failed = failed.get(entry.run, inf) <= seen.clock.latest(entry.at) + GRACE
        in_vain = had_failed and (last is None or last.cause not in sent)
        if entry.data.get("why") == "unreachable" and not in_vain:
            yield f"{label(entry)} says that nobody was reached, and the messages before it say otherwise"
        if entry.kind in ("called", "reassigned", "woken"):
            before[entry.run] = entry


def early_arrivals(seen: Evidence) -> Iterator[str]:
    for arrival, delivery in carried(seen):
        if arrival.mono < seen.clock.earliest(delivery.not_before or delivery.queued_at) - GRACE:
            yield f"{arrival.key} arrived before delivery {delivery.id} was to leave"


# --- late --------------------------------------------------------------------------------------------


def late_steps(seen: Evidence) -> Iterator[str]:
    """In the calm after the last fault nothing keeps a climb waiting. That a process is ended then and started again
    is no fault, but how a standstill ends."""
    calm = max((fault.end for fault in seen.faults), default=0.0)
    for timer in seen.timers:
        if timer.run is None or timer.fired_at is None:
            continue
        waited = seen.clock.earliest(timer.fired_at) - max(calm, seen.clock.latest(timer.due_at))
        if waited > LATE:
            yield f"timer {timer.id} of run {timer.run} waited for {waited:.0f} s, and nothing was wrong any more"


# --- after the acknowledgement -----------------------------------------------------------------------


def after_acknowledge(seen: Evidence) -> Iterator[str]:
    """What asked somebody to act does not leave once it is answered. What was under way then is marked."""
    begun = {entry.cause: entry for entry in seen.entries if entry.cause}
    answers = defaultdict(list)
    for entry in in_order(seen.entries):
        if entry.kind in ("acknowledged", "resolved"):
            answers[entry.trail].append(entry)
    said: dict[tuple[Arrival, int], tuple[Entry, Delivery]] = {}
    for arrival, delivery in carried(seen):
        call = begun.get(delivery.cause)
        if call is None or delivery.kind not in ASKING:
            continue
        so_far = said.get((arrival, call.trail))
        if so_far is None or call.seq > so_far[0].seq:  # of two about one incident, the newer was said
            said[arrival, call.trail] = (call, delivery)
    for (arrival, trail), (call, delivery) in said.items():
        answer = next((one for one in answers[trail] if one.seq > call.seq and _ends(one, delivery)), None)
        if answer is None:
            continue
        late = arrival.mono - seen.clock.latest(answer.at)
        if late > 0 and not delivery.overtaken:
            yield f"{arrival.key} arrived {late:.1f} s after {label(answer)} and is not marked as overtaken"
        elif late > _under_way(seen, arrival.mono - late, arrival.mono):
            yield f"{arrival.key} arrived {late:.1f} s after {label(answer)}: no lease lasts so long"


def _ends(answer: Entry, delivery: Delivery) -> bool:
    return answer.kind == "resolved" or answer.run == delivery.run


def _under_way(seen: Evidence, start: float, end: float) -> float:
    """How long a talk may have gone on: its worker's lease, and all that stood still meanwhile."""
    stood = sum(fault.end - fault.start for fault in seen.faults if fault.start <= end and fault.end >= start)
    return seen.lease_seconds + GRACE + stood


# --- gap ---------------------------------------------------------------------------------------------


def lost_answers(seen: Evidence) -> Iterator[str]:
    """An answered 2xx is on disk, and what it opened is there."""
    kept = {receipt.digest for receipt in seen.receipts}
    refs = {incident.ref for incident in seen.incidents}
    for answer in seen.answers:
        if 200 <= answer.status < 300 and answer.digest not in kept:
            yield f"message {answer.digest[:12]} was answered {answer.status} and is not in the database"
    for receipt in seen.receipts:
        for ref in receipt.incidents:
            if ref not in refs:
                yield f"receipt {receipt.digest[:12]} names {ref}, and there is none"


def lost_words(seen: Evidence) -> Iterator[str]:
    for words in sorted(seen.said - seen.texts):
        yield f"somebody was told that it is done, and {words!r} is not on record"


def silent_incidents(seen: Evidence) -> Iterator[str]:
    """An open incident has a run; a run has one armed timer, or a reason why there is none."""
    armed: dict[int | None, int] = defaultdict(int)
    for timer in seen.timers:
        armed[timer.run] += timer.state == "armed"
    running = defaultdict(list)
    for run in seen.runs:
        if not run.ended:
            running[run.trail].append(run)
            if armed[run.id] != (0 if run.idle else 1):
                yield f"run {run.id} has {armed[run.id]} armed timers and the reason {run.idle!r}"
    for incident in seen.incidents:
        if incident.open and not any(run.track == "functional" for run in running[incident.trail]):
            yield f"{incident.ref} is open and nobody climbs for it"
        if not incident.open and running[incident.trail]:
            yield f"{incident.ref} is over and still climbs"


def skipped_steps(seen: Evidence) -> Iterator[str]:
    """From one call of a run to its next, every position between is named as skipped, or a person chose to."""
    laps = {run.id: run.laps for run in seen.runs}
    before: dict[int, tuple[int, int]] = {}
    for entry in in_order(seen.entries):
        place = place_of(entry)
        if entry.kind in MOVED_BY_HAND and entry.run is not None:
            before[entry.run] = END  # from where it goes on is theirs to say
        if place is None or entry.run is None:
            continue
        last = before.get(entry.run, (0, -1))
        named = {(skip["lap"], skip["place"]) for skip in entry.data.get("skipped", [])}
        chosen = entry.data.get("reason")
        for between in positions(laps.get(entry.run, ())):
            if last < between < place and between not in named and not chosen:
                yield f"{label(entry)} goes from {last} to {place} and does not say why not {between}"
        before[entry.run] = place


# --- contradicted ------------------------------------------------------------------------------------


def contradicted(seen: Evidence) -> Iterator[str]:
    """What the anchors and the record say of one another. A line that was torn is no fault, if it is said."""
    yield from seen.contradictions
    torn = sum(fault.what.startswith("tear") for fault in seen.faults)
    if seen.pieces < torn:
        yield f"{torn} lines of anchors were torn, and {seen.pieces} are said to be"


# --- unprocessed -------------------------------------------------------------------------------------


def unprocessed(seen: Evidence) -> Iterator[str]:
    """What is not at its end."""
    for receipt in seen.receipts:
        if receipt.state not in ("processed", "quarantined"):
            yield f"receipt {receipt.digest[:12]} is {receipt.state}"
    for timer in seen.timers:
        ahead = (timer.due_at - seen.now).total_seconds()
        if timer.state == "armed" and ahead < 0:
            yield f"timer {timer.id} was due at {timer.due_at:%H:%M:%S} and is armed still"
        elif timer.state == "armed" and ahead > seen.longest_seconds:
            yield f"timer {timer.id} is due in {ahead:.0f} s only: no limit is so long"
    for delivery in seen.deliveries:
        if delivery.state in ("queued", "sending"):
            yield f"delivery {delivery.id} is {delivery.state}"
    if seen.left:
        yield f"it never came to rest: {seen.left}"
    if seen.queue:
        yield f"{seen.queue} packages wait in the queue"
