"""The days of the measures are packed when they are over, whatever is wrong with some of them."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django_q.models import OrmQ

from incidents.counting import days, known
from incidents.insight import tasks
from incidents.models import Summary, SummaryChange, SummaryDay, SummaryShare
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


@pytest.fixture
def read(clock, monkeypatch):
    """Of two weeks, each time: how many rows they have, and how many packed days came from the database."""
    came, bytewise = [], days.bytewise
    monkeypatch.setattr(days, "bytewise", lambda rows: came.extend(found := list(bytewise(rows))) or found)

    def look() -> tuple[int, int]:
        came.clear()
        until = clock.now().date()
        return days.read(until - timedelta(days=14), until).every.bit_count(), len(came)

    return look


@pytest.mark.django_db
@pytest.mark.sqlite_enough
def test_a_day_that_is_packed_is_read_once_and_anew_when_it_is_packed_anew(year, read):  # noqa: F811
    SummaryChange.note(Summary.objects.values_list("resolved_on", flat=True))
    days.keep()
    kept = SummaryDay.objects.count()
    assert read() == (60, kept) and read() == (60, 0)
    gone = Summary.objects.filter(resolved_on__in=SummaryDay.objects.values("day")).order_by("resolved_on")[0]
    SummaryShare.objects.filter(summary=gone).delete()
    Summary.objects.filter(pk=gone.pk).delete()
    SummaryChange.note([gone.resolved_on])
    assert read() == (59, 0)  # from the summaries
    assert days.keep() == 1
    assert read() == (59, 1) and read() == (59, 0)


@pytest.mark.django_db
@pytest.mark.sqlite_enough
def test_where_there_is_no_room_what_was_read_first_is_read_again(year, read, monkeypatch):  # noqa: F811
    SummaryChange.note(Summary.objects.values_list("resolved_on", flat=True))
    days.keep()
    monkeypatch.setattr(known, "ROOM", sum(len(bytes(one.packed)) for one in SummaryDay.objects.all()) - 1)
    rows, came = read()
    assert rows == 60 and came > 1
    assert 0 < read()[1] < came
