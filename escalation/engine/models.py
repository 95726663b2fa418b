"""EscalationRun (where a climb stands), Timer (what will happen), Delivery (who must be told), and what guards them."""

from dataclasses import fields
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from escalation.notify.models import ContactMethod
from escalation.people.models import Tier, User
from escalation.policies import path, rules
from escalation.policies.freezing import Frozen, Known, known
from escalation.policies.models import FrozenPath, Policy
from escalation.trail.models import Trail

from .pacing import Pace as Pace


class RunQuerySet(models.QuerySet):
    def running(self):
        return self.filter(ended_at__isnull=True)

    def functional(self):
        return self.filter(track=Tier.Track.FUNCTIONAL)


# What the pure core's Standing and the columns below have in common, name by name.
_AS_THEY_ARE = sorted({one.name for one in fields(path.Standing)} - {"clock_limit", "finished", "acted"})


class EscalationRun(models.Model):
    """One climb up one frozen policy, on one track of one trail. The columns below are the truth
    for who has the baton; ``epoch`` rises with every change that makes older calls and forms stale.

    Every step writes runs, timers and deliveries: a foreign key has an index of its own only where
    somebody asks by it and none below begins with it.
    """

    trail = models.ForeignKey(Trail, models.PROTECT, related_name="runs")
    track = models.CharField(max_length=12, choices=Tier.Track)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="runs", db_index=False)
    policy_version = models.PositiveIntegerField()
    frozen_path = models.ForeignKey(FrozenPath, models.PROTECT, related_name="+", db_index=False)
    brief = models.JSONField(default=dict)  # {"ref", "title", "link"}: enough to call somebody
    severity = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField(default=0)

    tier = models.ForeignKey(Tier, models.PROTECT, null=True, related_name="runs", db_index=False)
    holder = models.ForeignKey(User, models.PROTECT, null=True, related_name="holding", db_index=False)
    offered_to = models.ForeignKey(User, models.PROTECT, null=True, related_name="offers")
    offered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    offer_returned_at = models.DateTimeField(null=True)  # the last offer went unanswered,
    unanswered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)  # by whom

    # The pure core's Standing, column by column.
    lap = models.PositiveSmallIntegerField(default=0)
    place = models.SmallIntegerField(default=-1)
    reach = models.SmallIntegerField(default=-1)
    reach_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    clock_from = models.DateTimeField(null=True)
    clock_limit_s = models.PositiveIntegerField(null=True)
    held_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    quiet_until = models.DateTimeField(null=True)  # maintenance: until then it calls nobody by itself
    offer_until = models.DateTimeField(null=True)
    awaits_until = models.DateTimeField(null=True)
    unreached_at = models.DateTimeField(null=True)  # since then it is known that the call, or the offer, reached nobody
    unreached_why = models.CharField(max_length=200, blank=True, default="")
    elsewhere_at = models.DateTimeField(null=True)  # since then somebody has it who is not one of us
    finished = models.CharField(max_length=24, blank=True, default="")
    idle = models.CharField(max_length=24, blank=True, default="")  # why no timer is armed
    known = models.JSONField(null=True)  # what its rules go by: see ``rules.written``; None: it has no rules
    acted = models.JSONField(default=dict)  # {rule: the step it stood on when it acted}

    objects = RunQuerySet.as_manager()

    # No move changes these: they stay as the climb began (the brief is learnt; see ``Work.facts_changed``).
    LASTING = ("trail", "track", "policy", "policy_version", "frozen_path", "brief", "started_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trail", "track"], condition=Q(ended_at__isnull=True), name="one_run_per_track"
            )
        ]
        indexes = [
            models.Index(fields=["tier"], condition=Q(ended_at__isnull=True), name="run_open_by_tier"),
            models.Index(fields=["holder"], condition=Q(ended_at__isnull=True), name="run_open_by_holder"),
            models.Index(fields=["awaits_until"], condition=Q(awaits_until__isnull=False), name="run_awaiting_shift"),
            models.Index(
                fields=["track"], condition=Q(ended_at=None, offer_returned_at__isnull=False), name="run_unanswered"
            ),
        ]

    def __str__(self):
        return f"run {self.pk} of {self.brief.get('ref', self.trail_id)} ({self.track})"

    @property
    def is_functional(self) -> bool:
        return self.track == Tier.Track.FUNCTIONAL

    @property
    def _known_path(self) -> Known:
        return known(self.frozen_path_id, lambda: self.frozen_path.body)

    @property
    def frozen(self) -> Frozen:
        """The path as rooms upstairs read it. Shared: not to be changed."""
        return self._known_path.frozen

    @property
    def policy_path(self) -> path.Policy:
        return self._known_path.policy

    @property
    def facts(self) -> path.Facts:
        return path.Facts(severity=self.severity, known=rules.read(self.known))

    @property
    def standing(self) -> path.Standing:
        return path.Standing(
            **{name: getattr(self, name) for name in _AS_THEY_ARE},
            clock_limit=None if self.clock_limit_s is None else timedelta(seconds=self.clock_limit_s),
            finished=path.Idle(self.finished) if self.finished else None,
            acted=frozenset(map(int, self.acted)),
        )

    @standing.setter
    def standing(self, new: path.Standing) -> None:
        for name in _AS_THEY_ARE:
            setattr(self, name, getattr(new, name))
        self.clock_limit_s = None if new.clock_limit is None else int(new.clock_limit.total_seconds())
        self.finished = new.finished.value if new.finished else ""
        self.acted = {str(rule): self.acted.get(str(rule), self.step_key) for rule in sorted(new.acted)}

    @property
    def sleeps_until(self) -> datetime | None:
        """When its clocks go on, whatever stopped them."""
        return max(filter(None, [self.held_until, self.quiet_until]), default=None)

    @property
    def offer_ends(self) -> datetime | None:
        """When an offer goes back, as it looks now."""
        return self.thawed(self.offer_until)

    def thawed(self, instant: datetime | None) -> datetime | None:
        """When a clock ends, as it looks now: one that stands still goes on later."""
        stopped = self.standing.stopped_at if self.held_at else None
        if instant is None or stopped is None or self.sleeps_until is None:
            return instant
        return instant + (self.sleeps_until - stopped)

    @property
    def step_key(self) -> str:
        """Which round and step it stands on: what somebody has read of one is not meant for another."""
        return f"{self.lap}.{self.place}"

    @property
    def step_frozen(self) -> dict | None:
        """The frozen step this run stands on, or None before the first."""
        return None if self.place < 0 else self.frozen["steps"][self.frozen["laps"][self.lap][self.place]]


class Timer(models.Model):
    """What will happen. No lease and no "claimed" state: the row lock is the lease and dies with its holder.

    ``due_at`` changes only while it is armed, when rules know more (``ruling``) or a heartbeat beats; ``next_at`` is
    when it may be taken (later after a failure). A run has one armed at most; one without a run belongs to its trail.
    """

    class State(models.TextChoices):
        ARMED = "armed", _("armed")
        FIRED = "fired", _("fired")
        CANCELLED = "cancelled", _("cancelled")
        DEAD = "dead", _("dead")

    trail = models.ForeignKey(Trail, models.PROTECT, related_name="timers")
    run = models.ForeignKey(EscalationRun, models.PROTECT, null=True, related_name="timers", db_index=False)
    kind = models.CharField(max_length=16)  # a path.Act, a rule ("rule:7"), or a kind from the registry
    round = models.PositiveSmallIntegerField(default=0)
    step = models.SmallIntegerField(default=0)
    epoch = models.PositiveIntegerField(default=0)
    severity = models.PositiveSmallIntegerField(default=5)
    due_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=9, choices=State, default=State.ARMED)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    fired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "kind", "round", "step", "epoch"], condition=Q(run__isnull=False), name="timer_once"
            ),
            models.UniqueConstraint(
                fields=["trail", "kind", "epoch"], condition=Q(run__isnull=True), name="trail_timer_once"
            ),
            models.UniqueConstraint(
                fields=["run"], condition=Q(state="armed", run__isnull=False), name="one_armed_timer_per_run"
            ),
        ]
        indexes = [
            models.Index(fields=["next_at", "id"], condition=Q(state="armed"), name="timer_next"),
            models.Index(fields=["fired_at"], condition=Q(fired_at__isnull=False), name="timer_fired"),
        ]

    def __str__(self):
        return f"{self.kind} at {self.due_at:%Y-%m-%d %H:%M:%S} ({self.state})"


class Delivery(models.Model):
    """What must be told, to whom, by which way, and how it went: a row of the outbox.

    ``cause`` with person, channel and n is the idempotency key that receivers see; n tells those apart that a
    person's rules send by one channel. ``message`` is what will be said, as facts: {"kind", "ref", "title",
    "link", "step", "why", "until", …}. ``epoch`` is the run's when it was queued, or when the call that it belongs to
    last went on; an answer raises the run's and cancels what is older.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")  # not worth sending any more: see ``expiry``
        UNKNOWN = "unknown", _("unknown")  # its last worker died while it talked: it may have arrived

    trail = models.ForeignKey(Trail, models.PROTECT, related_name="deliveries")
    run = models.ForeignKey(EscalationRun, models.PROTECT, null=True, related_name="deliveries", db_index=False)
    person = models.ForeignKey(User, models.PROTECT, related_name="deliveries", db_index=False)
    channel = models.CharField(max_length=12)  # a sender's name: "email", "desk"
    method = models.ForeignKey(ContactMethod, models.PROTECT, null=True, related_name="+", db_index=False)
    cause = models.CharField(max_length=120)
    n = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=16)  # call, offer, inform, returned, last_resort …
    epoch = models.PositiveIntegerField(default=0)
    message = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    queued_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)  # as the person's rules say; None: at once
    quiet = models.BooleanField(default=False)  # it waits for the end of their quiet hours
    fallback = models.BooleanField(default=False)  # none of their rules could be used
    limited = models.BooleanField(default=False)  # it waits because of a limit: see ``limits``
    behind = models.BooleanField(default=False)  # it waits for a service that does not answer: see ``breakers``
    next_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)  # when the last try began
    lease = models.CharField(max_length=32, blank=True, default="")
    # The delivery under whose key it goes out, at every try: its own id, or that of the first of its bundle.
    bundle = models.PositiveBigIntegerField(null=True)
    overtaken = models.BooleanField(default=False)  # answered after a try had begun: it may yet arrive
    finished_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True, default="")
    last_error = models.TextField(blank=True, default="")

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["cause", "person", "channel", "n"], name="delivery_once")]
        indexes = [
            models.Index(fields=["next_at", "id"], condition=Q(state__in=["queued", "sending"]), name="delivery_next"),
            models.Index(
                fields=["person", "channel"], condition=Q(state__in=["queued", "sending"]), name="delivery_waiting"
            ),
            models.Index(fields=["person", "-id"], name="delivery_by_person"),
            models.Index(fields=["run", "person"], name="delivery_by_run"),
            models.Index(  # what somebody was told in an hour: see ``limits``
                fields=["person", "channel", "finished_at"],
                condition=Q(finished_at__isnull=False),
                name="delivery_finished",
            ),
        ]

    def __str__(self):
        return f"{self.kind} to {self.person_id} by {self.channel} ({self.state})"

    @property
    def is_last(self) -> bool:
        """A call to the last resort: nobody is left after them, or nobody else is there."""
        return self.kind == "last_resort" or (isinstance(self.message, dict) and self.message.get("alone") is True)

    @property
    def idempotency_key(self) -> str:
        return f"{self.cause}/{self.person_id}/{self.channel}/{self.n}"


class Try(models.Model):
    """One try to have a delivery carried, and how it went; of a worker that died nobody knows. See ``tries``."""

    class Outcome(models.TextChoices):
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("no answer is known")

    # No constraint: deliveries are never deleted, and each row would cost the outbox a look.
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="tries", db_index=False, db_constraint=False)
    n = models.PositiveSmallIntegerField()  # the first is 1
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField(null=True)
    channel = models.CharField(max_length=12)
    provider = models.CharField(max_length=100, blank=True, default="")  # a host, or a service's name: no address
    outcome = models.CharField(max_length=7, choices=Outcome)
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        verbose_name_plural = "tries"
        constraints = [models.UniqueConstraint(fields=["delivery", "n"], name="try_once")]

    def __str__(self):
        return f"try {self.n} of {self.delivery_id} ({self.outcome})"

    @property
    def seconds(self) -> float | None:
        return None if self.took_ms is None else self.took_ms / 1000


class Talk(models.Model):
    """When the last talk to a person by one way began; who holds the row's lock may begin the next one."""

    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=12)
    method = models.PositiveBigIntegerField(default=0)  # a contact method's id; 0: none, so the account's address
    began_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "channel", "method"], name="talk_by_way")]

    def __str__(self):
        return f"to {self.person_id} by {self.channel}"


class ReplyCode(models.Model):
    """What stands for one call in the text messages to one number: whoever replies from there names it so."""

    number = models.CharField(max_length=20)
    code = models.PositiveSmallIntegerField()
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="+")  # one about that call, to its receiver
    step = models.CharField(max_length=16, blank=True, default="")  # that they had read of; empty: not known
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number", "code"], name="reply_code_once")]

    def __str__(self):
        return f"{self.code} for delivery {self.delivery_id}"


class Shown(models.Model):
    """A message in a chat that still shows buttons; the row ends with them. See ``shown``."""

    delivery = models.OneToOneField(Delivery, models.PROTECT, primary_key=True, related_name="+")
    run = models.ForeignKey(EscalationRun, models.PROTECT, related_name="+")
    next_at = models.DateTimeField(null=True)  # when it is looked at; None: not before something happens to its call
    attempts = models.PositiveSmallIntegerField(default=0)  # since then
    busy = models.BooleanField(default=False)  # somebody is at it, for no longer than until ``next_at``

    class Meta:
        indexes = [models.Index(fields=["next_at"], condition=models.Q(next_at__isnull=False), name="shown_next")]

    def __str__(self):
        return f"buttons of delivery {self.delivery_id}"


class Beat(models.Model):
    """When a part of the engine last did its work on one host, and what it found; see ``beats``."""

    name = models.CharField(max_length=24)
    host = models.CharField(max_length=64)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "host"], name="beat_by_host")]

    def __str__(self):
        return f"{self.name} on {self.host} at {self.at:%Y-%m-%d %H:%M:%S}"


class SentBefore(models.Model):
    """The key of a message that left before the database was put back from an older copy: it is not sent again."""

    key = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()

    def __str__(self):
        return self.key
