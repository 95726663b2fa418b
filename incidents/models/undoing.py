"""Taking back what one has just done, where that is honest.

An undo is a verb of its own: the record keeps what was done and that it was taken back, and when. It is refused as soon
as anything else stands on the record since, whoever did it. What it cannot take back it does not hide: who had been
called by then is told, as by the verb that leads back. What only a new call could mend (an acknowledgement, an
escalation, a resolution) has no undo.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.utils.translation import gettext as _

from escalation.engine import moves, passing
from escalation.engine.models import Delivery
from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import Tier, User
from escalation.trail.models import Entry

from .passing import may_hold
from .verb import Verb, tier_of
from .visits import NOT_DONE

if TYPE_CHECKING:
    from .incident import Incident

SECONDS = 60  # the button is there for some seconds; who reads slowly, or by ear, has as long again and more
_PASSED = ("offered", "accepted", "declined", "taken_back", "offer_returned", "called", "acknowledged", "reassigned")


@dataclass(frozen=True)
class Undone:
    """What was taken back, and whom it had reached by then."""

    kind: str
    after_s: int
    reached: list[str]


class Undoing(Verb):
    @transaction.atomic
    def undo(self, *, by: User, seq: int) -> Undone:
        """Take back the entry ``seq``, one's own and the last on the record."""
        incident = cast("Incident", self)
        work = self._begin(by=by, needs_open=False)
        entry = last_word(incident.trail_id)
        if entry is None or entry.seq != seq:
            raise Refused(_since(entry), code="stale")
        if not undoable(entry) or (entry.actor_kind, entry.actor_id) != (Entry.Actor.PERSON, by.pk):
            raise Refused(_("This cannot be taken back."), code="stale")
        after = work.now - entry.at
        if after > timedelta(seconds=SECONDS):
            raise Refused(_("That is too long ago to be taken back. Nothing was changed."), code="stale")
        work.undoes = {"seq": entry.seq, "kind": entry.kind, "after_s": max(0, int(after.total_seconds()))}
        reached = _reached(entry)
        _BACK[entry.kind](self, work, entry)
        work.write()
        return Undone(entry.kind, work.undoes["after_s"], reached)

    def _resumed(self, work: Work, entry: Entry) -> None:
        held = [run for run in self.running() if run.held_until is not None]
        if not held:
            raise Refused(_("%(ref)s is not on hold.") % {"ref": cast("Incident", self).ref}, code="stale")
        for run in held:
            moves.wake(work, run)

    def _offer_back(self, work: Work, entry: Entry) -> None:
        run = cast("Incident", self).run
        if run is None or run.offered_by_id != work.actor.id:
            raise Refused(_("You have no open offer here."), code="stale")
        passing.take_back(work, run)

    def _reassigned_back(self, work: Work, entry: Entry) -> None:
        run, data = cast("Incident", self).run, json.loads(entry.data)
        before = User.objects.filter(pk=(data.get("from") or {}).get("id") or 0).first()
        if run is None or run.ended_at is not None or before is None:
            raise Refused(_("This cannot be taken back."), code="stale")
        may_hold(before)
        tier = Tier.objects.in_use().filter(name=data.get("from_tier") or "").first()
        self._brief_along(work, run)
        passing.reassign(work, run, to=before, tier=tier or tier_of(before, run.tier), people=[before], text="")

    def _note_back(self, work: Work, entry: Entry) -> None:
        """The record keeps the words, and that they do not stand."""
        work.entry(entry.trail_id, "note_taken_back")

    def _role_back(self, work: Work, entry: Entry) -> None:
        cast("Incident", self).undo_role(work, entry)


_BACK: Mapping[str, Callable[[Undoing, Work, Entry], None]] = {
    "held": Undoing._resumed,
    "offered": Undoing._offer_back,
    "reassigned": Undoing._reassigned_back,
    "note": Undoing._note_back,
    **dict.fromkeys(("role_left", "role_taken", "role_offered"), Undoing._role_back),
}


def last_word(trail: int) -> Entry | None:
    return Entry.objects.filter(trail=trail).exclude(kind__in=NOT_DONE).order_by("-seq").first()


def undoable(entry: Entry) -> bool:
    """Whether there is a way back. What called a tier has none, nor what ended an open offer or let somebody in."""
    if entry.kind not in _BACK:
        return False
    data = json.loads(entry.data)
    if entry.kind == "note":
        return not data.get("mentioned")
    if entry.kind == "role_taken":  # from nobody who has to be told, and while nobody was asked to
        return not (data.get("from") or data.get("offered") or data.get("instead_of"))
    if entry.kind in ("offered", "role_offered"):
        return not data.get("instead_of")
    return entry.kind != "reassigned" or bool(data.get("from") and data.get("to") and not _offer_before(entry))


def _offer_before(entry: Entry) -> bool:
    passed = Entry.objects.filter(trail=entry.trail_id, seq__lt=entry.seq, kind__in=_PASSED).order_by("-seq").first()
    return passed is not None and passed.kind == "offered"


def _reached(entry: Entry) -> list[str]:
    """Who has had a message of it, or may have: it has left, or is leaving."""
    if entry.cause is None:
        return []
    left = Delivery.objects.filter(cause=entry.cause).exclude(channel="desk")
    left = left.exclude(state__in=(Delivery.State.QUEUED, Delivery.State.CANCELLED), attempts=0)
    return sorted(set(left.values_list("person__name", flat=True)))


def _since(entry: Entry | None) -> str:
    """Why not: what stands on the record since."""
    if entry is None:
        return _("This cannot be taken back.")
    return _("It is not the last word any more: %(who)s has added to the record since. Nothing was changed.") % {
        "who": entry.actor_name
    }
