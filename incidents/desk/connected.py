"""What an incident belongs to, on its page: what it was merged into, its parts, its duplicates, its relations."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.people.models import User
from incidents.models import Incident, Link

SHOWN = 50


@dataclass(frozen=True)
class Group:
    """``kind``: into, whole, part, duplicate or related."""

    kind: str
    incidents: Sequence[Incident]

    @property
    def title(self) -> str:
        names = {
            "into": _("Merged into"),
            "whole": _("Part of"),
            "part": _("Its parts"),
            "duplicate": _("Duplicates of it"),
            "related": _("Has to do with"),
        }
        return names[self.kind]

    @property
    def is_link(self) -> bool:
        return self.kind in ("whole", "part", "related")

    @property
    def over(self) -> str:
        """How many of its parts are."""
        if self.kind != "part":
            return ""
        done = sum(one.resolved_at is not None for one in self.incidents)
        return _("%(done)d of %(all)d resolved") % {"done": done, "all": len(self.incidents)}


class Panel:
    """Only those that this person may see. Two queries, and none where nothing is linked."""

    def __init__(self, incident: Incident, user: User) -> None:
        self._incident, self._user = incident, user

    @cached_property
    def groups(self) -> list[Group]:
        if not getattr(self._incident, "may_be_linked", True):
            return []
        me = self._incident.pk
        kinds = {}
        for incident, other, kind in links_of(me).values_list("incident", "other", "kind")[:SHOWN]:
            if kind == Link.Kind.PART:
                kind = "whole" if incident == me else "part"
            kinds[other if incident == me else incident] = kind
        if self._incident.merged_into_id:
            kinds[self._incident.merged_into_id] = "into"
        seen = Incident.objects.visible_to(self._user).filter(Q(pk__in=list(kinds)) | Q(merged_into=me))
        found: dict[str, list[Incident]] = {}
        for one in seen.order_by("number")[: 2 * SHOWN]:
            found.setdefault(kinds.get(one.pk, "duplicate"), []).append(one)
        order = ("into", "whole", "part", "duplicate", "related")
        return [Group(kind, found[kind]) for kind in order if kind in found]

    @cached_property
    def refs(self) -> set[str]:
        """What the record may name of them."""
        return {one.ref for group in self.groups for one in group.incidents}

    @property
    def into(self) -> Incident | None:
        """The one that it was merged into, if this person may see it."""
        return next((group.incidents[0] for group in self.groups if group.kind == "into"), None)


def links_of(incident: int) -> QuerySet[Link]:
    return Link.objects.filter(Q(incident=incident) | Q(other=incident)).order_by("id")


def parts_left(incident: Incident, user: User) -> str:
    """A warning for whoever resolves the whole; empty if no part of it is open."""
    parts = Link.objects.filter(other=incident, kind=Link.Kind.PART).values("incident")
    left = Incident.objects.visible_to(user).open().filter(pk__in=parts).count()
    said = ngettext("%(n)d part of it is still open.", "%(n)d parts of it are still open.", left)
    return said % {"n": left} if left else ""
