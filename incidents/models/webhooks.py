"""Webhooks: which system hears of which events, what waits to be told to it, and how each try went.

A message is a row of an outbox, written in the transaction of the change it tells of (``webhook_telling``). It is no
``Delivery``: those are to people, by their ways, rules and quiet hours, expire when an answer overtakes them, and give
up within minutes; a program is told everything, in order, and for days. What they share is the way out
(``escalation.kit.outbound``), the lease, and the promise: at least once, under one id.

A secret is shown once and kept sealed. For a day after a new one is made both sign.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.engine.words import last_resort
from escalation.kit import sealing
from escalation.kit.sealed import SealedAddress, SealedText, seal, unseal
from escalation.notify.web import clean_url
from escalation.notify.webhook import shown
from escalation.oncall import telling
from escalation.people.models import Team, User
from escalation.trail.models import Trail
from escalation.trail.writing import ENGINE, Actor, record_configuration

from . import webhook_events
from .catalogue import SEVERITIES, SEVERITY_RANGE

SECRET = 32  # bytes
OVERLAP = timedelta(hours=24)  # so long an old secret signs beside the new one
KEPT = 2.0  # seconds for which a process knows who listens
_LISTENING, READING = "webhooks.listening", "webhooks.reading"
TURNED_OFF = "webhook_off"  # the kind of the entry, and of the message to its owner
ROOM_OFF = "room_off"  # the same of a chat's channel

# The pauses after the first, second … try that failed, in seconds; after the last one it is given up.
PAUSES = {
    "long": (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400),
    "short": (5, 30, 120, 600, 3600),
}


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def on(self):
        return self.filter(off_at__isnull=True)

    def turned_off_for(self, admin: User):
        """Those that Baton turned off and nobody has looked at since: their own, and those whose owner is gone."""
        gone = Q(owner__is_active=False) | Q(owner__is_staff=False)
        return self.filter(gone | Q(owner=admin), off_at__isnull=False).exclude(off_why="")


class Webhook(models.Model):
    """A system elsewhere that hears of changes. ``teams``: of what they may see; none: of all that is not restricted.

    ``off_why`` is empty where a person turned it off. What the last columns say of its health is kept by the sender.
    """

    class Format(models.TextChoices):
        PLAIN = "plain", _("Standard Webhooks")
        STRUCTURED = "structured", _("CloudEvents, structured")
        BINARY = "binary", _("CloudEvents, binary")

    class Patience(models.TextChoices):
        LONG = "long", _("for three days, ever less often")
        SHORT = "short", _("for an hour and a quarter")

    name = models.CharField(_("name"), max_length=80, unique=True)
    url = SealedAddress(_("address"), max_length=500, help_text=_("Where events are posted to: https://…"))
    owner = models.ForeignKey(
        User,
        models.PROTECT,
        related_name="+",
        verbose_name=_("owner"),
        limit_choices_to={"is_active": True, "is_staff": True},
        help_text=_("An admin, who is told when it has been turned off because it failed for too long."),
    )
    teams = models.ManyToManyField(
        Team,
        blank=True,
        related_name="+",
        verbose_name=_("teams"),
        help_text=_("Only of incidents that one of these teams may see. None: of every team's."),
    )
    types = models.JSONField(_("events"), default=list, blank=True)  # none: all
    from_severity = models.PositiveSmallIntegerField(
        _("from severity"),
        choices=SEVERITIES,
        default=5,
        validators=SEVERITY_RANGE,
        help_text=_("This severe, or more. An incident that was, and is not any more, is told of once."),
    )
    restricted = models.BooleanField(
        _("also restricted incidents"),
        default=False,
        help_text=_("Without it nothing of a restricted incident leaves, and what waits is not sent."),
    )
    format = models.CharField(_("format"), max_length=10, choices=Format, default=Format.PLAIN)
    patience = models.CharField(_("tries again"), max_length=5, choices=Patience, default=Patience.LONG)
    secret = SealedText(editable=False)
    old_secret = SealedText(blank=True, default="", editable=False)
    old_until = models.DateTimeField(null=True, editable=False)
    authorization = SealedText(blank=True, default="", editable=False)
    off_at = models.DateTimeField(null=True, editable=False)
    off_why = models.CharField(max_length=200, blank=True, default="", editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)  # tries in a row
    given_up = models.PositiveIntegerField(default=0, editable=False)  # messages in a row
    paused_until = models.DateTimeField(null=True, editable=False)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        forget()

    def clean(self) -> None:
        try:
            self.url = clean_url(self.url) if self.url else ""  # that it lacks is said once
        except ValidationError as error:
            raise ValidationError({"url": error.messages}) from None
        if self.url and _place(self.url) == _place(settings.ADDRESS):
            raise ValidationError({"url": _t("That is this installation itself: each event would be the next one.")})
        if unknown := set(self.types) - webhook_events.TYPES.keys():
            raise ValidationError({"types": _t("There is no event %(name)s.") % {"name": sorted(unknown)[0]}})

    @property
    def is_chat(self) -> bool:
        """Whether this is the row of a chat's channel: see ``chat_rooms``."""
        return hasattr(self, "chat")

    @property
    def pauses(self) -> tuple[int, ...]:
        return PAUSES[self.patience]

    # --- secrets --------------------------------------------------------------------------------

    def new_secret(self, now: datetime) -> str:
        """Make one, to be saved; returns it to be shown this once. The one before signs too for ``OVERLAP``."""
        key = secrets.token_bytes(SECRET)
        if self.secret:
            self._step_back(now)
        seal(self, "secret", key)
        return shown(key)

    def _step_back(self, now: datetime) -> None:
        """What signed until now, each in its own column; what no key opens signs nothing any more."""
        try:
            seal(self, "old_secret", unseal(self, "secret"))
            self.old_until = now + OVERLAP
        except sealing.Unreadable:
            self.old_secret, self.old_until = "", None

    def keys(self, now: datetime) -> list[bytes]:
        """What signs now, the newest first. Raises ``sealing.Unreadable``."""
        found = [unseal(self, "secret")]
        if self.old_secret and self.old_until is not None and now < self.old_until:
            found.append(unseal(self, "old_secret"))
        return found

    # --- who may see what -----------------------------------------------------------------------

    def listens(self) -> "Listener":
        teams = frozenset(team.pk for team in self.teams.all())
        return Listener(self.pk, teams, frozenset(self.types), self.from_severity, self.restricted)

    def ping(self, actor: Actor, now: datetime) -> "WebhookMessage":
        """A test, which waits for its turn like anything else."""
        facts = {"actor": {"type": "user", "id": actor.id, "name": actor.name}}
        return self.messages.create(
            mid=new_id(now), type=webhook_events.PING, at=now, facts=facts, queued_at=now, next_at=now
        )

    # --- off and on -----------------------------------------------------------------------------

    def turn_on(self) -> None:
        """From now on it hears again; what went wrong before is forgotten. To be saved."""
        self.off_at, self.off_why = None, ""
        self.failing_since, self.failures, self.given_up, self.paused_until = None, 0, 0, None

    def turn_off(self, now: datetime, why: str = "") -> None:
        """Nothing leaves any more, and nothing is written down for later. To be saved."""
        self.off_at, self.off_why = now, why
        waiting = self.messages.waiting()
        waiting.update(state=WebhookMessage.State.CANCELLED, next_at=None, finished_at=now, reason="it was turned off")

    def give_up(self, why: str, now: datetime) -> bool:
        """The sender turns it off, on record, and its owner is told; the last resort, where the owner is gone. False if
        it is off already.

        One transaction of its own: the record's head is locked first, as everywhere.
        """
        with transaction.atomic():
            Trail.objects.lock([Trail.objects.installation().pk])
            fresh = Webhook.objects.on().select_related("owner").select_for_update(of=("self",), no_key=True)
            hook = fresh.filter(pk=self.pk).first()
            if hook is None:
                return False
            hook.turn_off(now, why)
            hook.save(update_fields=["off_at", "off_why"])
            what, kind = ("webhook", TURNED_OFF) if not hook.is_chat else ("chatroom", ROOM_OFF)
            about = {"what": what, "id": hook.pk, "name": hook.name}
            record_configuration(ENGINE, kind, about | {"why": why}, now=now)
            link = reverse(f"admin:incidents_{what}_change", args=[hook.pk])
            facts = {"kind": kind, "title": hook.name, "reason": why, "link": link}
            cause = f"webhook:{hook.pk}:{secrets.token_hex(8)}"
            to = hook.owner if hook.owner.is_active and hook.owner.is_staff else last_resort()
            telling.tell(telling.Telling(cause, [telling.Word(to, kind, facts)]), now)
        return True


def _place(url: str) -> tuple[str | None, int | None]:
    """The host and the port, however they are written."""
    parts = urlsplit(url)
    return parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


class WebhookMessageQuerySet(models.QuerySet["WebhookMessage"]):
    def waiting(self):
        """Queued, or being sent. In the index's own words, by which SQLite can tell that it may use it."""
        return self.filter(next_at__isnull=False)

    def ended(self):
        return self.filter(next_at__isnull=True)

    def send_again(self, now: datetime) -> int:
        """Queue what has ended, under the ids it had: pressed twice it is queued once. Returns how many."""
        with transaction.atomic():
            return (
                self.ended()
                .filter(hook__off_at=None)
                .update(
                    state=WebhookMessage.State.QUEUED,
                    next_at=now,
                    finished_at=None,
                    reason="",
                    round_from=models.F("attempts"),
                )
            )


class WebhookMessage(models.Model):
    """One event for one webhook. ``facts`` are what was true then; what somebody wrote stays with its entry.

    ``mid`` is the id that receivers see, the same at every try. ``attempts`` is committed before each of them;
    ``round_from``: how many there had been when it was last queued.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")
        CANCELLED = "cancelled", _("not sent")

    hook = models.ForeignKey(
        Webhook, models.PROTECT, related_name="messages", db_index=False, verbose_name=_("webhook")
    )
    mid = models.CharField(_("id"), max_length=32, unique=True)
    type = models.CharField(_("event"), max_length=40)
    trail = models.ForeignKey(Trail, models.PROTECT, null=True, related_name="+", db_index=False)  # none: a test
    seq = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(_("happened"))
    facts = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.QUEUED)
    queued_at = models.DateTimeField(_("queued"))
    next_at = models.DateTimeField(_("next try"), null=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    round_from = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    lease = models.CharField(max_length=32, blank=True, default="")
    finished_at = models.DateTimeField(_("ended"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")

    objects = WebhookMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message of a webhook")
        verbose_name_plural = _("messages of webhooks")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["hook", "trail", "seq"], condition=Q(trail__isnull=False), name="webhook_message_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sending"], next_at__isnull=False)
                | (~Q(state__in=["queued", "sending"]) & Q(next_at__isnull=True)),
                name="webhook_message_waits_or_ended",
            ),
        ]
        indexes = [
            models.Index(
                fields=["hook", "next_at", "id"],
                condition=Q(next_at__isnull=False),
                name="webhook_message_next",
            ),
            models.Index(fields=["hook", "-id"], name="webhook_message_by_hook"),
        ]

    def __str__(self):
        return self.mid

    @property
    def used(self) -> int:
        """How many tries of this round there were."""
        return self.attempts - self.round_from


class WebhookTry(models.Model):
    """One try to tell it: what was answered, at most the first 4 KiB, or why nothing was."""

    message = models.ForeignKey(WebhookMessage, models.CASCADE, related_name="tries", db_index=False)
    n = models.PositiveSmallIntegerField(_("number"))
    at = models.DateTimeField(_("at"))
    took_ms = models.PositiveIntegerField(_("milliseconds"), null=True)
    status = models.PositiveSmallIntegerField(_("answer"), null=True)
    answer = models.TextField(_("what it said"), blank=True, default="")
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("try of a webhook's message")
        verbose_name_plural = _("tries of webhooks' messages")
        constraints = [models.UniqueConstraint(fields=["message", "n"], name="webhook_try_once")]

    def __str__(self):
        return f"try {self.n}"


# --- who listens --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listener:
    """What one webhook wants to hear, and may."""

    pk: int
    teams: frozenset[int]
    types: frozenset[str]
    from_severity: int
    restricted: bool

    def wants(self, type: str, severity: int) -> bool:
        return severity <= self.from_severity and (not self.types or type in self.types)

    def may_hear(self, *, restricted: bool, teams: Collection[int]) -> bool:
        """Of an incident that these teams have access to. The same rule as for people: see ``access.visible``."""
        if restricted and not self.restricted:
            return False
        return not self.teams or not self.teams.isdisjoint(teams)


def listening() -> list[Listener]:
    """Everything that listens; asked for every change, so known for ``KEPT`` seconds in each process."""
    found: list[Listener] | None = cache.get(_LISTENING)
    if found is None:
        hooks = Webhook.objects.on().filter(chat=None).prefetch_related("teams")
        found = [hook.listens() for hook in hooks.order_by("pk")]
        cache.set(_LISTENING, found, KEPT)
    return found


def forget() -> None:
    """This process asks anew at once."""
    cache.delete_many([_LISTENING, READING])


# --- ids ----------------------------------------------------------------------------------------

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(now: datetime) -> str:
    """``msg_`` and a ULID: 48 bits of milliseconds, 80 of chance."""
    number = int(now.timestamp() * 1000) << 80 | secrets.randbits(80)
    return "msg_" + "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
