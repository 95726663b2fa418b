"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "views",
        "add",
        "Save a view",
        (
            Word("name", "name", "body", "text", required=True),
            Word("asked", "asked", "body", "text"),
            Word("team", "team", "body", "number", help="One of yours, to share it with."),
            Word("first", "first", "body", "yes", help="Your queue begins with it."),
        ),
    ),
    Operation(
        "views",
        "archive",
        "Archive a view",
        (
            Word("view", "view", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "views",
        "change",
        "Change a view",
        (
            Word("view", "view", "path", "number", required=True),
            Word("name", "name", "body", "text", required=True),
            Word("asked", "asked", "body", "text"),
            Word("team", "team", "body", "number", help="One of yours, to share it with."),
            Word("first", "first", "body", "yes", help="Your queue begins with it."),
        ),
        matches=True,
    ),
    Operation(
        "views",
        "end_first",
        "Begin my queue with it no longer",
        (
            Word("view", "view", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "views",
        "list",
        "Saved views",
        (),
    ),
    Operation(
        "views",
        "set_first",
        "Begin my queue with a view",
        (
            Word("view", "view", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "views",
        "show",
        "One saved view",
        (
            Word("view", "view", "path", "number", required=True),
        ),
    ),
)
