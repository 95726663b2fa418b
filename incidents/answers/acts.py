"""An answer carried out: the desk's own verbs, from the state that its form shows, or that was just looked at."""

from collections.abc import Callable, Iterable
from typing import Any

from escalation.engine.models import Delivery
from escalation.kit import clock
from escalation.notify.models import ContactMethod

from .asked import Asked
from .forms import FORMS


def carry_out(asked: Asked, verb: str, *, via: str, read: Delivery | None, seen: str = "", **words: Any) -> None:
    """``Refused`` if it is not any more as it was ``seen``. ``via``: by which way it was answered, for the record.

    ``read``: the message that they answered, if that can be told: its way leads to them, even if they come too late.
    """
    if read is not None and read.method_id is not None and read.person_id == asked.person.pk:
        ContactMethod.objects.proved(read.method_id, at=clock.now(), sent=read.queued_at)
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
