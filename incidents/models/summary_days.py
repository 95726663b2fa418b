"""What is kept beside the summaries, so that counting them is fast: see ``incidents.counting``. It says nothing new."""

import secrets
from collections.abc import Iterable
from datetime import date

from django.db import models


def new_stamp() -> str:
    return secrets.token_hex(8)


class SummaryDay(models.Model):
    """What was resolved on a day (UTC), packed; what it says holds as long as no change of that day is noted."""

    day = models.DateField(primary_key=True)
    shape = models.CharField(max_length=16)  # by which rules it was packed
    packed = models.BinaryField()
    stamp = models.CharField(max_length=16, default=new_stamp)  # another each time it is packed

    def __str__(self):
        return f"{self.day}"


class SummaryChange(models.Model):
    """What was resolved on a day, or who may see it, is not what it was. Written in the transaction of the change, a
    row each, so that nobody waits for another."""

    day = models.DateField(db_index=True)

    def __str__(self):
        return f"{self.day}"

    @staticmethod
    def note(days: Iterable[date]) -> None:
        SummaryChange.objects.bulk_create([SummaryChange(day=day) for day in sorted(set(days))])
