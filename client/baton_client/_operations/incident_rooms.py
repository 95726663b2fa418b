"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "incidents",
        "leave_room",
        "Tell a chat channel no more",
        (
            Word("number", "number", "path", "number", required=True),
            Word("room", "room", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "rooms",
        "Which chat channels read of it, or could",
        (
            Word("number", "number", "path", "number", required=True),
        ),
    ),
    Operation(
        "incidents",
        "tell_room",
        "Tell a chat channel of it",
        (
            Word("number", "number", "path", "number", required=True),
            Word("room", "room", "body", "number", required=True, help="One that could be told: see the list."),
        ),
        matches=True,
    ),
)
