"""How many wrong tokens one address may send. Counted in this process's memory.

A token is 32 bytes of chance and cannot be guessed; refusing an address for a while spares the database, and shows in
the sender's own log.
"""

from escalation.kit import clock
from escalation.kit.allowance import Allowance

A_MINUTE = 60
_MOST = 10_000  # addresses that are remembered
_wrong: dict[str, Allowance] = {}


def too_many(address: str) -> bool:
    found = _wrong.get(address)
    return found is not None and not _refilled(found).has(1)


def count(address: str) -> None:
    if len(_wrong) > _MOST:
        _wrong.clear()
    now = clock.nearly().timestamp()
    _wrong.setdefault(address, Allowance(A_MINUTE, now)).take(now)


def forget() -> None:
    _wrong.clear()


def _refilled(allowance: Allowance) -> Allowance:
    allowance.take(clock.nearly().timestamp(), 0)
    return allowance
