"""What django-q2 runs. Each task is a hint that holds an id: it may be lost, or run twice."""

from escalation.engine import bell

from . import intake


def ring(receipt_id: int) -> None:
    """Ask for a receipt to be finished soon."""
    bell.ask("incidents.inbound.tasks.process", receipt_id)


def process(receipt_id: int) -> None:
    intake.process(receipt_id)


def process_waiting() -> int:
    return intake.process_waiting()
