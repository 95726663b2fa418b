"""The database refuses to change the record, says so when it cannot, and gets its triggers back."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import DatabaseError, connection, migrations, models, transaction
from django.db.migrations.state import ProjectState
from django.test.utils import _TestState

from escalation.trail import triggers
from escalation.trail.models import Entry, EntryText, Trail
from escalation.trail.verifying import verify
from escalation.trail.writing import ENGINE, Draft, append

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ROOT = Path(triggers.__file__).parents[2]


@pytest.fixture
def entry():
    trail = Trail.objects.create(subject="INC-1001")
    with transaction.atomic():
        draft = Draft(trail.pk, NOON, "opened", ENGINE, text="Hello", cause="c")
        return append(Trail.objects.lock([trail.pk]), [draft])[0]


def refused(work):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        work()


def run(*statements):
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)


@pytest.mark.django_db
def test_the_orm_can_neither_change_nor_delete_an_entry_or_its_text(entry):
    entry.kind = "closed"
    refused(entry.save)
    refused(lambda: Entry.objects.update(kind="closed"))
    refused(lambda: EntryText.objects.update(text="x"))
    refused(lambda: EntryText.objects.all().delete())
    refused(lambda: Entry.objects.all()._raw_delete("default"))
    assert verify(entry.trail, now=NOON).fault is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE trail_entry SET kind = kind",
        "UPDATE trail_entry SET id = id + 1",
        "DELETE FROM trail_entry",
        "UPDATE trail_entrytext SET text = ''",
        "DELETE FROM trail_entrytext",
    ],
)
def test_nor_can_raw_sql(entry, sql):
    refused(lambda: run(sql))


@pytest.mark.django_db
@pytest.mark.sqlite_only
def test_sqlite_refuses_to_replace(entry):
    columns = ", ".join(f.column for f in Entry._meta.concrete_fields if f.name != "id")
    for expression in ("trail_id", "trail_id + 1"):  # the same number, then only the same cause
        chosen = columns.replace("trail_id", expression)
        refused(lambda c=chosen: run(f"INSERT OR REPLACE INTO trail_entry ({columns}) SELECT {c} FROM trail_entry"))
    refused(lambda: run("INSERT OR REPLACE INTO trail_entry SELECT * FROM trail_entry"))
    refused(lambda: run("INSERT OR REPLACE INTO trail_entrytext SELECT * FROM trail_entrytext"))


@pytest.mark.django_db
@pytest.mark.postgresql_only
def test_postgresql_refuses_to_truncate(entry):
    run("SET CONSTRAINTS ALL IMMEDIATE")
    refused(lambda: run("TRUNCATE trail_trail CASCADE"))
    refused(lambda: run("TRUNCATE trail_entrytext"))


@pytest.mark.django_db
def test_a_migrated_database_lacks_nothing():
    assert triggers.missing(connection) == []
    assert triggers.check(databases=["default"]) == []


def spoil(name):
    table = name.rsplit("_no_", 1)[0]
    if connection.vendor == "sqlite":
        run(f"DROP TRIGGER {name}", f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} BEGIN SELECT 1; END")
    else:
        run(f"ALTER TABLE {table} DISABLE TRIGGER {name}")


@pytest.mark.django_db
def test_each_trigger_that_is_gone_or_toothless_is_named_and_put_back():
    for name in triggers._definitions(connection):
        spoil(name)
        assert triggers.missing(connection) == [name]
        triggers.install(connection)
        assert triggers.missing(connection) == []


@pytest.mark.django_db
@pytest.mark.postgresql_only
@pytest.mark.parametrize("function", ["trail_refuse", "trail_refuse_text"])
def test_a_function_that_no_longer_refuses_is_noticed(function):
    run(f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$")
    calling = [name for name, sql in triggers._definitions(connection).items() if f"{function}()" in sql]
    assert triggers.missing(connection) == calling != []
    triggers.install(connection)
    assert triggers.missing(connection) == []


@pytest.mark.django_db
def test_the_system_check_names_what_is_missing():
    name = next(iter(triggers._definitions(connection)))
    spoil(name)
    [error] = triggers.check(databases=["default"])
    assert error.id == "trail.E001"
    assert name in error.msg
    assert "trail.E001" in [e.id for e in checks.run_checks(tags=["database"], databases=["default"])]
    assert triggers.check(databases=None) == []  # not asked for databases


@pytest.mark.django_db
def test_the_check_does_not_stop_the_very_migration_that_repairs(monkeypatch):
    spoil(next(iter(triggers._definitions(connection))))
    monkeypatch.setattr(triggers, "_migrations_wait", lambda connection: True)
    assert triggers.check(databases=["default"]) == []


@pytest.mark.django_db(transaction=True)
def test_after_a_table_was_rebuilt_migrate_puts_the_triggers_back(entry):
    """A field's change makes SQLite copy the table; its triggers go with the old one."""
    before = ProjectState.from_apps(models_apps())
    after = before.clone()
    change = migrations.AlterField("entry", "kind", models.CharField(max_length=41))
    change.state_forwards("trail", after)
    back = migrations.AlterField("entry", "kind", models.CharField(max_length=40))
    triggers.step_aside(connection)  # as before each migrate
    for step, old, new in ((change, before, after), (back, after, before)):
        with connection.schema_editor() as editor:
            step.database_forwards("trail", editor, old, new)
    if connection.vendor == "sqlite":
        assert "trail_entry_no_update" in triggers.missing(connection)
    call_command("migrate", verbosity=0)
    assert triggers.missing(connection) == []
    refused(lambda: Entry.objects.update(kind="closed"))
    assert verify(entry.trail, now=NOON).fault is None


def models_apps():
    from django.apps import apps

    return apps


@pytest.mark.django_db(transaction=True)
def test_flush_needs_lifted_triggers_and_leaves_them_in_place(entry):
    with pytest.raises(Exception, match=r"append-only|couldn't be flushed"):
        call_command("flush", interactive=False, verbosity=0)
    assert Entry.objects.count() == 1
    with triggers.lifted(connection):
        call_command("flush", interactive=False, verbosity=0)
    assert Entry.objects.count() == 0
    assert triggers.missing(connection) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_each_transactional_test_starts_with_an_empty_protected_record(entry, time):
    assert entry.seq == Entry.objects.count() == 1
    refused(lambda: Entry.objects.update(kind="closed"))


@pytest.mark.django_db
def test_the_triggers_are_back_when_the_lifting_ends_with_an_error():
    def work_that_fails():
        with triggers.lifted(connection):
            assert triggers.missing(connection) == list(triggers._definitions(connection))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work_that_fails()
    assert triggers.missing(connection) == []


@pytest.mark.django_db
def test_outside_of_tests_nothing_lifts_them(monkeypatch):
    monkeypatch.delattr(_TestState, "saved_data")
    with pytest.raises(RuntimeError, match="tests only"), triggers.lifted(connection):
        pass
    assert triggers.missing(connection) == []


def test_no_line_of_the_product_lifts_them():
    users = [
        path.relative_to(ROOT)
        for storey in ("escalation", "incidents")
        for path in (ROOT / storey).rglob("*.py")
        if re.search(r"\blifted\b", path.read_text())
    ]
    assert users == [Path("escalation/trail/triggers.py")]


def test_the_chain_needs_no_django():
    code = "import sys, escalation.trail.chain; sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
