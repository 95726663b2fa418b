"""What a message still asks of its receiver, and what happened since."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine import answering
from escalation.engine.models import Delivery, EscalationRun
from escalation.engine.replycodes import step_of
from escalation.notify import senders
from escalation.notify.message import ASKING, Recipient, full_of, words_of
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
# The latest of them decides who is asked.
_CALLS = ("call", "inform", "assigned", "woken", "maintenance_over", "put_back")
_GONE = (Delivery.State.SENDING, Delivery.State.SENT)
_OF_A_TRACK = ("called", "acknowledged")
_LISTED = 5
_LOOK, _MOST = 1000, 50  # messages that are looked through for what is open, and what of it is looked at


@dataclass(frozen=True)
class Deed:
    """What somebody did since the message was queued."""

    at: datetime
    who: str  # "You", or a name
    did: str
    own: bool  # by who answers
    name: str


@dataclass(frozen=True)
class Asked:
    """A message, who answers it, and the incident that it is about, as it stands now.

    Its receiver answers, except where several people read it: there, whoever pressed a button.
    """

    delivery: Delivery
    incident: Incident
    person: User

    @cached_property
    def verbs(self) -> tuple[str, ...]:
        """What the receiver can answer now; nothing if the call is over."""
        return self.open_to if self.incident.may_act(self.person) else ()

    @cached_property
    def open_to(self) -> tuple[str, ...]:
        """The same, whether or not they still may."""
        run = self._run
        if run is None or self.is_replaced:
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
        """Whether a newer message to its receiver, with a link of its own, has taken its place.

        Not before that one has left, nor if it failed: until then this link is all they have. A call may go on along
        the path without one: then the older link still stands for it (see ``engine/telling``). What has no link itself,
        because several people read it, is replaced by whatever has left since.
        """
        kinds = ("offer",) if self.delivery.kind == "offer" else (*_CALLS, "last_resort")
        gone = Q(state__in=_GONE) | Q(pk=self.delivery.pk)
        left = _told(self.delivery, kinds).filter(gone, person=self.delivery.person_id).select_related("method")
        left = left.exclude(channel__in=senders.in_house())
        linked = answering.has_link(self.delivery)
        newest = next((one for one in left if answering.has_link(one) or not linked), None)
        return newest is not None and newest.cause != self.delivery.cause

    @property
    def step(self) -> str:
        """Which round and step its climb stands on now."""
        return self._run.step_key if self._run else ""

    def is_past(self, read: str) -> bool:
        """Whether the path has gone on since the step that somebody ``read`` of; no, if that is not known."""
        return read not in ("", self.step)

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
    def account(self) -> str:
        """What was done last, and who has it now, in two sentences to who answers."""
        deeds = [f"{one.at:%H:%M %Z}: {one.who} {one.did}." for one in self.since[-1:]]
        return " ".join([*deeds, self.now]).strip()

    @property
    def last_step(self) -> str:
        """Who was called last, and when, while nobody has answered that; else nothing."""
        run = self._run
        if run is None or run.acknowledged_at is not None:
            return ""
        called = Entry.objects.filter(trail=self.delivery.trail_id, run=run.pk, kind="called").order_by("-seq").first()
        if called is None or run.tier is None:
            return ""
        said = _("%(tier)s was called at %(at)s, and nobody has answered yet.")
        return said % {"tier": run.tier.name, "at": f"{called.at.astimezone(self.zone):%H:%M %Z}"}

    @property
    def gone_on(self) -> str:
        """What its words do not know, if the path has gone on since: to escalate now leads further than they say."""
        return (self.last_step or self.account) if self.is_past(step_of(self.delivery)) else ""

    @property
    def report(self) -> str:
        """The same for all who read along."""
        deeds = [f"{one.at:%H:%M %Z}: {one.name} {one.did}." for one in self.since[-1:]]
        return " ".join([*deeds, self._now(to=None)]).strip()

    @property
    def is_by_receiver(self) -> bool:
        """Whether the receiver did the latest of it: then there is nothing to explain."""
        return bool(self.since) and self.since[-1].own

    @property
    def now(self) -> str:
        """Who has it now."""
        return self._now(to=self.person)

    def _now(self, *, to: User | None) -> str:
        incident, run = self.incident, self.incident.run
        if incident.resolved_at is not None:
            return _("It is resolved.")
        if run is None:
            return ""
        if run.held_until is not None:
            return _("It is on hold until %(until)s.") % {"until": self._there(run.held_until)}
        if run.holder is not None:
            mine = to is not None and run.holder_id == to.pk
            return _("You have it now.") if mine else _("%(who)s has it now.") % {"who": run.holder.name}
        if self.maintenance:
            return self.maintenance
        return _("%(tier)s is called now.") % {"tier": run.tier.name} if run.tier else ""

    @property
    def maintenance(self) -> str:
        """The message was written before it: in maintenance no clock runs, whatever the message says of one."""
        until = self.incident.run.quiet_until if self.incident.run else None
        said = _("Maintenance until %(until)s: the clocks stand still, and nobody is called automatically.")
        return said % {"until": self._there(until)} if until else ""

    def _there(self, instant: datetime) -> str:
        return f"{instant.astimezone(self.zone):%d %b %H:%M %Z}"

    @property
    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.person.time_zone)
        except (KeyError, ValueError, OSError):
            return ZoneInfo("UTC")

    def _deed(self, entry: Entry) -> Deed:
        own = entry.actor_kind == Entry.Actor.PERSON and entry.actor_id == self.person.pk
        who = _("You") if own else entry.actor_name
        return Deed(entry.at.astimezone(self.zone), who, deed(entry), own, entry.actor_name)


def find(token: str) -> Asked | None:
    """What this link asks; None if there is no such link, or its receiver may not see the incident any more."""
    delivery = answering.delivery_of(token)
    return None if delivery is None else of(delivery)


def of(delivery: Delivery, person: User | None = None) -> Asked | None:
    """What this message asks of its receiver, or of ``person``; None if they may not see the incident any more."""
    person = person or delivery.person
    if not person.is_active:
        return None
    seen = Incident.objects.visible_to(person).filter(closed_at__isnull=True)
    incident = seen.with_runs().filter(trail=delivery.trail_id).first()
    return None if incident is None else Asked(delivery, incident, person)


def at(delivery: Delivery) -> Asked | None:
    """The call as it stands, for nobody's eyes: its receiver may see nothing of it any more."""
    incident = Incident.objects.with_runs().filter(trail=delivery.trail_id).first()
    return None if incident is None else Asked(delivery, incident, delivery.person)


def open_for(people: Collection[User]) -> list[Asked]:
    """Everything that is asked of these people now, by whichever ways, as it came."""
    called = ~Q(kind="offer") & Q(run__held_until=None)
    taken = Q(run__acknowledged_at=None) | Q(run__finished=path.Idle.EXHAUSTED) | Q(run__holder=F("person"))
    asking = Delivery.objects.filter(person__in=people, kind__in=ASKING, run__ended_at=None)
    asking = asking.filter(Q(kind="offer", run__offered_to=F("person")) | (called & taken))
    asking = asking.exclude(channel__in=senders.in_house()).select_related("person", "run", "method")
    newest: dict[tuple[int, int | None, bool], Delivery] = {}
    for delivery in asking.order_by("-id")[:_LOOK]:
        newest.setdefault((delivery.person_id, delivery.run_id, delivery.kind == "offer"), delivery)
    found = (of(delivery) for delivery in list(newest.values())[:_MOST])
    return [one for one in reversed(list(found)) if one is not None and one.verbs]


def _is_asked(delivery: Delivery) -> bool:
    """Whether this person is among those whom the run asked last. The last resort stays asked: nobody comes after."""
    if delivery.kind == "last_resort":
        return True
    last = _told(delivery, _CALLS).values_list("cause", flat=True).first()
    return _told(delivery, _CALLS).filter(cause=last, person=delivery.person_id).exists()


def _told(delivery: Delivery, kinds: Sequence[str]) -> QuerySet[Delivery]:
    return Delivery.objects.filter(run=delivery.run_id, kind__in=kinds).order_by("-id")
