"""Who is asked to write the review of an incident that was severe, and what came of it.

Decided: one person is asked, by name and until a day; what everybody is asked nobody does. It is the lead, where there
is one; else whoever resolved it; where a machine did, whoever had the baton, or had it last. Where nobody did, a
supervisor of the team that owns it is asked, if it was open for a while or nobody was left to call: what comes and goes
by itself in minutes would ask every night.

One row for an incident. It is settled by a review that is begun, by whomever, and by a reason why there is none, which
stands on the record; by re-opening too, and the next end asks anew. All of it follows from the record (``follow``): no
verb has to think of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine.models import EscalationRun
from escalation.engine.words import named
from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.kit.text import clean
from escalation.people.models import Membership, User
from escalation.trail.models import Entry

from . import reviews
from .access import seers, visible
from .chase_days import day_of
from .incident import Incident
from .role_plans import Role
from .role_rows import IncidentRole

SEVERE = 2  # this severe, or more
A_WHILE = timedelta(minutes=15)
WITHIN = timedelta(days=7)
LONGEST = 10_000  # characters of a reason
_TAKES = ("acknowledged", "accepted")
_SETTLES = ("review_begun", "review_declined", "reopened")


class ReviewAskQuerySet(models.QuerySet["ReviewAsk"]):
    def open(self) -> "ReviewAskQuerySet":
        return self.filter(settled_at__isnull=True)

    def visible_to(self, user) -> "ReviewAskQuerySet":
        return self.filter(visible(user, "incident__"))

    def asked_of(self, user: User) -> "ReviewAskQuerySet":
        """One's own; and those of somebody whose account is closed since, for supervisors of the team that owns the
        incident: nobody else would do anything about them."""
        led = [team for team, _name, role in user.belongs if role == Membership.Role.SUPERVISOR]
        left = Q(person__is_active=False, incident__owner__in=led)
        return self.filter(Q(person=user) | left if led else Q(person=user))


class ReviewAsk(models.Model):
    """Somebody is asked for the review of an incident."""

    incident = models.OneToOneField("incidents.Incident", models.PROTECT, related_name="+")
    person = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    due = models.DateField(gettext_lazy("until"))
    asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    objects = ReviewAskQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("request for a review")
        verbose_name_plural = gettext_lazy("requests for reviews")
        indexes = [models.Index(fields=["person", "due"], condition=Q(settled_at=None), name="review_asked")]

    def __str__(self):
        return f"review of incident {self.incident_id} by {self.person_id}"

    def may_decline(self, user: User) -> bool:
        """Whoever is asked, and who supervises them there."""
        return self.person_id == user.pk or self.incident.may_reassign(user)

    @transaction.atomic
    def decline(self, *, by: User, text: str) -> None:
        """There will be no review, and why. Whoever wants one all the same may begin it."""
        work = self.incident._begin(by=by, needs_open=False)
        asked = ReviewAsk.objects.open().filter(pk=self.pk).values_list("person", flat=True).first()
        if asked != self.person_id:  # settled, or somebody else is asked since
            raise Refused(_("Nobody is asked for this review any more."), code="stale")
        if not self.may_decline(by):
            said = _("Only %(name)s and supervisors can say that there is none.") % {"name": self.person.name}
            raise Refused(said, code="not-allowed")
        why = clean(text.strip(), limit=LONGEST)
        if not why:
            raise Refused(_("Say why there is none."), code="invalid")
        work.entry(self.incident.trail_id, "review_declined", {"asked": named(self.person)}, text=why)
        work.write()


# --- what follows from the record ---------------------------------------------------------------


def follow(work: Work, entries: Sequence[Entry]) -> None:
    """Registered with the engine: what was severe has just ended, or its review was begun, or it goes on."""
    over = {entry.trail_id for entry in entries if entry.kind in _SETTLES}
    if over:
        ReviewAsk.objects.open().filter(incident__trail__in=over).update(settled_at=work.now)
    ended = {entry.trail_id for entry in entries if entry.kind == "resolved"}
    if ended:
        severe = Incident.objects.real().filter(trail__in=ended, severity__lte=SEVERE, resolved_at__isnull=False)
        missing = severe.filter(~Exists(reviews.Review.objects.filter(incident=OuterRef("pk"))), merged_into=None)
        for incident in missing.select_related("resolver"):
            _ask(incident, work.now)


def _ask(incident: Incident, now: datetime) -> None:
    person = _whom(incident, now)
    if person is not None:
        due = day_of(now, person.time_zone) + WITHIN
        asked = {"person": person, "due": due, "asked_at": now, "settled_at": None}
        ReviewAsk.objects.update_or_create(incident=incident, defaults=asked)


def _whom(incident: Incident, now: datetime) -> User | None:
    leads = IncidentRole.objects.filter(incident=incident, role=Role.LEAD, person__is_active=True)
    if (lead := leads.select_related("person").first()) is not None:  # ended with it, and says who had it last
        return lead.person
    if incident.resolver is not None and incident.resolver.is_active:
        return incident.resolver
    runs = EscalationRun.objects.functional().filter(trail=incident.trail_id, holder__is_active=True)
    if (run := runs.select_related("holder").order_by("-id").first()) is not None:
        return run.holder
    if (last := _had_it_last(incident)) is not None:
        return last
    if now - incident.opened_at < A_WHILE and not _nobody_was_left(incident):
        return None
    supervising = Membership.objects.filter(team=incident.owner_id, role=Membership.Role.SUPERVISOR)
    supervising = supervising.filter(team__archived_at__isnull=True)
    people = User.objects.filter(pk__in=supervising.values("user"), is_auditor=False)
    return seers(incident, people).order_by("name", "pk").first()


def _had_it_last(incident: Incident) -> User | None:
    """Somebody took it, and it went on from them."""
    took = Entry.objects.filter(trail=incident.trail_id, kind__in=_TAKES, actor_kind=Entry.Actor.PERSON)
    last = took.order_by("-seq").values_list("actor_id", flat=True).first()
    return User.objects.filter(pk=last, is_active=True).first() if last is not None else None


def _nobody_was_left(incident: Incident) -> bool:
    return Entry.objects.filter(trail=incident.trail_id, kind="exhausted").exists()


def along() -> dict:
    """For the query that finds an incident: whether it has a review, and who is asked for one, until when."""
    asked = ReviewAsk.objects.open().filter(incident=OuterRef("pk"))
    of, until = Subquery(asked.values("person__name")[:1]), Subquery(asked.values("due")[:1])
    return {**reviews.along(), "review_asked_of": of, "review_asked_until": until}
