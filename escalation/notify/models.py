"""By which ways a person is reached, in what order, and when they want quiet."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.kit.sealed import Locked, SealedAddress
from escalation.people.models import User, admin_made
from escalation.trail.writing import COMMAND_LINE, record_configuration

from . import codes, ways
from .breaking import Trouble
from .masking import masked
from .plan import URGENCIES

MOST_MINUTES = 24 * 60
MOST_ADDRESS = 1500  # characters; a browser's is the longest
TELEPHONES = ("voice", "sms")  # channels whose addresses are numbers; by the first a person is spoken to
LEAST_OPEN = timedelta(hours=1)  # of each day: what is quiet must come through some time


_FREE: dict[str, Any] = {"refused_at": None, "refused_why": ""}


class ContactMethodQuerySet(models.QuerySet["ContactMethod"]):
    def kept(self) -> "ContactMethodQuerySet":
        """Those that have not been removed."""
        return self.filter(removed_at__isnull=True)

    def unproved(self, since: datetime) -> "ContactMethodQuerySet":
        """Those that could be tested, and that nothing has proved after that instant; see ``fitness.due``."""
        old = Q(proved_at__isnull=True) | Q(proved_at__lte=since)
        unasked = Q(asked_at__isnull=True) | Q(asked_at__lte=since)
        return self.kept().filter(old, unasked, verified_at__lte=since, gone_at__isnull=True)

    def numbers(self, people: Iterable[User]) -> dict[int, str]:
        """Each person's verified telephone number, of those who have one."""
        ways = self.kept().filter(person__in=people, channel__in=TELEPHONES, verified_at__isnull=False, gone_at=None)
        found: dict[int, str] = {}
        for way in sorted(ways, key=lambda way: (TELEPHONES.index(way.channel), way.pk)):
            if not isinstance(way.address, Locked):
                found.setdefault(way.person_id, way.address)
        return found

    def went(self, pk: int, *, at: datetime, reason: str = "", proves: bool = True) -> None:
        """A message that the person asked for left by this way, or did not for ``reason``.

        ``proves``: they look whether it comes. Of a code that is known only when it is typed.
        """
        if reason:
            refused = {"refused_at": at, "refused_why": reason}
            self.filter(pk=pk).update(last_failed_at=at, last_failure=reason, **refused)
            return
        proof = {"proved_at": at} if proves else {}
        self.filter(pk=pk).update(last_ok_at=at, **_FREE, **proof)

    def proved(self, pk: int, *, at: datetime, sent: datetime) -> None:
        """The person answered from a message that was queued at ``sent``; not if its address is another by now."""
        self.filter(pk=pk, verified_at__lte=sent).update(proved_at=at, **_FREE)

    def left(self, pk: int) -> None:
        """A message left by this way, so nothing keeps them from it any more."""
        self.filter(pk=pk).update(**_FREE)

    def refused(self, pk: int, *, at: datetime, reason: str) -> None:
        """A message by this way was refused for good. When that began stays on it."""
        self.filter(pk=pk, refused_at__isnull=True).update(refused_at=at, refused_why=reason)

    def addressed_anew(self, person: User, *, at: datetime) -> None:
        """The account has another e-mail, of which nothing is known yet."""
        unknown = {"asked_at": None, "last_ok_at": None, "last_failed_at": None, "proved_at": None, "gone_at": None}
        self.filter(person=person, channel="email", address="").update(verified_at=at, **unknown, **_FREE)

    def gone(self, pk: int, *, at: datetime, reason: str) -> None:
        """It leads nowhere any more: nothing is sent by it again."""
        change = {"gone_at": at, "verified_at": None, "code_proof": "", "last_failed_at": at, "last_failure": reason}
        self.filter(pk=pk).update(**change)


class ContactMethod(models.Model):
    """One way to reach a person: a sender and their address there. Used once it is verified; removed, never deleted.

    The account's own e-mail is one too. Its address is empty and stands for the account's, whatever that is now.
    """

    person = models.ForeignKey(User, models.PROTECT, related_name="contact_methods", verbose_name=_("person"))
    channel = models.CharField(_("by"), max_length=12)  # a sender's name
    address = SealedAddress(_("address"), max_length=MOST_ADDRESS, blank=True, default="")
    label = models.CharField(_("what you call it"), max_length=40, blank=True, default="")
    added_at = models.DateTimeField(_("added"))
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)
    gone_at = models.DateTimeField(_("gone"), null=True, blank=True)  # the other side said so: for good

    # How the last message went that the person asked for themselves: a code, or a test.
    asked_at = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(_("last reached"), null=True)
    last_failed_at = models.DateTimeField(_("last failed"), null=True)
    last_failure = models.CharField(max_length=200, blank=True, default="")

    # What all messages by it have shown, those of calls too; see ``fitness``.
    proved_at = models.DateTimeField(_("last proved"), null=True)
    refused_at = models.DateTimeField(_("refused since"), null=True)  # nothing has left by it since
    refused_why = models.CharField(max_length=200, blank=True, default="")

    # The code that waits for being typed: see ``codes``.
    code_proof = models.CharField(max_length=32, blank=True, default="")
    code_at = models.DateTimeField(null=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    codes_sent = models.PositiveSmallIntegerField(default=0)  # since they were last counted anew

    objects = ContactMethodQuerySet.as_manager()

    class Meta:
        verbose_name = _("way to reach somebody")
        verbose_name_plural = _("ways to reach people")
        ordering = ["person", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "channel", "address"],
                condition=Q(removed_at__isnull=True),
                name="contact_method_once",
                violation_error_message=_("You have this already."),
            )
        ]

    def __str__(self):
        return f"{self.sender_name} {self.shown}".strip()

    @property
    def is_account(self) -> bool:
        """The account's own e-mail."""
        return self.channel == "email" and not self.address

    @property
    def is_telephone(self) -> bool:
        return self.channel in TELEPHONES

    @property
    def is_kept(self) -> bool:
        return self.removed_at is None

    @property
    def sender_name(self) -> str:
        return ways.label_of(self.channel)

    @property
    def shown(self) -> str:
        """The address as others may see it; nothing for the account's own."""
        return masked(self.address)

    @property
    def for_owner(self) -> str:
        """As its owner sees it on a screen that others may see too: a web address may be a secret."""
        if self.is_account:
            return self.person.email
        return self.shown if "://" in self.address else self.address

    @property
    def why_not(self) -> str:
        """Why this way cannot be used now; empty if it can."""
        if not self.is_kept:
            return str(_("It was removed."))
        if self.gone_at is not None:
            return str(_("It takes no messages any more, for good: remove it, and add it anew if you still use it."))
        if isinstance(self.address, Locked):
            return str(_("Its address cannot be read, because the key that opens it is missing here. Tell an admin."))
        return ways.why_not(self.channel)

    # What the person's page says about the last message they asked for.

    @property
    def last_state(self) -> str:
        """``""`` (none was asked for), ``waiting``, ``ok`` or ``failed``."""
        if self.asked_at is None:
            return ""
        if self.last_ok_at is not None and self.last_ok_at >= self.asked_at:
            return "ok"
        return "failed" if self.last_failed_at is not None and self.last_failed_at >= self.asked_at else "waiting"

    @property
    def code_state(self) -> str:
        """``""`` (none was sent), ``waiting``, or ``void``: it was tried too often."""
        if not self.code_proof:
            return ""
        return "waiting" if self.code_tries < codes.TRIES else "void"


class NotificationRule(models.Model):
    """By one way, so many minutes after a call. Rules of one person and urgency make their chain."""

    person = models.ForeignKey(User, models.PROTECT, related_name="notification_rules", db_index=False)
    urgency = models.CharField(_("for"), max_length=5, choices=[(name, name) for name in URGENCIES])
    position = models.PositiveSmallIntegerField(default=0)  # among those with the same delay
    method = models.ForeignKey(ContactMethod, models.PROTECT, related_name="rules", verbose_name=_("by"))
    delay_minutes = models.PositiveSmallIntegerField(
        _("minutes later"), default=0, validators=[MaxValueValidator(MOST_MINUTES)]
    )

    class Meta:
        verbose_name = _("notification rule")
        verbose_name_plural = _("notification rules")
        ordering = ["person", "urgency", "delay_minutes", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "urgency", "method", "delay_minutes"],
                name="notification_rule_once",
                violation_error_message=_("You have this rule already."),
            )
        ]

    def __str__(self):
        return f"{self.method} +{self.delay_minutes} min ({self.urgency})"


class QuietHours(models.Model):
    """When what is quiet has to wait, on the person's own clock. May pass midnight."""

    person = models.OneToOneField(User, models.PROTECT, primary_key=True, related_name="quiet_hours")
    begins = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")
        constraints = [models.CheckConstraint(condition=~Q(begins=F("ends")), name="quiet_hours_end")]

    def __str__(self):
        return f"{self.begins:%H:%M}–{self.ends:%H:%M}"

    def clean(self):
        """In whole minutes, so that what leaves no time to tell anything is seen to leave none."""
        if self.begins is None or self.ends is None:
            return
        self.begins, self.ends = (one.replace(second=0, microsecond=0) for one in (self.begins, self.ends))
        if self.begins == self.ends:
            raise ValidationError({"ends": _("Quiet hours have to end: choose another time.")})
        begins, ends = (datetime.combine(date.min, one) for one in (self.begins, self.ends))
        if (begins - ends) % timedelta(days=1) < LEAST_OPEN:
            raise ValidationError({"ends": _("Leave at least an hour of the day, or nothing could reach you.")})


class ChatAccount(models.Model):
    """Whoever presses a button as this account of a chat answers as this person. Ended, never deleted.

    ``nonce`` is the invitation's by which it was linked: it works once.
    """

    person = models.ForeignKey(User, models.PROTECT, related_name="chat_accounts")
    channel = models.CharField(max_length=12)  # a sender's name
    workspace = models.CharField(max_length=64, blank=True, default="")  # Slack's team, for one
    account = models.CharField(max_length=64)  # its id there
    name = models.CharField(max_length=80, blank=True, default="")  # as the chat called it then
    nonce = models.CharField(max_length=32, unique=True)
    linked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["person", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "workspace", "account"], condition=Q(ended_at__isnull=True), name="chat_account_once"
            )
        ]

    def __str__(self):
        return f"{ways.label_of(self.channel)} {self.name or self.account}"


class BreakerQuerySet(models.QuerySet["Breaker"]):
    def away(self, now: datetime) -> list["Breaker"]:
        """Those that are left alone, and of which people must know."""
        return [row for row in self.order_by("channel", "provider") if row.trouble.is_news(now)]


class Breaker(models.Model):
    """A service that carries messages and did not answer the last time; see ``breaking``. One that is well has none."""

    channel = models.CharField(max_length=12)
    provider = models.CharField(max_length=100, blank=True)
    since = models.DateTimeField()
    failed_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    probes = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True, default="")

    objects = BreakerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "provider"], name="breaker_by_service")]

    def __str__(self):
        return f"{self.channel} {self.provider}".rstrip()

    @property
    def name(self) -> str:
        """As people call it: its channel, and the host."""
        return f"{ways.label_of(self.channel)} ({self.provider})" if self.provider else ways.label_of(self.channel)

    def untried_since(self, now: datetime) -> datetime | None:
        """When it was tried last, if nothing was to be sent by it since: it may be well again."""
        return self.failed_at if self.trouble.untried(now) else None

    @property
    def trouble(self) -> Trouble:
        return Trouble(self.since, self.failed_at, self.failures, self.opened_at, self.next_at, self.probes)

    @trouble.setter
    def trouble(self, new: Trouble) -> None:
        for name, value in vars(new).items():
            setattr(self, name, value)


@receiver(post_save, sender=User, dispatch_uid="account_email")
def account_email(sender: Any, instance: User, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Who gets an account is reached by its e-mail, at once, until they say otherwise."""
    if created and not raw:
        method = ContactMethod.objects.create(
            person=instance, channel="email", added_at=instance.joined_at, verified_at=instance.joined_at
        )
        NotificationRule.objects.bulk_create(
            NotificationRule(person=instance, urgency=urgency, method=method) for urgency in URGENCIES
        )


@receiver(pre_save, sender=User, dispatch_uid="account_email_changed")
def account_email_changed(sender: Any, instance: User, raw: bool = False, **kwargs: Any) -> None:
    """What was proved of the old address says nothing of the new one, which may be mistyped."""
    names = kwargs.get("update_fields")
    if raw or instance.pk is None or (names is not None and "email" not in names):
        return
    if User.objects.filter(pk=instance.pk).exclude(email=instance.email).exists():
        ContactMethod.objects.addressed_anew(instance, at=clock.now())


@receiver(admin_made, dispatch_uid="admin_on_record")
def admin_on_record(sender: Any, user: User, **kwargs: Any) -> None:
    """Nobody is signed in where a command makes an admin; that there is one is on record all the same."""
    data = {"what": "user", "id": user.pk, "name": user.name, "before": {}}
    data["after"] = {"email": user.email, "name": user.name, "is_staff": True}
    record_configuration(COMMAND_LINE, "config_added", data, now=clock.now())
