"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "reach",
        "add",
        "Add a way to reach you",
        (
            Word("channel", "channel", "body", "text", required=True),
            Word("address", "address", "body", "text", required=True),
            Word("label", "label", "body", "text"),
        ),
    ),
    Operation(
        "reach",
        "add_rule",
        "Add a rule",
        (
            Word("urgency", "urgency", "body", "text", required=True, choices=("loud", "quiet"), help="loud: SEV1 and SEV2; quiet: the others."),
            Word("way", "way", "body", "number", required=True),
            Word("delay_minutes", "delay_minutes", "body", "number"),
        ),
    ),
    Operation(
        "reach",
        "end_account",
        "Unlink a chat account",
        (
            Word("account", "account", "path", "number", required=True),
        ),
    ),
    Operation(
        "reach",
        "end_quiet",
        "Have no quiet hours",
        (),
    ),
    Operation(
        "reach",
        "remove",
        "Remove a way",
        (
            Word("way", "way", "path", "number", required=True),
        ),
    ),
    Operation(
        "reach",
        "remove_rule",
        "Remove a rule",
        (
            Word("rule", "rule", "path", "number", required=True),
        ),
    ),
    Operation(
        "reach",
        "send_code",
        "Have a new code sent",
        (
            Word("way", "way", "path", "number", required=True),
        ),
    ),
    Operation(
        "reach",
        "set_quiet",
        "Set quiet hours",
        (
            Word("begins", "begins", "body", "text", required=True),
            Word("ends", "ends", "body", "text", required=True),
        ),
    ),
    Operation(
        "reach",
        "show",
        "How Baton reaches you",
        (),
    ),
    Operation(
        "reach",
        "test",
        "Send yourself a test",
        (
            Word("way", "way", "path", "number", required=True),
        ),
    ),
    Operation(
        "reach",
        "test_all",
        "Send yourself the tests that are due",
        (),
    ),
    Operation(
        "reach",
        "verify",
        "Send a way's code back",
        (
            Word("way", "way", "path", "number", required=True),
            Word("code", "code", "body", "text", required=True),
        ),
    ),
)
