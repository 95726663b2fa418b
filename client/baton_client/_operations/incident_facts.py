"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "incidents",
        "attempt",
        "Record an attempt",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True, help="What was tried, and what happened."),
            Word("outcome", "outcome", "body", "text", required=True, choices=("helped", "no_effect", "worse")),
            Word("hypothesis", "hypothesis", "body", "text"),
            Word("minutes", "minutes", "body", "number", help="As the effort clock says, if null."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "begin_work",
        "I work on it: your hands-on time runs",
        (
            Word("number", "number", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "leave_role",
        "Leave a role",
        (
            Word("number", "number", "path", "number", required=True),
            Word("role", "role", "path", "text", required=True, choices=("lead", "communicator", "scribe"), help="In the order in which they are filled, and shown."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "note",
        "Write a note",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "pass_role",
        "Ask somebody to take a role",
        (
            Word("number", "number", "path", "number", required=True),
            Word("role", "role", "path", "text", required=True, choices=("lead", "communicator", "scribe"), help="In the order in which they are filled, and shown."),
            Word("was", "was", "body", "text"),
            Word("to", "to", "body", "either", required=True),
            Word("text", "text", "said", "text"),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "refuse_role",
        "Decline a role you are asked to take, or keep yours",
        (
            Word("number", "number", "path", "number", required=True),
            Word("role", "role", "path", "text", required=True, choices=("lead", "communicator", "scribe"), help="In the order in which they are filled, and shown."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "runbooks",
        "Which runbooks fit, and what their steps did here",
        (
            Word("number", "number", "path", "number", required=True),
        ),
    ),
    Operation(
        "incidents",
        "set_severity",
        "Overrule the severity, or give it back to the table",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
            Word("severity", "severity", "body", "number", required=True, help="Null: by the table again."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "settle",
        "A step that did not work is right as it is",
        (
            Word("number", "number", "path", "number", required=True),
            Word("tick", "tick", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "state",
        "State what is known; severity follows",
        (
            Word("number", "number", "path", "number", required=True),
            Word("people_affected", "people_affected", "body", "number"),
            Word("impact", "impact", "body", "text", choices=("high", "medium", "low")),
            Word("urgency", "urgency", "body", "text", choices=("high", "medium", "low")),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "state_needs",
        "State which skills it needs",
        (
            Word("number", "number", "path", "number", required=True),
            Word("skills", "skills", "body", "numbers", required=True, help="All of them, by number; none is an answer too."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "stop_work",
        "I stopped: your hands-on time stands still",
        (
            Word("number", "number", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "take_role",
        "Take a role, or take it over",
        (
            Word("number", "number", "path", "number", required=True),
            Word("role", "role", "path", "text", required=True, choices=("lead", "communicator", "scribe"), help="In the order in which they are filled, and shown."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "tick",
        "A runbook's step worked here",
        (
            Word("number", "number", "path", "number", required=True),
            Word("step", "step", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "tick_failed",
        "A runbook's step did not work here",
        (
            Word("number", "number", "path", "number", required=True),
            Word("step", "step", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "untick",
        "It was not so: take a tick back",
        (
            Word("number", "number", "path", "number", required=True),
            Word("step", "step", "path", "number", required=True),
        ),
        matches=True,
    ),
)
