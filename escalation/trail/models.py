"""Trail (the head, and the lock) and Entry (one sealed line)."""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _


class TrailQuerySet(models.QuerySet["Trail"]):
    def lock(self, ids: Iterable[int]) -> dict[int, "Trail"]:
        """Lock heads in id order, so that two verbs can never wait for each other.

        Not their keys: whoever arms a timer on a trail that somebody is changing does not wait.
        """
        heads = self.select_for_update(no_key=True).filter(id__in=set(ids)).order_by("id")
        return {head.pk: head for head in heads}

    def installation(self) -> "Trail":
        """The trail of configuration changes; made on first use."""
        return self.get_or_create(kind=Trail.Kind.INSTALLATION, subject="installation")[0]


class Trail(models.Model):
    """The head of one chain: how many entries, and the hash of the last."""

    class Kind(models.TextChoices):
        INCIDENT = "incident", _("incident")
        INSTALLATION = "installation", _("installation")
        HEARTBEAT = "heartbeat", _("heartbeat")
        PROBLEM = "problem", _("problem")

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.INCIDENT)
    subject = models.CharField(max_length=40, unique=True)  # INC-1042, "installation", "heartbeat 7", or PRB-3
    length = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64, default="0" * 64)

    objects = TrailQuerySet.as_manager()

    def __str__(self):
        return f"{self.subject}, {self.length} entries"


class Entry(models.Model):
    """One line of the record. The database refuses to change or delete it.

    ``canonical`` is the exact text under the hash and covers every column but itself, the
    hash and the row's id. ``data`` is JSON as text, never a JSON column: a database that
    reorders keys would break the chain. Free text lives in ``EntryText``; only its digest is here.
    """

    class Actor(models.TextChoices):
        PERSON = "person", _("person")
        ENGINE = "engine", _("Baton")
        SOURCE = "source", _("source")

    trail = models.ForeignKey(
        Trail, models.PROTECT, related_name="entries", db_index=False
    )  # entry_seq_once begins with it
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    actor_kind = models.CharField(max_length=8, choices=Actor)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=120)
    run = models.BigIntegerField(null=True)
    policy_version = models.PositiveIntegerField(null=True)
    cause = models.CharField(max_length=120, null=True)
    data = models.TextField(default="{}")
    text_digest = models.CharField(max_length=64, default="")
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    canonical = models.TextField()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["trail", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["trail", "seq"], name="entry_seq_once"),
            models.UniqueConstraint(fields=["cause"], name="entry_cause_once"),
        ]

    def __str__(self):
        return f"{self.trail_id}/{self.seq} {self.kind}"


class EntryText(models.Model):
    """What somebody wrote. Kept apart with its salt, so that a lawful redaction leaves the chain whole."""

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, related_name="said")
    salt = models.CharField(max_length=32)
    text = models.TextField()

    def __str__(self):
        return self.text[:60]
