"""When drills are held, and that two workers at once hold each once: a table, and threads with real commits."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from escalation.kit import clock as kit_clock
from escalation.kit.errors import Refused
from incidents.models import Drill, DrillRun, Incident, drill_clock
from incidents.models.drill_times import Rhythm
from tests.drill_kit import plan
from tests.threads import together

MARCH = {"day": date(2026, 3, 26), "at": time(2, 30), "zone": "Europe/Berlin"}  # a Thursday; on the 29th summer begins


def at(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("plan", "now", "due"),
    [
        (MARCH, at(3, 1, 0), at(3, 26, 1, 30)),
        (MARCH, at(3, 26, 1, 30), None),  # once, and that is it
        (MARCH | {"weeks": 1}, at(3, 26, 1, 30), at(4, 2, 0, 30)),  # the wall's time, in summer too
        (MARCH | {"weeks": 4}, at(3, 26, 1, 29), at(3, 26, 1, 30)),
        (MARCH | {"weeks": 4}, at(6, 1, 0), at(6, 18, 0, 30)),
        (MARCH | {"weeks": 52}, at(3, 26, 1, 30), at(3, 25, 1, 30, year=2027)),
        (MARCH | {"day": date(2026, 3, 29), "weeks": 1}, at(3, 1, 0), at(3, 29, 1)),  # half past two is left out
        (MARCH | {"day": date(2026, 10, 25)}, at(3, 1, 0), at(10, 25, 0, 30)),  # and comes twice: the first
        (MARCH | {"day": date(9999, 12, 31), "weeks": 1}, datetime(9999, 12, 31, 12, tzinfo=UTC), None),
    ],
)
def test_the_next_one(plan, now, due):
    assert Rhythm(**plan).after(now) == due


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_hold_each_occurrence_once_and_end_each_run_once(cast, clock):
    drills = [plan(cast, title=f"Drill {n}") for n in range(3)]
    kit_clock.forward(timedelta(days=7))
    together(*[drill_clock.look] * 4)
    assert DrillRun.objects.count() == Incident.objects.count() == 3
    assert set(DrillRun.objects.values_list("drill", "why_not")) == {(one.pk, "") for one in drills}
    kit_clock.forward(timedelta(minutes=60))
    together(*[drill_clock.look] * 4)
    ends = [entry for one in Incident.objects.all() for entry in one.trail.entries.filter(kind="resolved")]
    assert len(ends) == 3 and not Incident.objects.open().exists()
    assert not DrillRun.objects.filter(settled=False).exists()


@pytest.mark.django_db(transaction=True)
def test_one_that_is_pressed_twice_at_once_begins_once(cast, clock):
    drill, begun = plan(cast), []

    def press():
        try:
            begun.append(Drill.objects.get(pk=drill.pk).start(by=cast.kim))
        except Refused as refused:
            assert "goes on" in str(refused)

    together(*[press] * 4)
    assert len(begun) == Incident.objects.count() == 1
