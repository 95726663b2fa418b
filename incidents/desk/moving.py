"""A drop is the verb that leads there.

``verb_for`` decides it from plain values, so that the whole table can be tested without a
database; ``situation`` gathers those values for one incident and one person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from escalation.people.models import Tier, User
from incidents.models import Incident

from .columns import NOBODY


@dataclass(frozen=True)
class Situation:
    """Everything that decides what a drop means."""

    status: str = "triggered"
    tier: str = ""  # the column it stands in, by tier
    holder: str = ""  # the holder's id, empty while a tier holds it
    me: str = ""
    offered_to: str = ""
    ahead: Mapping[str, str] = field(default_factory=dict)  # tier id → the step on its path, as the picker names it
    may_act: bool = True
    may_reassign: bool = False


@dataclass(frozen=True)
class Verb:
    """What a drop does. ``name`` is an address of the incident; ``dialog`` asks for more first."""

    name: str
    label: str = ""
    dialog: bool = False
    asked: str = ""  # the query the dialog opens with
    refused: str = ""

    def url(self, number: int) -> str:
        return reverse(self.name, args=[number]) + self.asked


def _refused(why: str) -> Verb:
    return Verb("", refused=why)


def verb_for(now: Situation, by: str, to: str, label: str) -> Verb | None:
    """The verb that leads to column ``to``; None if it stands there already."""
    if to == _column(now, by):
        return None
    if not now.may_act:
        return _refused(_("You may look at this incident but not change it."))
    if now.status == "closed":
        return _refused(_("It is closed. Open a new incident and name this one."))
    if by == "service":
        return _refused(_("A card keeps its service. Move it by tier, status or person."))
    if by == "status":
        return _by_status(now, to)
    if now.status == "resolved":
        return _refused(_("It is resolved. Re-open it first."))
    return _by_tier(now, to, label) if by == "tier" else _by_person(now, to, label)


def _column(now: Situation, by: str) -> str:
    return {"tier": now.tier or "none", "status": now.status, "person": now.holder or NOBODY}.get(by, "")


def _by_tier(now: Situation, to: str, label: str) -> Verb:
    words = {"tier": label}
    if to in now.ahead:
        asked = "?" + urlencode({"to": now.ahead[to]}, safe=":")
        return Verb("escalation", _("Escalate to %(tier)s…") % words, dialog=True, asked=asked)
    if to == "none":
        return _refused(_("An incident always has a tier."))
    if now.may_reassign:
        return Verb("reassignment", _("Hand to %(tier)s") % words)
    return _refused(_("%(tier)s is not ahead on its path. Only a supervisor can move it there.") % words)


def _by_person(now: Situation, to: str, label: str) -> Verb:
    if to == NOBODY:
        return _refused(_("The baton always has a holder. Hand it to somebody, or to a tier."))
    if to == now.me and (now.status == "triggered" or now.offered_to == now.me):
        return Verb("acknowledgement", _("Acknowledge"))
    if now.may_reassign:
        return Verb("reassignment", _("Hand to %(name)s") % {"name": label})
    if now.holder == now.me:
        asked = "?" + urlencode({"to": f"person:{to}"}, safe=":")
        return Verb("handover", _("Hand over to %(name)s…") % {"name": label}, dialog=True, asked=asked)
    if now.holder:
        return _refused(_("Only who holds it, or a supervisor, can hand it to somebody."))
    return _refused(_("Nobody holds it yet. Acknowledge it first, then hand it over."))


def _by_status(now: Situation, to: str) -> Verb:
    if now.status == "resolved":
        if to == "triggered":
            return Verb("reopening", _("Re-open…"), dialog=True)
        return _refused(_("It is resolved. Re-open it first."))
    match to:
        case "acknowledged":
            if now.status == "on_hold":
                return Verb("resumption", _("Resume"))
            return Verb("acknowledgement", _("Acknowledge"))
        case "on_hold":
            return Verb("hold", _("Hold…"), dialog=True)
        case "resolved":
            return Verb("resolution", _("Resolve…"), dialog=True)
    return _refused(_("Acknowledged is acknowledged. Hand it over or escalate it instead."))


def situation(incident: Incident, user: User) -> Situation:
    run, rights = incident.run, incident.rights(user)
    ahead: dict[str, str] = {}
    if run is not None:
        for lap, place, step in incident.onward():
            ahead.setdefault(str(run.frozen["steps"][step.number]["tier"]["id"]), f"step:{lap}:{place}")
    return Situation(
        status=incident.status,
        tier=str(run.tier_id or "") if run else "",
        holder=str(run.holder_id or "") if run else "",
        me=str(user.pk),
        offered_to=str(run.offered_to_id or "") if run else "",
        ahead=ahead,
        may_act=rights.act,
        may_reassign=rights.reassign,
    )


def carry_out(verb: Verb, incident: Incident, user: User, *, by: str, to: str, seen: str | None) -> None:
    """The verbs that need no further word. Anything that is not allowed raises ``Refused``."""
    match verb.name:
        case "acknowledgement":
            incident.acknowledge(by=user, seen=seen)
        case "resumption":
            incident.resume(by=user, seen=seen)
        case "reassignment" if by == "tier":
            incident.reassign(by=user, tier=Tier.objects.get(pk=to), seen=seen)
        case "reassignment":
            incident.reassign(by=user, to=User.objects.get(pk=to), seen=seen)
        case _:
            raise ValueError(f"{verb.name} needs its dialog")
