"""What is written when a message has come to its end: its entry, and word to whoever looks at how it goes.

Part of the transaction that records the end, under the trail's lock.
"""

from datetime import datetime

from escalation.notify.models import ContactMethod
from escalation.notify.reaching import TEST, VERIFY

from .moves import named
from .tries import Outcome
from .work import Work


def note(work: Work, outcome: Outcome, said: str, overtaken: bool) -> None:
    """The entry. It is for good, so it has the sender's reason and not what a stranger answered."""
    delivery = outcome.delivery
    data = {
        "to": named(delivery.person),
        "channel": delivery.channel,
        "kind": delivery.kind,
        "outcome": said,
        "tries": delivery.attempts,
    }
    if delivery.method is not None and delivery.method.shown:
        data["way"] = delivery.method.shown  # masked: it is for good
    if delivery.fallback:
        data["fallback"] = True
    if outcome.others:
        data["others"] = outcome.others  # that left in the same message
    if outcome.handed.reason:
        data["error"] = outcome.handed.reason
    if overtaken:
        data["overtaken"] = True
    work.entry(delivery.trail_id, "delivery", data, run=delivery.run, cause=f"delivery:{delivery.pk}:{said}")


def tell_the_owner(outcome: Outcome, now: datetime) -> None:
    """A code or a test was asked for by its receiver, who looks at how every try went. What is gone is for good."""
    asked = outcome.delivery
    if outcome.handed.gone and asked.method_id is not None:
        ContactMethod.objects.gone(asked.method_id, at=now, reason=outcome.handed.reason)
    elif asked.kind in (VERIFY, TEST) and asked.method_id is not None:
        ContactMethod.objects.went(asked.method_id, at=now, reason=outcome.handed.reason)
