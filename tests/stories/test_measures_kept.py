"""The days of the measures are packed when they are over, whatever is wrong with some of them."""

import pytest
from django.db import OperationalError, connection
from django_q.models import OrmQ

from incidents.counting import days
from incidents.insight import tasks
from incidents.models import Summary, SummaryChange, SummaryDay
from tests.stories.test_measures_counted import year  # noqa: F401


@pytest.mark.django_db
@pytest.mark.sqlite_enough
def test_days_that_cannot_be_packed_keep_none_of_the_later_ones_waiting(year, clock):  # noqa: F811
    SummaryChange.note(Summary.objects.values_list("resolved_on", flat=True))
    over = SummaryChange.objects.filter(day__lt=clock.now().date()).order_by("day")
    noted = list(over.values_list("day", flat=True).distinct())
    broken, whole = noted[:7], noted[7:]

    def unreadable(execute, sql, params, many, context):
        if 'FROM "incidents_summary"' in sql and {str(one) for one in params or ()} & {str(day) for day in broken}:
            raise OperationalError("a page of the disk cannot be read")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(unreadable):
        assert [days.keep(3), days.keep(3)] == [3, min(3, len(whole) - 3)] and len(whole) > 4
    assert list(SummaryDay.objects.order_by("day").values_list("day", flat=True)) == whole[:6]
    assert days.keep() == len(noted) - 6 and days.next_due() > clock.now()


@pytest.mark.django_db
@pytest.mark.sqlite_enough
def test_a_turn_in_which_everybody_waits_ends_after_a_while_and_another_goes_on(year, clock, monkeypatch):  # noqa: F811
    SummaryChange.note(Summary.objects.values_list("resolved_on", flat=True))
    over = SummaryChange.objects.filter(day__lt=clock.now().date()).values("day").distinct().count()
    monkeypatch.setattr(days, "TURN", 0)
    asked = lambda: [one.func() for one in OrmQ.objects.all()].count("incidents.insight.tasks.keep_days")  # noqa: E731
    assert over > 2 and (tasks.keep_days(), asked()) == (1, 1)
    monkeypatch.setattr(days, "TURN", 60)
    assert tasks.keep_days() == over - 1 and days.next_due() > clock.now()
    assert asked() == 1  # nothing is left for a third
