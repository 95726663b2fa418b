"""What django-q2 runs. Each task is a hint that holds an id: it may be lost, or run twice."""

from django.conf import settings
from django_q.tasks import async_task

from . import intake


def ring(receipt_id: int) -> None:
    """Ask for a receipt to be finished soon."""
    async_task("incidents.inbound.tasks.process", receipt_id, cluster=settings.Q_CLUSTER["name"], save=False)


def process(receipt_id: int) -> None:
    intake.process(receipt_id)


def process_waiting() -> int:
    return intake.process_waiting()
