"""An answer carried out: the desk's own verbs, from the state that its form shows, or that was just looked at."""

from collections.abc import Callable, Iterable
from typing import Any

from .asked import Asked
from .forms import FORMS


def carry_out(asked: Asked, verb: str, *, via: str, seen: str = "", **words: Any) -> None:
    """``Refused`` if it is not any more as it was ``seen``. ``via``: by which way it was answered, for the record."""
    incident, by = asked.incident, asked.person
    if verb == "answer":  # the other track; whether it was answered already is looked at under the lock
        incident.answer(by=by, via=via)
        return
    acts: dict[str, Callable[..., None]] = {
        "acknowledge": incident.acknowledge,
        "accept": incident.accept,
        "decline": incident.decline,
        "escalate": incident.escalate,
    }
    acts[verb](by=by, seen=seen or incident.state_token, via=via, **words)


def pressed(asked: Asked) -> str:
    """The verb that needs no words; empty if there is none now."""
    return wordless(asked.verbs)


def wordless(verbs: Iterable[str]) -> str:
    return next((verb for verb in verbs if verb not in FORMS), "")
