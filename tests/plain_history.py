"""What half a year of history says, told from the raw record by a plain program that knows nothing of the product.

Standard library only; it reads entries, one after the other, and names. ``python tests/plain_history.py demo.sqlite3``
prints what it finds: what keeps coming back, which team waits although the signs say "escalate", and which policy's
first tier resolves next to nothing. What incidents came to in seconds is told by ``tests/measured.py``.
"""

import json
import re
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

MONTH, LONGEST = timedelta(days=30), timedelta(days=90)
MOMENT = timedelta(microseconds=1)
ENTRIES = """
    SELECT t.subject, e.at, e.kind, e.actor_kind, e.actor_id, e.data, p.name
    FROM trail_entry e JOIN trail_trail t ON t.id = e.trail_id
    LEFT JOIN engine_escalationrun r ON r.id = e.run LEFT JOIN policies_policy p ON p.id = r.policy_id
    WHERE t.kind IN ('incident', 'problem') ORDER BY t.id, e.seq
"""
Ask = Callable[[str], Iterable[tuple]]


@dataclass
class Line:
    at: datetime
    kind: str
    who: int | None
    data: dict[str, Any]
    policy: str | None


@dataclass
class Told:
    """What one incident's record says."""

    ref: str
    lines: list[Line]
    warned: bool = False
    hesitated: bool = False
    tiers: list[str] = field(default_factory=list)

    @property
    def first(self) -> dict[str, Any]:
        return self.lines[0].data

    @property
    def ended(self) -> Line | None:
        """Its end, unless it goes on in another or is open."""
        last = [line for line in self.lines if line.kind in ("resolved", "reopened")][-1:]
        over = last and last[0].kind == "resolved" and not last[0].data.get("merged_into")
        return last[0] if over else None

    @property
    def policy(self) -> str | None:
        return [line.policy for line in self.lines if line.policy and line.data.get("track") == "functional"][-1]

    @property
    def first_alone(self) -> bool:
        """Somebody resolved it, and no other tier had it or lent a hand. Not all who resolve something have a tier."""
        end = self.ended
        by_somebody = end is not None and end.who is not None and end.data["tier"] in (None, self.tiers[0])
        return by_somebody and len(self.tiers) == 1


def read(ask: Ask) -> dict[str, list[Line]]:
    """By what they are about, in their order. ``ask``: SQL in, rows out."""
    found: dict[str, list[Line]] = defaultdict(list)
    for subject, at, kind, actor, who, data, policy in ask(ENTRIES):
        found[subject].append(Line(_utc(at), kind, who if actor == "person" else None, json.loads(data), policy))
    return found


def _utc(at: datetime | str) -> datetime:
    """Without a zone, for SQLite keeps none."""
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def told(record: dict[str, list[Line]]) -> list[Told]:
    """All incidents that are over and did not go on in another."""
    found = [Told(subject, lines) for subject, lines in record.items() if lines[0].kind == "opened"]
    for one in found:
        _signs(one)
    return [one for one in found if one.ended]


# --- what the signs said: a point for a mild one, two for a strong one, and with three it is time ------


class _Signs:
    def __init__(self) -> None:
        self.severity, self.reopened, self.people = 3, 0, []  # type: ignore[var-annotated]
        self.over = self.held = self.offered = self.declined = False
        self.left: timedelta | None = None
        self.begin("")

    def begin(self, tier: str) -> None:
        self.tier, self.climbed, self.taken = tier, False, False
        self.failed = self.worse = self.passes = self.returns = 0
        self.heard: datetime | None = None
        self.here: datetime | None = None
        self.end: datetime | None = None
        self.limit = timedelta()
        self.had: set[int] = set()

    def points(self, at: datetime) -> int:
        if self.over or self.held or self.offered or self.declined:
            return 0
        tries = _score(self.failed + self.worse, 2, 3)
        passed = _score(self.passes + self.returns, 2, 4)
        back = 0 if self.climbed else _score(self.reopened, 1, 2)
        return tries + passed + back + self._silence(at) + self._time(at) + self._growth(at)

    def _silence(self, at: datetime) -> int:
        if not self.taken or self.heard is None:
            return 0
        quiet = {1: 15, 2: 30, 3: 60, 4: 240, 5: 480}[self.severity]
        return _score(int((at - self.heard).total_seconds() // 60), quiet, 2 * quiet)

    def _time(self, at: datetime) -> int:
        if self.end is None or not self.limit or at >= self.end:
            return 0
        share = (self.end - at) / self.limit
        return 2 if share <= 0.1 else 1 if share <= 0.2 else 0

    def _growth(self, at: datetime) -> int:
        stated = [one for one in self.people if one[1] > 0]
        if not stated or stated[-1][1] < 20:
            return 0
        since = max(at - timedelta(hours=1), self.here or at - timedelta(hours=1))
        before = [one for one in stated if one[0] <= since] or stated[:1]
        return _score(stated[-1][1] // before[-1][1], 2, 5)

    def arrive(self, line: Line, tier: str) -> None:
        self.climbed = self.climbed or self.tier not in ("", tier)
        self.tier, self.here, self.heard = tier, line.at, line.at
        self.failed = self.worse = 0
        self.declined = False

    def limited(self, line: Line) -> None:
        seconds = line.data.get("limit_s") or 0
        self.taken, self.limit = True, timedelta(seconds=seconds)
        self.end = line.at + self.limit if seconds else None

    def hear(self, line: Line) -> None:
        data = line.data
        mine = data.get("track") == "functional"
        if line.kind in ("opened", "facts", "alert", "absorbed"):
            self._facts(line)
        elif line.kind == "attempt":
            helped = data["outcome"] == "helped"
            self.failed = 0 if helped else self.failed + 1
            self.worse = 0 if helped else self.worse + (data["outcome"] == "worse")
        elif line.kind == "called" and mine:
            self.offered = self.held = self.taken = False
            self.had, self.passes, self.returns, self.end = set(), 0, 0, None
            self.arrive(line, data["to"])
        elif line.kind == "acknowledged" and mine:
            self.offered = False
            self.had.add(line.who or 0)
            self.limited(line)
        elif line.kind in ("offered", "declined", "offer_returned", "taken_back"):
            self.offered = line.kind == "offered"
        elif line.kind == "accepted":
            self.offered = self.held = self.declined = False
            self._passed(line)
            self.limited(line)
        elif line.kind == "held":
            self.held, self.left = True, self.end - line.at if self.end else None
        elif line.kind == "woken":
            self.held, self.heard = False, line.at
            self.end = line.at + self.left if self.left is not None else None
        elif line.kind == "resolved":
            self.over = True
            self.held = self.offered = False
        elif line.kind == "reopened":
            self.over, self.reopened, self.people = False, self.reopened + 1, self.people[-1:]
            self.begin("")
        if line.who is not None and line.kind in _SPOKEN:
            self.heard = line.at

    def _facts(self, line: Line) -> None:
        people, severity = line.data.get("people_affected"), line.data.get("severity")
        if people is not None:
            self.people.append((line.at, people[1] if isinstance(people, list) else people))
        self.severity = severity["to"] if isinstance(severity, dict) else severity or self.severity

    def _passed(self, line: Line) -> None:
        self.passes += 1
        self.returns += line.who in self.had
        self.had.add(line.who or 0)
        if line.data.get("tier") not in (None, self.tier):
            self.arrive(line, line.data["tier"])


_SPOKEN = {"note", "attempt", "facts", "acknowledged", "accepted", "offered", "declined", "absorbed", "restricted"}


def _score(amount: int, mild: int, strong: int) -> int:
    return 2 if amount >= strong else 1 if amount >= mild else 0


def _signs(one: Told) -> None:
    """Went it on without anybody escalating, although it was time? Looked at after each entry and before the next."""
    signs, waiting = _Signs(), False
    for line, then in zip(one.lines, [*one.lines[1:], None], strict=True):
        before = signs.tier
        signs.hear(line)
        if line.kind == "called" and line.data["track"] == "functional":
            climbed = bool(line.data["from"]) and line.data["from"] != line.data["to"]
        else:
            climbed = False
        if waiting and (line.kind == "resolved" or (climbed and "reason" not in line.data)):
            one.hesitated, waiting = True, False
        waiting = waiting and signs.tier == before
        if signs.tier and signs.tier not in one.tiers:
            one.tiers.append(signs.tier)
        if then is not None and not waiting and max(map(signs.points, (line.at, then.at - MOMENT))) >= 3:
            one.warned = waiting = True


# --- the three truths ------------------------------------------------------------------------------


def by_team(incidents: Iterable[Told]) -> dict[str, tuple[int, int]]:
    """Of each owning team: how many are over, and in how many of them somebody hesitated."""
    return _by(incidents, lambda one: one.first["owner"], lambda one: one.hesitated)


def by_policy(incidents: Iterable[Told]) -> dict[str, tuple[int, int]]:
    """Of each policy: how many are over, and how many of them the first tier resolved alone."""
    return _by(incidents, lambda one: one.policy, lambda one: one.first_alone)


def _by(incidents: Iterable[Told], name: Callable, says: Callable) -> dict[str, tuple[int, int]]:
    counts, those = Counter(), Counter()  # type: ignore[var-annotated]
    for one in incidents:
        counts[name(one)] += 1
        those[name(one)] += bool(says(one))
    return {key: (count, those[key]) for key, count in counts.items()}


def hesitant(teams: dict[str, tuple[int, int]]) -> list[str]:
    return [team for team, (count, waited) in teams.items() if waited >= 3 and waited > count / 10]


def useless(policies: dict[str, tuple[int, int]]) -> list[str]:
    return [policy for policy, (count, alone) in policies.items() if count >= 10 and alone < count / 10]


def recurring(incidents: Iterable[Told]) -> list[list[Told]]:
    """Those of one service whose titles say the same, where three came within thirty days."""
    groups: list[list[Told]] = []
    for one in sorted(incidents, key=lambda one: one.lines[0].at):
        for group in groups:
            if one.first["service"] == group[0].first["service"] and _same(one.first["title"], group[0].first["title"]):
                group.append(one)
                break
        else:
            groups.append([one])
    return [group for group in groups if _often([one.lines[0].at for one in group])]


def _same(one: str, other: str) -> bool:
    ones, others = ({word[:5] for word in re.findall("[a-z]{3,}", title.lower())} for title in (one, other))
    return len(ones & others) > 0.7 * max(len(ones), len(others))


def _often(opened: list[datetime]) -> bool:
    return any(third - first <= MONTH for first, third in zip(opened, opened[2:], strict=False))


def helped(record: dict[str, list[Line]], group: list[Told], now: datetime) -> tuple[int, int, int] | None:
    """Before and after the problem that was made of them was fixed, and in how many days each."""
    refs = {one.ref for one in group}
    for lines in record.values():
        if refs & {line.data.get("ref") for line in lines if line.kind == "problem_linked"}:
            fixed = next(_utc(line.data["on"]) for line in lines if line.kind == "problem_fixed")
            span = min(now - fixed, LONGEST)
            opened = [one.lines[0].at for one in group]
            before = sum(fixed - span <= at < fixed for at in opened)
            return before, sum(fixed <= at < fixed + span for at in opened), span.days
    return None


def main(file: str) -> None:
    record = read(sqlite3.connect(f"file:{file}?mode=ro", uri=True).execute)
    incidents, now = told(record), max(line.at for lines in record.values() for line in lines)
    print(f"{len(incidents)} incidents are over")
    for group in recurring(incidents):
        came = helped(record, group, now)
        fixed = f": {came[0]} before it was fixed, {came[1]} after, in {came[2]} days each" if came else ""
        print(f"comes back: {group[0].first['title']} ({group[0].first['service']}, {len(group)} times{fixed})")
    teams, policies = by_team(incidents), by_policy(incidents)
    for team, (count, waited) in teams.items():
        print(f"{team}: hesitated in {waited} of {count}{', hesitant' if team in hesitant(teams) else ''}")
    for policy, (count, alone) in policies.items():
        mark = ", useless" if policy in useless(policies) else ""
        print(f"{policy}: the only tier that had it resolved {alone} of {count}{mark}")


if __name__ == "__main__":
    main(sys.argv[1])
