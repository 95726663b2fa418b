"""Something that somebody does so that it goes better next time: by whom, and until which day.

It belongs to a review, or to a problem, and is the same thing at both: whoever does it is let in, has it among their
cues, and is reminded of it (``chasing``) until it is done or dropped. What it is, and why one was dropped, stands on
the record of what it belongs to in the entry's text, as notes do.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine import outsiders
from escalation.engine.models import Delivery
from escalation.engine.words import named
from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.kit.text import clean, one_line
from escalation.people.models import User

from . import chase_days
from .passing import may_hold

LONGEST = 10_000  # characters of each text
WHAT = 300  # and of an action
MOST_ACTIONS = 50
REMINDER = "action_due"  # the kind of the message
SAID_ANEW = "it is said anew"
MOVED = "it was done, dropped or changed before it was sent"


class ActionQuerySet(models.QuerySet["Action"]):
    def open(self) -> "ActionQuerySet":
        """Neither done nor dropped."""
        return self.filter(done_at__isnull=True, dropped_at__isnull=True)

    def overdue(self, today: date) -> "ActionQuerySet":
        return self.open().filter(due__lt=today)

    def with_home(self) -> "ActionQuerySet":
        """With what each belongs to."""
        return self.select_related("review__incident", "problem")


class Action(models.Model):
    """What somebody does, of a review or of a problem."""

    review = models.ForeignKey("incidents.Review", models.PROTECT, null=True, related_name="actions")
    problem = models.ForeignKey("incidents.Problem", models.PROTECT, null=True, related_name="actions")
    number = models.PositiveIntegerField()  # of its review's or problem's, from 1
    what = models.CharField(gettext_lazy("what"), max_length=WHAT)
    owner = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    due = models.DateField(gettext_lazy("until"))
    remind_at = models.DateTimeField(null=True)  # when somebody is reminded next; None: it is over
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    dropped_at = models.DateTimeField(null=True)
    dropped_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    why_dropped = models.TextField(blank=True, default="")

    objects = ActionQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="review_action_once"),
            models.UniqueConstraint(fields=["problem", "number"], name="problem_action_once"),
            models.CheckConstraint(
                condition=Q(review=None, problem__isnull=False) | Q(problem=None, review__isnull=False),
                name="action_is_of_one",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(dropped_at__isnull=True), name="review_action_ends_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner", "due"], condition=Q(done_at=None, dropped_at=None), name="review_action_open"
            ),
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="review_action_remind"),
        ]

    def __str__(self):
        return f"{self.home}, action {self.number}"

    def get_absolute_url(self):
        return f"{self.home.get_absolute_url()}#action-{self.number}"

    @property
    def home(self) -> "HasActions":
        """The review or the problem that it belongs to."""
        found: HasActions | None = self.review or self.problem
        assert found is not None
        return found

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.dropped_at is None

    @property
    def token(self) -> str:
        """Changes whenever somebody's form would be stale."""
        return f"{self.owner_id}.{self.due:%Y%m%d}"

    def _keep(self, now: datetime) -> None:
        """Save it as it is now, with when somebody is reminded next; what waits to remind somebody does not leave."""
        self.remind_at = chase_days.next_after(self.due, now, self.owner.time_zone) if self.is_open else None
        self.save()
        self.take_back(now, MOVED)

    @property
    def cause(self) -> str:
        """What the causes of its reminders begin with."""
        return f"review_action:{self.pk}:"

    def take_back(self, now: datetime, why: str) -> None:
        """A reminder of it that has not left does not leave."""
        outsiders.stop(self._waiting(), now, why)

    def _waiting(self) -> "models.QuerySet[Delivery]":
        return outsiders.waiting(self.home.trail_id, REMINDER).filter(cause__startswith=self.cause)

    def forget_words(self, now: datetime) -> None:
        """What it is, and why it was dropped, is leaving the record. Who does it until when stays, and a reminder that
        waits is made anew."""
        self.what = _("The text was taken away.")
        self.why_dropped = self.what if self.dropped_at else ""
        if self._waiting().exists():
            self.remind_at = now
        self.save(update_fields=["what", "why_dropped", "remind_at"])
        self.take_back(now, SAID_ANEW)

    def facts(self) -> dict:
        return {"number": self.number, "owner": named(self.owner), "due": self.due.isoformat()}


class HasActions(models.Model):
    """What a review and a problem share. Each says at which record it is written, and whom it lets in.

    ``noun``: the word before the kinds of entries. ``team_id``: whose supervisors hear of what is late, if the owner
    has none. ``seers``: those of people (a queryset) who may see it.
    """

    noun: str
    actions: Any  # of each, by its own key
    if TYPE_CHECKING:
        trail_id: Any  # each as its own: a column, or its incident's
        team_id: Any
        ref: Any

        def get_absolute_url(self) -> str: ...
        def seers(self, people: models.QuerySet[User]) -> models.QuerySet[User]: ...

        def _at(self, by: User) -> Work: ...
        def _let_in(self, person: User) -> None: ...
        def _said(self, work: Work, kind: str, data: dict, *, text: str = "") -> None: ...

    class Meta:
        abstract = True

    @transaction.atomic
    def add_action(self, *, by: User, what: str, owner: User, due: date) -> Action:
        """Something is to be done: by whom, until which day. Whoever it is may see it from then on."""
        work = self._at(by)
        self._takes_actions()
        if self.actions.count() >= MOST_ACTIONS:
            raise Refused(_("No more than %(most)d actions fit here.") % {"most": MOST_ACTIONS}, code="invalid")
        what = one_line(what, limit=WHAT)
        if not what:
            raise Refused(_("Say what is to be done."), code="invalid")
        may_hold(owner)
        number = (self.actions.aggregate(last=models.Max("number"))["last"] or 0) + 1
        about = {"what": what, "owner": owner, "due": due, "made_at": work.now, "made_by": by}
        action = Action(**{self.noun: self}, number=number, **about)
        action._keep(work.now)
        self._let_in(owner)
        self._said(work, f"{self.noun}_action", action.facts(), text=what)
        return action

    @transaction.atomic
    def change_action(self, number: int, *, by: User, owner: User, due: date, seen: str | None = None) -> None:
        """Somebody else does it, or by another day."""
        work = self._at(by)
        action = self._open_action(number, seen)
        if (action.owner_id, action.due) == (owner.pk, due):
            return
        may_hold(owner)
        before = {"owner": named(action.owner), "due": action.due.isoformat()}
        action.owner, action.due = owner, due
        action._keep(work.now)
        self._let_in(owner)
        self._said(work, f"{self.noun}_action_moved", {**action.facts(), "from": before}, text=action.what)

    @transaction.atomic
    def complete_action(self, number: int, *, by: User, seen: str | None = None) -> None:
        """It is done."""
        work = self._at(by)
        action = self._open_action(number, seen)
        action.done_at, action.done_by = work.now, by
        action._keep(work.now)
        self._said(work, f"{self.noun}_action_done", {"number": action.number}, text=action.what)

    @transaction.atomic
    def drop_action(self, number: int, *, by: User, text: str, seen: str | None = None) -> None:
        """It will not be done, and why."""
        work = self._at(by)
        action = self._open_action(number, seen)
        why = clean(text.strip(), limit=LONGEST)
        if not why:
            raise Refused(_("Say why it is dropped."), code="invalid")
        action.dropped_at, action.dropped_by, action.why_dropped = work.now, by, why
        action._keep(work.now)
        self._said(work, f"{self.noun}_action_dropped", {"number": action.number}, text=f"{action.what}\n\n{why}")

    def _takes_actions(self) -> None:
        """Refuses if no action can be added now."""

    def _open_action(self, number: int, seen: str | None) -> Action:
        action = self.actions.select_related("owner").filter(number=number).first()
        if action is None:
            raise Refused(_("There is no such action."), code="invalid")
        if not action.is_open or (seen is not None and seen != action.token):
            raise Refused(_("Somebody has changed this action since the page was loaded."), code="stale")
        return action
