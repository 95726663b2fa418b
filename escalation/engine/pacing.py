"""Pace: what a limit of so many in a second has to remember."""

from django.db import models


class Pace(models.Model):
    """When the newest talks by one channel began, as many as may in a second; see ``limits``, which guards the row."""

    channel = models.CharField(max_length=12, primary_key=True)
    begun = models.JSONField(default=list)  # instants, the newest first

    def __str__(self):
        return self.channel
