"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "problems",
        "add_action",
        "Add an action against a problem",
        (
            Word("problem", "problem", "path", "number", required=True),
            Word("owner", "owner", "body", "either", required=True, help="Who does it: number or e-mail address. They may see the incident from then on."),
            Word("due", "due", "body", "text", required=True, help="The day by which it is done."),
            Word("what", "what", "body", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "problems",
        "begin",
        "Begin a problem",
        (
            Word("title", "title", "said", "text", required=True),
            Word("owner", "owner", "body", "either", required=True, help="Number or e-mail address."),
            Word("team", "team", "body", "number", required=True),
            Word("cause", "cause", "body", "text", required=True, help="What is believed to be the cause."),
            Word("incident", "incident", "body", "number", required=True, help="The number of the one that it begins with."),
            Word("also", "also", "body", "numbers", required=True, help="The numbers of others that are the same trouble."),
            Word("apart", "apart", "body", "numbers", required=True, help="Of those that look like it and are not: they are not proposed again."),
        ),
    ),
    Operation(
        "problems",
        "change_action",
        "Say who does an action, and by when",
        (
            Word("problem", "problem", "path", "number", required=True),
            Word("action", "action", "path", "number", required=True),
            Word("owner", "owner", "body", "either", required=True, help="Who does it: number or e-mail address. They may see the incident from then on."),
            Word("due", "due", "body", "text", required=True, help="The day by which it is done."),
        ),
        matches=True,
    ),
    Operation(
        "problems",
        "close",
        "Close a problem, and say why",
        (
            Word("problem", "problem", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "problems",
        "complete_action",
        "Say that an action is done",
        (
            Word("problem", "problem", "path", "number", required=True),
            Word("action", "action", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "problems",
        "drop_action",
        "Drop an action, and say why",
        (
            Word("problem", "problem", "path", "number", required=True),
            Word("action", "action", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "problems",
        "fix",
        "Say since when a problem is fixed",
        (
            Word("problem", "problem", "path", "number", required=True),
            Word("at", "at", "body", "text", required=True, help="Before and after it incidents are counted."),
        ),
        matches=True,
    ),
    Operation(
        "problems",
        "link",
        "Say that an incident is one of a problem",
        (
            Word("problem", "problem", "path", "number", required=True),
            Word("number", "number", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "problems",
        "list",
        "Problems that you may see",
        (
            Word("limit", "limit", "query", "number", help="So many at the most; up to 100."),
            Word("cursor", "cursor", "query", "text", help="`next` of the page before, with the same order."),
        ),
        pages=True,
    ),
    Operation(
        "problems",
        "proposals",
        "What may be a problem",
        (),
    ),
    Operation(
        "problems",
        "reopen",
        "Open a problem again: it is neither fixed nor closed",
        (
            Word("problem", "problem", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "problems",
        "show",
        "One problem",
        (
            Word("problem", "problem", "path", "number", required=True),
        ),
    ),
    Operation(
        "problems",
        "unlink",
        "Say that an incident is none of a problem",
        (
            Word("problem", "problem", "path", "number", required=True),
            Word("number", "number", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "problems",
        "write",
        "Write a problem: its title, owner, team and what is believed",
        (
            Word("problem", "problem", "path", "number", required=True),
            Word("title", "title", "said", "text", required=True),
            Word("owner", "owner", "body", "either", required=True, help="Number or e-mail address."),
            Word("team", "team", "body", "number", required=True),
            Word("cause", "cause", "body", "text", required=True, help="What is believed to be the cause."),
        ),
        matches=True,
    ),
)
