"""What a message still asks of its receiver, and what happened since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine import answering
from escalation.engine.models import Delivery, EscalationRun
from escalation.notify.message import Recipient, full_of, words_of
from escalation.people.models import User
from escalation.policies import path
from escalation.trail.models import Entry
from incidents.models import Incident
from incidents.models.verb import deed, deeds

# What each verb's button says. Those that want words have a form of their own.
LABELS = {
    "acknowledge": gettext_lazy("Acknowledge"),
    "accept": gettext_lazy("Accept"),
    "answer": gettext_lazy("Answer: I am on it"),
    "decline": gettext_lazy("Decline"),
    "escalate": gettext_lazy("Escalate"),
}
_CALLS = ("call", "inform", "assigned", "woken", "put_back")  # the latest of them decides who is asked
_GONE = (Delivery.State.SENDING, Delivery.State.SENT)
_OF_A_TRACK = ("called", "acknowledged")
_LISTED = 5


@dataclass(frozen=True)
class Deed:
    """What somebody did since the message was queued."""

    at: datetime
    who: str
    did: str
    own: bool  # by the receiver


@dataclass(frozen=True)
class Asked:
    """A message, its receiver, and the incident that it is about, as it stands now."""

    delivery: Delivery
    incident: Incident

    @property
    def person(self) -> User:
        return self.delivery.person

    @cached_property
    def verbs(self) -> tuple[str, ...]:
        """What the receiver can answer now; nothing if the call is over."""
        run = self._run
        if run is None or self.is_replaced or not self.incident.may_act(self.person):
            return ()
        if self.delivery.kind == "offer":
            return ("accept", "decline") if run.offered_to_id == self.person.pk else ()
        if run.held_until is not None or not _is_asked(self.delivery):
            return ()
        if not run.is_functional:
            return () if run.acknowledged_at else ("answer",)
        onward = ("escalate",) if self.incident.onward() else ()
        exhausted = run.finished == path.Idle.EXHAUSTED
        if run.acknowledged_at is None or (exhausted and run.holder_id != self.person.pk):
            return ("acknowledge", *onward)
        return onward if run.holder_id == self.person.pk and self.delivery.kind != "call" else ()

    @cached_property
    def _run(self) -> EscalationRun | None:
        """The climb it was sent for, unless that has ended."""
        return next((run for run in self.incident.running() if run.pk == self.delivery.run_id), None)

    @property
    def is_asked_anew(self) -> bool:
        """Whether it is a newer message that now asks the same of them."""
        run = self._run
        if run is None or not self.is_replaced:
            return False
        if self.delivery.kind == "offer":
            return run.offered_to_id == self.person.pk
        return run.held_until is None and run.acknowledged_at is None and _is_asked(self.delivery)

    @cached_property
    def is_replaced(self) -> bool:
        """Whether a newer message to the same person, with a link of its own, has taken its place.

        Not before that one has left, nor if it failed: until then this link is all they have. A call may go on along
        the path without one: then the older link still stands for it (see ``engine/telling``).
        """
        kinds = ("offer",) if self.delivery.kind == "offer" else (*_CALLS, "last_resort")
        gone = Q(state__in=_GONE) | Q(pk=self.delivery.pk)
        mine = _told(self.delivery, kinds).filter(gone, person=self.person.pk).select_related("method")
        newest = next((one for one in mine if answering.has_link(one)), None)
        return newest is not None and newest.cause != self.delivery.cause

    # --- words ---------------------------------------------------------------------------------

    @cached_property
    def words(self) -> dict[str, str]:
        """What the message said of the incident: the page says no more."""
        return words_of(self.delivery.message, Recipient.person(self.person), self.delivery.queued_at)

    @property
    def body(self) -> str:
        whole = full_of({**self.words, "listed": "yes"})
        return whole.strip().removesuffix(self.words["link"]).strip()

    @cached_property
    def since(self) -> Sequence[Deed]:
        """The latest that was done to it since, oldest first."""
        after = deeds(self.incident).filter(at__gte=self.delivery.queued_at).exclude(cause=self.delivery.cause)
        other_track = Q(kind__in=_OF_A_TRACK) & ~Q(run=self.delivery.run_id)
        return [self._deed(entry) for entry in reversed(after.exclude(other_track)[:_LISTED])]

    @property
    def is_by_receiver(self) -> bool:
        """Whether the receiver did the latest of it: then there is nothing to explain."""
        return bool(self.since) and self.since[-1].own

    @property
    def now(self) -> str:
        """Who has it now."""
        incident, run = self.incident, self.incident.run
        if incident.resolved_at is not None:
            return _("It is resolved.")
        if run is None:
            return ""
        if run.held_until is not None:
            until = run.held_until.astimezone(self.zone)
            return _("It is on hold until %(until)s.") % {"until": f"{until:%d %b %H:%M %Z}"}
        if run.holder is not None:
            mine = run.holder_id == self.person.pk
            return _("You have it now.") if mine else _("%(who)s has it now.") % {"who": run.holder.name}
        return _("%(tier)s is called now.") % {"tier": run.tier.name} if run.tier else ""

    @property
    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.person.time_zone)
        except (KeyError, ValueError, OSError):
            return ZoneInfo("UTC")

    def _deed(self, entry: Entry) -> Deed:
        own = entry.actor_kind == Entry.Actor.PERSON and entry.actor_id == self.person.pk
        return Deed(entry.at.astimezone(self.zone), _("You") if own else entry.actor_name, deed(entry), own)


def find(token: str) -> Asked | None:
    """What this link asks; None if there is no such link, or its receiver may not see the incident any more."""
    delivery = answering.delivery_of(token)
    if delivery is None or not delivery.person.is_active:
        return None
    seen = Incident.objects.visible_to(delivery.person).filter(closed_at__isnull=True)
    incident = seen.with_runs().filter(trail=delivery.trail_id).first()
    return None if incident is None else Asked(delivery, incident)


def _is_asked(delivery: Delivery) -> bool:
    """Whether this person is among those whom the run asked last. The last resort stays asked: nobody comes after."""
    if delivery.kind == "last_resort":
        return True
    last = _told(delivery, _CALLS).values_list("cause", flat=True).first()
    return _told(delivery, _CALLS).filter(cause=last, person=delivery.person_id).exists()


def _told(delivery: Delivery, kinds: Sequence[str]) -> QuerySet[Delivery]:
    return Delivery.objects.filter(run=delivery.run_id, kind__in=kinds).order_by("-id")
