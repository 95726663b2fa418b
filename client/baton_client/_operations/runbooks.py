"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "runbooks",
        "list",
        "Runbooks",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("q", "q", "query", "text"),
        ),
        pages=True,
    ),
    Operation(
        "runbooks",
        "review",
        "Say that a runbook is still right",
        (
            Word("runbook", "runbook", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "runbooks",
        "show",
        "One runbook",
        (
            Word("runbook", "runbook", "path", "number", required=True),
        ),
    ),
    Operation(
        "runbooks",
        "write",
        "Write a runbook anew",
        (
            Word("runbook", "runbook", "path", "number", required=True),
            Word("body", "body", "said", "text", required=True),
        ),
        matches=True,
    ),
)
