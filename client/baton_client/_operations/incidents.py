"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "incidents",
        "create",
        "Open an incident",
        (
            Word("title", "title", "said", "text", required=True),
            Word("service", "service", "body", "either", help="What it is about: its number or its name."),
            Word("symptom", "symptom", "body", "text"),
            Word("people_affected", "people_affected", "body", "number"),
            Word("impact", "impact", "body", "text", choices=("high", "medium", "low")),
            Word("urgency", "urgency", "body", "text", choices=("high", "medium", "low")),
            Word("restricted", "restricted", "body", "yes", help="Only who takes part may see it."),
            Word("previous", "previous", "body", "number", help="The number of a closed incident that this one follows."),
            Word("call_anyway", "call_anyway", "body", "yes", help="Whether people are called although its service is in maintenance. A SEV1 has to say."),
        ),
    ),
    Operation(
        "incidents",
        "list",
        "Find incidents",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("q", "q", "query", "text", help="Words that all must be found in it, or written about it."),
            Word("scope", "scope", "query", "text", choices=("mine", "teams", "all"), help="That I hold or am offered; that my teams have."),
            Word("status", "status", "query", "text", choices=("open", "triggered", "acknowledged", "on_hold", "resolved"), help="`open` is all that is not resolved."),
            Word("severity", "severity", "query", "number"),
            Word("service", "service", "query", "either"),
            Word("team", "team", "query", "number"),
            Word("tier", "tier", "query", "either"),
            Word("holder", "holder", "query", "either"),
            Word("since", "since", "query", "text", choices=("1h", "24h", "7d", "30d", "365d"), help="Opened within the last …"),
            Word("within", "within", "query", "text", choices=("1h", "24h", "7d", "30d", "365d"), help="Resolved within the last …; with `status=resolved`."),
            Word("people", "people", "query", "number", help="People affected, at least."),
            Word("cause", "cause", "query", "text", choices=("change", "capacity", "hardware", "software", "supplier", "network", "human", "security", "false_alarm", "unknown", "duplicate")),
            Word("promise", "promise", "query", "text", choices=("at-risk", "breached")),
            Word("role", "role", "query", "text"),
            Word("source", "source", "query", "number"),
            Word("sort", "sort", "query", "text", choices=("urgency", "newest", "oldest"), help="Usually the most urgent first; of the resolved the latest first."),
        ),
        pages=True,
    ),
    Operation(
        "incidents",
        "record",
        "Read its record",
        (
            Word("number", "number", "path", "number", required=True),
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("sort", "sort", "query", "text", choices=("oldest", "newest")),
            Word("kind", "kind", "query", "text", help="Only entries of this kind."),
        ),
        pages=True,
    ),
    Operation(
        "incidents",
        "show",
        "Read one",
        (
            Word("number", "number", "path", "number", required=True),
        ),
    ),
)
