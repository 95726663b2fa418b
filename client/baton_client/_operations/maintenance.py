"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "maintenance",
        "cancel",
        "Cancel a window",
        (
            Word("window", "window", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "maintenance",
        "change",
        "Plan a window anew",
        (
            Word("window", "window", "path", "number", required=True),
            Word("reason", "reason", "body", "text", required=True),
            Word("services", "services", "body", "numbers"),
            Word("teams", "teams", "body", "numbers", help="Every service that they have today."),
            Word("everything", "everything", "body", "yes", help="For admins: every service, and incidents that name none."),
            Word("begins", "begins", "body", "text", required=True),
            Word("ends", "ends", "body", "text", required=True),
            Word("zone", "zone", "body", "text", help="Unless it is yours."),
            Word("repeats", "repeats", "body", "text", choices=("", "weekly", "monthly")),
            Word("weekdays", "weekdays", "body", "numbers", help="0 is Monday; none: the day of the first time."),
            Word("last_day", "last_day", "body", "text"),
            Word("public_text", "public_text", "body", "text"),
        ),
        matches=True,
    ),
    Operation(
        "maintenance",
        "end",
        "End a window now",
        (
            Word("window", "window", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "maintenance",
        "list",
        "Maintenance windows",
        (
            Word("over", "over", "query", "yes"),
        ),
    ),
    Operation(
        "maintenance",
        "plan",
        "Plan a window",
        (
            Word("reason", "reason", "body", "text", required=True),
            Word("services", "services", "body", "numbers"),
            Word("teams", "teams", "body", "numbers", help="Every service that they have today."),
            Word("everything", "everything", "body", "yes", help="For admins: every service, and incidents that name none."),
            Word("begins", "begins", "body", "text", required=True),
            Word("ends", "ends", "body", "text", required=True),
            Word("zone", "zone", "body", "text", help="Unless it is yours."),
            Word("repeats", "repeats", "body", "text", choices=("", "weekly", "monthly")),
            Word("weekdays", "weekdays", "body", "numbers", help="0 is Monday; none: the day of the first time."),
            Word("last_day", "last_day", "body", "text"),
            Word("public_text", "public_text", "body", "text"),
        ),
    ),
    Operation(
        "maintenance",
        "show",
        "One maintenance window",
        (
            Word("window", "window", "path", "number", required=True),
        ),
    ),
)
