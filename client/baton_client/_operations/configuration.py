"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "configuration",
        "list",
        "The configuration record",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("q", "q", "query", "text"),
            Word("what", "what", "query", "text"),
            Word("id", "id", "query", "number"),
            Word("who", "who", "query", "text"),
            Word("since", "since", "query", "text"),
            Word("until", "until", "query", "text"),
        ),
        pages=True,
    ),
)
