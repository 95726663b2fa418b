"""What signing in has to remember."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from escalation.kit.sealed import SealedText
from escalation.people.models import Membership, User


class Guess(models.Model):
    """A try that was wrong, or is being judged (see ``guessing``): for an hour, no part of the record."""

    subject = models.CharField(max_length=64)  # the digest of an account, an address or a browser
    at = models.DateTimeField()
    told = models.BooleanField(default=False)  # with this one it came on record that there were too many

    class Meta:
        verbose_name = _("wrong try")
        verbose_name_plural = _("wrong tries")
        indexes = [
            models.Index(fields=["subject", "at"], name="guess_subject_at"),
            models.Index(fields=["at"], name="guess_at"),
        ]

    def __str__(self):
        return f"{self.subject[:8]} {self.at}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def unused(self, now: datetime) -> "InvitationQuerySet":
        return self.filter(taken_at__isnull=True, withdrawn_at__isnull=True, ends_at__gt=now)

    def open(self, now: datetime) -> "InvitationQuerySet":
        """Those of admins: whoever is none any more invites nobody. (No join, so that of two who take it one does.)"""
        return self.unused(now).filter(made_by__in=User.objects.filter(is_active=True, is_staff=True))


class Invitation(models.Model):
    """Somebody who may make an account with a link (see ``inviting``). Ended, never deleted."""

    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=120, blank=True, help_text=_("They can correct it."))
    team = models.ForeignKey(
        "people.Team", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    role = models.CharField(
        _("role"), max_length=12, choices=Membership.Role, default=Membership.Role.AGENT, help_text=_("In that team.")
    )
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(_("made"), editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="invitations_made",
        verbose_name=_("invited by"),
        editable=False,
    )
    ends_at = models.DateTimeField(_("ends"), editable=False)
    taken_at = models.DateTimeField(_("taken"), null=True, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("became"), editable=False
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-made_at", "-id"]

    def __str__(self):
        return self.email


class AppSecret(models.Model):
    """What an authenticator app makes its codes of. Here, and not in the row of allauth: in a column of its own, what
    is sealed is found by whoever replaces the key."""

    factor = models.OneToOneField(
        "mfa.Authenticator", models.CASCADE, primary_key=True, related_name="app_secret", verbose_name=_("factor")
    )
    secret = SealedText(of="factor__user_id")

    class Meta:
        verbose_name = _("secret of an app")
        verbose_name_plural = _("secrets of apps")

    def __str__(self):
        return str(self.factor_id)


class ProvidedIdentity(models.Model):
    """Who of the provider's people somebody is (see ``openid``). An address may be given to another there; this not."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="provided_identities", verbose_name=_("person")
    )
    issuer = models.CharField(_("issuer"), max_length=500)
    subject = models.CharField(_("subject"), max_length=255)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("identity at the provider")
        verbose_name_plural = _("identities at the provider")
        constraints = [
            models.UniqueConstraint(fields=["person", "issuer"], name="one_identity_of_a_person"),
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_of_an_identity"),
        ]

    def __str__(self):
        return f"{self.person} · {self.subject}"
