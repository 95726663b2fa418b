"""By when somebody trains: a goal, a last play, a day."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.learning.training_due import Goal, Standing, due

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


@pytest.mark.parametrize(
    ("every", "since", "last", "days", "standing"),
    [
        (90, 200, 10, 80, Standing.GOOD),
        (90, 200, 75, 15, Standing.GOOD),
        (90, 200, 76, 14, Standing.SOON),
        (90, 200, 90, 0, Standing.LATE),
        (90, 200, 100, -10, Standing.LATE),
        (90, 1, 100, 29, Standing.GOOD),  # nor is whoever trained long ago, elsewhere
        (90, 1, 20, 70, Standing.GOOD),
        (90, 0, None, 30, Standing.GOOD),  # nobody is late on their first day
        (90, 16, None, 14, Standing.SOON),
        (90, 31, None, -1, Standing.LATE),
        (14, 0, None, 30, Standing.GOOD),  # however often the team wants it
        (14, 0, 20, 30, Standing.GOOD),
        (14, 60, 10, 4, Standing.SOON),
    ],
)
def test_the_day_and_what_it_means(every, since, last, days, standing):
    found = due(Goal(1, "Payments", timedelta(days=every), ago(since)), None if last is None else ago(last))
    assert found.at - NOW == timedelta(days=days)
    assert found.standing(NOW) is standing
