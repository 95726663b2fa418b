"""Whatever is changed behind the database's back is found and named, and the rest is not suspected."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation.kit import clock
from escalation.trail import chain, triggers, verifying
from escalation.trail.models import Entry, Trail
from escalation.trail.verifying import verify, verify_all
from escalation.trail.writing import ENGINE, Actor, Draft, append

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock_stands_at_noon():
    clock.fix(NOON)
    yield
    clock.fix(None)


def opened(subject, entries=5):
    trail = Trail.objects.create(subject=subject)
    drafts = [
        Draft(
            trail.pk,
            NOON + timedelta(minutes=n),
            "noted",
            Actor("person", n, f"Alice {n}"),
            {"n": n},
            text=f"Text {n}",
            cause=f"{subject}/{n}",
            run=n,
            policy_version=n,
        )
        for n in range(1, entries + 1)
    ]
    with transaction.atomic():
        append(Trail.objects.lock([trail.pk]), drafts)
    return trail


@pytest.fixture
def trail():
    return opened("INC-1001")


def behind_its_back(*statements):
    with triggers.lifted(connection), connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)


def on_entry(trail, seq):
    return f"WHERE trail_id = {trail.pk} AND seq = {seq}"


def without_text(trail, where):
    chosen = f"SELECT id FROM trail_entry WHERE trail_id = {trail.pk} AND {where}"
    return f"DELETE FROM trail_entrytext WHERE entry_id IN ({chosen})"


def fault_of(trail):
    fault = verify(trail, now=NOON).fault
    assert fault is not None
    assert fault.subject == trail.subject
    return fault.seq, fault.what


def test_an_untouched_trail_is_intact(trail):
    verdict = verify(trail, now=NOON)
    assert (verdict.subject, verdict.entries, verdict.fault, verdict.at) == ("INC-1001", 5, None, NOON)


def test_a_trail_without_entries_is_intact():
    assert verify(Trail.objects.create(subject="INC-1"), now=NOON).entries == 0


@pytest.mark.parametrize(
    ("column", "value", "named"),
    [
        ("at", "'2026-05-04 11:00:00+00:00'", "at"),
        ("kind", "'resolved'", "kind"),
        ("actor_kind", "'engine'", "actor_kind"),
        ("actor_id", "99", "actor_id"),
        ("actor_id", "NULL", "actor_id"),
        ("actor_name", "'Mallory'", "actor_name"),
        ("run", "99", "run"),
        ("policy_version", "99", "policy_version"),
        ("cause", "'other'", "cause"),
        ("cause", "NULL", "cause"),
        ("data", """'{"n":9}'""", "data"),
        ("data", """'{"n": 3}'""", "data"),  # the same JSON, other bytes
        ("data", """'{"n":9,"n":3}'""", "data"),
        ("data", "'nonsense'", "data"),
        ("text_digest", "''", "text_digest"),
        ("prev", "'00'", "prev"),
        ("canonical", "'{}'", "canonical"),
        ("canonical", "'nonsense'", "canonical"),
        ("canonical", "canonical || ' '", "canonical"),
    ],
)
def test_an_edited_column_is_named(trail, column, value, named):
    behind_its_back(f"UPDATE trail_entry SET {column} = {value} {on_entry(trail, 3)}")
    assert fault_of(trail) == (3, f"entry 3 was edited: {named}")


def test_the_table_above_leaves_no_column_out():
    [table] = [mark.args[1] for mark in test_an_edited_column_is_named.pytestmark if mark.name == "parametrize"]
    listed = {column for column, *_ in table}
    special = {"id", "trail", "seq", "hash"}  # in the stories below; the id is what texts hang on
    assert {field.name for field in Entry._meta.concrete_fields} - special == listed


def test_two_edited_columns_are_both_named(trail):
    behind_its_back(f"UPDATE trail_entry SET kind = 'x', actor_name = 'y' {on_entry(trail, 3)}")
    assert fault_of(trail) == (3, "entry 3 was edited: kind, actor_name")


def test_an_edited_hash_is_named(trail):
    behind_its_back(f"UPDATE trail_entry SET hash = '00' {on_entry(trail, 3)}")
    assert fault_of(trail) == (3, "entry 3 does not fit its hash: one of them was edited")


def test_a_column_and_the_canonical_text_edited_together_do_not_fit_the_hash(trail):
    behind_its_back(
        f"UPDATE trail_entry SET kind='x', canonical=replace(canonical, '\"noted\"', '\"x\"') {on_entry(trail, 3)}"
    )
    assert fault_of(trail) == (3, "entry 3 does not fit its hash: one of them was edited")


def test_a_column_and_the_hash_edited_are_both_noticed(trail):
    behind_its_back(f"UPDATE trail_entry SET kind = 'x', hash = '00' {on_entry(trail, 3)}")
    assert fault_of(trail) == (3, "entry 3 was edited: kind, and it does not fit its hash")


def test_an_entry_sealed_anew_breaks_with_the_next(trail):
    entry = Entry.objects.get(trail=trail, seq=3)
    entry.kind = "resolved"
    entry.canonical = chain.canonical(vars(entry))
    entry.hash = chain.seal(entry.prev, entry.canonical)
    with triggers.lifted(connection):
        entry.save()
    assert fault_of(trail) == (4, "entry 4 does not follow entry 3: one of them was replaced")


def test_the_last_entry_sealed_anew_breaks_with_the_head(trail):
    entry = Entry.objects.get(trail=trail, seq=5)
    entry.kind = "resolved"
    entry.canonical = chain.canonical(vars(entry))
    entry.hash = chain.seal(entry.prev, entry.canonical)
    with triggers.lifted(connection):
        entry.save()
    assert fault_of(trail) == (5, "entry 5 is not the last one that Baton wrote")


def test_an_entry_taken_out_of_the_middle_is_missing(trail):
    behind_its_back(without_text(trail, "seq = 3"), f"DELETE FROM trail_entry {on_entry(trail, 3)}")
    assert fault_of(trail) == (3, "entry 3 is missing")


def test_several_entries_taken_out_are_missing(trail):
    behind_its_back(without_text(trail, "seq < 4"), f"DELETE FROM trail_entry WHERE trail_id = {trail.pk} AND seq < 4")
    assert fault_of(trail) == (1, "entries 1 to 3 are missing")


def test_a_gap_that_was_closed_by_counting_anew_is_found(trail):
    behind_its_back(
        without_text(trail, "seq = 3"),
        f"DELETE FROM trail_entry {on_entry(trail, 3)}",
        f"UPDATE trail_entry SET seq = 3 {on_entry(trail, 4)}",
    )
    assert fault_of(trail) == (3, "entry 3 was edited: seq (it was sealed as 4)")


def test_the_end_cannot_be_cut_off(trail):
    behind_its_back(without_text(trail, "seq > 3"), f"DELETE FROM trail_entry WHERE trail_id = {trail.pk} AND seq > 3")
    assert fault_of(trail) == (4, "the end was cut off after entry 3: 5 entries were written")


def test_nor_everything(trail):
    behind_its_back(without_text(trail, "seq > 0"), f"DELETE FROM trail_entry WHERE trail_id = {trail.pk}")
    assert fault_of(trail) == (1, "the end was cut off from its beginning: 5 entries were written")


def test_the_end_cut_off_with_the_length_put_right_is_found_by_the_head(trail):
    behind_its_back(
        without_text(trail, "seq > 3"),
        f"DELETE FROM trail_entry WHERE trail_id = {trail.pk} AND seq > 3",
        f"UPDATE trail_trail SET length = 3 WHERE id = {trail.pk}",
    )
    assert fault_of(trail) == (3, "entry 3 is not the last one that Baton wrote")


def test_swapped_entries_are_found(trail):
    behind_its_back(
        f"UPDATE trail_entry SET seq = 100 {on_entry(trail, 2)}",
        f"UPDATE trail_entry SET seq = 2 {on_entry(trail, 3)}",
        f"UPDATE trail_entry SET seq = 3 {on_entry(trail, 100)}",
    )
    assert fault_of(trail) == (2, "entry 2 was edited: seq (it was sealed as 3)")


def test_an_entry_moved_to_another_trail_is_missed_there_and_found_here(trail):
    other = opened("INC-1002", entries=2)
    behind_its_back(f"UPDATE trail_entry SET trail_id = {other.pk} {on_entry(trail, 3)}")
    assert fault_of(trail) == (3, "entry 3 is missing")
    assert fault_of(other) == (3, "entry 3 was edited: trail")


def test_an_entry_added_past_the_head_is_found(trail):
    last = Entry.objects.get(trail=trail, seq=5)
    more = Entry(trail=trail, seq=6, at=NOON, kind="x", actor_kind="engine", actor_name="Baton", prev=last.hash)
    more.canonical = chain.canonical(vars(more))
    more.hash = chain.seal(more.prev, more.canonical)
    more.save()
    assert fault_of(trail) == (6, "entry 6 was added behind Baton's back")


def test_an_entry_put_before_the_first_is_found(trail):
    more = Entry(trail=trail, seq=0, at=NOON, kind="x", actor_kind="engine", actor_name="Baton", prev=chain.GENESIS)
    more.canonical = chain.canonical(vars(more))
    more.hash = chain.seal(more.prev, more.canonical)
    more.save()
    assert fault_of(trail) == (1, "entry 0 does not belong here")


def test_an_edited_head_of_an_empty_trail_is_found():
    trail = Trail.objects.create(subject="INC-1", head="11" * 32)
    assert fault_of(trail) == (0, "the head of the trail was edited")


def test_an_edited_text_is_found(trail):
    behind_its_back("UPDATE trail_entrytext SET text = 'Nothing to see.' WHERE text = 'Text 3'")
    assert fault_of(trail) == (3, "the text of entry 3 was edited")


def test_a_missing_text_is_found(trail):
    behind_its_back(without_text(trail, "seq = 3"))
    assert fault_of(trail) == (3, "the text of entry 3 is missing")


def test_swapped_texts_are_found(trail):
    first, second = Entry.objects.get(trail=trail, seq=2).pk, Entry.objects.get(trail=trail, seq=3).pk
    behind_its_back(
        without_text(trail, "seq = 2"), f"UPDATE trail_entrytext SET entry_id = {first} WHERE entry_id = {second}"
    )
    assert fault_of(trail) == (2, "the text of entry 2 was edited")


def test_a_text_added_later_is_found():
    trail = Trail.objects.create(subject="INC-1002")
    with transaction.atomic():
        append(Trail.objects.lock([trail.pk]), [Draft(trail.pk, NOON, "noted", ENGINE)])
    entry = trail.entries.get().pk
    behind_its_back(f"INSERT INTO trail_entrytext (entry_id, salt, text) VALUES ({entry}, '00', 'x')")
    assert fault_of(trail) == (1, "entry 1 was given a text that it did not have")


@pytest.mark.parametrize(
    ("column", "value"),
    [("seq", "'x'"), ("actor_id", "'x'"), ("at", "'x'"), ("at", "12"), ("data", "x'ff'"), ("canonical", "x'ff'")],
)
@pytest.mark.sqlite_only
def test_sqlite_takes_any_type_and_verifying_still_answers(trail, column, value):
    behind_its_back(f"UPDATE trail_entry SET {column} = {value} {on_entry(trail, 5)}")
    assert re.search(rf" was edited: {column}\b", fault_of(trail)[1])


def test_all_trails_are_read_in_one_go_and_one_bad_trail_does_not_hide_the_others(trail, django_assert_num_queries):
    others = [opened(f"INC-{n}", entries=3) for n in range(10)]
    empty = Trail.objects.create(subject="INC-99")
    behind_its_back(f"UPDATE trail_entry SET kind = 'x' {on_entry(others[4], 2)}")
    with django_assert_num_queries(2):  # which trails, and their rows
        verdicts = list(verify_all(now=NOON))
    assert [verdict.subject for verdict in verdicts] == [t.subject for t in (trail, *others, empty)]
    assert [verdict.subject for verdict in verdicts if verdict.fault] == ["INC-4"]
    assert sum(verdict.entries for verdict in verdicts) == 35


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.rehearsal("long")
@given(kind=TEXTS, name=TEXTS, cause=st.none() | TEXTS, data=st.dictionaries(st.just("k"), TEXTS), at=st.datetimes())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_fast_form_is_the_canonical_form(kind, name, cause, data, at):
    fields = {
        "trail_id": 1,
        "seq": 2,
        "at": at.replace(tzinfo=UTC),
        "kind": kind,
        "actor_kind": "person",
        "actor_id": None,
        "actor_name": name,
        "run": 3,
        "policy_version": None,
        "cause": cause,
        "data": chain.plain(data),
        "text_digest": "",
        "prev": chain.GENESIS,
    }
    rest = dict.fromkeys(set(verifying._Row._fields) - set(fields))
    assert verifying._spliced(verifying._Row(**fields, **rest)) == chain.canonical(fields)


# --- the command --------------------------------------------------------------------------------


def test_the_command_says_that_all_is_intact_and_when(trail, capsys):
    opened("INC-1002", entries=1)
    call_command("verifytrails")
    assert capsys.readouterr().out == "2 trails, 6 entries, all intact, verified at 2026-05-04T12:00:00.000000Z\n"


def test_the_command_names_each_fault_and_fails(trail, capsys):
    opened("INC-1002", entries=1)
    behind_its_back(f"UPDATE trail_entry SET kind = 'x' {on_entry(trail, 2)}")
    with pytest.raises(SystemExit) as stopped:
        call_command("verifytrails")
    assert stopped.value.code == 1
    assert capsys.readouterr().out.splitlines() == [
        "INC-1001: entry 2 was edited: kind",
        "2 trails, 6 entries, 1 NOT INTACT, verified at 2026-05-04T12:00:00.000000Z",
    ]


def test_the_command_verifies_named_trails_only(trail, capsys):
    opened("INC-1002", entries=1)
    behind_its_back(f"UPDATE trail_entry SET kind = 'x' {on_entry(trail, 2)}")
    call_command("verifytrails", "INC-1002")
    assert capsys.readouterr().out.startswith("1 trail, 1 entry, all intact")


def test_a_name_that_is_no_trail_is_not_taken_for_an_intact_one():
    with pytest.raises(CommandError, match="INC-404"):
        call_command("verifytrails", "INC-404")


def test_the_command_speaks_json(trail, capsys):
    behind_its_back(f"UPDATE trail_entry SET kind = 'x' {on_entry(trail, 2)}")
    with pytest.raises(SystemExit):
        call_command("verifytrails", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "trails": 1,
        "entries": 5,
        "intact": False,
        "verified_at": "2026-05-04T12:00:00.000000Z",
        "faults": [{"subject": "INC-1001", "seq": 2, "what": "entry 2 was edited: kind"}],
    }
