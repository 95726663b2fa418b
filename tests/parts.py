"""Parts a machine may lack, and parts that take long. What is left out is said aloud; with REQUIRE_ALL=1 all is played.

Who makes a test that needs a browser or real processes, fills a page with a thousand rows or takes more than a
second marks it ``rehearsal`` with one of the reasons below: it is played wherever everything is required. Of each
kind of browser story and of process, one is ``everybodys`` and played in every run.
"""

import os

import pytest

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


def everything_is_required() -> bool:
    return os.environ.get("REQUIRE_ALL") == "1"


def examples(most: int) -> int:
    """How often a property is played: ``most`` where everything is required. A quarter where somebody waits for it,
    and on CI's second database; half on its first."""
    share = {"ci": 2, "others": 4}.get(os.environ.get("BATON_STATEFUL", ""), 1) if everything_is_required() else 4
    return max(1, most // share)


def left_out(item: pytest.Item) -> str | None:
    """Why this test is not played here, if it is a rehearsal."""
    rehearsal = item.get_closest_marker("rehearsal")
    if rehearsal is None:
        return None
    (reason,) = rehearsal.args
    said = f"{REHEARSALS[reason]}: REQUIRE_ALL=1 make test"
    return None if everything_is_required() or item.get_closest_marker("everybodys") else said


def missing_part(name: str, how_to_get_it: str) -> None:
    """Leave this test out, loudly; where everything is required, fail it."""
    if everything_is_required():
        pytest.fail(f"{name} is missing: {how_to_get_it}")
    pytest.skip(f"{name} is missing: {how_to_get_it}")
