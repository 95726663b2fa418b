"""The ground of every machine: an empty database, a clock that stands, a fake post, and our own failures kept quiet."""

import logging
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from escalation.kit import clock, failpoint
from tests.emptying import empty_database

from .rig import patience, post_office

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

RARELY = st.sampled_from([False] * 7 + [True])


class Ground(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        logging.disable(logging.CRITICAL)  # our own failures are on purpose here
        self.closing.callback(logging.disable, logging.NOTSET)
        self.closing.callback(clock.fix, None)
        self.closing.callback(failpoint.arm, None)
        self.post = self.closing.enter_context(post_office())
        self.post.begin()
        self.closing.enter_context(patience())
        empty_database()
        clock.fix(START)
        self.turned_back = 0

    def teardown(self) -> None:
        self.closing.close()

    @property
    def now(self) -> datetime:
        return clock.now()

    def bundled_within(self, seconds: float) -> None:
        self.closing.enter_context(override_settings(BUNDLE_SECONDS=seconds))

    def turn_back(self, span: timedelta) -> None:
        self.turned_back += 1
        clock.forward(-span)
