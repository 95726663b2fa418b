"""What waits in the outbox or is being sent, and how long a row belongs to whoever sends it."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet

from .models import Delivery

LEASE = timedelta(seconds=3 * settings.SEND_SECONDS)  # more than twice any sender's timeout
_TABLE = Delivery._meta.db_table


def pending() -> QuerySet[Delivery]:
    """Queued or being sent. In the index's own words: with parameters SQLite cannot tell that it may use it."""
    return Delivery.objects.extra(where=[f"{_TABLE}.state IN ('queued', 'sending')"])  # noqa: S610
