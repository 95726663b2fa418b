"""The sequence behind ``INC-1042``."""

from django.db import models


class IncidentNumber(models.Model):
    """A number is taken by inserting a row: no lock, no gap that matters, never given twice."""

    def __str__(self):
        return f"INC-{self.pk}"


FIRST = 1001  # so that every reference has the same width for a long while


def next_number() -> int:
    return FIRST - 1 + IncidentNumber.objects.create().pk
