"""Entries are sealed in order, written with the change or not at all, and never fork."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from escalation.people.models import User
from escalation.trail import chain
from escalation.trail.models import Entry, EntryText, Trail
from escalation.trail.verifying import verify
from escalation.trail.writing import ENGINE, Actor, Draft, append, record_configuration

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def write(*drafts):
    with transaction.atomic():
        return append(Trail.objects.lock({draft.trail_id for draft in drafts}), drafts)


@pytest.fixture
def trail(db):
    return Trail.objects.create(subject="INC-1001")


@pytest.mark.django_db
def test_a_batch_over_two_trails_is_two_gapless_chains_in_the_order_of_the_drafts(trail):
    other = Trail.objects.create(subject="INC-1002")
    drafts = [
        Draft(pk, NOON, kind, ENGINE)
        for pk, kind in [(trail.pk, "opened"), (other.pk, "opened"), (trail.pk, "called"), (trail.pk, "escalated")]
    ]
    entries = write(*drafts)
    assert [(e.trail_id, e.seq, e.kind) for e in entries] == [
        (trail.pk, 1, "opened"),
        (other.pk, 1, "opened"),
        (trail.pk, 2, "called"),
        (trail.pk, 3, "escalated"),
    ]
    assert entries[0].prev == entries[1].prev == chain.GENESIS
    assert entries[2].prev == entries[0].hash
    trail.refresh_from_db()
    assert (trail.length, trail.head) == (3, entries[3].hash)
    assert verify(trail, now=NOON).fault is verify(other, now=NOON).fault is None


@pytest.mark.django_db
def test_the_heads_in_memory_move_along_so_that_one_transaction_may_append_twice(trail):
    with transaction.atomic():
        heads = Trail.objects.lock([trail.pk])
        append(heads, [Draft(trail.pk, NOON, "opened", ENGINE)])
        append(heads, [Draft(trail.pk, NOON, "called", ENGINE)])
    assert heads[trail.pk].length == 2
    assert verify(trail, now=NOON).fault is None


@pytest.mark.django_db
def test_the_number_of_statements_does_not_grow_with_the_batch(trail, django_assert_num_queries):
    trails = [trail, *(Trail.objects.create(subject=f"INC-{n}") for n in range(2, 12))]
    heads = {one.pk: one for one in trails}
    for size in (1, 2):
        drafts = [Draft(pk, NOON, "noted", ENGINE, text="why") for pk in heads] * size
        with django_assert_num_queries(5):  # entries, texts, heads; and the search looks for what it has of them
            append(heads, drafts)


@pytest.mark.django_db
def test_nothing_written_is_no_statement_at_all(trail, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert append({}, []) == []


@pytest.mark.django_db
def test_free_text_is_kept_apart_and_only_its_digest_is_sealed(trail):
    [entry] = write(Draft(trail.pk, NOON, "noted", ENGINE, text="The card processor is down."))
    said = EntryText.objects.get(entry=entry)
    assert said.text == "The card processor is down."
    assert len(bytes.fromhex(said.salt)) == 16
    assert entry.text_digest == chain.digest(said.salt, said.text)
    assert "processor" not in entry.canonical


@pytest.mark.django_db
def test_nul_and_lone_surrogates_never_reach_the_record(trail):
    hostile = "a\x00b\ud800c"
    actor = Actor.source(5, hostile)
    [entry] = write(
        Draft(trail.pk, NOON, "noted", actor, {"title": hostile, "deep": [{"x": hostile}]}, hostile, cause=hostile)
    )
    entry.refresh_from_db()
    assert json.loads(entry.data) == {"title": "ab?c", "deep": [{"x": "ab?c"}]}
    assert (entry.actor_name, entry.cause, entry.said.text) == ("ab?c",) * 3
    assert verify(trail, now=NOON).fault is None


@pytest.mark.django_db
def test_text_of_nothing_but_control_characters_is_no_text(trail):
    [entry] = write(Draft(trail.pk, NOON, "noted", ENGINE, text="\x00\x07"))
    assert entry.text_digest == ""
    assert not EntryText.objects.exists()


@pytest.mark.django_db
def test_an_actor_is_remembered_by_the_name_of_the_time(trail):
    alice = User(pk=7, name="Alice " + "A" * 200)
    [entry] = write(Draft(trail.pk, NOON, "noted", Actor.person(alice)))
    assert (entry.actor_kind, entry.actor_id) == ("person", 7)
    assert entry.actor_name.startswith("Alice ")
    assert len(entry.actor_name) == 120


@pytest.mark.django_db
def test_an_effect_that_is_on_record_cannot_be_recorded_again(trail):
    write(Draft(trail.pk, NOON, "called", ENGINE, cause="timer-1"))
    with pytest.raises(IntegrityError):
        write(Draft(trail.pk, NOON, "called", ENGINE, cause="timer-1"))
    trail.refresh_from_db()
    assert trail.length == 1
    write(Draft(trail.pk, NOON, "called", ENGINE, cause="timer-2"))
    assert verify(trail, now=NOON).fault is None


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["kind", "cause"])
def test_a_kind_or_cause_too_long_for_its_column_is_refused_on_every_database(trail, column):
    with pytest.raises(ValueError, match="too long"):
        write(Draft(**{"trail_id": trail.pk, "at": NOON, "kind": "x", "actor": ENGINE, column: "x" * 121}))


@pytest.mark.django_db
def test_a_float_in_the_data_fails_the_change(trail):
    with pytest.raises(TypeError):
        write(Draft(trail.pk, NOON, "noted", ENGINE, {"minutes": 1.5}))
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_configuration_has_a_trail_of_its_own():
    bob = Actor("person", 2, "Bob")
    first = record_configuration(bob, "policy-changed", {"before": {"rounds": 1}, "after": {"rounds": 2}}, now=NOON)
    second = record_configuration(bob, "policy-changed", {}, now=NOON + timedelta(hours=1), text="As agreed.")
    installation = Trail.objects.installation()
    assert (first.seq, second.seq, second.trail_id) == (1, 2, installation.pk)
    assert verify(installation, now=NOON).fault is None


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_can_be_appended():
    trail = Trail.objects.create(subject="INC-1003")
    with pytest.raises(AssertionError):
        append({trail.pk: trail}, [Draft(trail.pk, NOON, "opened", ENGINE)])


@pytest.mark.django_db(transaction=True)
def test_when_the_change_fails_there_is_no_entry_of_it():
    trail = Trail.objects.create(subject="INC-1004")

    def change_that_fails():
        with transaction.atomic():
            append(Trail.objects.lock([trail.pk]), [Draft(trail.pk, NOON, "opened", ENGINE)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_that_fails()
    trail.refresh_from_db()
    assert (trail.length, Entry.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_four_writers_at_once_leave_one_gapless_chain():
    trail = Trail.objects.create(subject="INC-1005")

    def writer(number):
        try:
            for n in range(50):
                insist(lambda n=n: write(Draft(trail.pk, NOON, "noted", ENGINE, {"n": n}, cause=f"{number}/{n}")))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(writer, range(4)))
    verdict = verify(trail, now=NOON)
    assert (verdict.entries, verdict.fault) == (200, None)
    assert Entry.objects.values("prev").distinct().count() == 200


def insist(work):
    """SQLite's shared in-memory database says "locked" at once instead of waiting."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return work()
        except OperationalError as error:
            if connection.vendor != "sqlite" or "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.002)


@pytest.mark.django_db(transaction=True)
def test_a_writer_without_the_lock_is_stopped_by_the_database():
    trail = Trail.objects.create(subject="INC-1006")
    stale = {trail.pk: Trail.objects.get(pk=trail.pk)}
    write(Draft(trail.pk, NOON, "opened", ENGINE))
    with pytest.raises(IntegrityError), transaction.atomic():
        append(stale, [Draft(trail.pk, NOON, "opened", ENGINE)])
    assert verify(trail, now=NOON).fault is None
