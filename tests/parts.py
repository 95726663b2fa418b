"""Parts a machine may lack, and parts that take long. What is left out is said aloud; with REQUIRE_ALL=1 all is played.

Who makes a test that needs a browser or real processes, fills a page with a thousand rows or takes more than a
second marks it ``rehearsal`` with one of the reasons below: it is played wherever everything is required. Of each
kind of browser story and of process, one is ``everybodys`` and played in every run.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

import pytest

Row = TypeVar("Row")

# Why a test is left out of a newcomer's run. All of them together take longer than everything else.
REHEARSALS = {
    "browser": "most stories in a real browser: it takes longer for them than all else",
    "processes": "most stories with real processes that are killed, frozen and started again, and with other programs",
    "rows": "what pages cost with a thousand rows",
    "past": "migrations back and forth, and long pasts of the sample organisation",
    "fuzz": "programs that send whatever the API's description allows, and what it does not",
    "hanging": "servers that never come to the point and events that never end, each way of it to its limit",
    "seconds": "long outages of a carrier, second by second",
    "moving": "moving in from other products at length: exports twice, months compared, walks that break",
    "roles": "every address asked by every role, what is named beside it, and rights that change",
    "races": "races played many times over",
    "long": "stories that take more than a second or so, each beside shorter ones about the same",
}
THOROUGH = "what shows once more, at another width or in another process, what a shorter one shows already"


def everything_is_required() -> bool:
    return os.environ.get("REQUIRE_ALL") == "1"


def time_is_short() -> bool:
    """CI: everything is required, but of what crosses all with all it plays a share. ``make soak`` plays the whole."""
    return everything_is_required() and os.environ.get("BATON_STATEFUL", "") in ("ci", "others")


def share(rows: Sequence[Row], of: int, begin: int = 0) -> Sequence[Row]:
    """One of so many of these where time is short, always the same ones; all of them elsewhere."""
    return rows[begin::of] if time_is_short() else rows


def examples(most: int) -> int:
    """How often a property is played: ``most`` where everything is required; a quarter where somebody waits for it."""
    return most if everything_is_required() and not time_is_short() else max(1, most // 4)


def left_out(item: pytest.Item) -> str | None:
    """Why this test is not played here, if it is a rehearsal."""
    rehearsal, thorough = item.get_closest_marker("rehearsal"), item.get_closest_marker("thorough")
    if everything_is_required() or not (rehearsal or thorough):
        return None
    if item.get_closest_marker("everybodys") and not thorough:
        return None
    reason = REHEARSALS[rehearsal.args[0]] if rehearsal else THOROUGH
    return f"{reason}: REQUIRE_ALL=1 make test"


def missing_part(name: str, how_to_get_it: str) -> None:
    """Leave this test out, loudly; where everything is required, fail it."""
    if everything_is_required():
        pytest.fail(f"{name} is missing: {how_to_get_it}")
    pytest.skip(f"{name} is missing: {how_to_get_it}")
