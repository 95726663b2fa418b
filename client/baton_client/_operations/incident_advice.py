"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "incidents",
        "advice",
        "What the warning signs advise",
        (
            Word("number", "number", "path", "number", required=True),
        ),
    ),
    Operation(
        "incidents",
        "decline_advice",
        "Decline the advice: not now",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
            Word("to", "to", "body", "json", help="Where it led when you looked: refused if it leads elsewhere now."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "take_advice",
        "Take the advice: escalate, with the signs as the reason",
        (
            Word("number", "number", "path", "number", required=True),
        ),
        matches=True,
    ),
)
