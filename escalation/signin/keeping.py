"""Sessions that are over, and tries that count no more, are forgotten, whether or not somebody comes."""

from datetime import datetime, timedelta

from django.db.models import Min

from escalation.kit import clock
from escalation.people.models import Session

from .models import Guess

TASK = "escalation.signin.keeping.tidy"
LOOK = 600.0  # seconds between two looks at the rows
PORTION = 1000  # in one go; the next look finds the others
GUESS_KEPT = timedelta(hours=2)  # longer than any of them counts


def next_due() -> datetime | None:
    """When the first of them may go."""
    over: datetime | None = Session.objects.aggregate(first=Min("expire_date"))["first"]
    tried: datetime | None = Guess.objects.aggregate(first=Min("at"))["first"]
    return min((at for at in (over, tried and tried + GUESS_KEPT) if at), default=None)


def tidy() -> int:
    """Forget a portion of them; returns how many went. Safe to run twice."""
    now = clock.now()
    over = Session.objects.filter(expire_date__lte=now).order_by("expire_date").values_list("pk", flat=True)
    tried = Guess.objects.filter(at__lte=now - GUESS_KEPT).order_by("at").values_list("pk", flat=True)
    gone = Session.objects.filter(pk__in=list(over[:PORTION])).delete()[0]
    return gone + Guess.objects.filter(pk__in=list(tried[:PORTION])).delete()[0]
