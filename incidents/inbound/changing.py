"""Changes that were told: kept for a while, since what was changed lately is asked first when something breaks."""

from collections.abc import Sequence
from datetime import timedelta

from incidents import routing
from incidents.models import Change, Receipt

from .alert import Message

KEPT = timedelta(days=90)


def keep(told: Sequence[tuple[Receipt, Message]]) -> None:
    """In the caller's transaction. New ones end the old ones of their source."""
    rows = [
        Change(
            source=receipt.source,
            service=routing.service_for(receipt.source, [change.labels]),
            summary=change.summary,
            origin=change.origin,
            link=change.link,
            at=change.at or receipt.received_at,
        )
        for receipt, message in told
        for change in message.changes
    ]
    if rows:
        since = min(receipt.received_at for receipt, _message in told) - KEPT
        Change.objects.filter(source__in={row.source_id for row in rows}, at__lt=since).delete()
        Change.objects.bulk_create(rows)
