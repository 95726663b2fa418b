"""What an incident needs of whoever works on it: skills, authority, access."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from escalation.people.models import Skill, User

from .verb import Verb

if TYPE_CHECKING:
    from .incident import Incident


class Needing(Verb):
    def needed(self) -> QuerySet[Skill]:
        """As somebody stated it; until then, as its service has it."""
        incident = cast("Incident", self)
        if incident.needs_stated_at is not None:
            return incident.needs.all()
        return incident.service.needs.all() if incident.service else Skill.objects.none()

    @transaction.atomic
    def state_needs(self, *, by: User, skills: Collection[Skill]) -> None:
        """Say what is needed, all of it; nothing is an answer too. Nobody is called for it, and no clock moves."""
        incident = cast("Incident", self)
        work = self._begin(by=by)
        before, after = {one.pk: one for one in self.needed()}, {one.pk: one for one in skills}
        if before.keys() == after.keys():
            return
        incident.needs.set(after.values())
        incident.needs_stated_at = work.now
        incident.save(update_fields=["needs_stated_at"])
        data = {
            "added": sorted(one.name for pk, one in after.items() if pk not in before),
            "removed": sorted(one.name for pk, one in before.items() if pk not in after),
            "needs": sorted(one.name for one in after.values()),
        }
        work.entry(incident.trail_id, "needs", data, run=incident.run)
        work.write()


def needed_by(incidents: "Iterable[Incident]", *, holder: User | None = None) -> dict[int, list[Skill]]:
    """What each of them needs, by its id. Two queries for any number, one if all have stated it or none has.

    Each skill says as ``held`` whether this ``holder`` has it."""
    from .incident import Incident, Service

    every = list(incidents)
    stated = [one.pk for one in every if one.needs_stated_at is not None]
    services = {one.service_id for one in every if one.needs_stated_at is None and one.service_id is not None}
    found: dict[tuple[str, int], list[Skill]] = {}
    held = Exists(User.skills.through.objects.filter(user=holder, skill=OuterRef("skill")))
    for kind, through, ids in (
        ("incident", Incident.needs.through, stated),
        ("service", Service.needs.through, services),
    ):
        rows = through._default_manager.filter(**{f"{kind}__in": ids}).select_related("skill").annotate(held=held)
        for row in rows if ids else ():
            row.skill.held = row.held  # type: ignore[attr-defined,union-attr]
            found.setdefault((kind, getattr(row, f"{kind}_id")), []).append(row.skill)
    by = {
        one.pk: ("service", one.service_id or 0) if one.needs_stated_at is None else ("incident", one.pk)
        for one in every
    }
    return {pk: sorted(found.get(key, []), key=lambda skill: skill.name) for pk, key in by.items()}


def missing_skills(incident: "Incident", holder: User | None) -> list[Skill]:
    """Of what the incident needs, what this person does not have; all of it, if there is nobody. One query."""
    needed = incident.needed()
    if holder is None:
        return list(needed)
    return list(needed.exclude(pk__in=User.skills.through.objects.filter(user=holder).values("skill")))


def flags() -> dict:
    """For the query that finds an incident: whether it may need anything, and whether there are skills to need."""
    from .incident import Incident, Service

    return {
        "may_need": Q(Exists(Incident.needs.through.objects.filter(incident=OuterRef("pk"))))
        | Q(Exists(Service.needs.through.objects.filter(service=OuterRef("service")))),
        "skills_kept": Exists(Skill.objects.all()),
    }
