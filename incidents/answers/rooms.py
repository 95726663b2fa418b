"""A button in a channel's message of an incident was pressed, for every chat.

The message belongs to nobody, so whoever presses must be linked, and acts by the desk's own verbs with their own
rights. Whatever comes of it, the message is shown as it is now: where somebody was faster, that is the answer. Where
it can be changed, the queue does that and nobody else: what is said beside the queue could arrive after what is newer,
and show a title that has become a secret meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.kit import clock, sealing
from escalation.kit.errors import Refused
from escalation.notify.rooms import Said
from escalation.people.models import User
from incidents.models import Cause, ChatPost, Incident
from incidents.models.chat_rooms import MARK
from incidents.models.chat_said import said_of

from .forms import Escalate, worded


class Resolve(forms.Form):
    cause = forms.ChoiceField(
        label=gettext_lazy("Cause"),
        choices=[("", gettext_lazy("What was at the bottom of it?")), *Cause.found()],
        error_messages={"required": gettext_lazy("Say what was at the bottom of it, or that it is not known.")},
    )
    text = worded(gettext_lazy("What fixed it"))


FORMS: dict[str, type[forms.Form]] = {"resolve": Resolve, "escalate": Escalate}
VERBS = ("acknowledge", *FORMS)


@dataclass(frozen=True)
class Told:
    """``said`` to whoever pressed; ``now``: what the message says, where the queue cannot change it."""

    said: str
    now: Said | None = None
    done: bool = False


def is_ours(value: str) -> bool:
    return value.startswith(MARK)


def post_of(value: str, kind: str) -> ChatPost | None:
    """Whose button it is, while that channel reads of the incident."""
    if not is_ours(value) or not value.isascii():
        return None
    found = ChatPost.objects.select_related("room").filter(key=value, ended_at=None, room__kind=kind)
    return found.filter(room__off_at=None).first()


def seen(post: ChatPost, person: User) -> Incident | None:
    """The incident, if they may see it, for a form that is about it."""
    found = Incident.objects.visible_to(person).filter(pk=post.incident_id, closed_at=None)
    return found.with_runs().first()


def press(post: ChatPost, person: User, verb: str, *, seen_as: str | None = None, **words: Any) -> Told:
    incident = seen(post, person)
    if incident is None:
        return Told(_("It is over, or you may not see it."))
    if incident.resolved_at is not None:
        return Told(_resolved(incident), _now(post))
    acts: dict[str, Callable[..., None]] = {
        "acknowledge": incident.acknowledge,
        "resolve": incident.resolve,
        "escalate": incident.escalate,
    }
    as_seen = {} if seen_as is None else {"seen": seen_as}
    try:
        acts[verb](by=person, via=f"{post.room.kind}:button", **as_seen, **words)
    except Refused as refused:
        return Told(f"{incident.ref}: {refused}", _now(post))
    done = {
        "acknowledge": _("%(ref)s is yours now."),
        "resolve": _("%(ref)s is resolved."),
        "escalate": _("%(ref)s is escalated."),
    }
    return Told(done[verb] % {"ref": incident.ref}, _now(post), done=True)


def _resolved(incident: Incident) -> str:
    who = incident.resolver.name if incident.resolver else ""
    said = _("%(ref)s is resolved already, by %(who)s.") if who else _("%(ref)s is resolved already.")
    return said % {"ref": incident.ref, "who": who}


def _now(post: ChatPost) -> Said | None:
    incident = Incident.objects.with_runs().filter(pk=post.incident_id).first()
    try:
        address = post.room.place
    except sealing.Unreadable:
        return None
    if incident is None:
        return None
    if post.room.talk.changes(address):
        post.room.tell_anew(incident, clock.now())
        return None
    return said_of(post, incident, hears=post.room.talk.hears(address))
