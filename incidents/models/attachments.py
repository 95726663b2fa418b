"""Files beside an incident: screenshots, logs, what a supplier sent.

They are kept in the database, so that a file is there if its entry is, on every host, and in every copy of the
database: few and small ones, with quotas. What a file claims to be is not believed: pictures are known by their first
bytes, and only those are ever shown; all else is handed out to be saved (``desk/files``). The record keeps a file's
digest; when it is taken away its content goes, and the record says so.
"""

import hashlib
import os.path
import unicodedata
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.models import User

from .verb import Verb
from .working import _some

if TYPE_CHECKING:
    from .incident import Incident

MOST = 50  # of one incident
NAME, ENDING = 120, 20  # characters
MEBI = 1024 * 1024
# What a browser may show: only what it draws and never runs.
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def standing(self):
        return self.filter(taken_away_at__isnull=True)


class Attachment(models.Model):
    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="files", db_index=False)
    name = models.CharField(max_length=NAME)
    size = models.PositiveIntegerField()  # bytes
    picture = models.CharField(max_length=16, blank=True, default="")  # its type, if it is one that may be shown
    digest = models.CharField(max_length=64)  # SHA-256
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    taken_away_at = models.DateTimeField(null=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = "attachment"
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "digest"], condition=Q(taken_away_at__isnull=True), name="attached_once"
            )
        ]

    def __str__(self):
        return self.name


class AttachmentContent(models.Model):
    """Apart, so that a list of files never reads what is in them."""

    attachment = models.OneToOneField(Attachment, models.CASCADE, primary_key=True, related_name="content")
    body = models.BinaryField()

    def __str__(self):
        return str(self.attachment_id)


class Attaching(Verb):
    @transaction.atomic
    def attach(self, *, by: User, name: str, body: bytes) -> Attachment:
        """Keep a file. Refused beyond a quota, if it is empty, or here already."""
        incident = cast("Incident", self)
        work = self._begin(by=by, needs_open=False)
        digest = hashlib.sha256(body).hexdigest()
        same = Attachment.objects.standing().filter(incident=incident, digest=digest).first()
        if same is not None:
            raise Refused(_("It is here already, as “%(name)s”.") % {"name": same.name}, code="invalid")
        _needs_room(incident, body)
        row = Attachment.objects.create(
            incident=incident,
            name=plain_name(name),
            size=len(body),
            picture=picture_type(body),
            digest=digest,
            by=by,
            at=work.now,
        )
        AttachmentContent.objects.create(attachment=row, body=body)
        data = {"file": {"id": row.pk, "size": row.size, "sha256": digest, "picture": bool(row.picture)}}
        work.entry(incident.trail_id, "attached", data, text=row.name)
        work.write()
        return row

    @transaction.atomic
    def take_file_away(self, *, by: User, file: int, text: str) -> None:
        """Its content goes for good; that it was here stays on record. One's own, or a supervisor anybody's."""
        incident = cast("Incident", self)
        work = self._begin(by=by, needs_open=False)
        row = Attachment.objects.standing().filter(incident=incident, pk=file).first()
        if row is None:
            raise Refused(_("This file is not here any more."), code="stale")
        if row.by_id != by.pk and not incident.may_reassign(by):
            raise Refused(_("Only who attached it, or a supervisor, can take it away."), code="not-allowed")
        text = _some(text)
        row.taken_away_at = work.now
        row.save(update_fields=["taken_away_at"])
        AttachmentContent.objects.filter(attachment=row).delete()
        work.entry(incident.trail_id, "detached", {"file": {"id": row.pk, "sha256": row.digest}}, text=text)
        work.write()


def _needs_room(incident: "Incident", body: bytes) -> None:
    standing = Attachment.objects.standing()
    mine = standing.filter(incident=incident)
    if not body:
        raise Refused(_("The file is empty."), code="invalid")
    if len(body) > settings.FILE_MB * MEBI:
        raise Refused(_("A file can have %(most)d MB at the most.") % {"most": settings.FILE_MB}, code="invalid")
    if mine.count() >= MOST:
        raise Refused(_("An incident can have %(most)d files at the most.") % {"most": MOST}, code="invalid")
    if (mine.aggregate(sum=Sum("size"))["sum"] or 0) + len(body) > settings.FILES_MB * MEBI:
        most = {"most": settings.FILES_MB}
        raise Refused(_("The files of an incident can have %(most)d MB together. Take one away first.") % most)
    _one_after_the_other()
    everything = standing.aggregate(sum=Sum("size"))["sum"] or 0
    if everything + len(body) > settings.ALL_FILES_MB * MEBI:
        raise Refused(_("There is no room for more files in this installation. Ask an admin."))


def _one_after_the_other() -> None:
    """Two who attach at once, even to different incidents, count each other's files: until the end of the transaction.

    Whoever waits here holds their incident's head, and nobody takes one behind this, so none waits for the other. On
    SQLite a verb's transaction is the only one that writes.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('baton files', 0))")


def plain_name(name: str) -> str:
    """The last part of whatever path it came with, in one line, and what is said by its end stays its end: nothing
    turns the direction of writing, and what is too long is cut before the ending."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(char for char in last if unicodedata.category(char) != "Cf")
    whole = one_line(shown, limit=4 * NAME).strip(". ")
    stem, ending = os.path.splitext(whole)
    if len(ending) > ENDING:
        stem, ending = whole, ""
    return one_line(stem, limit=NAME - len(ending)) + ending or _("file")


def picture_type(body: bytes) -> str:
    """The type of a picture that may be shown, by its first bytes; else empty."""
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for begin, kind in _PICTURES.items() if body.startswith(begin)), "")
