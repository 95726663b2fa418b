"""Somebody acknowledged it where it came from: in the product that sent it, not here. Pure, like ``path``.

That is no answer of ours, for nobody here has said that they have it, and so it never ends a climb. It only gives
time: what was asked is not asked any further, and instead of the step's time to acknowledge its time to work runs.
When that is over the path goes on as if nobody had answered. A step whose work may take as long as it likes has no
such time to give, and is not put off.
"""

from dataclasses import replace
from datetime import datetime

from .path import Policy, Standing, asked_anew


def may_put_off(policy: Policy, standing: Standing) -> bool:
    """Whether it waits for an answer, was not put off yet at this step, and has time to give."""
    if not (policy.functional and standing.begun) or standing.acknowledged_at is not None or standing.finished:
        return False
    if standing.held_at is not None or standing.awaits_until is not None or standing.elsewhere_at is not None:
        return False
    asked = policy.asked(standing.lap, standing.place)
    return asked and policy.at(standing.lap, standing.place).work_limit is not None


def put_off(policy: Policy, standing: Standing, now: datetime) -> Standing:
    works = policy.at(standing.lap, standing.place).work_limit
    return replace(asked_anew(standing), elsewhere_at=now, clock_from=now, clock_limit=works)


def taken_back(policy: Policy, standing: Standing, now: datetime) -> Standing:
    """It is not acknowledged there any more: the time to answer goes on as it would have, or is over."""
    answers = policy.at(standing.lap, standing.place).ack_limit
    called = standing.reach_at if standing.reach == standing.place else None
    since = now - answers if called is None else max(called, now - answers)
    return replace(standing, elsewhere_at=None, clock_from=since, clock_limit=answers)
