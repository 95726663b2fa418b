"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "incidents",
        "accept",
        "Accept the baton that is held out to you",
        (
            Word("number", "number", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "acknowledge",
        "Acknowledge: take it",
        (
            Word("number", "number", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "answer",
        "Answer: I am on it, and decide",
        (
            Word("number", "number", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "decide",
        "Decide",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "decline",
        "Decline the baton that is held out to you",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "escalate",
        "Escalate to the next step, or a later one",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text"),
            Word("brief", "brief", "body", "json"),
            Word("reason", "reason", "body", "text", required=True, choices=("expertise", "authority", "access", "impact", "time", "capacity")),
            Word("to", "to", "body", "json", help="The next step at which somebody is there, if null."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "hand_over",
        "Hand over: offer the baton",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text"),
            Word("brief", "brief", "body", "json"),
            Word("to", "to", "body", "either", required=True, help="Who is to have it: their number or e-mail address."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "hold",
        "Put on hold: the clocks stand still",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
            Word("until", "until", "body", "text", required=True, help="When it wakes up."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "reassign",
        "Reassign; for supervisors",
        (
            Word("number", "number", "path", "number", required=True),
            Word("to", "to", "body", "either"),
            Word("tier", "tier", "body", "number"),
            Word("text", "text", "said", "text"),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "reopen",
        "Re-open: the path begins again at its first step",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "resolve",
        "Resolve",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text", required=True),
            Word("cause", "cause", "body", "text", required=True, choices=("change", "capacity", "hardware", "software", "supplier", "network", "human", "security", "false_alarm", "unknown", "duplicate"), help="What was at the bottom of it. A duplicate is merged."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "resume",
        "Resume: the clocks go on with what they had left",
        (
            Word("number", "number", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "take_back",
        "Take the offer back",
        (
            Word("number", "number", "path", "number", required=True),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "tell_authority",
        "Tell who must know, or ask them to decide, before their time",
        (
            Word("number", "number", "path", "number", required=True),
            Word("text", "text", "said", "text"),
            Word("brief", "brief", "body", "json"),
            Word("step", "step", "body", "text", help="`authority.step` as you saw it: refused if it has moved since."),
        ),
        matches=True,
    ),
    Operation(
        "incidents",
        "undo",
        "Take back what you have just done",
        (
            Word("number", "number", "path", "number", required=True),
            Word("seq", "seq", "path", "number", required=True),
        ),
        matches=True,
    ),
)
