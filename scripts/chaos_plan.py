"""What will go wrong, and when: a pure function of seed, seconds, profile and database.

Times and lengths are in seconds from the beginning of the storm. A storm of two minutes or more runs at
full pace, with the product's own time limits; a shorter one has everything scaled down by settings.
"""

import hashlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import cycle, islice

from escalation.kit import failpoint

DATABASES = ("sqlite", "postgres")
PROFILES = ("kill", "stop", "db", "clock", "net", "two", "all")
CLUSTERS = ("timers", "general")
PROCESSES = ("web", *(name + part for name in CLUSTERS for part in ("", "-worker", "-pusher", "-monitor")))
PROVIDER_MODES = ("hang", "hang-after", "drip", "refuse-4xx", "refuse-5xx", "cut-after")
JUMPS = (3_600, -7_200, 86_400)  # the last one brings everything due that the others put off
LONGER_THAN_A_TALK = 1.2  # or nobody notices that the provider stood still
BEGIN, END = 0.08, 0.9  # the part of the storm in which faults begin
FULL_SECONDS = 120.0
# Where one trouble follows the other, a service is left alone all the time and hardly anything is to be judged: in this
# profile each trouble of the provider is over in the first half of its turn, and so that each is long enough, a series
# lets the storm rage for twice the time.
CALM_BETWEEN = "net"


@dataclass(frozen=True)
class Pace:
    """The product's time limits, in seconds."""

    send: float  # one talk with the provider; a lease is three times as long
    retry: tuple[float, ...]
    probe: tuple[float, ...]  # how long a service that does not answer is left alone
    bundle: float  # how long further messages to a person gather
    minute: float  # of a policy
    audit: float  # and from one anchor of the record to the next
    freeze: tuple[float, float]  # how long processes are frozen: longer than a lease, at times
    short: tuple[float, float]  # how long the provider or the database is troubled
    outage: float  # how long PostgreSQL is away

    @property
    def lease(self) -> float:
        return 3 * self.send

    @property
    def left_alone(self) -> float:
        """So long after its last failure a service may still be left alone: a worker may have died with the probe."""
        return self.probe[-1] + self.lease

    @property
    def longest(self) -> float:
        """No limit of the organisation is longer, and no hold."""
        return 60 * self.minute

    def settings(self) -> dict[str, str]:
        return {
            "BATON_SEND_SECONDS": str(self.send),
            "BATON_BUNDLE_SECONDS": str(self.bundle),
            "BATON_RETRY_SECONDS": ",".join(map(str, self.retry)),
            "BATON_PROBE_SECONDS": ",".join(map(str, self.probe)),
            "BATON_POLICY_MINUTE_SECONDS": str(self.minute),
            "BATON_AUDIT_SECONDS": str(self.audit),
            "BATON_OFFER_MINUTES": str(self.minute / 12),
            "BATON_CLOSE_DAYS": str(self.minute / 2_000),
        }


SHORT = Pace(
    send=3,
    retry=(0.5, 1, 1, 2, 2),
    probe=(1, 2, 4, 9),
    bundle=0.5,
    minute=0.2,
    audit=4,
    freeze=(1, 11),
    short=(2, 5),
    outage=6,
)
FULL = Pace(
    send=10,
    retry=(5, 15, 60, 300, 300),
    probe=(30, 60, 120, 300),
    bundle=15,
    minute=2,
    audit=60,
    freeze=(10, 90),
    short=(5, 40),
    outage=60,
)


def pace(seconds: float) -> Pace:
    return FULL if seconds >= FULL_SECONDS else SHORT


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. ``host`` is 0 or 1; ``seconds`` is 0 where it is over at once."""

    at: float
    kind: str  # kill, freeze, point, tear, db, clock, provider, silence, second
    what: str
    seconds: float = 0.0
    host: int = 0


Draft = tuple[str, str, float]  # kind, what, seconds


def plan(seed: int, seconds: float, profile: str, database: str) -> list[Fault]:
    """The faults in the order of their beginning."""
    dice = random.Random(f"{seed}/{seconds:g}/{profile}/{database}")
    drafts = DRAFTS[profile](dice, pace(seconds), database)
    room = seconds * (END - BEGIN) / len(drafts)
    found = []
    for number, (kind, what, lasts) in enumerate(drafts):
        calm = profile == CALM_BETWEEN and kind == "provider"
        at = seconds * BEGIN + (number + dice.uniform(0, 0.1 if calm else 0.8)) * room
        host = dice.randrange(hosts(profile, database))
        least = LONGER_THAN_A_TALK * pace(seconds).send if what == "frozen" else 0.0
        most = max(least, 0.5 * room) if calm else seconds
        found.append(Fault(round(at, 2), kind, what, round(min(max(lasts, least), most), 2), host))
    return found


def length(seconds: float, profile: str) -> float:
    """How long a storm of a series rages."""
    return 2 * seconds if profile == CALM_BETWEEN else seconds


def hosts(profile: str, database: str) -> int:
    """How many whole deployments share the database. A SQLite file has one."""
    return 2 if profile == "two" and database == "postgres" else 1


def digest(faults: list[Fault]) -> str:
    return hashlib.sha256(json.dumps([asdict(fault) for fault in faults]).encode()).hexdigest()[:16]


def printed(faults: list[Fault]) -> str:
    lines = (
        f"{fault.at:8.2f} s  {fault.kind:8}  {fault.what}"
        + (f"  for {fault.seconds:g} s" if fault.seconds else "")
        + (f"  on host {fault.host}" if fault.host else "")
        for fault in faults
    )
    return "\n".join(lines)


# --- each profile's faults, before they have a time --------------------------------------------------


def _shuffled(dice: random.Random, drafts: list[Draft]) -> list[Draft]:
    dice.shuffle(drafts)
    return drafts


def _kill(dice: random.Random, now: Pace, database: str) -> list[Draft]:
    """Every process and every named point once, the supervisor with all it has, and a line that was being written."""
    points: list[Draft] = [("point", name, 0) for name in (*failpoint.NAMES, *failpoint.OF_ANCHORS)]
    kills: list[Draft] = [("kill", name, 0) for name in (*PROCESSES, "baton")]
    return _shuffled(dice, [*points, *kills, ("tear", "a line of the anchors", 0)])


def _stop(dice: random.Random, now: Pace, database: str) -> list[Draft]:
    """Processes, whole clusters and the holder of every lease or lock, frozen and let go on."""
    frozen = [*dice.sample(PROCESSES, 3), *(f"{name} and its group" for name in CLUSTERS), "baton"]
    points = ["deliver.claimed", "deliver.sent", *dice.sample(failpoint.NAMES, 3)]
    drafts = [("freeze", name, dice.uniform(*now.freeze)) for name in frozen]
    return _shuffled(dice, drafts + [("freeze", f"at {name}", now.lease * 1.3) for name in points])


def _db(dice: random.Random, now: Pace, database: str) -> list[Draft]:
    """PostgreSQL's long outage is the last: what comes meanwhile would wait for its end."""
    if database == "sqlite":
        kinds = islice(cycle(("locked", "full")), 5)
        return _shuffled(dice, [("db", kind, dice.uniform(*now.short)) for kind in kinds])
    kinds = islice(cycle(("restart immediate", "terminate", "restart fast")), 6)
    return [*_shuffled(dice, [("db", kind, 0) for kind in kinds]), ("db", "away", now.outage)]


def _clock(dice: random.Random, now: Pace, database: str) -> list[Draft]:
    first = _shuffled(dice, [("clock", f"{jump:+d} s", 0) for jump in JUMPS[:-1]])
    return [*first, ("clock", f"{JUMPS[-1]:+d} s", 0)]


def _net(dice: random.Random, now: Pace, database: str) -> list[Draft]:
    modes: list[Draft] = [("provider", mode, dice.uniform(*now.short)) for mode in (*PROVIDER_MODES, "away", "frozen")]
    silences = 2 if database == "postgres" else 0
    return _shuffled(dice, modes + [("silence", "the database", dice.uniform(*now.freeze)) for _ in range(silences)])


def _two(dice: random.Random, now: Pace, database: str) -> list[Draft]:
    """Two deployments, and each loses and freezes what the other then has to do."""
    names = ("timers", "general", *dice.sample(PROCESSES, 2))
    drafts: list[Draft] = [("kill", name, 0) for name in names]
    drafts += [("freeze", f"{name} and its group", dice.uniform(*now.freeze)) for name in CLUSTERS]
    if database == "postgres":
        drafts.append(("silence", "the database", dice.uniform(*now.freeze)))
    else:
        drafts += [("second", "another up on the same file", 0)] * 2
    return _shuffled(dice, drafts)


def _all(dice: random.Random, now: Pace, database: str) -> list[Draft]:
    drafts: list[Draft] = []
    for make in (_kill, _stop, _db, _net):
        drafts += make(dice, now, database)[:4]
    return [*_shuffled(dice, drafts), *_clock(dice, now, database)]


DRAFTS: dict[str, Callable[[random.Random, Pace, str], list[Draft]]] = {
    "kill": _kill,
    "stop": _stop,
    "db": _db,
    "clock": _clock,
    "net": _net,
    "two": _two,
    "all": _all,
}


def every() -> Iterator[tuple[str, str]]:
    """Each profile with each database."""
    return ((profile, database) for profile in PROFILES for database in DATABASES)
