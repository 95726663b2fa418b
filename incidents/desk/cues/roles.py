"""What roles ask of somebody: one's own, one that one is asked to take, and those that nobody has."""

from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from escalation.people.models import User
from incidents.models import IncidentRole, Promise
from incidents.models.access import visible
from incidents.models.role_plans import Role

from ..cards import clock_time
from ..roles import MEANS
from .cue import Act, Cue, When
from .rota import supervised

MOST = 50


def rows_of(user: User, now: datetime) -> QuerySet[IncidentRole]:
    """Open roles are a cue of the supervisors of the team that owns the incident, and of whoever has the baton; what
    nobody answers is one of those supervisors, and of whoever asked."""
    rows = IncidentRole.objects.living()
    if user.is_auditor and not user.is_staff:
        return rows.none()
    holds = Q(incident__trail__runs__holder=user, incident__trail__runs__ended_at=None)
    leads = Q(incident__owner__in=supervised(user))
    vacant = IncidentRole.objects.vacant().filter(leads | holds).values("pk")
    unanswered = IncidentRole.objects.unanswered(now).filter(leads | Q(offered_by=user)).values("pk")
    mine = Q(person=user) | Q(offered_to=user) | Q(pk__in=vacant) | Q(pk__in=unanswered)
    return rows.filter(mine, visible(user, "incident__"))


def cues_of(user: User, now: datetime) -> list[Cue]:
    """One query."""
    update = Promise.objects.filter(incident=OuterRef("incident"), kind=Promise.Kind.UPDATE)
    running = update.filter(state=Promise.State.RUNNING).order_by()
    rows = (
        rows_of(user, now)
        .select_related("incident", "person", "offered_to", "offered_by", "schedule", "tier")
        .annotate(update_by=Subquery(running.values("due_at")[:1]))
    )
    return [_cue(row, user, now) for row in rows.order_by("pk")[:MOST]]


def _cue(row: IncidentRole, user: User, now: datetime) -> Cue:
    if row.offered_to_id == user.pk:
        return _offered(row, now)
    if row.person_id == user.pk:
        return _mine(row, now)
    return _vacant(row, now) if row.is_vacant else _unanswered(row, now)


def _of(row: IncidentRole, now: datetime, kind: str, title: str, why: str, then: str, when: When, *acts: Act) -> Cue:
    incident = row.incident
    return Cue(
        kind=kind,
        id=f"cue-role-{row.pk}",
        title=title % {"role": row.get_role_display(), "ref": incident.ref},
        url=incident.get_absolute_url(),
        why=why,
        then=then,
        when=when,
        acts=acts,
        severity=incident.severity,
    )


def _act(row: IncidentRole, noun: str, label: str, **how: Any) -> Act:
    url = f"{reverse(noun, args=[row.incident.number, row.role])}?was={row.token}"
    return Act(label, url, id=f"{noun}-{row.pk}", **how)


def _when(row: IncidentRole, due: datetime | None = None, *, waits: bool = False) -> When:
    return When(due, waits, severity=row.incident.severity, since=row.incident.trail_id)


def _mine(row: IncidentRole, now: datetime) -> Cue:
    due: datetime | None = row.update_by if row.role == Role.COMMUNICATOR else None  # type: ignore[attr-defined]
    title = _("You are the %(role)s of %(ref)s")
    then = _("It is yours until somebody else takes it.")
    if due is not None:
        words = {"at": clock_time(due, now)}
        late = due <= now
        title += ": " + ((_("an update was due at %(at)s") if late else _("next update by %(at)s")) % words).replace(
            "%", "%%"
        )
    if row.offered_to is not None:
        then = f"{_asked(row, now)} {_('Until somebody takes it, it is yours.')}"
    why = f"“{row.incident.title}”. {MEANS[row.role]}"
    acts = (
        _act(row, "role-pass", _("Pass on"), dialog=True),
        _act(row, "role-leave", _("Leave"), dialog=True),
    )
    return _of(row, now, "role", title, why, then, _when(row, due), *acts)


def _offered(row: IncidentRole, now: datetime) -> Cue:
    words = {"title": row.incident.title, "by": row.offered_by.name if row.offered_by else ""}
    words["where"] = row.schedule.name if row.schedule else row.tier.name if row.tier else ""
    why = (
        _("“%(title)s”: you are on call on %(where)s now.")
        if row.offered_by is None
        else _("%(by)s asks you: “%(title)s”.")
    )
    keeps = _("Without an answer %(name)s keeps it.") % {"name": row.person.name if row.person else ""}
    then = keeps if row.person else _("Without an answer nobody has it.")
    acts = (
        _act(row, "role", _("Take"), post=True, primary=True),
        _act(row, "role-refusal", _("Decline"), dialog=True),
    )
    title = _("Be the %(role)s of %(ref)s")
    return _of(row, now, "role-offer", title, f"{why % words} {MEANS[row.role]}", then, _when(row, waits=True), *acts)


def _asked(row: IncidentRole, now: datetime) -> str:
    assert row.offered_to is not None
    words = {"name": row.offered_to.name, "at": clock_time(row.offered_at, now) if row.offered_at else ""}
    if row.waits_in_vain(now):
        return _("%(name)s was asked at %(at)s and has not answered.") % words
    return _("%(name)s is asked to take it.") % words


def _unanswered(row: IncidentRole, now: datetime) -> Cue:
    """Somebody has it, or it goes with the baton, and is to give it to somebody who does not answer."""
    keeps = _("Until somebody takes it, %(name)s has it.") % {"name": row.person.name if row.person else ""}
    acts = (
        _act(row, "role-pass", _("Ask somebody else"), dialog=True, primary=True),
        _act(row, "role", _("Take"), post=True),
    )
    why = f"“{row.incident.title}”. {_asked(row, now)}"
    then = keeps if row.person else _("Until somebody takes it, whoever has the baton has it.")
    title = _("Nobody has answered on %(ref)s: %(role)s")
    return _of(row, now, "role-unanswered", title, why, then, _when(row, waits=True), *acts)


def _vacant(row: IncidentRole, now: datetime) -> Cue:
    where = row.schedule.name if row.schedule else row.tier.name if row.tier else ""
    why = _("“%(title)s” is to have one, and nobody is it (%(where)s).") % {"title": row.incident.title, "where": where}
    then = _("It stays open until somebody takes it.")
    if row.offered_to is not None:
        then = _asked(row, now)
    acts = (
        _act(row, "role-pass", _("Ask somebody"), dialog=True, primary=True),
        _act(row, "role", _("Take"), post=True),
    )
    return _of(row, now, "role-open", _("%(ref)s has no %(role)s"), why, then, _when(row, waits=True), *acts)
