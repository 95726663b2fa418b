"""What has come in by a door for answers: each message is heard once, however often it is delivered."""

import hashlib
from datetime import datetime, timedelta

from django.db import IntegrityError, models, transaction

from escalation.notify.models import ContactMethod

KEPT = timedelta(days=30)  # longer than any gateway tries again


class HeardQuerySet(models.QuerySet["Heard"]):
    def first_time(self, door: str, same: str, *, now: datetime) -> "Heard | None":
        """Its row, if what is called ``same`` was never heard at this door. Part of the caller's transaction."""
        self.filter(at__lt=now - KEPT).delete()
        key = hashlib.sha256(f"{door}\n{same}".encode("utf-8", "replace")).hexdigest()
        try:
            with transaction.atomic():
                return self.create(key=key, at=now)
        except IntegrityError:
            return None


class Heard(models.Model):
    """One message, by a digest of what its sender calls it. ``answered_by``: the way that an answer left by."""

    key = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField(db_index=True)
    answered_by = models.ForeignKey(ContactMethod, models.PROTECT, null=True, related_name="+")

    objects = HeardQuerySet.as_manager()

    def __str__(self):
        return f"{self.key[:8]} {self.at:%Y-%m-%d %H:%M:%S}"
