"""An incident's record as a bundle for a stranger: what of it may be handed out, and to whom.

A sealed entry cannot be shown in part. So whoever may see all may take any record along, and a supervisor theirs, as
long as it names no other incident and no problem that is hidden from them.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.evidence import bundle
from escalation.trail.models import Entry
from escalation.trail.writing import Actor, record_configuration

from .access import sees_all
from .attachments import Attachment
from .problems import Problem

if TYPE_CHECKING:
    from .incident import Incident

EXPORTED = "record_exported"  # an entry on the installation's trail: the incident's own stays as it is
_NAMED = re.compile(r"\b(INC|PRB)-(\d{1,15})\b")  # also within a sentence: a drill's end says "SEV1 INC-7"


def exported(incident: "Incident", *, by: User, now: datetime) -> bytes:
    """The bundle, a ZIP. Refused for whom it would show what is hidden from them; that it was taken is on record."""
    if not sees_all(by) and not incident.may_reassign(by):
        raise Refused(_("A supervisor, an admin or an auditor can export the record."), code="not-allowed")
    if not sees_all(by) and _names_hidden(incident, by):
        text = _("This record names what you may not see, and cannot be shown in part. Ask an admin or an auditor.")
        raise Refused(text, code="not-allowed")
    made = written(incident, by=by.name, now=now)
    record_configuration(Actor.person(by), EXPORTED, {"what": "", "name": incident.ref}, now=now)
    return made


def written(incident: "Incident", *, by: str, now: datetime) -> bytes:
    out = BytesIO()
    bundle.write(out, incident.trail, partial(_files, incident), by=by, now=now)
    return out.getvalue()


def _files(incident: "Incident") -> Iterator[bundle.File]:
    rows = Attachment.objects.standing().filter(incident=incident).order_by("pk").select_related("content")
    for row in rows.iterator(chunk_size=1):
        yield bundle.File(row.pk, row.name, bytes(row.content.body))


def _names_hidden(incident: "Incident", user: User) -> bool:
    numbers: dict[str, set[int]] = {"INC": set(), "PRB": set()}
    for data in Entry.objects.filter(trail=incident.trail_id).values_list("data", flat=True).iterator():
        for kind, number in _NAMED.findall(data):
            numbers[kind].add(int(number))
    every = type(incident).objects
    incidents = every.filter(number__in=numbers["INC"]).exclude(pk__in=every.visible_to(user).values("pk"))
    problems = Problem.objects.filter(pk__in=numbers["PRB"])
    return incidents.exists() or problems.exclude(pk__in=Problem.objects.visible_to(user).values("pk")).exists()
