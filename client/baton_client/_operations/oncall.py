"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "oncall",
        "now",
        "Who is on call",
        (
            Word("at", "at", "query", "text"),
            Word("team", "team", "query", "number"),
        ),
    ),
)
