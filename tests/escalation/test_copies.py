"""Parts of copies that need no process of their own to be seen."""

import io

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from escalation.engine import supervisor
from escalation.engine.copies import putting, taking
from escalation.kit import migrating


def test_servers_before_17_are_not_told_of_what_they_do_not_know():
    limit = b"SET transaction_timeout = 0;\n"
    head, rows = b"SET lock_timeout = 0;\n", b"COPY notes FROM stdin;\n" + b"a note\n" * 60 + limit
    told = io.BytesIO()
    putting.pass_on(io.BytesIO(head + limit + rows), told)
    assert told.getvalue() == head + rows, "in a row it is somebody's text"


def test_a_copy_with_keys_has_those_of_files_and_says_which_are_only_in_the_environment(tmp_path, settings):
    given = tmp_path / "secret_key"
    given.write_text(f"{settings.SECRET_KEY}\n")
    settings.HOME, settings.ENV_FILE, settings.SEALING_KEYS = tmp_path, tmp_path / ".env", ["s" * 40]
    settings.SECRET_FILES = [given]
    files = taking.key_files()
    assert files[f"keys/files{given}"] == given
    assert files["keys/anchor.key"] == tmp_path / ".baton" / "anchor.key"
    assert taking.lacking([given]) == ["BATON_SEALING_KEY"]
    settings.SEALING_KEYS = []
    assert taking.lacking([given]) == []
    assert taking.lacking([]) == ["SECRET_KEY"]


@pytest.mark.django_db
@pytest.mark.sqlite_enough
def test_this_baton_does_not_start_on_what_a_newer_one_has_changed(monkeypatch):
    assert migrating.newer(connection) is None
    MigrationRecorder(connection).record_applied("incidents", "9999_of_tomorrow")
    MigrationRecorder(connection).record_applied("gone_app", "0001_initial")
    monkeypatch.setattr(supervisor.connections, "close_all", lambda: None)
    with pytest.raises(supervisor.CannotStart, match=r"newer Baton's: it has incidents\.9999_of_tomorrow"):
        supervisor.prepare_database(print)
