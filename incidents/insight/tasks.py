"""What django-q2 runs. Each task is a hint without identity: it may be lost, or run twice."""

from escalation.engine import bell
from escalation.kit import clock
from incidents.counting import days


def keep_days() -> int:
    """A portion of the days that are over and not packed as they are; if more wait, another turn is asked for."""
    done = days.keep()
    due = days.next_due() if done else None
    if due is not None and due <= clock.now():
        bell.ask("incidents.insight.tasks.keep_days")
    return done
