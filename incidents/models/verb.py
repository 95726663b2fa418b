"""What every verb begins with: the lock, a fresh look, and whether it may be done now."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine.models import EscalationRun
from escalation.engine.work import Work
from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import Membership, Team, Tier, User
from escalation.policies.freezing import policy_minutes
from escalation.policies.models import Installation, Policy
from escalation.trail.models import Entry
from escalation.trail.writing import Actor

from .access import Access
from .effort import KINDS, EffortClock, Told, clock_of, total

if TYPE_CHECKING:
    from .incident import Incident

# What somebody did meanwhile, for the person whose form came too late.
_DONE = {
    "acknowledged": gettext_lazy("acknowledged it"),
    "called": gettext_lazy("escalated it to %(to)s"),
    "also_called": gettext_lazy("called %(to)s as well"),
    "accepted": gettext_lazy("accepted the baton"),
    "declined": gettext_lazy("declined the baton"),
    "offered": gettext_lazy("offered the baton to %(to)s"),
    "offer_returned": gettext_lazy("took the baton back: the offer was not answered"),
    "taken_back": gettext_lazy("took the offer back"),
    "reassigned": gettext_lazy("reassigned it"),
    "held": gettext_lazy("put it on hold"),
    "woken": gettext_lazy("ended the hold"),
    "maintenance_began": gettext_lazy("stopped its clocks: maintenance began"),
    "maintenance_moved": gettext_lazy("moved the end of the maintenance"),
    "maintenance_ended": gettext_lazy("let its clocks go on: the maintenance ended"),
    "decided": gettext_lazy("decided"),
    "outside_acknowledged": gettext_lazy("said that somebody elsewhere has it"),
    "outside_unacknowledged": gettext_lazy("said that nobody elsewhere has it any more"),
    "resolved": gettext_lazy("resolved it"),
    "reopened": gettext_lazy("re-opened it"),
    "put_back": gettext_lazy("let it go on from an older copy of the database"),
    "exhausted": gettext_lazy("reached the end of the path"),
    "repaired": gettext_lazy("put its clocks right"),
}


@dataclass(frozen=True)
class Rights:
    """What one person may do with one incident they may see."""

    act: bool = False
    reassign: bool = False


def _anyway(user: User) -> Rights | None:
    """What somebody may whatever the incident; None if that depends."""
    if user.is_active and user.is_staff:
        return Rights(act=True, reassign=True)
    return None if user.is_active and not user.is_auditor else Rights()


def _by(incident: "Incident", named: bool, in_team: bool, supervises: bool) -> Rights:
    act = named or (in_team and not incident.restricted)
    return Rights(act=act, reassign=act and supervises)


class Verb:
    """Base of the verb mixins. ``self`` is an ``Incident``."""

    def _begin(
        self,
        *,
        by: User,
        seen: str | None = None,
        needs_open: bool = True,
        via: str = "",
        beside: "Incident | None" = None,
    ) -> Work:
        """Lock, look again, and refuse what is not allowed (any more), over, or made from a stale page.

        ``seen`` is the ``state_token`` the person's form was made from; ``via`` the channel by which
        they answer without signing in, for the record; ``beside`` another incident that changes too.
        """
        incident = cast("Incident", self)
        work = self._locked(Actor.person(by), beside)
        for one in filter(None, (incident, beside)):
            if not one.may_act(by):
                raise Refused(_("You may look at %(ref)s but not change it.") % {"ref": one.ref}, code="not-allowed")
        if seen is not None and seen != incident.state_token:
            raise Refused(meanwhile(incident), code="stale")
        if needs_open and incident.resolved_at:
            raise Refused(_("%(ref)s is resolved. Re-open it first.") % {"ref": incident.ref})
        work.via = via
        return work

    def stand_still(self, *, by: User, beside: "Incident | None" = None) -> None:
        """Take the lock (and another's) for the rest of the transaction, and read again: what is true now stays so."""
        self._locked(Actor.person(by), beside)

    def _locked(self, actor: Actor, beside: "Incident | None" = None) -> Work:
        """The incident's lock (and another's), and everything read again under it."""
        both = [one for one in (cast("Incident", self), beside) if one is not None]
        work = Work.lock([one.trail_id for one in both], actor=actor)
        for one in both:
            one._read_again()
        return work

    def _read_again(self) -> None:
        incident = cast("Incident", self)
        incident.refresh_from_db(from_queryset=type(incident).objects.select_related("service", "owner"))
        runs = EscalationRun.objects.filter(trail=incident.trail_id).order_by("id")
        incident._runs = list(runs.select_related("tier", "holder", "offered_to", "offered_by"))

    def running(self) -> list[EscalationRun]:
        """The runs still climbing, on either track."""
        incident = cast("Incident", self)
        return [run for run in incident._runs if run.ended_at is None]

    @property
    def state_token(self) -> str:
        """Changes whenever somebody's form would be stale: the functional run and its epoch."""
        run = cast("Incident", self).run
        return f"{run.pk}.{run.epoch}" if run else "0"

    def rights(self, user: User) -> Rights:
        """What this person may do here, in one query.

        Admins everything; whoever sees it through a team or by name may work on it; a supervisor
        of a team that has access may reassign. Auditors only look. A restricted incident ignores teams.
        """
        incident = cast("Incident", self)
        if (anyway := _anyway(user)) is not None:
            return anyway
        mine = Q(person=user) | Q(team__memberships__user=user)
        rows = Access.objects.filter(mine, incident=incident).values_list("person_id", "team__memberships__role")
        named = any(person == user.pk for person, _role in rows)
        roles = {role for person, role in rows if person is None}
        return _by(incident, named, bool(roles), Membership.Role.SUPERVISOR in roles)

    def rights_as_read(self, user: User) -> Rights:
        """The same for a page, if the incident was found with ``access.flags`` of this person: no query. As it was
        when it was read: a verb asks anew."""
        incident, anyway = cast("Any", self), _anyway(user)
        if anyway is not None:
            return anyway
        if getattr(incident, "read_for", None) != user.pk:
            return self.rights(user)
        return _by(incident, incident.by_name, incident.by_team, incident.by_supervising)

    def may_act(self, user: User) -> bool:
        return self.rights(user).act

    def may_reassign(self, user: User) -> bool:
        return self.rights(user).reassign

    def _brief_along(self, work: Work, run: EscalationRun) -> None:
        """Whoever this verb tells reads for how long hands were on it. A sum is true only now: it is not kept."""
        spent = total(self.effort().intervals, work.now)
        run.brief = {**run.brief, "hands_on_s": int(spent.total_seconds())}

    def effort(self) -> EffortClock:
        """Whose hands were on it, as the record says by now. One query."""
        entries = Entry.objects.filter(trail=cast("Incident", self).trail_id, kind__in=KINDS).order_by("seq")
        return clock_of(told(entry) for entry in entries)

    def _policy(self) -> Policy:
        return policy_of(cast("Incident", self).service)

    def _brief(self) -> dict:
        """Enough to call somebody without knowing what an incident is, with what was tried so far."""
        incident = cast("Incident", self)
        helped = incident.attempts - incident.failed_attempts
        tried = {"tried": incident.attempts, "helped": helped} if incident.attempts else {}
        return {
            **tried,
            **({"drill": True} if incident.drill else {}),
            "ref": incident.ref,
            "title": incident.bare_title,
            "link": reverse("incident", args=[incident.number]),
            "service": incident.service.name if incident.service else "",
        }


def owner_of(service) -> Team:
    return service.team if service else Installation.objects.select_related("owner").get().owner


def policy_of(service) -> Policy:
    if service and service.policy:
        return service.policy
    return Installation.objects.select_related("catch_all").get().catch_all


def climbs(policy: Policy) -> dict:
    """For the record: up which policy, and for how many seconds that calls nobody."""
    waits = policy.begins_after
    return {"policy": policy.name} | ({"waits_s": int(policy_minutes(waits).total_seconds())} if waits else {})


def tier_of(person: User, now_at: Tier | None) -> Tier | None:
    """The tier a person works at: the present one if its team is theirs, else their highest-ranked one."""
    tiers = Tier.objects.in_use().filter(track=Tier.Track.FUNCTIONAL, team__memberships__user=person)
    mine = list(tiers.order_by("-rank", "id"))
    if now_at is not None and now_at in mine:
        return now_at
    return mine[0] if mine else None


def told(entry: Entry) -> Told:
    """What the effort clock hears of an entry."""
    return Told(entry.at, entry.kind, entry.actor_id, entry.actor_name, json.loads(entry.data))


def deeds(incident: "Incident") -> QuerySet[Entry]:
    """What was done to the baton and its clocks, the newest first."""
    return Entry.objects.filter(trail=incident.trail_id, kind__in=_DONE).order_by("-seq")


def deed(entry: Entry) -> str:
    """Half a sentence, to follow who did it."""
    to = json.loads(entry.data).get("to") or ""
    return _DONE[entry.kind] % {"to": to.get("name", "") if isinstance(to, dict) else to}


def meanwhile(incident: "Incident") -> str:
    """Who did what since the form was made."""
    last = deeds(incident).first()
    if last is None:
        return _("%(ref)s has changed since this page was loaded.") % {"ref": incident.ref}
    ago = timesince.timesince(last.at, clock.now())
    return _("%(who)s was faster: %(who)s %(did)s %(ago)s ago. Nothing was changed by you.") % {
        "who": last.actor_name,
        "did": deed(last),
        "ago": ago,
    }
