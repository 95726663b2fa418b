"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "catalogue",
        "causes",
        "Causes of incidents",
        (),
    ),
    Operation(
        "catalogue",
        "people",
        "People",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("q", "q", "query", "text"),
            Word("team", "team", "query", "number"),
        ),
        pages=True,
    ),
    Operation(
        "catalogue",
        "services",
        "Services",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("q", "q", "query", "text"),
        ),
        pages=True,
    ),
    Operation(
        "catalogue",
        "severities",
        "What severity comes from",
        (),
    ),
    Operation(
        "catalogue",
        "skills",
        "Skills",
        (),
    ),
    Operation(
        "catalogue",
        "teams",
        "Teams",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("q", "q", "query", "text"),
        ),
        pages=True,
    ),
    Operation(
        "catalogue",
        "tiers",
        "Tiers",
        (),
    ),
)
