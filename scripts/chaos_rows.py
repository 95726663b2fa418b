"""How the rows of a judgement belong together: which deliveries an arrival carried, whom an entry says to have asked,
which step of its path it is. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from .chaos_evidence import Arrival, Delivery, Entry, Evidence

CALLS = ("called", "also_called", "exhausted", "step_failed")


def carried(seen: Evidence) -> Iterator[tuple[Arrival, Delivery]]:
    """Each arrival with the deliveries that left in it: several may leave as one, under the first one's key."""
    by_id = {delivery.id: delivery for delivery in seen.deliveries}
    together = defaultdict(list)
    for delivery in seen.deliveries:
        together[by_id.get(delivery.bundle or delivery.id, delivery).key].append(delivery)
    refs = {incident.trail: incident.ref for incident in seen.incidents}
    for arrival in seen.arrivals:
        for delivery in together[arrival.key]:
            if not arrival.refs or refs.get(delivery.trail) in arrival.refs:
                yield arrival, delivery


def asked(entry: Entry) -> list[int]:
    """The ids of the people whom this entry says to have called, woken or offered the baton to."""
    data = entry.data
    if entry.kind in CALLS:
        people = [*data.get("people", []), data.get("last_resort")]
    elif entry.kind == "woken" and not data.get("by_hand"):
        people = data.get("people", [])
    else:
        people = [data.get("to")] if entry.kind in ("offered", "offer_returned") else []
    return [person["id"] for person in people if person]


def place_of(entry: Entry) -> tuple[int, int] | None:
    """Lap and place of a step's call; its cause is ``run:<id>:call:<lap>:<place>:<epoch>``."""
    parts = (entry.cause or "").split(":")
    if entry.kind != "called" or len(parts) != 6 or parts[2] != "call":
        return None
    return int(parts[3]), int(parts[4])


def positions(laps: Iterable[Iterable[int]]) -> list[tuple[int, int]]:
    return [(lap, place) for lap, steps in enumerate(laps) for place, _step in enumerate(steps)]


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.trail, entry.seq))


def label(entry: Entry) -> str:
    return f"entry {entry.trail}/{entry.seq} ({entry.kind})"
