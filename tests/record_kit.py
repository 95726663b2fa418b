"""Whether a request that changes the configuration leaves an entry: the rows before and after it are compared."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client

from escalation.trail.models import Trail
from escalation.trail.recorded_admin import RecordedAdmin

# What is changed on other pages than the admin's.
ELSEWHERE = ("notify.ContactMethod", "notify.NotificationRule", "notify.QuietHours", "notify.ChatAccount")
ELSEWHERE += ("people.ApiToken", "oncall.Feed", "oncall.OutsideCalendar", "oncall.Override", "incidents.SourceKey")
ELSEWHERE += ("incidents.MaintenanceWindow", "incidents.Drill")
# Columns by which the product keeps its own accounts: how it goes, not how it is to go.
ACCOUNTS = {
    "people_user": {"last_login", "theme", "keys_on", "presence_on"},
    "people_apitoken": {"used_at"},
    "notify_contactmethod": {
        *("asked_at", "last_ok_at", "last_failed_at", "last_failure", "proved_at", "refused_at", "refused_why"),
        *("code_proof", "code_at", "code_tries", "codes_sent"),
    },
    "oncall_feed": {"read_at", "read_by", "told"},
    "oncall_outsidecalendar": {"next_at", "claimed_at", "tries", "read_at", "failing_since", "error"},
    "incidents_drill": {"next_at"},
    "incidents_sourcekey": {"used_at"},
    "incidents_heartbeat": {"last_beat", "since", "since_why", "silent_since"},
    "incidents_webhook": {"failing_since", "failures", "given_up", "paused_until"},
    "incidents_chatroom": {"refusals"},
}
Rows = dict[str, set[tuple[str, ...]]]


@cache
def tables() -> dict[str, list[str]]:
    """Whatever says how this installation works: each table with its columns that do."""
    models: list[Any] = [apps.get_model(label) for label in ELSEWHERE]
    for model, page in admin.site._registry.items():
        if isinstance(page, RecordedAdmin):
            models += [model, *(inline.model for inline in page.inlines)]
            models += [many.remote_field.through for many in model._meta.many_to_many]
    return {
        model._meta.db_table: [
            field.column
            for field in model._meta.local_concrete_fields
            if field.column not in ACCOUNTS.get(model._meta.db_table, ())
        ]
        for model in models
    }


@contextmanager
def _one_moment(cursor: Any) -> Iterator[None]:
    """All is read as it stood at once: of two requests side by side, one commits while the other's rows are read."""
    if connection.in_atomic_block:  # nobody else is there
        yield
        return
    cursor.execute("BEGIN" if connection.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ")
    try:
        yield
    finally:
        cursor.execute("COMMIT")


def rows() -> Rows:
    """As they stand in the database. No test counts these queries."""
    counting, connection.force_debug_cursor = connection.force_debug_cursor, False
    try:
        with connection.cursor() as cursor, _one_moment(cursor):
            found: Rows = {}
            for table, columns in tables().items():
                cursor.execute(f"SELECT {', '.join(map(connection.ops.quote_name, columns))} FROM {table}")
                found[table] = {tuple(map(str, row)) for row in cursor.fetchall()}
            cursor.execute("SELECT length FROM trail_trail WHERE kind = %s", [Trail.Kind.INSTALLATION.value])
            found["entries"] = {tuple(map(str, row)) for row in cursor.fetchall()}
            return found
    finally:
        connection.force_debug_cursor = counting


@contextmanager
def all_is_on_record(monkeypatch: Any) -> Iterator[None]:
    """Each request of a test's clients that changes the configuration must leave an entry, or the test fails."""
    ask = Client.request

    def watched(self: Client, **request: Any) -> Any:
        if request.get("REQUEST_METHOD", "GET") in ("GET", "HEAD"):
            return ask(self, **request)
        before = rows()
        answer = ask(self, **request)
        after = rows()
        changed = [table for table in tables() if before[table] != after[table]]
        assert not changed or before["entries"] != after["entries"], f"{request['PATH_INFO']}: no entry of {changed}"
        return answer

    monkeypatch.setattr(Client, "request", watched)
    yield
