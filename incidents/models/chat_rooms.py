"""Channels of chats that read of incidents: which there are, what each may read, and the message each has of one.

A room is a webhook that speaks a chat's language: it waits in the same outbox, is asked as seldom when it fails, and is
turned off as loudly. What differs is what is told. A program is told every event; a channel has one message of each
incident, which says how it is now. So what waits for one is no event but a wish to be told anew: several are one.

Whoever joins a channel later reads all of it, and nobody here learns that they did. So a restricted incident is told to
none, whatever an admin ticks: there is nothing to tick.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from escalation.kit import sealing
from escalation.kit.rowsof import RowsOf
from escalation.kit.sealed import SealedText, seal, unseal
from escalation.notify import rooms
from escalation.people.models import User

from .access import Access
from .catalogue import Service
from .webhooks import KEPT, READING, Webhook, WebhookQuerySet

TOLD, LEFT = "room_told", "room_left"  # kinds of entries
MARK = "room:"  # what the key of a room's button begins with, and no key of a person's message


class ChatRoomQuerySet(WebhookQuerySet):
    def for_incident(self, incident):
        """Those that somebody may choose for it: of one of its teams, or of no team in particular."""
        teams = Access.objects.filter(incident=incident, team__isnull=False).values("team")
        theirs = self.filter(models.Q(teams=None) | models.Q(teams__in=teams))
        return self.on().filter(pk__in=theirs.values("pk"))


class ChatRoom(Webhook):
    """One channel. ``hook`` is its row in the outbox: name, owner, teams, from which severity, how it goes.

    ``by_itself``: it reads of all that is severe enough; else only of what somebody told it of. ``refusals`` in a row.
    """

    class Kind(models.TextChoices):
        SLACK = "slack", _("Slack")
        MATTERMOST = "mattermost", _("Mattermost")
        TEAMS = "teams", _("Microsoft Teams")

    hook = models.OneToOneField(Webhook, models.PROTECT, parent_link=True, primary_key=True, related_name="chat")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    address = SealedText(editable=False)
    by_itself = models.BooleanField(
        _("by itself"),
        default=True,
        help_text=_("Of every incident that fits below. Without it, only of those that somebody tells it of."),
    )
    services = models.ManyToManyField(
        Service,
        blank=True,
        related_name="+",
        verbose_name=_("services"),
        help_text=_("By itself, only of incidents of these services. None: of every service's."),
    )
    refusals = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = ChatRoomQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("chat channel")
        verbose_name_plural = _("chat channels")

    def clean(self) -> None:
        """There is no web address: the form sees to the one that is sealed."""

    @property
    def talk(self) -> rooms.Room:
        return rooms.by_kind()[self.kind]

    @property
    def place(self) -> str:
        """Where it leads; raises ``sealing.Unreadable``."""
        return unseal(self, "address").decode()

    def leads_to(self, address: str) -> str:
        """Keep it sealed, to be saved; returns its one form. Raises ``ValidationError``."""
        if not settings.DEMO and (why := self.talk.ready()):
            raise ValidationError(why)
        found = self.talk.clean(address)
        seal(self, "address", found.encode())
        return found

    def begin_anew(self) -> None:
        """It is somewhere else now: what it reads next is not a change of what was said where it was."""
        self.posts.update(theirs="", said_at=None)

    def tell_anew(self, incident: models.Model, now: datetime) -> None:
        """It reads how the incident is, though nothing has changed. What waits already says that too."""
        last = self.messages.filter(trail=incident.trail_id).order_by("-id").values("pk")[:1]  # type: ignore[attr-defined]
        self.messages.filter(pk=Subquery(last)).send_again(now)

    def turn_on(self) -> None:
        super().turn_on()
        self.refusals = 0


class ChatPost(models.Model):
    """What one room has of one incident. ``theirs``: what the other side calls the message, if it can be changed.

    ``said_at``: when it was last told. ``by``: who told the room of it; nobody, where it reads by itself.
    ``ended_at``: somebody took it away, and it comes back only by somebody.
    """

    room = models.ForeignKey(ChatRoom, models.PROTECT, related_name="posts", db_index=False)
    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="posts")
    key = models.CharField(max_length=40, unique=True)
    theirs = models.CharField(max_length=80, blank=True, default="")
    said_at = models.DateTimeField(null=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "incident"], name="one_message_of_an_incident")]

    def __str__(self):
        return f"{self.room_id}: {self.incident_id}"


def chat_of(hook: Webhook) -> ChatRoom | None:
    """The channel whose row this is, if it is one's."""
    found: ChatRoom | None = getattr(hook, "chat", None)
    return found


def new_key() -> str:
    return MARK + secrets.token_hex(16)


def along() -> dict:
    """For the query that finds an incident: which channels read of it (a list of dicts), and whether one more may."""
    read = ChatPost.objects.filter(incident=OuterRef("pk"), ended_at=None)
    mine = OuterRef(OuterRef("pk"))
    teams = Access.objects.filter(incident=mine, team__isnull=False).values("team")
    told = ChatPost.objects.filter(incident=mine, ended_at=None).values("room")
    others = ChatRoom.objects.on().filter(models.Q(teams=None) | models.Q(teams__in=teams)).exclude(pk__in=told)
    read_in = RowsOf(read, pk="room", name="room__name", kind="room__kind", off="room__off_at")
    return {"read_in": read_in, "may_be_read": Exists(others)}


# --- who reads -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """What one room reads of by itself, and whether what it has read can be changed."""

    pk: int
    by_itself: bool
    teams: frozenset[int]
    services: frozenset[int]
    from_severity: int
    changes: bool

    def wants(self, *, severity: int, service: int | None, teams: Collection[int]) -> bool:
        if not self.by_itself or severity > self.from_severity:
            return False
        if self.services and service not in self.services:
            return False
        return not self.teams or not self.teams.isdisjoint(teams)


def readers() -> list[Reader]:
    """Every room that is on; asked for every change, so known for ``KEPT`` seconds in each process."""
    found: list[Reader] | None = cache.get(READING)
    if found is None:
        rows = ChatRoom.objects.on().prefetch_related("teams", "services").order_by("pk")
        found = [_reader(room) for room in rows]
        cache.set(READING, found, KEPT)
    return found


def _reader(room: ChatRoom) -> Reader:
    teams, services = frozenset(one.pk for one in room.teams.all()), frozenset(one.pk for one in room.services.all())
    return Reader(room.pk, room.by_itself, teams, services, room.from_severity, changes(room))


def changes(room: ChatRoom) -> bool:
    """Whether what was said there can be changed; an address that cannot be read is found out about by the sender."""
    try:
        return room.talk.changes(room.place)
    except sealing.Unreadable:
        return False
