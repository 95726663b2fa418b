"""The keys that open a source: several at a time, so that a new one can be handed out before the old one ends."""

import hashlib
import secrets
import string
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User

if TYPE_CHECKING:
    from .doors import Source

LETTERS = string.ascii_lowercase + string.digits
LENGTH = 32  # and of these letters: what the clients of other products check a key for
SHORTEST, LONGEST = 16, 200  # of one that is brought along
USED_EVERY = timedelta(hours=1)  # how exactly it is known when a key was used last


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


class SourceKeyQuerySet(models.QuerySet["SourceKey"]):
    def living(self, now: datetime):
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))


class SourceKey(models.Model):
    """A key that opens one source. Only its hash is kept, and its last letters to tell it by."""

    class Origin(models.TextChoices):
        MADE = "made", _("made here")
        IMPORTED = "imported", _("brought along")

    source = models.ForeignKey("incidents.Source", models.CASCADE, related_name="door_keys")
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("ends in"), max_length=4, blank=True, default="")  # empty: from before it was kept
    origin = models.CharField(_("origin"), max_length=8, choices=Origin, default=Origin.MADE)
    made_at = models.DateTimeField(_("made"), null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    used_at = models.DateTimeField(_("last used"), null=True)  # to ``USED_EVERY``
    ends_at = models.DateTimeField(_("ends"), null=True)

    objects = SourceKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("key of a source")
        verbose_name_plural = _("keys of sources")
        ordering = ["id"]

    def __str__(self):
        return f"…{self.hint}" if self.hint else str(_("a key"))

    def is_over(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now

    @classmethod
    def make(
        cls, source: "Source", *, by: User | None = None, old_end: datetime | None = None
    ) -> tuple["SourceKey", str]:
        """A new key, and its words: the only time they can be read. The other keys end at ``old_end``, if not before.

        Without ``old_end`` they go on as they are.
        """
        key = "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))
        if old_end is not None:
            others = cls.objects.filter(source=source).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=old_end))
            others.update(ends_at=old_end)
        return cls._kept(source, key, cls.Origin.MADE, by), key

    @classmethod
    def bring(cls, source: "Source", key: str, *, by: User | None = None) -> "SourceKey":
        """A key of another product, so that whoever sends with it needs no change. Refused if it opens something."""
        if not SHORTEST <= len(key) <= LONGEST or not key.isascii() or not key.isprintable() or " " in key:
            words = {"least": SHORTEST, "most": LONGEST}
            raise Refused(_t("A key has %(least)d to %(most)d letters, digits and signs, and no space.") % words)
        known = cls.objects.select_related("source").filter(key_hash=hashed(key)).first()
        if known is not None and not known.is_over(clock.now()):
            raise Refused(_t("This key opens %(source)s already.") % {"source": known.source})
        if known is not None:
            known.delete()
        return cls._kept(source, key, cls.Origin.IMPORTED, by)

    def end(self, now: datetime) -> bool:
        """It opens nothing from now on. False if it has ended before."""
        return bool(type(self).objects.living(now).filter(pk=self.pk).update(ends_at=now))

    @classmethod
    def _kept(cls, source: "Source", key: str, origin: str, by: User | None) -> "SourceKey":
        return cls.objects.create(
            source=source, key_hash=hashed(key), hint=key[-4:], origin=origin, made_at=clock.now(), made_by=by
        )
