"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "incidents",
        "attach",
        "Attach a file",
        (
            Word("number", "number", "path", "number", required=True),
            Word("file", "file", "file", "file", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "content",
        "Read a file",
        (
            Word("number", "number", "path", "number", required=True),
            Word("file", "file", "path", "number", required=True),
        ),
        gives="bytes",
    ),
    Operation(
        "incidents",
        "follow",
        "Follow: its updates are sent to you",
        (
            Word("number", "number", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "let_in",
        "Let somebody in",
        (
            Word("number", "number", "path", "number", required=True),
            Word("to", "to", "body", "either", required=True),
            Word("text", "text", "said", "text", help="What they should look at."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "lift_restriction",
        "Lift the restriction; for supervisors who take part",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "link",
        "Link with another",
        (
            Word("number", "number", "path", "number", required=True),
            Word("other_number", "number", "body", "number", required=True, help="Of the other incident."),
            Word("kind", "kind", "body", "text", choices=("part", "related"), help="`part`: this one is a part of the other."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "merge",
        "Merge into another: it is the same trouble",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
            Word("other_number", "number", "body", "number", required=True, help="Of the incident in which it goes on."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "publish_update",
        "Send an update",
        (
            Word("number", "number", "path", "number", required=True),
            Word("stage", "stage", "body", "text", required=True, choices=("investigating", "identified", "watching", "resolved")),
            Word("text", "text", "said", "text", required=True),
            Word("to_stakeholders", "to_stakeholders", "body", "yes"),
            Word("on_status_page", "on_status_page", "body", "yes"),
            Word("public_title", "public_title", "body", "text"),
            Word("effect", "effect", "body", "text", choices=("degraded", "partly_down", "down")),
            Word("components", "components", "body", "numbers"),
            Word("version", "version", "body", "text", help="`update_version` as you saw it: refused if another was sent since."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "restrict",
        "Restrict it to those who take part",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "take_file_away",
        "Take a file away for good",
        (
            Word("number", "number", "path", "number", required=True),
            Word("file", "file", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "unfollow",
        "Follow no more",
        (
            Word("number", "number", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "unlink",
        "Unlink",
        (
            Word("number", "number", "path", "number", required=True),
            Word("far", "far", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "updates",
        "What others were told",
        (
            Word("number", "number", "path", "number", required=True),
        ),
    ),
    Operation(
        "incidents",
        "withdraw_update",
        "Withdraw an update",
        (
            Word("number", "number", "path", "number", required=True),
            Word("update", "update", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
)
