"""Tokens by which a program acts for a person, and the answers it was given, so that what it sends twice is done once.

A token is shown once, when it is made; only its hash is kept, and its first letters to tell it by. It can never do more
than its person: what it may is the lesser of its scopes and of what that person may at the desk.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit.errors import Refused
from escalation.kit.text import one_line

MOST = 20  # of one person, that still open something
BEGINS = "baton_"  # what finds a token that was left lying about
SHOWN = len(BEGINS) + 4  # letters that are kept
USED_EVERY = timedelta(hours=1)  # how exactly it is known when a token was used last
ANSWERS_KEPT = timedelta(days=1)
KEY_LENGTH = 255  # of what a program calls one request of its own


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


class Scope(models.TextChoices):
    """What a token is good for. Each can read."""

    READ = "read", _("read what I may see")
    WORK = "work", _("work on incidents, reviews and problems")
    PLAN = "plan", _("plan: shifts, maintenance, runbooks, training, drills and my own settings")


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def living(self, now: datetime) -> "ApiTokenQuerySet":
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), revoked_at__isnull=True)

    def opened_by(self, key: str, now: datetime) -> "ApiToken | None":
        """The token of this key, unless it or its person's account has ended."""
        found = self.living(now).filter(key_hash=hashed(key), person__is_active=True)
        return found.select_related("person").first()


class ApiToken(models.Model):
    """A key of one person's for one program. Revoked, never deleted."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_tokens", verbose_name=_("person")
    )
    name = models.CharField(_("name"), max_length=80)
    begins = models.CharField(_("begins with"), max_length=SHOWN)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.CharField(_("may"), max_length=40)  # words of ``Scope`` with spaces between them
    made_at = models.DateTimeField(_("made"))
    ends_at = models.DateTimeField(_("ends"), null=True)
    used_at = models.DateTimeField(_("last used"), null=True)  # to ``USED_EVERY``
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-made_at", "-id"]

    def __str__(self):
        return f"{self.name} ({self.begins}…)"

    @classmethod
    def make(
        cls, person: Any, *, name: str, scopes: Iterable[str], now: datetime, ends_at: datetime | None = None
    ) -> tuple["ApiToken", str]:
        """A token and its key, which cannot be read again. The caller puts it on record."""
        if cls.objects.living(now).filter(person=person).count() >= MOST:
            said = _t("You have %(most)d tokens. Revoke one you no longer use first.")
            raise Refused(said % {"most": MOST})
        if ends_at is not None and ends_at <= now:
            raise Refused(_t("The end has passed. Choose a later one."), code="invalid")
        key = BEGINS + secrets.token_urlsafe(32)
        token = cls.objects.create(
            person=person,
            name=one_line(name, limit=80),
            begins=key[:SHOWN],
            key_hash=hashed(key),
            scopes=" ".join(scope.value for scope in Scope if scope in {Scope.READ, *map(Scope, scopes)}),
            made_at=now,
            ends_at=ends_at,
        )
        return token, key

    def revoke(self, now: datetime) -> bool:
        """It opens nothing from now on. Whether it did until now; the caller puts that on record."""
        return bool(ApiToken.objects.filter(pk=self.pk, revoked_at__isnull=True).update(revoked_at=now))

    def was_used(self, now: datetime) -> None:
        if self.used_at is None or now - self.used_at >= USED_EVERY:
            ApiToken.objects.filter(pk=self.pk).update(used_at=now)

    def may(self, scope: str) -> bool:
        return scope in self.scopes.split()

    @property
    def scope_names(self) -> list[str]:
        return [str(Scope(scope).label) for scope in self.scopes.split()]

    def is_over(self, now: datetime) -> bool:
        return self.revoked_at is not None or (self.ends_at is not None and self.ends_at <= now)

    def clean(self):
        if unknown := set(self.scopes.split()) - set(Scope.values):
            raise ValidationError(_t("There is no scope %(name)s.") % {"name": sorted(unknown)[0]})


class ApiAnswer(models.Model):
    """What a program was told about one request that it had named: for a day, no part of the record."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="answers", db_index=False)
    key = models.CharField(max_length=KEY_LENGTH)  # as the program calls the request
    asked = models.CharField(max_length=64)  # the digest of method, address and body
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="")
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("answer to a program")
        verbose_name_plural = _("answers to programs")
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="answered_once")]

    def __str__(self):
        return f"{self.token_id}: {self.status}"
