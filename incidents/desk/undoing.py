"""Where the way back leads, for the button in a toast, and what is said when it was gone."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from escalation.people.models import User
from escalation.trail.models import Entry
from incidents.models import Incident
from incidents.models.undoing import Undone, last_word, undoable

from .words import names

MOST = 50  # at once: their numbers stand in an address


def _last(incident: Incident, user: User, kind: str) -> Entry | None:
    """What this person has just done, if that is still the last word and can be taken back."""
    entry = last_word(incident.trail_id)
    if entry is None or entry.kind != kind or (entry.actor_kind, entry.actor_id) != (Entry.Actor.PERSON, user.pk):
        return None
    return entry if undoable(entry) else None


def way_back(incident: Incident, user: User, kind: str) -> str:
    """The address that takes it back; empty if there is no way back."""
    entry = _last(incident, user, kind)
    return reverse("undo", args=[incident.number, entry.seq]) if entry else ""


def way_back_of_all(incidents: Iterable[Incident], user: User, kind: str) -> str:
    """The same for many at once; empty if one of them has none, so that it never means only some."""
    some = list(incidents)
    if not 0 < len(some) <= MOST:
        return ""
    picks = [f"{one.number}:{entry.seq}" for one in some if (entry := _last(one, user, kind))]
    if len(picks) < len(some):
        return ""
    return f"{reverse('queue-undo')}?picks={','.join(picks)}"


def told(undone: Undone) -> str:
    said = {
        "held": _("The hold is taken back; the clocks go on."),
        "offered": _("The offer is taken back; you hold it."),
        "reassigned": _("The reassignment is taken back."),
        "note": _("The note is taken back; the record keeps both."),
        "role_left": _("You have the role again."),
        "role_taken": _("You have the role no longer."),
        "role_offered": _("Nobody is asked to take the role any more."),
    }[undone.kind]
    if not undone.reached:
        return said
    reached = _("%(names)s had the message already, and is told.")
    if len(undone.reached) > 1:
        reached = _("%(names)s had the message already, and are told.")
    return f"{said} {reached % {'names': names(undone.reached)}}"
