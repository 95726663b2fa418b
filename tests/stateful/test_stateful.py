"""Hypothesis plays. ``BATON_STATEFUL``: ``short`` (the default), ``ci``, ``others`` (what CI plays on its second
database: fewer, and none that it played on the first), ``planted`` (as many as find what was planted), or ``soak``
(hours for each database, and new each time).

What a failure prints is the whole story, one line for each step, and the seed that brings it back;
``BATON_STATEFUL_SEED`` and ``BATON_STATEFUL_EXAMPLES`` choose others. All profiles but the last have a
seed of their own: the same code gives the same plays.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.internal.conjecture.engine import ConjectureRunner
from hypothesis.stateful import run_state_machine_as_test

from .bundles import Bundles
from .machine import Escalations
from .roles import Roles
from .storms import Storms

PROFILE = os.environ.get("BATON_STATEFUL", "short")
STEPS = {"short": 20, "ci": 20, "others": 20, "planted": 20, "soak": 50}[PROFILE]
MACHINES = {  # how many plays of each
    Bundles: {"short": 5, "ci": 20, "others": 10, "planted": 60, "soak": 300},
    Storms: {"short": 3, "ci": 16, "others": 10, "planted": 25, "soak": 200},
    Escalations: {"short": 8, "ci": 26, "others": 10, "planted": 76, "soak": 800},
    Roles: {"short": 2, "ci": 12, "others": 3, "planted": 30, "soak": 200},
}
SEEDS = {"short": 20260302, "ci": 20260302, "others": 20260303, "planted": 20260302}

pytestmark = [pytest.mark.stateful, pytest.mark.django_db(transaction=True), pytest.mark.timeout(0)]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__.lower())
def test_whatever_happens_every_promise_holds(machine):
    number = int(os.environ.get("BATON_STATEFUL_SEED") or SEEDS.get(PROFILE) or random.randrange(2**32))
    chosen = settings(
        max_examples=int(os.environ.get("BATON_STATEFUL_EXAMPLES") or MACHINES[machine][PROFILE]),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    if os.environ.get("BATON_STATEFUL_FIRST") == "1":  # enough to know that something is wrong
        chosen = settings(chosen, phases=[Phase.generate])
    print(f"{machine.__name__}: BATON_STATEFUL={PROFILE} BATON_STATEFUL_SEED={number}")
    with no_echoes():
        run_state_machine_as_test(seed(number)(machine), settings=chosen)


@contextmanager
def no_echoes() -> Iterator[None]:
    """Every play is a new one. By itself hypothesis follows each with up to five that repeat parts of it: of a
    hundred plays hardly twenty would be different, and some moves would never be made."""
    with patch.object(ConjectureRunner, "generate_mutations_from", lambda _runner, _data: None):
        yield
