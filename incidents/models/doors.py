"""Keyed doors: sources, what came in through them, and which alert became which incident."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User

from . import keys
from .catalogue import SEVERITY_RANGE, Service

KINDS: dict[str, Any] = {}  # of sources: word → label; each door says which it opens, when the room of doors is set up
FIRST_KIND = "alertmanager"


def kinds() -> list[tuple[str, Any]]:
    return list(KINDS.items())


class Source(models.Model):
    """Something that may open incidents, known by its keys (``SourceKey``)."""

    class Grouping(models.TextChoices):
        GROUP = "group", _("one incident per alert group")
        ALERT = "alert", _("one incident per alert")

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=kinds, default=FIRST_KIND)
    service = models.ForeignKey(
        Service,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sources",
        verbose_name=_("service"),
        help_text=_("What its alerts are about. Empty: the label below chooses, else the catch-all policy."),
    )
    service_label = models.CharField(
        _("label that names the service"),
        max_length=80,
        blank=True,
        help_text=_("An alert's label whose value is the name of one of the allowed services."),
    )
    allowed_services = models.ManyToManyField(
        Service,
        blank=True,
        related_name="+",
        verbose_name=_("allowed services"),
        help_text=_("The services this source may choose by label."),
    )
    grouping = models.CharField(_("grouping"), max_length=8, choices=Grouping, default=Grouping.GROUP)
    default_severity = models.PositiveSmallIntegerField(
        _("severity if the alert has none"), default=2, validators=SEVERITY_RANGE
    )
    lenient = models.BooleanField(
        _("take unknown severities"),
        default=False,
        help_text=_(
            "PagerDuty refuses an event whose severity is none of critical, error, warning and info. Ticked, such an"
            " event is taken, and has the severity above."
        ),
    )
    # What its messages mean, in the language of ``incidents.inbound.mapping``. Empty: they use our own words.
    mapping = models.TextField(_("mapping"), blank=True, default="")
    quota = models.PositiveIntegerField(
        _("messages a minute"),
        default=20_000,
        validators=[MinValueValidator(60)],
        help_text=_(
            "Beyond it, repeats of what is already an incident are refused, and the sender is asked to try again"
            " later. First alerts and resolves still come in; at five times as many, first alerts are refused too."
        ),
    )
    enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def new_key(self) -> str:
        """One more key: the only time it can be read."""
        return SourceKey.make(self)[1]


class SourceKeyQuerySet(models.QuerySet["SourceKey"]):
    def living(self, now: datetime):
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))


class SourceKey(models.Model):
    """A key that opens one source. Only its hash is kept, and its last letters to tell it by."""

    class Origin(models.TextChoices):
        MADE = "made", _("made here")
        IMPORTED = "imported", _("brought along")

    source = models.ForeignKey(Source, models.CASCADE, related_name="door_keys")
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("ends in"), max_length=4, blank=True, default="")  # empty: from before it was kept
    origin = models.CharField(_("origin"), max_length=8, choices=Origin, default=Origin.MADE)
    made_at = models.DateTimeField(_("made"), null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    used_at = models.DateTimeField(_("last used"), null=True)  # to ``keys.USED_EVERY``
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
        cls, source: Source, *, by: User | None = None, old_end: datetime | None = None
    ) -> tuple["SourceKey", str]:
        """A new key, and its words: the only time they can be read. The other keys end at ``old_end``, if not before.

        Without ``old_end`` they go on as they are.
        """
        key = keys.made()
        if old_end is not None:
            others = cls.objects.filter(source=source).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=old_end))
            others.update(ends_at=old_end)
        return cls._kept(source, key, cls.Origin.MADE, by), key

    @classmethod
    def bring(cls, source: Source, key: str, *, by: User | None = None) -> "SourceKey":
        """A key of another product, so that whoever sends with it needs no change. Refused if it opens something."""
        if not keys.may_be_one(key):
            words = {"least": keys.SHORTEST, "most": keys.LONGEST}
            raise Refused(_t("A key has %(least)d to %(most)d letters, digits and signs, and no space.") % words)
        known = cls.objects.select_related("source").filter(key_hash=keys.hashed(key)).first()
        if known is not None and not known.is_over(clock.now()):
            raise Refused(_t("This key opens %(source)s already.") % {"source": known.source})
        if known is not None:
            known.delete()
        return cls._kept(source, key, cls.Origin.IMPORTED, by)

    def end(self, now: datetime) -> bool:
        """It opens nothing from now on. False if it has ended before."""
        return bool(type(self).objects.living(now).filter(pk=self.pk).update(ends_at=now))

    @classmethod
    def _kept(cls, source: Source, key: str, origin: str, by: User | None) -> "SourceKey":
        return cls.objects.create(
            source=source, key_hash=keys.hashed(key), hint=key[-4:], origin=origin, made_at=clock.now(), made_by=by
        )


class Refusal(models.Model):
    """How many messages of a source were refused within one minute, because it sends more than its quota."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="refusals")
    minute = models.DateTimeField()  # its beginning
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "minute"], name="refusals_by_minute")]

    def __str__(self):
        return f"{self.source_id} {self.minute:%Y-%m-%d %H:%M} {self.count}"


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def waiting(self):
        """Not yet worked off. A literal: with a parameter SQLite cannot tell that it may use the small indexes."""
        return self.extra(where=["incidents_receipt.state = 'received'"])


class Receipt(models.Model):
    """What came in, verbatim, and what became of it."""

    class Rank(models.IntegerChoices):
        """Who waits goes by this: 1 to 5 are first alerts, by their severity."""

        ENDS = 6, _("may end something")
        REPEATS = 9, _("about what is known already")

    class State(models.TextChoices):
        RECEIVED = "received", _("received, not yet processed")
        PROCESSED = "processed", _("processed")
        QUARANTINED = "quarantined", _("quarantined")

    # Without an index of its own: others begin with it, and this one would be taken for what waits.
    source = models.ForeignKey(Source, models.PROTECT, related_name="receipts", db_index=False)
    received_at = models.DateTimeField()
    body = models.BinaryField()
    # What came beside the body and is needed to read it, as its door chose; never a key. "door": by which it came,
    # where its source has several.
    envelope = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)  # of the body and the envelope
    # The alert group's key: messages of one line never overtake each other. Empty: not understood.
    line = models.CharField(max_length=64, blank=True, default="")
    rank = models.PositiveSmallIntegerField(default=Rank.REPEATS)  # how urgent it looked at the door
    state = models.CharField(max_length=12, choices=State, default=State.RECEIVED)
    # {"incidents": [refs], "warnings": […], "results": {"opened": 1, …}, "done": signals}; after a failure "error"
    outcome = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["source", "digest", "-received_at"], name="receipt_same_body"),
            models.Index(fields=["source", "line", "id"], condition=Q(state="received"), name="receipt_waiting"),
            models.Index(fields=["source", "rank", "id"], condition=Q(state="received"), name="receipt_in_turn"),
            models.Index(fields=["received_at", "id"], condition=Q(state="received"), name="receipt_oldest"),
        ]

    def __str__(self):
        return str(_("message %(pk)s") % {"pk": self.pk})


class AlertKey(models.Model):
    """Which incident an alert's key belongs to while it lives; the database settles races."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="keys")
    key = models.CharField(max_length=512)
    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="keys")
    count = models.PositiveIntegerField(default=1)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    digest = models.CharField(max_length=64, blank=True, default="")  # of the last message heard
    unlisted = models.PositiveIntegerField(default=0)  # alerts that the last message left out
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], condition=Q(ended_at__isnull=True), name="one_living_key")
        ]
        indexes = [models.Index(fields=["source", "key", "-id"], name="key_history")]

    def __str__(self):
        return f"{self.source_id}:{self.key[:40]}"


class Alert(models.Model):
    """One alert of a group: the incident's page shows how many fire and how many are resolved."""

    class State(models.TextChoices):
        FIRING = "firing", _("firing")
        RESOLVED = "resolved", _("resolved")

    key = models.ForeignKey(AlertKey, models.CASCADE, related_name="alerts")
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State)
    labels = models.JSONField(default=dict)
    summary = models.CharField(max_length=1024, blank=True, default="")
    link = models.CharField(max_length=2000, blank=True, default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    last_seen = models.DateTimeField()

    class Meta:
        ordering = ["state", "starts_at", "id"]
        constraints = [models.UniqueConstraint(fields=["key", "fingerprint"], name="alert_once_per_key")]
        indexes = [models.Index(fields=["fingerprint"], condition=Q(state="firing"), name="alert_firing")]

    def __str__(self):
        return f"{self.fingerprint} {self.state}"


class Change(models.Model):
    """Something was changed, such as a deployment: shown beside what is open of the service, and calls nobody."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="changes")
    service = models.ForeignKey(Service, models.PROTECT, null=True, related_name="changes", db_index=False)
    summary = models.CharField(max_length=1024)
    origin = models.CharField(max_length=255, blank=True, default="")  # where it was changed, as the sender says
    link = models.CharField(max_length=2000, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["service", "-at"], name="changes_of_service")]

    def __str__(self):
        return self.summary
