"""How often one address may try. Nobody guesses a link, but looking one up costs the database something."""

from django.http import HttpRequest

from escalation.kit import clock
from escalation.kit.allowance import Allowance

A_MINUTE = 300  # a whole company may come from one address
UNKNOWN = 10  # an unknown link costs as much as so many known ones
_MOST = 10_000

_rates: dict[str, Allowance] = {}


def admits(request: HttpRequest, many: int = 1) -> bool:
    address, now = str(request.META.get("REMOTE_ADDR") or ""), clock.nearly().timestamp()
    if address not in _rates:
        if len(_rates) >= _MOST:
            _rates.clear()
        _rates[address] = Allowance(A_MINUTE, now)
    return _rates[address].take(now, many)
