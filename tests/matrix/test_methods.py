"""What no page and no operation offers: by other methods than theirs nothing is done, and nothing hidden is shown."""

import pytest

from tests.parts import share, time_is_short

from . import doors
from .addresses import Address, found
from .asking import Asked
from .bodies import Filling
from .sight import CONFIGURATION, ROLES, hidden_from

pytestmark = [pytest.mark.rehearsal("roles"), pytest.mark.sqlite_enough, pytest.mark.timeout(1200)]

OTHERS = ("PUT", "PATCH", "DELETE", "OPTIONS")  # HEAD is a GET whose answer is not told
REFUSED = (405, 415)  # 415: an address for files, which looks at what is sent first


def _others(n: int, address: Address, methods: tuple[str, ...]) -> list[str]:
    """In the admin pages, which Django wrote, one of them in turn."""
    there = [method for method in OTHERS if method not in methods]
    return there[n % len(there) :][:1] if address.path.startswith("/admin/") else there


def test_by_no_other_method_is_anything_done(table):
    """Asked by everybody; where time is short, by whoever may do most there: Ada, and at every other address Ann, whose
    own it is. Doors take what those take whom they speak like; their own tests say what."""
    amiss = []
    for n, (address, methods) in enumerate(share([*found().items()], 3)):
        most = "ada" if n % 2 or address.path.startswith("/admin/") else "ann"
        for method in () if doors.is_one(address) else _others(n, address, methods):
            for role in (most,) if time_is_short() else ROLES:
                amiss += _amiss(table, address, method, role)
    assert amiss == []


def _amiss(table, address: Address, method: str, role: str) -> list[tuple]:
    asked = Asked(method, Filling(table.scene).path(address, "n", method), is_api=address.is_api)
    answer = table.asking.ask(role, asked)
    changed = answer.wrote and table.asking.ask(role, asked, look=answer.wrote).changed
    hidden = hidden_from(role, answer.text, table.scene.refs, set(table.scene.refs))
    hidden = set() if address.name.startswith(CONFIGURATION) else hidden
    refused = (*REFUSED, 401) if role in ("nobody", "gus") else REFUSED
    if changed or hidden or answer.status >= 500 or (address.is_api and answer.status not in refused):
        return [(method, address.path, role, answer.status, sorted(answer.wrote), sorted(hidden))]
    return []
