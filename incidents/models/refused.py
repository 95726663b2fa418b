"""What a door refused for what it says: a few messages of each source, for whoever has to find out why."""

import hashlib
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from .doors import Source

MOST = 20  # of one source; a new one takes the place of the oldest
LONGEST = 16 * 1024  # bytes of a body


class RefusedMessage(models.Model):
    """It came with a right key, and was answered with a refusal: nobody was promised anything, nothing waits."""

    source = models.ForeignKey(
        Source, models.CASCADE, related_name="refused_messages", verbose_name=_("source"), db_index=False
    )
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))  # the same body, refused for the same reason
    status = models.PositiveSmallIntegerField(_("answer"))
    reason = models.CharField(_("why"), max_length=500)
    content_type = models.CharField(_("content type"), max_length=200, blank=True, default="")
    body = models.BinaryField()  # its beginning, without what must not be kept; empty: it was not read, or must not be
    size = models.PositiveIntegerField(_("bytes"), default=0)  # of the whole, as far as it was read
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("refused message")
        verbose_name_plural = _("refused messages")
        ordering = ["-last_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["source", "digest"], name="refused_once")]

    def __str__(self):
        return f"{self.status}: {self.reason}"[:100]

    @property
    def is_whole(self) -> bool:
        return self.size <= LONGEST

    @classmethod
    @transaction.atomic
    def keep(cls, source: Source, *, status: int, reason: str, content_type: str, body: bytes, now: datetime) -> None:
        """Once, however often it is sent."""
        said = hashlib.sha256(f"{status} {content_type} {reason}\n".encode() + body).hexdigest()
        mine = cls.objects.filter(source=source)
        if mine.filter(digest=said).update(last_at=now):
            return
        row = cls(source=source, first_at=now, last_at=now, status=status, reason=reason, content_type=content_type)
        row.body, row.size, row.digest = body[:LONGEST], len(body), said
        cls._default_manager.bulk_create([row], ignore_conflicts=True)
        mine.filter(pk__in=list(mine.values_list("pk", flat=True)[MOST:])).delete()
