"""How incidents belong together: duplicates merged into another, parts of something larger, and what is related.

A duplicate is resolved by the merge, with the one it went into on its row and on both records. Its living alert keys
move, so that what its sources say from now on is heard there; whoever could see it may see the other.
"""

from typing import TYPE_CHECKING, cast

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import User

from .access import Access, let_in
from .catalogue import Cause
from .doors import AlertKey
from .role_filling import fill
from .verb import Verb
from .working import _some

if TYPE_CHECKING:
    from .incident import Incident


class Link(models.Model):
    """``incident`` is a part of ``other``, or each has to do with the other (the older one is ``incident`` then)."""

    class Kind(models.TextChoices):
        PART = "part", gettext_lazy("is a part of it")
        RELATED = "related", pgettext_lazy("incidents", "has to do with it")

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="links", db_index=False)
    other = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="linked_from")
    kind = models.CharField(max_length=8, choices=Kind)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "other"], name="linked_once"),
            models.UniqueConstraint(fields=["incident"], condition=Q(kind="part"), name="part_of_one"),
            models.CheckConstraint(condition=~Q(incident=F("other")), name="linked_to_another"),
        ]

    def __str__(self):
        return f"{self.incident_id} {self.kind} {self.other_id}"


def flags() -> dict:
    """For the query that finds an incident: whether it is linked with any, or any was merged into it."""
    from .incident import Incident

    me = OuterRef("pk")
    linked = Link.objects.filter(Q(incident=me) | Q(other=me))
    duplicates = Incident.objects.filter(merged_into=me)
    return {"may_be_linked": Q(merged_into__isnull=False) | Q(Exists(linked)) | Q(Exists(duplicates))}


class Linking(Verb):
    @transaction.atomic
    def merge_into(self, other: "Incident", *, by: User, text: str, seen: str | None = None) -> None:
        """This is the same trouble as ``other``: end it here, and go on there.

        Nobody is called for it any more. Refused unless both are open, and if only one of them is restricted.
        """
        incident = cast("Incident", self)
        _needs_two(incident, other)
        work = self._begin(by=by, seen=seen, beside=other)
        if other.resolved_at:
            raise Refused(_("%(ref)s is resolved. Re-open it first, or choose another.") % {"ref": other.ref})
        if incident.restricted != other.restricted:
            raise Refused(_("Only one of the two is restricted: who may read the one may not read the other."))
        text = _some(text)
        _let_in(other, incident)
        AlertKey.objects.filter(incident=incident, ended_at__isnull=True).update(incident=other)
        self._tell_of_merge(work, other, by, text)
        data: dict = {"ref": incident.ref}
        reported = min(filter(None, [incident.reported_severity, other.reported_severity]), default=None)
        if reported != other.reported_severity:
            other.reported_severity = reported
            other.save(update_fields=["reported_severity"])
            changed = other._judge_again(work)
            data |= {"severity": changed} if changed else {}
        work.entry(other.trail_id, "absorbed", data, text=text, run=other.run)
        if "severity" in data:
            fill(work, [other])
        incident.merged_into = other
        incident._resolve(work, cause=Cause.DUPLICATE.value, text=text, resolver=by, merged_into=other.ref)

    def _tell_of_merge(self, work: Work, other: "Incident", by: User, text: str) -> None:
        """Whoever holds the one or the other learns of it."""
        incident, run = cast("Incident", self), other.run
        assert run is not None
        mine = incident.run.holder if incident.run else None
        people = {person.pk: person for person in (mine, run.holder) if person is not None}
        cause = f"incident:{incident.pk}:merged:{work.heads[incident.trail_id].length}"
        for person in people.values():  # both may be restricted, each to others
            message = {"from": incident.ref_for(person), "by": by.name, "text": text}
            work.tell(run, [person], kind="merged", cause=cause, message=message)

    @transaction.atomic
    def link(self, other: "Incident", *, kind: str, by: User) -> None:
        """``part``: this is a part of ``other``; ``related``: they have to do with each other. Also once resolved."""
        incident = cast("Incident", self)
        _needs_two(incident, other)
        work = self._begin(by=by, needs_open=False, beside=other)
        if _between(incident, other).exists():
            raise Refused(_("%(ref)s is linked with it already.") % {"ref": other.ref})
        kind = Link.Kind(kind)
        if kind == Link.Kind.PART:
            _needs_one_storey(incident, other, by)
        first, second = (incident, other) if kind == Link.Kind.PART or incident.pk < other.pk else (other, incident)
        Link.objects.create(incident=first, other=second, kind=kind)
        part = kind == Link.Kind.PART
        work.entry(incident.trail_id, "linked", {"ref": other.ref, "as": "whole" if part else "related"})
        work.entry(other.trail_id, "linked", {"ref": incident.ref, "as": "part" if part else "related"})
        work.write()

    @transaction.atomic
    def unlink(self, other: "Incident", *, by: User) -> None:
        """They have nothing to do with each other after all."""
        incident = cast("Incident", self)
        work = self._begin(by=by, needs_open=False, beside=other)
        gone, _rows = _between(incident, other).delete()
        if not gone:
            raise Refused(_("%(ref)s is not linked with it any more.") % {"ref": other.ref}, code="stale")
        work.entry(incident.trail_id, "unlinked", {"ref": other.ref})
        work.entry(other.trail_id, "unlinked", {"ref": incident.ref})
        work.write()


def _needs_two(incident: "Incident", other: "Incident") -> None:
    if incident.pk == other.pk:
        raise Refused(_("That is this incident itself."), code="invalid")
    for one in (incident, other):
        if one.drill:
            raise Refused(_("%(ref)s is a drill: it is joined with nothing.") % {"ref": one.ref}, code="invalid")


def _between(incident: "Incident", other: "Incident") -> "models.QuerySet[Link]":
    either_way = Q(incident=incident, other=other) | Q(incident=other, other=incident)
    return Link.objects.filter(either_way)


def _needs_one_storey(part: "Incident", whole: "Incident", by: User) -> None:
    """A whole and its parts, and nothing above or below: everybody can see where the baton is."""
    parts = Link.objects.filter(kind=Link.Kind.PART).select_related("other")
    above = parts.filter(incident__in=[part, whole]).first()
    if above is not None:
        ref = part.ref if above.incident_id == part.pk else whole.ref
        raise Refused(_("%(ref)s is itself a part of %(other)s.") % {"ref": ref, "other": above.other.ref_for(by)})
    if parts.filter(other=part).exists():
        raise Refused(_("%(ref)s has parts of its own.") % {"ref": part.ref})


def _let_in(other: "Incident", incident: "Incident") -> None:
    """Whoever may see the one may see the other."""
    rows = Access.objects.filter(incident=incident).values_list("team", "person")
    let_in(Access(incident_id=other.pk, team_id=team, person_id=person) for team, person in rows)
