"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "schedules",
        "accept",
        "Take the shift",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("swap", "swap", "path", "number", required=True),
            Word("covers", "covers", "body", "number", help="As a supervisor: who takes it, if nobody in particular was asked."),
        ),
        matches=True,
    ),
    Operation(
        "schedules",
        "cancel",
        "End an override",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("override", "override", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "schedules",
        "decline",
        "Decline a swap",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("swap", "swap", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "schedules",
        "list",
        "Schedules that you may see",
        (),
    ),
    Operation(
        "schedules",
        "override",
        "Say who covers",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("starts_at", "starts_at", "body", "text", required=True),
            Word("ends_at", "ends_at", "body", "text", required=True),
            Word("person", "person", "body", "number", help="Who is on call then: yourself unless you supervise the team. null, as a supervisor: nobody."),
            Word("reason", "reason", "body", "text"),
            Word("instead", "instead", "body", "number", help="An override that ends with it, so that nobody is called in between."),
            Word("seen", "seen", "body", "text", help="The schedule's “seen”."),
        ),
    ),
    Operation(
        "schedules",
        "override_show",
        "One override",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("override", "override", "path", "number", required=True),
        ),
    ),
    Operation(
        "schedules",
        "overrides",
        "Overrides that count",
        (
            Word("schedule", "schedule", "path", "number", required=True),
        ),
    ),
    Operation(
        "schedules",
        "shifts",
        "Shifts and gaps of a schedule",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("since", "since", "query", "text"),
            Word("until", "until", "query", "text"),
        ),
    ),
    Operation(
        "schedules",
        "show",
        "One schedule",
        (
            Word("schedule", "schedule", "path", "number", required=True),
        ),
    ),
    Operation(
        "schedules",
        "swap",
        "Ask somebody to take your shift",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("starts_at", "starts_at", "body", "text", required=True),
            Word("ends_at", "ends_at", "body", "text", required=True),
            Word("asked", "asked", "body", "number", help="Whom you ask; null: anybody who can cover."),
            Word("return_starts_at", "return_starts_at", "body", "text"),
            Word("return_ends_at", "return_ends_at", "body", "text"),
            Word("text", "text", "said", "text"),
        ),
    ),
    Operation(
        "schedules",
        "swap_show",
        "One swap",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("swap", "swap", "path", "number", required=True),
        ),
    ),
    Operation(
        "schedules",
        "swaps",
        "Swaps that wait for an answer",
        (
            Word("schedule", "schedule", "path", "number", required=True),
        ),
    ),
    Operation(
        "schedules",
        "take",
        "Take it now",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("until", "until", "body", "text", help="Unless it is when the shift ends that is under way."),
        ),
    ),
    Operation(
        "schedules",
        "withdraw",
        "Keep your shift after all",
        (
            Word("schedule", "schedule", "path", "number", required=True),
            Word("swap", "swap", "path", "number", required=True),
        ),
        matches=True,
    ),
)
