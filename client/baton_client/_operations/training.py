"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "training",
        "answer",
        "Answer the step that has come",
        (
            Word("play", "play", "path", "number", required=True),
            Word("step", "step", "body", "number", required=True, help="Its number: no other step is answered by mistake."),
            Word("when", "when", "body", "text", required=True, choices=("not-yet", "now"), help="Whether you would escalate now."),
            Word("to", "to", "body", "text", help="To whom, if you would."),
            Word("why", "why", "body", "text", help="Why, if you would: expertise, authority, access, impact, time."),
        ),
    ),
    Operation(
        "training",
        "begin",
        "Play a case",
        (
            Word("case", "case", "path", "text", required=True),
        ),
    ),
    Operation(
        "training",
        "play",
        "One play",
        (
            Word("play", "play", "path", "number", required=True),
        ),
    ),
    Operation(
        "training",
        "show",
        "Cases, your plays, and who has trained",
        (),
    ),
)
