"""Recurring trouble: the incidents that are the same one, who owns it, what is done against it, and whether it helped.

A problem begins with an incident, and people say which others are of it and which are not. Both are kept: what
somebody said is not one of them is never proposed again, and what looks more like it than like the others is not
either (``incidents.learning.recurring``). An incident is of one problem at most.

**No status column.** A problem is open until it is fixed or closed. Fixed is an instant, before and after which its
incidents are counted (``incidents.learning.afterwards``); closed is an end, with a reason.

It has a record of its own, whose head is its lock; what is said of an incident stands on that one's record too, and
needs both locks. A restricted incident is linked with nothing: what recurs is read by others than may read it. If one
is restricted later, it is there for its participants alone.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.lookups import IsNull
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine import outsiders
from escalation.engine.words import named
from escalation.engine.work import Work
from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.kit.rowsof import RowsOf
from escalation.kit.text import clean, one_line
from escalation.people.models import Membership, Team, User
from escalation.trail.models import Trail
from escalation.trail.writing import Actor

from .access import flags, sees_all, visible
from .actions import LONGEST, HasActions
from .incident import Incident
from .passing import may_hold
from .problem_redacting import HasRecord

TITLE = 200
OWNED = "problem_owner"  # the kind of the message
GIVEN_ON = "it was given to somebody else before it was sent"
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # that somebody says of a fix: the days before it are counted too


class ProblemQuerySet(models.QuerySet["Problem"]):
    def visible_to(self, user) -> "ProblemQuerySet":
        """Its team, its owner, whoever had a hand in it, and who may see an incident of it."""
        if not user.is_active:
            return self.none()
        if sees_all(user):
            return self.all()
        of_it = ProblemIncident.objects.filter(visible(user, "incident__"), problem=OuterRef("pk"), belongs=True)
        helping = Problem.people.through.objects.filter(problem=OuterRef("pk"), user=user)
        teams = Membership.objects.filter(user=user).values("team")
        of_it = of_it.filter(incident__restricted=False)
        return self.filter(Q(owner=user) | Q(team__in=teams) | Q(Exists(helping)) | Q(Exists(of_it)))

    def open_first(self) -> "ProblemQuerySet":
        """Then what is fixed, and then what is closed; the latest of each first."""
        over, fixed = (IsNull(F(name), False) for name in ("closed_at", "fixed_at"))
        return self.order_by(over, fixed, "-begun_at", "-pk")


class Problem(HasRecord, HasActions):
    """Trouble that comes back, and what is done against it."""

    title = models.CharField(gettext_lazy("title"), max_length=TITLE)
    owner = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=gettext_lazy("owner"))
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=gettext_lazy("team"))
    cause = models.TextField(gettext_lazy("what is believed to be the cause"), blank=True, default="")
    trail = models.OneToOneField(Trail, models.PROTECT, related_name="problem")
    people = models.ManyToManyField(
        User, related_name="+"
    )  # who began or wrote it, or does something; never taken away
    version = models.PositiveIntegerField(default=1)  # of what people say of the problem itself
    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    fixed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    why_closed = models.TextField(blank=True, default="")

    objects = ProblemQuerySet.as_manager()
    noun = "problem"

    class Meta:
        verbose_name = gettext_lazy("problem")
        verbose_name_plural = gettext_lazy("problems")
        indexes = [models.Index(fields=["-begun_at"], name="problem_latest")]

    def __str__(self):
        return f"{self.ref} {self.title}"

    def get_absolute_url(self):
        return reverse("problem", args=[self.pk])

    @property
    def ref(self) -> str:
        return f"PRB-{self.pk}"

    @property
    def state(self) -> str:
        """``open``, ``fixed`` or ``closed``."""
        return "closed" if self.closed_at else "fixed" if self.fixed_at else "open"

    # --- who may ------------------------------------------------------------------------------------

    def may_act(self, user: User) -> bool:
        """Its team with its supervisors, its owner and whoever had a hand in it; admins. Others look."""
        if not user.is_active or (user.is_auditor and not user.is_staff):
            return False
        if user.is_staff or self.owner_id == user.pk:
            return True
        member = Membership.objects.filter(user=user, team=self.team_id)
        return member.exists() or self.people.filter(pk=user.pk).exists()

    def seers(self, people):
        """Those of ``people`` (a queryset) who may see it whatever its incidents."""
        of_team = Membership.objects.filter(team=self.team_id).values("user")
        may = Q(is_staff=True) | Q(is_auditor=True) | Q(pk=self.owner_id) | Q(pk__in=of_team)
        return people.filter(may | Q(pk__in=self.people.values("pk")), is_active=True)

    # --- verbs --------------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def begin(
        cls,
        incident: Incident,
        *,
        by: User,
        title: str,
        owner: User,
        team: Team,
        cause: str = "",
        also: Sequence[Incident] = (),
        apart: Sequence[Incident] = (),
    ) -> "Problem":
        """It has come back: ``also``, the others of it; ``apart``, what was proposed and is none of it. Whoever works
        on them all may begin it, for whichever team."""
        now = clock.now()
        trail = Trail.objects.create(kind=Trail.Kind.PROBLEM, subject=f"problem {secrets.token_hex(12)}")
        problem = cls(trail=trail, begun_at=now, begun_by=by)
        problem._keep(title, owner, team, cause)
        problem.people.add(by)
        Trail.objects.filter(pk=trail.pk).update(subject=problem.ref)
        whole = [incident, *also, *apart]
        work = Work.lock([trail.pk, *(one.trail_id for one in whole)], actor=Actor.person(by))
        fresh = _fresh(whole, by)
        problem._said(work, "problem_begun", {"owner": named(owner), "team": team.name}, write=False)
        for one in [incident, *also]:
            problem._take_in(work, fresh[one.pk])
        for one in apart:
            problem._keep_apart(work, fresh[one.pk])
        work.write()
        problem._tell_owner(work, by)
        return problem

    @transaction.atomic
    def write(self, *, by: User, title: str, owner: User, team: Team, cause: str, seen: str | None = None) -> None:
        """Other words, or in other hands. ``seen``: the version that the form was made from."""
        work = self._at(by, seen)
        before = self.owner_id
        self.version += 1
        self._keep(title, owner, team, cause)
        self.people.add(by)  # also of who puts it into other hands
        said = {"number": self.version, "owner": named(owner), "team": team.name}
        self._said(work, "problem_changed", said)
        if owner.pk != before:
            self._tell_owner(work, by)

    @transaction.atomic
    def fix(self, *, by: User, at: datetime, seen: str | None = None) -> None:
        """What was believed to be the cause is gone since then. Also said again, of another instant."""
        work = self._at(by, seen)
        self._not_closed()
        if at > work.now:
            raise Refused(_("That is still to come. Say so when it is done."), code="invalid")
        if at < EARLIEST:
            raise Refused(_("That is too long ago."), code="invalid")
        self.fixed_at, self.version = at, self.version + 1
        self.save()
        self._said(work, "problem_fixed", {"on": at.isoformat()})

    @transaction.atomic
    def close(self, *, by: User, text: str, seen: str | None = None) -> None:
        """Nobody works on it any more, and why. What looks like it is not proposed as another."""
        work = self._at(by, seen)
        self._not_closed()
        why = clean(text.strip(), limit=LONGEST)
        if not why:
            raise Refused(_("Say why it is closed."), code="invalid")
        if self.actions.open().exists():
            raise Refused(_("An action of it is open. Finish it, or drop it, and close the problem then."))
        self.closed_at, self.why_closed, self.version = work.now, why, self.version + 1
        self.save()
        self._said(work, "problem_closed", {}, text=why)

    @transaction.atomic
    def reopen(self, *, by: User, seen: str | None = None) -> None:
        """It is neither fixed nor over after all."""
        work = self._at(by, seen)
        if self.state == "open":
            raise Refused(_("It is open already."), code="stale")
        self.fixed_at = self.closed_at = None
        self.why_closed, self.version = "", self.version + 1
        self.save()
        self._said(work, "problem_reopened", {})

    @transaction.atomic
    def link(self, incident: Incident, *, by: User) -> None:
        """This incident is one of it, also if somebody has said that it is not."""
        work = self._at(by, beside=[incident.trail_id])
        self._take_in(work, _fresh([incident], by)[incident.pk])
        work.write()

    @transaction.atomic
    def unlink(self, incident: Incident, *, by: User) -> None:
        """This incident is none of it. That is kept, and it is not proposed again."""
        work = self._at(by, beside=[incident.trail_id])
        self._keep_apart(work, _fresh([incident], by)[incident.pk])
        work.write()

    # --- what they share ----------------------------------------------------------------------------

    def _at(self, by: User, seen: str | None = None, beside: Iterable[int] = ()) -> Work:
        """The lock (and those of incidents' trails), whether this person may, and the row under it."""
        work = Work.lock([self.trail_id, *beside], actor=Actor.person(by))
        self.refresh_from_db()
        if not self.may_act(by):
            raise Refused(_("You may look at %(ref)s but not change it.") % {"ref": self.ref}, code="not-allowed")
        if seen is not None and seen != str(self.version):
            raise Refused(_("Somebody has changed this problem since the page was loaded."), code="stale")
        return work

    def _take_in(self, work: Work, incident: Incident) -> None:
        ref = {"ref": incident.ref}
        if incident.restricted:
            raise Refused(_("%(ref)s is restricted: a problem is read by others than may read it.") % ref)
        if incident.merged_into_id is not None:
            raise Refused(_("%(ref)s was merged: link what it goes on as.") % ref)
        if incident.drill:
            raise Refused(_("%(ref)s is a drill: nothing was broken.") % ref)
        there = ProblemIncident.objects.filter(incident=incident, belongs=True).first()
        if there is not None and there.problem_id == self.pk:
            raise Refused(_("%(ref)s is one of it already.") % ref, code="stale")
        if there is not None:
            raise Refused(_("%(ref)s is one of another problem already.") % ref)
        self._mark(work, incident, belongs=True)
        work.entry(incident.trail_id, "problem_linked", {"problem": self.ref})

    def _keep_apart(self, work: Work, incident: Incident) -> None:
        there = self.links.filter(incident=incident).first()
        if there is not None and not there.belongs:
            raise Refused(_("Somebody has said so already."), code="stale")
        self._mark(work, incident, belongs=False)
        if there is not None:
            work.entry(incident.trail_id, "problem_unlinked", {"problem": self.ref})

    def _mark(self, work: Work, incident: Incident, *, belongs: bool) -> None:
        said = {"belongs": belongs, "by_id": work.actor.id, "at": work.now}
        ProblemIncident.objects.update_or_create(problem=self, incident=incident, defaults=said)
        work.entry(self.trail_id, "problem_linked" if belongs else "problem_unlinked", {"ref": incident.ref})

    def _keep(self, title: str, owner: User, team: Team, cause: str) -> None:
        may_hold(owner)
        if team.archived_at is not None and team.pk != self.team_id:
            raise Refused(_("%(team)s is no team any more.") % {"team": team.name}, code="invalid")
        self.title, self.cause = one_line(title, limit=TITLE), clean(cause.strip(), limit=LONGEST)
        if not self.title:
            raise Refused(_("Give it a title."), code="invalid")
        self.owner, self.team = owner, team
        self.save()

    def _not_closed(self) -> None:
        if self.closed_at is not None:
            raise Refused(_("%(ref)s is closed. Re-open it first.") % {"ref": self.ref})

    _takes_actions = _not_closed

    def _tell_owner(self, work: Work, by: User) -> None:
        """Whoever was not asked hears that it is theirs; who had it before hears no more of that."""
        outsiders.stop(outsiders.waiting(self.trail_id, OWNED), work.now, GIVEN_ON)
        if self.owner_id == by.pk:
            return
        facts = {"title": self.title, "link": self.get_absolute_url(), "problem": self.ref, "by": by.name}
        cause = f"problem_owner:{self.pk}:{work.heads[self.trail_id].length}"
        told = [(self.owner, {**facts, "tag": f"problem:{self.pk}"})]
        outsiders.tell(told, trail=self.trail_id, kind=OWNED, cause=cause, now=work.now)

    def _let_in(self, person: User) -> None:
        self.people.add(person)

    def _said(self, work: Work, kind: str, data: dict, *, text: str = "", write: bool = True) -> None:
        work.entry(self.trail_id, kind, data, text=text)
        if write:
            work.write()


def _fresh(incidents: Sequence[Incident], by: User) -> dict[int, Incident]:
    """As they are under their locks. Only who works on an incident says what it is one of."""
    rows = Incident.objects.filter(pk__in=[one.pk for one in incidents]).annotate(**flags(by)).in_bulk()
    for one in rows.values():
        if not one.rights_as_read(by).act:
            raise Refused(_("You may look at %(ref)s but not change it.") % {"ref": one.ref}, code="not-allowed")
    return rows


class ProblemIncident(models.Model):
    """What somebody said of an incident: that it is one of a problem, or that it is not."""

    problem = models.ForeignKey(Problem, models.PROTECT, related_name="links", db_index=False)  # said_once begins so
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="of_problems")
    belongs = models.BooleanField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["problem", "incident"], name="of_problem_said_once"),
            models.UniqueConstraint(fields=["incident"], condition=Q(belongs=True), name="of_one_problem"),
        ]

    def __str__(self):
        return f"{self.incident_id} is {'' if self.belongs else 'not '}of {self.problem_id}"


# What an incident's page says of the problem that it is one of: plain values, by ``ProblemIncident``.
TOLD: dict[str, Any] = {
    "number": "problem",
    "title": "problem__title",
    "owner": "problem__owner__name",
    "state": Case(
        When(problem__closed_at__isnull=False, then=Value("closed")),
        When(problem__fixed_at__isnull=False, then=Value("fixed")),
        default=Value("open"),
    ),
}


def told(user) -> dict[str, Any]:
    """``TOLD``, and whether this person may act on that problem: the rule of ``Problem.may_act``, 1 or 0."""
    member = Membership.objects.filter(user=user, team=OuterRef("problem__team"))
    helping = Problem.people.through.objects.filter(problem=OuterRef("problem"), user=user)
    mine = Q(problem__owner=user) | Q(Exists(member)) | Q(Exists(helping))
    if sees_all(user):
        return TOLD | {"may_act": Value(int(user.is_staff))}
    return TOLD | {"may_act": Case(When(mine, then=Value(1)), default=Value(0))}


def of_incident() -> models.QuerySet[ProblemIncident]:
    """For a query of incidents: that each is one of a problem."""
    return ProblemIncident.objects.filter(incident=OuterRef("pk"), belongs=True)


def along(user) -> dict[str, RowsOf]:
    """For the query that finds an incident: the problem it is one of, if this person may see that."""
    seen = of_incident().filter(problem__in=Problem.objects.visible_to(user).values("pk"))
    return {"problem_rows": RowsOf(seen, **TOLD)}
