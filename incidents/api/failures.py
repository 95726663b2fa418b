"""How many wrong tokens one address may send. Counted in this process's memory.

Behind a proxy, or in an office, many programs have one address: those whose tokens have opened something here are let
through, so that nobody else's mistake keeps them out.

A token is 32 bytes of chance and cannot be guessed; refusing an address for a while spares the database, and shows in
the sender's own log.
"""

from escalation.kit import clock
from escalation.kit.allowance import Allowance
from escalation.people.tokens import hashed

A_MINUTE = 60
_MOST = 10_000  # addresses that are remembered
_wrong: dict[str, Allowance] = {}
_opened: set[str] = set()  # hashes


def too_many(address: str) -> bool:
    found = _wrong.get(address)
    return found is not None and not _refilled(found).has(1)


def count(address: str) -> None:
    if len(_wrong) > _MOST:
        _wrong.clear()
    now = clock.nearly().timestamp()
    _wrong.setdefault(address, Allowance(A_MINUTE, now)).take(now)


def has_opened(token: str) -> None:
    if len(_opened) > _MOST:
        _opened.clear()
    _opened.add(hashed(token))


def is_known(token: str) -> bool:
    """Whether it has opened something in this process; whether it still does is for the database to say."""
    return hashed(token) in _opened


def forget() -> None:
    _wrong.clear()
    _opened.clear()


def _refilled(allowance: Allowance) -> Allowance:
    allowance.take(clock.nearly().timestamp(), 0)
    return allowance
