"""Where somebody mentioned a person by name, until they have looked or written something there."""

from datetime import datetime

from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from escalation.engine.models import Delivery
from escalation.people.models import User
from incidents.models import Visit
from incidents.models.access import visible

from .cue import Act, Cue, When
from .incidents import ended

MOST = 50


def rows_of(user: User) -> QuerySet[Visit]:
    return Visit.objects.mentioned(user).filter(visible(user, "incident__"))


def cues_of(user: User, now: datetime) -> list[Cue]:
    """One query."""
    cause = Concat(
        Value("mentioned:"),
        Cast(OuterRef("incident__trail"), CharField()),
        Value(":"),
        Cast(OuterRef("mention"), CharField()),
    )
    told = Delivery.objects.filter(cause=cause, person=user, channel="desk").values("message")[:1]
    rows = rows_of(user).select_related("incident").annotate(message=Subquery(told)).order_by("pk")
    return [_cue(row) for row in rows[:MOST]]


def _cue(row: Visit) -> Cue:
    incident = row.incident
    message: dict = row.message or {}  # type: ignore[attr-defined]
    said = ended(message.get("text", ""))
    words = {"by": message.get("by") or _("Somebody"), "ref": incident.ref, "title": incident.title, "said": said}
    url = incident.get_absolute_url()
    return Cue(
        kind="mentioned",
        id=f"cue-mention-{incident.number}",
        title=_("%(by)s mentioned you on %(ref)s") % words,
        url=url,
        why=_("“%(title)s”: %(said)s") % words,
        then=_("You need not answer."),
        when=When(severity=incident.severity, since=incident.trail_id),
        acts=(Act(_("Read"), url),),
        severity=incident.severity,
    )
