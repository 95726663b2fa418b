"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "watching",
        "ask",
        "Ask somebody to test",
        (
            Word("who", "who", "path", "number", required=True),
        ),
    ),
    Operation(
        "watching",
        "heartbeats",
        "Heartbeats",
        (),
    ),
    Operation(
        "watching",
        "notices",
        "What everybody must know now",
        (),
    ),
    Operation(
        "watching",
        "readiness",
        "What would go wrong with the next call",
        (),
    ),
)
