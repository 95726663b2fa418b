"""Rows with many bytes are those that Django would read, on both databases."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from escalation.kit.bytewise import bytewise
from incidents.models import SummaryDay

pytestmark = pytest.mark.django_db

BYTES = [b"", b"\0", bytes(range(256)), rb"\x00 \000 %s", b"\xff" * 300_000]
FIRST = date(2026, 2, 27)


@pytest.fixture
def rows():
    """Written in the transaction in which they are read."""
    days = [FIRST + timedelta(days=n) for n in range(len(BYTES))]
    SummaryDay.objects.bulk_create(
        SummaryDay(day=day, shape="Zoë’s 100%", packed=one) for day, one in zip(days, BYTES, strict=True)
    )
    return SummaryDay.objects.order_by("day").values_list("day", "shape", "packed")


def test_every_byte_arrives_as_it_is(rows):
    told = list(bytewise(rows))
    assert told == [(FIRST + timedelta(days=n), "Zoë’s 100%", one) for n, one in enumerate(BYTES)]
    assert {type(packed) for _day, _shape, packed in told} == {bytes}


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ({"day__range": (FIRST, date(2026, 2, 28))}, 2),
        ({"shape": "Zoë’s 100%", "day__gt": FIRST}, 4),
        ({"shape__in": ["'; --", "%s"]}, 0),
        ({"day__in": []}, 0),
    ],
)
def test_what_is_asked_for_is_found(rows, said, count):
    asked = rows.filter(**said)
    assert list(bytewise(asked)) == list(asked)
    assert asked.count() == count


def test_it_is_a_query_like_any(rows):
    with CaptureQueriesContext(connection) as queries:
        list(bytewise(rows.filter(day=FIRST)))
    [query] = queries
    assert '"packed"' in query["sql"]
    with pytest.raises(DatabaseError), transaction.atomic():
        list(bytewise(rows.extra(where=["no_such_column = 1"])))
    assert len(list(bytewise(rows))) == len(BYTES)  # the connection is as it was
