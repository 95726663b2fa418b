"""Hypothesis plays. ``BATON_STATEFUL``: ``short`` (the default), ``ci``, or ``soak`` (random; minutes to hours).

What a failure prints is the whole story, one line for each step; it can be pasted into a test. The
first two profiles are derandomized: the same code gives the same plays.
"""

import os
import random

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import Escalations

PROFILE = os.environ.get("BATON_STATEFUL", "short")
EXAMPLES = int(os.environ.get("BATON_STATEFUL_EXAMPLES", "3000"))
COMMON = {
    "deadline": None,
    "database": None,
    "print_blob": False,
    "suppress_health_check": list(HealthCheck),
    "verbosity": Verbosity.normal,
}
PROFILES = {
    "short": settings(max_examples=40, stateful_step_count=30, derandomize=True, **COMMON),
    "ci": settings(max_examples=80, stateful_step_count=40, derandomize=True, **COMMON),
    "soak": settings(max_examples=EXAMPLES, stateful_step_count=60, **COMMON),
}

pytestmark = [pytest.mark.stateful, pytest.mark.django_db(transaction=True), pytest.mark.timeout(0)]


def test_whatever_happens_every_promise_holds():
    chosen = PROFILES[PROFILE]
    if os.environ.get("BATON_STATEFUL_FIRST") == "1":  # enough to know that something is wrong
        chosen = settings(chosen, phases=[Phase.generate])
    if PROFILE == "soak":
        number = int(os.environ.get("BATON_STATEFUL_SEED") or random.randrange(2**32))
        print(f"BATON_STATEFUL=soak BATON_STATEFUL_SEED={number}")
        run_state_machine_as_test(seed(number)(Escalations), settings=chosen)
    else:
        run_state_machine_as_test(Escalations, settings=chosen)
