"""Keeping others informed: updates, to those who must know and do not work on it.

The row is there to be found; the record stays the truth. What was written is nowhere but in the entry's text: the
title for outsiders, if there is one, on its first line, and below what they read. Whoever takes that text away
lawfully has taken it from here too.

A form is stale if somebody else has sent an update meanwhile, or it was resolved, re-opened or merged. That it was
acknowledged or escalated does not matter to what others are told, and on a bad day happens while somebody writes.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine import outsiders
from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.models import User
from escalation.trail.models import Entry
from escalation.trail.writing import Actor

from . import audience, status_page
from .access import seers
from .audience import KIND, Audience, Follow, audience_of
from .status_page import Component, Effect
from .verb import Verb
from .working import _some

if TYPE_CHECKING:
    from .incident import Incident

MOST = 4000  # characters of an update: a message holds no more
TITLE = 120  # and of a title for outsiders
# A door that shows updates to outsiders, such as a status page, says here of which incidents it would show one
# (in ``AppConfig.ready``). Where none would, nobody is asked whether it should.
shows: list[Callable[["Incident"], bool]] = []
WITHDRAWN = "it was withdrawn before it was sent"
RESTRICTED = "the incident was restricted before it was sent"
UNFOLLOWED = "they stopped following before it was sent"


class UpdateQuerySet(models.QuerySet["Update"]):
    def standing(self) -> "UpdateQuerySet":
        return self.filter(withdrawn_at__isnull=True)

    def on_status_page(self) -> "UpdateQuerySet":
        """What may be shown there. An incident that is restricted has nothing on it, whatever was sent before."""
        return self.standing().filter(on_status_page=True, incident__restricted=False)

    def with_words(self) -> "UpdateQuerySet":
        return self.select_related("entry__said", "by")


class Update(models.Model):
    """What others were told of an incident, by somebody who works on it."""

    class Stage(models.TextChoices):
        INVESTIGATING = "investigating", gettext_lazy("investigating")
        IDENTIFIED = "identified", gettext_lazy("identified")
        WATCHING = "watching", gettext_lazy("watching")
        RESOLVED = "resolved", gettext_lazy("resolved")

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="updates", db_index=False)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="update_sent")
    number = models.PositiveIntegerField()  # of this incident's, from 1
    stage = models.CharField(max_length=13, choices=Stage)
    titled = models.BooleanField(default=False)  # its text begins with a title for outsiders
    to_stakeholders = models.BooleanField(default=False)
    on_status_page = models.BooleanField(default=False)
    told = models.PositiveIntegerField(default=0)  # by a message
    effect = models.CharField(max_length=11, choices=Effect, blank=True, default="")  # empty: as it was said before
    components = models.ManyToManyField(Component, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)

    objects = UpdateQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("update")
        verbose_name_plural = gettext_lazy("updates")
        constraints = [models.UniqueConstraint(fields=["incident", "number"], name="update_once")]
        indexes = [
            models.Index(
                fields=["-at"],
                condition=Q(on_status_page=True, withdrawn_at__isnull=True),
                name="update_on_status_page",
            )
        ]

    def __str__(self):
        return f"update {self.number} of incident {self.incident_id} ({self.stage})"

    @property
    def _said(self) -> tuple[str, str]:
        said = getattr(self.entry, "said", None)  # taken away lawfully
        return parted(said.text if said else "", titled=self.titled)

    @property
    def text(self) -> str:
        return self._said[1]

    @property
    def public_title(self) -> str:
        """What outsiders may call it; empty if nobody wrote one."""
        return self._said[0]


def flags(user) -> dict:
    """For the query that finds an incident: whether anything was sent, whether anybody could be told, and follows."""
    mine = Update.objects.filter(incident=OuterRef("pk"))
    return {"was_updated": Exists(mine), **audience.flags(user), **status_page.flags()}


def worded(title: str, text: str) -> str:
    """One text for the record."""
    return f"{title}\n\n{text}" if title else text


def parted(text: str, *, titled: bool) -> tuple[str, str]:
    """The title for outsiders, and what they read. A text that was replaced by a remark has no title any more."""
    first, gap, rest = text.partition("\n\n")
    return (first, rest) if titled and gap else ("", text)


class Informing(Verb):
    @property
    def update_epoch(self) -> str:
        """Changes whenever an update that somebody is writing may be one too many, or untrue."""
        incident = cast("Incident", self)
        return self.update_epoch_after(incident.updates.order_by("-number").values_list("number", flat=True).first())

    def update_epoch_after(self, last: int | None) -> str:
        """The same, for whoever has read the number of its last update."""
        incident = cast("Incident", self)
        return f"{incident.run.pk if incident.run else 0}.{'over' if incident.resolved_at else 'open'}.{last or 0}"

    def may_be_shown(self) -> bool:
        """Whether there is a status page that would show an update of it."""
        incident = cast("Incident", self)
        return not (incident.restricted or incident.drill) and any(would(incident) for would in shows)

    @transaction.atomic
    def publish_update(
        self,
        *,
        by: User,
        epoch: str | None,
        stage: str,
        text: str,
        to_stakeholders: bool,
        on_status_page: bool,
        public_title: str = "",
        effect: str = "",
        components: Iterable[Component] = (),
    ) -> "Update":
        """Say how it stands, to those who must know. ``epoch``: the ``update_epoch`` the form was made from.

        ``effect`` and ``components`` are what the status page says of it; without them, what it said before.
        """
        incident = cast("Incident", self)
        work = self._begin(by=by, needs_open=False)
        self._is_fresh(epoch)
        self._may_be_told(by, to_stakeholders=to_stakeholders, on_status_page=on_status_page)
        stage, title, text = Update.Stage(stage).value, one_line(public_title, limit=TITLE), _fitting(text)
        touched = list(components) if on_status_page and effect else []
        told = audience_of(incident, but=by) if to_stakeholders else Audience()
        number = (incident.updates.aggregate(last=Max("number"))["last"] or 0) + 1
        data = {
            "number": number,
            "stage": stage,
            "people": [{"id": person.pk, "name": person.name} for person in told.people],
            "on_status_page": on_status_page,
            **({"titled": True} if title else {}),
            **({"effect": Effect(effect).value, "components": [one.name for one in touched]} if touched else {}),
        }
        work.entry(incident.trail_id, "update_published", data, text=worded(title, text))
        work.write()
        entry = Entry.objects.only("pk").get(trail=incident.trail_id, seq=work.heads[incident.trail_id].length)
        update = Update.objects.create(
            incident=incident,
            entry=entry,
            number=number,
            stage=stage,
            titled=bool(title),
            to_stakeholders=to_stakeholders,
            on_status_page=on_status_page,
            told=len(told),
            effect=effect if touched else "",
            by=by,
            at=work.now,
        )
        update.components.set(touched)
        self._tell(work, update, told, by, title, text)
        return update

    def _is_fresh(self, epoch: str | None) -> None:
        if epoch is None or epoch == self.update_epoch:
            return
        last = cast("Incident", self).updates.select_related("by").order_by("-number").first()
        if last is not None and not epoch.endswith(f".{last.number}"):
            who = {"who": last.by.name, "number": last.number}
            said = _(
                "%(who)s has sent update %(number)d meanwhile. Read it, then send yours or leave it. Nobody was told."
            )
            raise Refused(said % who, code="stale")
        raise Refused(
            _("It was resolved, re-opened or merged meanwhile. Look whether this is still true."), code="stale"
        )

    def _may_be_told(self, by: User, *, to_stakeholders: bool, on_status_page: bool) -> None:
        incident = cast("Incident", self)
        if incident.merged_into is not None:
            said = _("%(ref)s was merged into %(other)s. Send it there: whoever was told of this one is told.")
            raise Refused(said % {"ref": incident.ref, "other": incident.merged_into.ref_for(by)})
        if incident.drill:
            raise Refused(_("%(ref)s is a drill: nobody is told who does not work on it.") % {"ref": incident.ref})
        if not (to_stakeholders or on_status_page):
            raise Refused(_("Choose who is to read it."), code="invalid")
        if on_status_page and incident.restricted:
            said = _("%(ref)s is restricted: nothing of it is shown on the status page.")
            raise Refused(said % {"ref": incident.ref}, code="invalid")

    def _tell(self, work: Work, update: "Update", told: Audience, by: User, title: str, text: str) -> None:
        """Each once, by their own ways. Who may not see the incident reads what was written, and of which service."""
        incident = cast("Incident", self)
        brief = incident._brief()
        said = {"stage": update.stage, "text": text, "severity": incident.severity, "service": brief["service"]}
        inside = {"ref": brief["ref"], "title": brief["title"], "link": brief["link"], "by": by.name, **said}
        outside = {"title": title, **said}
        each = [(person, inside) for person in told.inside] + [(person, outside) for person in told.outside]
        outsiders.tell(each, trail=incident.trail_id, kind=KIND, cause=_cause(update), now=work.now)

    @transaction.atomic
    def withdraw_update(self, *, by: User, number: int, text: str) -> None:
        """It was wrong: off the status page, and it reaches nobody whom it has not reached yet. The record keeps it."""
        incident = cast("Incident", self)
        work = self._begin(by=by, needs_open=False)
        update = incident.updates.filter(number=number).first()
        if update is None:
            raise Refused(_("There is no such update."), code="stale")
        if update.withdrawn_at is not None:
            raise Refused(_("It has been withdrawn already."), code="stale")
        update.withdrawn_at, update.withdrawn_by = work.now, by
        update.save(update_fields=["withdrawn_at", "withdrawn_by"])
        mine = outsiders.waiting(incident.trail_id, KIND).filter(cause=_cause(update))
        outsiders.stop(mine, work.now, WITHDRAWN)
        work.entry(incident.trail_id, "update_withdrawn", {"number": number}, text=_some(text))
        work.write()

    @transaction.atomic
    def unfollow(self, *, by: User) -> None:
        """Its updates are sent to them no more, nor what waits to leave, unless admins named them. Not on record."""
        incident = cast("Incident", self)
        work = self._locked(Actor.person(by))
        Follow.objects.filter(incident=incident, person=by).delete()
        if by not in audience_of(incident).people:
            outsiders.stop(outsiders.waiting(incident.trail_id, KIND).filter(person=by), work.now, UNFOLLOWED)

    def _inform_outsiders_no_more(self, work: Work) -> None:
        """It is restricted from now on: what waits for those who may not see it any more does not leave."""
        incident = cast("Incident", self)
        waiting = outsiders.waiting(incident.trail_id, KIND)
        people = User.objects.filter(pk__in=waiting.values("person"))
        blind = set(people.values_list("pk", flat=True)) - set(seers(incident, people).values_list("pk", flat=True))
        if blind:
            outsiders.stop(waiting.filter(person__in=blind), work.now, RESTRICTED)


def _cause(update: "Update") -> str:
    return f"update:{update.pk}"


def _fitting(text: str) -> str:
    text = _some(text)
    if len(text) > MOST:
        raise Refused(_("An update has %(most)d characters at the most.") % {"most": MOST}, code="invalid")
    return text
