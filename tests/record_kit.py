"""Whether a request that changes the configuration leaves an entry: what it writes is seen at the database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client

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
}
_WRITES = re.compile(r'^(INSERT INTO|UPDATE|DELETE FROM) "?(\w+)"?')
_COLUMN = re.compile(r'"(\w+)" = ')
_SET = re.compile(r" SET (.*?)( WHERE |$)", re.DOTALL)


def tables() -> set[str]:
    """Whatever says how this installation works."""
    models: list[Any] = [apps.get_model(label) for label in ELSEWHERE]
    for model, page in admin.site._registry.items():
        if isinstance(page, RecordedAdmin):
            models += [model, *(inline.model for inline in page.inlines)]
            models += [many.remote_field.through for many in model._meta.many_to_many]
    return {model._meta.db_table for model in models}


class Seen:
    """Statements that changed the configuration, and whether an entry was written."""

    def __init__(self) -> None:
        self.changed: list[str] = []
        self.entered = False
        self._tables = tables()

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)
        found = _WRITES.match(sql) if isinstance(sql, str) else None
        if found and context["cursor"].rowcount:
            self._note(found[1], found[2], sql)
        return done

    def _note(self, how: str, table: str, sql: str) -> None:
        if table == "trail_entry":
            self.entered = True
        elif table in self._tables and not self._is_account(how, table, sql):
            self.changed.append(sql[:160])

    def _is_account(self, how: str, table: str, sql: str) -> bool:
        said = _SET.search(sql) if how == "UPDATE" else None
        return said is not None and set(_COLUMN.findall(said[1])) <= ACCOUNTS.get(table, set())


@contextmanager
def all_is_on_record(monkeypatch: Any) -> Iterator[None]:
    """Each request of a test's clients that changes the configuration must leave an entry, or the test fails."""
    ask = Client.request

    def watched(self: Client, **request: Any) -> Any:
        seen = Seen()
        with connection.execute_wrapper(seen):
            answer = ask(self, **request)
        assert seen.entered or not seen.changed, f"{request.get('PATH_INFO')} leaves no entry of: {seen.changed}"
        return answer

    monkeypatch.setattr(Client, "request", watched)
    yield
