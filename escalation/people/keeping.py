"""Answers that are kept for programs which may ask again are forgotten after a day, whether or not a program comes."""

from datetime import datetime

from django.db.models import Min

from escalation.kit import clock

from .models import ApiAnswer
from .tokens import ANSWERS_KEPT

TASK = "escalation.people.keeping.tidy"
LOOK = 60.0  # seconds between two looks at the rows
PORTION = 1000  # in one go; the next look finds the others


def next_due() -> datetime | None:
    """When the oldest answer may go."""
    first: datetime | None = ApiAnswer.objects.aggregate(first=Min("at"))["first"]
    return None if first is None else first + ANSWERS_KEPT


def tidy() -> int:
    """Forget a portion of what is old; returns how many answers went. Safe to run twice."""
    old = ApiAnswer.objects.filter(at__lte=clock.now() - ANSWERS_KEPT).order_by("at")
    pks = list(old.values_list("pk", flat=True)[:PORTION])
    return ApiAnswer.objects.filter(pk__in=pks).delete()[0]
