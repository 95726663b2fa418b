"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "attempts",
        "list",
        "What was tried before",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("q", "q", "query", "text"),
            Word("service", "service", "query", "number"),
            Word("outcome", "outcome", "query", "text", choices=("helped", "no_effect", "worse")),
        ),
        pages=True,
    ),
)
