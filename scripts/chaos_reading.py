"""Reads the evidence: the database's rows from outside of Django, and the provider's log."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.processes import Scratch

from .chaos_evidence import Arrival, Clock, Delivery, Entry, Evidence, Fault, Incident, Receipt, Run, Timer

_RESTARTED = re.compile(r"(\S+ \S+) WARNING escalation\.engine\.supervisor: (\S+) ended \(.*started again")


def read(seen: Evidence, database: Scratch, log: Path) -> Evidence:
    """Fill in what the database and the provider's log have to say."""
    seen.arrivals = arrivals(lines(log))
    seen.deliveries = deliveries(database)
    seen.entries = entries(database)
    seen.timers = timers(database)
    seen.runs = runs(database)
    seen.incidents = incidents(database)
    seen.receipts = receipts(database)
    seen.in_vain = database.rows("SELECT count(*) FROM engine_try WHERE outcome <> 'sent'")[0][0]
    seen.texts = {text for (text,) in database.rows("SELECT text FROM trail_entrytext")}
    return seen


def verified(seen: Evidence, said: str) -> None:
    """Fill in what ``verifytrails --json --anchors`` has to say."""
    try:
        told = json.loads(said)
    except ValueError:
        seen.chain_faults = [f"verifytrails said: {said}"]
        return
    judged = told["anchors"]
    seen.chain_faults = [f"{fault['subject']}/{fault['seq']}: {fault['what']}" for fault in told["faults"]]
    seen.anchors = judged["anchors"]
    seen.contradictions = [f"{one['kind']}: {one['subject']}/{one['seq']}: {one['what']}" for one in judged["findings"]]
    seen.pieces = sum("is a piece of a line" in note or "is torn" in note for note in judged["notes"])


def arrivals(log: Iterable[dict]) -> list[Arrival]:
    """A ``heard`` line belongs to the last arrival of its key before it."""
    found: list[Arrival] = []
    last: dict[str, int] = {}
    for line in log:
        if "key" in line:
            last[line["key"]] = len(found)
            found.append(Arrival(line["mono"], line["key"], heard=False, refs=tuple(line["refs"])))
        elif line["heard"] in last:
            at = last[line["heard"]]
            found[at] = found[at]._replace(heard=True)
    return found


def restarts(logs: Iterable[Path], clock: Clock) -> list[Fault]:
    """What the supervisor ended or found ended, by its own log: a consequence of what was injected before."""
    found = []
    for log in logs:
        for line in log.read_text(errors="replace").splitlines():
            if told := _RESTARTED.match(line):
                at = datetime.strptime(told[1], "%Y-%m-%d %H:%M:%S,%f").replace(tzinfo=UTC)
                found.append(Fault(clock.earliest(at), clock.latest(at), f"{told[2]} started again"))
    return found


def lines(log: Path) -> list[dict]:
    """A process that was killed while it wrote leaves half a line, which was never said."""
    whole, _newline, _half = log.read_text().rpartition("\n") if log.exists() else ("", "", "")
    return [json.loads(line) for line in whole.splitlines()]


def deliveries(database: Scratch) -> list[Delivery]:
    columns = (
        "id, trail_id, run_id, person_id, channel, cause, kind, state, queued_at, n, overtaken, last_error, bundle,"
        " not_before, method_id, attempts, finished_at"
    )
    rows = database.rows(f"SELECT {columns} FROM engine_delivery ORDER BY id")
    return [
        Delivery(
            *row[:8],
            queued_at=moment(row[8]),
            n=row[9],
            overtaken=bool(row[10]),
            last_error=row[11],
            bundle=row[12],
            not_before=row[13] and moment(row[13]),
            method=row[14],
            attempts=row[15],
            finished_at=row[16] and moment(row[16]),
        )
        for row in rows
    ]


def entries(database: Scratch) -> list[Entry]:
    rows = database.rows("SELECT trail_id, seq, kind, at, run, cause, data FROM trail_entry ORDER BY trail_id, seq")
    return [Entry(*row[:3], moment(row[3]), *row[4:6], loaded(row[6])) for row in rows]


def timers(database: Scratch) -> list[Timer]:
    rows = database.rows("SELECT id, run_id, state, due_at, fired_at FROM engine_timer ORDER BY id")
    return [Timer(*row[:3], moment(row[3]), row[4] and moment(row[4])) for row in rows]


def runs(database: Scratch) -> list[Run]:
    rows = database.rows(
        "SELECT run.id, trail_id, track, ended_at, idle, body FROM engine_escalationrun run"
        " JOIN policies_frozenpath ON digest = frozen_path_id ORDER BY run.id"
    )
    return [Run(*row[:3], row[3] is not None, row[4], _laps(loaded(row[5])["laps"])) for row in rows]


def incidents(database: Scratch) -> list[Incident]:
    rows = database.rows("SELECT number, trail_id, resolved_at FROM incidents_incident ORDER BY number")
    return [Incident(f"INC-{number}", trail, resolved is None) for number, trail, resolved in rows]


def receipts(database: Scratch) -> list[Receipt]:
    rows = database.rows("SELECT digest, state, received_at, outcome FROM incidents_receipt ORDER BY id")
    return [Receipt(*row[:2], moment(row[2]), tuple(loaded(row[3]).get("incidents", []))) for row in rows]


def waits(database: Scratch, now: datetime, longest: float) -> dict[str, int]:
    """What is not at rest yet. A timer that is due later than in ``longest`` seconds is not waited for, but judged."""
    soon = now + timedelta(seconds=longest)
    armed = database.rows("SELECT next_at FROM engine_timer WHERE state = 'armed'")
    open_ones = "SELECT count(*) FROM engine_delivery WHERE state IN ('queued', 'sending')"
    return {
        "receipts": database.rows("SELECT count(*) FROM incidents_receipt WHERE state = 'received'")[0][0],
        "timers": sum(moment(due) < soon for (due,) in armed),
        "deliveries": database.rows(open_ones)[0][0],
    }


def queued(database: Scratch, now: datetime) -> int:
    """Packages that nobody has taken; those whose taker died come back by themselves, and find nothing to do."""
    locked = database.rows("SELECT lock FROM django_q_ormq")
    return sum(lock is None or moment(lock) < now for (lock,) in locked)


def moment(value: Any) -> datetime:
    """Aware, UTC. SQLite keeps text."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value.astimezone(UTC)


def loaded(value: Any) -> dict:
    return json.loads(value) if isinstance(value, str) else value


def _laps(laps: Iterable[Iterable[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(lap) for lap in laps)
