"""Many rows in one statement arrive as they would one by one, on both databases."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import DataError, IntegrityError, transaction

from escalation.engine.models import Beat, Delivery, Timer
from escalation.kit.rows import insert_all, update_all
from escalation.trail.models import Trail

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 29, 12, 0, 0, 123456, tzinfo=UTC)
ODD = {
    "text": "Zoë said “no”; \\ ' \" %s {x} 🙂\n",
    "none": None,
    "yes": True,
    "list": [1, {"a": []}],
    "big": 2**53 - 1,
}


def test_every_kind_of_value_comes_back_as_it_was():
    insert_all([Beat(name=f"b{n}", host="Zoë's", at=NOON, detail={**ODD, "n": n}) for n in range(3)])
    found = Beat.objects.order_by("id")
    assert [(beat.name, beat.host, beat.at) for beat in found] == [(f"b{n}", "Zoë's", NOON) for n in range(3)]
    assert [beat.detail for beat in found] == [{**ODD, "n": n} for n in range(3)]


def test_the_same_row_as_the_orm_writes(open_incident):
    written = Delivery.objects.filter(run=open_incident().run).first()
    copy = Delivery.objects.get(pk=written.pk)
    copy.pk, copy.n = None, 7
    insert_all([copy])
    columns = [field.attname for field in Delivery._meta.concrete_fields if field.name not in ("id", "n")]
    rows = Delivery.objects.filter(pk__in=[written.pk, Delivery.objects.get(n=7).pk]).values_list(*columns)
    assert rows[0] == rows[1]


def test_only_the_named_fields_are_updated_and_only_of_these_rows():
    trails = Trail.objects.bulk_create([Trail(subject=f"T-{n}") for n in range(3)])
    for trail in trails[:2]:
        trail.length, trail.head, trail.subject = 5, "ab" * 32, "not this"
    update_all(trails[:2], ("length", "head"))
    found = Trail.objects.filter(subject__startswith="T-").order_by("subject").values_list("length", "head", "subject")
    assert list(found) == [(5, "ab" * 32, "T-0"), (5, "ab" * 32, "T-1"), (0, "0" * 64, "T-2")]


def test_an_instant_can_be_taken_away():
    timer = Timer.objects.create(trail=Trail.objects.create(subject="T"), kind="x", due_at=NOON, next_at=NOON)
    timer.next_at = None
    update_all([timer], ["next_at"])
    timer.refresh_from_db()
    assert (timer.due_at, timer.next_at) == (NOON, None)


def test_a_second_row_under_one_key_is_refused_or_ignored():
    insert_all([Beat(name="one", host="here", at=NOON, detail={"first": True})])
    twice = [Beat(name="one", host="here", at=NOON), Beat(name="two", host="here", at=NOON)]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_all(twice)
    insert_all(twice, ignore_conflicts=True)
    assert dict(Beat.objects.values_list("name", "detail")) == {"one": {"first": True}, "two": {}}


@pytest.mark.postgresql_only
def test_what_is_too_long_is_refused_and_not_cut():
    with pytest.raises(DataError), transaction.atomic():
        insert_all([Beat(name="x" * 25, host="here", at=NOON)])


def test_an_unknown_field_is_an_error_and_no_rows_are_no_statement(django_assert_num_queries):
    with pytest.raises(FieldDoesNotExist):
        update_all([Trail.objects.create(subject="T")], ["lenght"])
    with django_assert_num_queries(0):
        insert_all([])
        update_all([], ["length"])
