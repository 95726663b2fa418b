"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "own",
        "absences",
        "Calendars that are read for you",
        (),
    ),
    Operation(
        "own",
        "add_absences",
        "Have a calendar read",
        (
            Word("address", "address", "body", "text", required=True),
            Word("schedule", "schedule", "body", "number", help="A schedule of yours, whose holidays it tells; null: your absences."),
        ),
    ),
    Operation(
        "own",
        "prefer",
        "Change your preferences",
        (
            Word("time_zone", "time_zone", "body", "text"),
            Word("theme", "theme", "body", "text", choices=("system", "light", "dark")),
            Word("keys_on", "keys_on", "body", "yes"),
            Word("presence_on", "presence_on", "body", "yes"),
        ),
    ),
    Operation(
        "own",
        "preferences",
        "Your preferences",
        (),
    ),
    Operation(
        "own",
        "read_absences",
        "Read a calendar again",
        (
            Word("calendar", "calendar", "path", "number", required=True),
        ),
    ),
    Operation(
        "own",
        "remove_absences",
        "Have a calendar read no longer",
        (
            Word("calendar", "calendar", "path", "number", required=True),
        ),
    ),
)
