"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "drills",
        "end",
        "End a drill",
        (
            Word("drill", "drill", "path", "number", required=True),
            Word("run", "run", "path", "number", required=True),
        ),
    ),
    Operation(
        "drills",
        "list",
        "Drills that are planned",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
        ),
        pages=True,
    ),
    Operation(
        "drills",
        "run",
        "The report of one time",
        (
            Word("drill", "drill", "path", "number", required=True),
            Word("run", "run", "path", "number", required=True),
        ),
    ),
    Operation(
        "drills",
        "runs",
        "Each time that a drill was due",
        (
            Word("drill", "drill", "path", "number", required=True),
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
        ),
        pages=True,
    ),
    Operation(
        "drills",
        "show",
        "One drill",
        (
            Word("drill", "drill", "path", "number", required=True),
        ),
    ),
    Operation(
        "drills",
        "start",
        "Start a drill now",
        (
            Word("drill", "drill", "path", "number", required=True),
        ),
    ),
)
