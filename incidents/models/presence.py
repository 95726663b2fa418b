"""Who has an incident open: rows that live for less than a minute. No part of the record; nothing follows from them.

A person is there once, however many pages of it they have open. Whoever switched it off, and any auditor, is not.
"""

from datetime import datetime, timedelta

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from escalation.people.models import User

LIVES = timedelta(seconds=45)  # without another sign of life
AGAIN = timedelta(seconds=30)  # a sign of life is written at most so often
KEPT = timedelta(hours=1)


class PresenceQuerySet(models.QuerySet["Presence"]):
    def shown(self, now: datetime) -> "PresenceQuerySet":
        """Those who are there at this instant and let others see it."""
        return self.filter(at__gt=now - LIVES, person__is_active=True, person__presence_on=True)

    def looks(
        self, incident: int, person: User, *, kept: "Presence | None" = None, writing: bool | None, now: datetime
    ) -> None:
        """A sign of life; ``kept`` is the row there was. ``writing`` None leaves what was known.

        Written at most once for each person and incident in 30 s, and once more when they begin to write.
        """
        if not person.presence_on or (person.is_auditor and not person.is_staff):
            return
        fresh = kept is not None and timedelta(0) <= now - kept.at < AGAIN
        if kept is not None and fresh and (kept.writing or not writing):
            return
        said = bool(kept and fresh and kept.writing) if writing is None else writing
        row = Presence(incident_id=incident, person=person, at=now, writing=said)
        _there(row)
        if writing is not None:  # not while a page is made
            self.filter(at__lt=now - KEPT).delete()


def _there(row: "Presence") -> None:
    """One statement, and no transaction around it: a page waits for this."""
    at = connection.ops.adapt_datetimefield_value(row.at)
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [row.incident_id, row.person_id, at, row.writing])


_UPSERT = (
    "INSERT INTO incidents_presence (incident_id, person_id, at, writing) VALUES (%s, %s, %s, %s)"
    " ON CONFLICT (incident_id, person_id) DO UPDATE SET at = excluded.at, writing = excluded.writing"
)


class Presence(models.Model):
    incident = models.ForeignKey("incidents.Incident", models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField(db_index=True)
    writing = models.BooleanField(default=False)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        constraints = [models.UniqueConstraint(fields=["incident", "person"], name="present_once")]

    def __str__(self):
        return f"{self.person} on incident {self.incident_id}"

    @property
    def shown(self) -> bool:
        return self.person.is_active and self.person.presence_on
