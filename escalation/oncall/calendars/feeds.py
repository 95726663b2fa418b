"""Feeds: who may read what at which address, and what is remembered of each event that was told."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.models import Membership, Team, User
from escalation.trail.writing import Actor, record_configuration

from .. import verbs
from ..models import Schedule

MOST = 20  # feeds of one person
_SEEN_EVERY = timedelta(minutes=1)


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def schedules_seen_by(person: User) -> "models.QuerySet[Schedule]":
    """Those whose page somebody may see."""
    return Schedule.objects.in_use().visible_to(person)


def schedules_of_pages(person: User) -> "list[tuple[Schedule, bool]]":
    """Those seen, each with whether they may change it, as ``verbs.may_change`` says of one. One query."""
    supervises = Membership.objects.filter(team=OuterRef("team"), user=person, role=Membership.Role.SUPERVISOR)
    found = schedules_seen_by(person).annotate(supervised=Exists(supervises))
    return [(one, person.is_staff or one.supervised) for one in found]


def teams_seen_by(person: User) -> "models.QuerySet[Team]":
    """Teams whose feed somebody may have: their own; all, for admins and auditors."""
    found = Team.objects.filter(archived_at__isnull=True, schedules__archived_at__isnull=True, schedules__isnull=False)
    if not (person.is_staff or person.is_auditor):
        found = found.filter(memberships__user=person)
    return found.distinct()


class FeedQuerySet(models.QuerySet["Feed"]):
    def live(self):
        return self.filter(revoked_at__isnull=True)

    def opened_by(self, key: str, kind: str) -> "Feed | None":
        """The feed of this address, unless it or its person's account has ended."""
        found = self.live().filter(key_hash=hashed(key), kind=kind, person__is_active=True)
        return found.select_related("person", "schedule", "team").first()


class Feed(models.Model):
    """One person's address for one calendar. Only the key's hash is kept; revoked, never deleted."""

    class Kind(models.TextChoices):
        USER = "user", _("my shifts")
        SCHEDULE = "schedule", _("a schedule")
        TEAM = "team", _("all schedules of a team")

    person = models.ForeignKey(User, models.PROTECT, related_name="feeds", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    schedule = models.ForeignKey(Schedule, models.PROTECT, null=True, related_name="feeds", verbose_name=_("schedule"))
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="feeds", verbose_name=_("team"))
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(_("made"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    read_at = models.DateTimeField(_("last read"), null=True)
    read_by = models.CharField(_("last read by"), max_length=80, blank=True, default="")
    # What the last answer was, so that an event that is gone moves Last-Modified too.
    told = models.CharField(max_length=40, blank=True, default="")
    told_at = models.DateTimeField(null=True)

    objects = FeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="user", schedule__isnull=True, team__isnull=True)
                | Q(kind="schedule", schedule__isnull=False, team__isnull=True)
                | Q(kind="team", schedule__isnull=True, team__isnull=False),
                name="feed_of_its_kind",
            )
        ]

    def __str__(self):
        return f"{self.person}: {self.about}"

    @property
    def about(self) -> str:
        if self.kind == self.Kind.USER:
            return _t("My shifts")
        return str(self.schedule or self.team)

    @classmethod
    def make(cls, *, by: User, schedule: Schedule | None = None, team: Team | None = None) -> tuple["Feed", str]:
        """A feed and its key, which cannot be read again."""
        with verbs.turn() as now:
            kind = cls.Kind.SCHEDULE if schedule else cls.Kind.TEAM if team else cls.Kind.USER
            feed = cls(person=by, kind=kind, schedule=schedule, team=team, made_at=now)
            if not by.is_active or not feed.may_be_read():
                raise Refused(_t("You do not see this schedule."), code="not-allowed")
            if cls.objects.live().filter(person=by).count() >= MOST:
                said = _t("You have %(most)d feeds. Revoke one you no longer use first.")
                raise Refused(said % {"most": MOST})
            key = secrets.token_urlsafe(32)
            feed.key_hash = hashed(key)
            feed.save()
            feed._enter(by, "feed_made", now)
            return feed, key

    def revoke(self, *, by: User) -> None:
        """The address leads nowhere from now on."""
        with verbs.turn() as now:
            fresh = Feed.objects.get(pk=self.pk)
            if fresh.person_id != by.pk:
                raise Refused(_t("Only whose feed it is can revoke it."), code="not-allowed")
            if fresh.revoked_at is not None:
                raise Refused(_t("This feed was revoked before."), code="stale")
            fresh.revoked_at = now
            fresh.save(update_fields=["revoked_at"])
            fresh._enter(by, "feed_revoked", now)

    def _enter(self, by: User, kind: str, now: datetime) -> None:
        about = {"schedule": self.schedule and self.schedule.name, "team": self.team and self.team.name}
        data = {"what": "feed", "id": self.pk, "kind": self.kind, "of": verbs.named(self.person), **about}
        record_configuration(Actor.person(by), kind, data, now=now)

    def may_be_read(self) -> bool:
        """Whether its person still sees what it shows."""
        if self.schedule_id:
            return schedules_seen_by(self.person).filter(pk=self.schedule_id).exists()
        if self.team_id:
            return teams_seen_by(self.person).filter(pk=self.team_id).exists()
        return True

    def schedules(self) -> "models.QuerySet[Schedule]":
        """What it is made of."""
        found = Schedule.objects.in_use()
        if self.schedule_id:
            return found.filter(pk=self.schedule_id)
        if self.team_id:
            return found.filter(team=self.team_id)
        mine = Q(layers__seats__person=self.person_id) | Q(overrides__person=self.person_id)
        return found.filter(mine).distinct()

    def was_read(self, by: str, now: datetime) -> None:
        """Note it, once a minute at most."""
        if self.read_at is None or now - self.read_at >= _SEEN_EVERY or now < self.read_at:
            Feed.objects.filter(pk=self.pk).update(read_at=now, read_by=one_line(by, limit=80))

    def last_told(self, etag: str, changed: datetime | None, now: datetime) -> datetime:
        """When the answer last became another: the first time when its newest event did, then when it is seen."""
        if self.told == etag and self.told_at is not None:
            return self.told_at
        at = changed if changed is not None and not self.told else now.replace(microsecond=0)
        Feed.objects.filter(pk=self.pk).update(told=etag, told_at=at)
        return at


class FeedEvent(models.Model):
    """What was last told of one event. It moves when the event does, and is not asked otherwise."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="feed_events", verbose_name=_("schedule"))
    uid = models.CharField(max_length=120, unique=True)
    digest = models.CharField(max_length=64)
    sequence = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name = _("event of a feed")
        verbose_name_plural = _("events of feeds")
        indexes = [models.Index(fields=["schedule", "ends_at"], name="feed_event_by_end")]

    def __str__(self):
        return f"{self.uid} ({self.sequence})"
