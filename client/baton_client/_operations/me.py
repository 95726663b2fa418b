"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation, Word

OPERATIONS = (
    Operation(
        "me",
        "show",
        "Who the token acts for, and what it may",
        (),
    ),
)
