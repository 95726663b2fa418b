"""Baton's REST API for Python programs, and for the command line.

    from baton_client import Baton

    baton = Baton("https://baton.example.com", token)
    incident = baton.incidents.show(42)
    baton.incidents.acknowledge(42, if_match=etag(incident))

``_api`` and ``_operations`` are written from the installation's description (``openapi.json``) by
``scripts/client.py`` and never by hand: a file for each noun, a method for each operation, with its types.
``transport`` is how they are sent: with a key by which a repeat is known as one, and again if an answer got lost.
``errors`` are what may come instead of an answer. ``cli`` is ``baton``, whose commands come from the same description.

A folder of its own beside the server, because it is installed without it: it needs Python 3.11 and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._api import Client as Baton
from .errors import (
    BatonError,
    Changed,
    Garbled,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Problem,
    Refused,
    TooMany,
    Trouble,
    Unreachable,
)
from .transport import UNSET, File, Unset

__all__ = [
    "UNSET",
    "Baton",
    "BatonError",
    "Changed",
    "File",
    "Garbled",
    "Invalid",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "Problem",
    "Refused",
    "TooMany",
    "Trouble",
    "Unreachable",
    "Unset",
    "etag",
]


def etag(answer: Mapping[str, Any]) -> str | None:
    """The word for the state that was read: ``if_match`` takes it, so that nobody changes what they did not see."""
    return getattr(answer, "etag", None)
