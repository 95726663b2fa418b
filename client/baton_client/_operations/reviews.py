"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "reviews",
        "actions",
        "Actions of reviews that are not done",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("owner", "owner", "query", "either"),
            Word("late", "late", "query", "yes", help="Only those whose day has passed, on your clock."),
        ),
        pages=True,
    ),
    Operation(
        "reviews",
        "add_action",
        "Add an action",
        (
            Word("number", "number", "path", "number", required=True, help="Of the incident."),
            Word("owner", "owner", "body", "either", required=True, help="Who does it: number or e-mail address. They may see the incident from then on."),
            Word("due", "due", "body", "text", required=True, help="The day by which it is done."),
            Word("what", "what", "body", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "reviews",
        "as_markdown",
        "A review as one Markdown file",
        (
            Word("number", "number", "path", "number", required=True, help="Of the incident."),
            Word("names", "names", "query", "yes"),
        ),
        gives="bytes",
    ),
    Operation(
        "reviews",
        "begin",
        "Begin a review",
        (
            Word("incident", "incident", "body", "number", required=True, help="Its number."),
        ),
    ),
    Operation(
        "reviews",
        "change_action",
        "Say who does an action, and by when",
        (
            Word("number", "number", "path", "number", required=True, help="Of the incident."),
            Word("action", "action", "path", "number", required=True),
            Word("owner", "owner", "body", "either", required=True, help="Who does it: number or e-mail address. They may see the incident from then on."),
            Word("due", "due", "body", "text", required=True, help="The day by which it is done."),
        ),
        matches=True,
    ),
    Operation(
        "reviews",
        "complete_action",
        "Say that an action is done",
        (
            Word("number", "number", "path", "number", required=True, help="Of the incident."),
            Word("action", "action", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "reviews",
        "drop_action",
        "Drop an action, and say why",
        (
            Word("number", "number", "path", "number", required=True, help="Of the incident."),
            Word("action", "action", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "reviews",
        "list",
        "Reviews of incidents that you may see",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
            Word("state", "state", "query", "text", choices=("draft", "shared", "done"), help="done: shared, and no action is open."),
        ),
        pages=True,
    ),
    Operation(
        "reviews",
        "remark",
        "Remark on a line of the timeline",
        (
            Word("number", "number", "path", "number", required=True, help="Of the incident."),
            Word("seq", "seq", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "reviews",
        "share",
        "Share a review: it is no draft any more",
        (
            Word("number", "number", "path", "number", required=True, help="Of the incident."),
        ),
        matches=True,
    ),
    Operation(
        "reviews",
        "show",
        "One review",
        (
            Word("number", "number", "path", "number", required=True, help="Of the incident."),
            Word("names", "names", "query", "yes"),
        ),
    ),
    Operation(
        "reviews",
        "take_remark_away",
        "Take a remark away",
        (
            Word("number", "number", "path", "number", required=True, help="Of the incident."),
            Word("seq", "seq", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "reviews",
        "write",
        "Write a review: what happened, helped, made it harder, contributed",
        (
            Word("number", "number", "path", "number", required=True, help="Of the incident."),
            Word("summary", "summary", "body", "text", required=True),
            Word("helped", "helped", "body", "text", required=True),
            Word("hindered", "hindered", "body", "text", required=True),
            Word("factors", "factors", "body", "json", required=True),
        ),
        matches=True,
    ),
)
