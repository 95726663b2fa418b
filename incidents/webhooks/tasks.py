"""What django-q2 runs. Each task is a hint without identity: it may be lost, or run twice."""

from escalation.engine import bell

from . import keeping, sending


def send() -> int:
    """A short turn, so that messages to people get theirs; if more waits, another turn is asked for."""
    done = sending.send_due()
    if done and sending.is_due():
        bell.ask("incidents.webhooks.tasks.send")
    return done


def tidy() -> int:
    return keeping.tidy()
