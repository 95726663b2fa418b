"""What an incident belongs to, on its page: what it was merged into, its parts, its duplicates, its relations."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.people.models import User
from incidents.models import Incident, Link, Problem

from .record import Line

SHOWN = 200
_NAMED = {
    "linked": "ref",
    "unlinked": "ref",
    "absorbed": "ref",
    "resolved": "merged_into",
}  # where an entry names another
_OF_PROBLEMS = ("problem_linked", "problem_unlinked")


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
    """Only those that this person may see. Two queries, and none where nothing is linked.

    ``lines``: the record's, for what it names that is linked no more. ``problem``: what this person sees that it is of.
    """

    def __init__(
        self,
        incident: Incident,
        user: User,
        lines: Callable[[], Iterable[Line]],
        problem: Mapping[str, Any] | None = None,
    ) -> None:
        self._incident, self._user, self._lines, self._problem = incident, user, lines, problem

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
        linked_first = Case(When(merged_into=me, then=Value(1)), default=Value(0))  # a storm's duplicates are many
        for one in seen.order_by(linked_first, "number")[: 2 * SHOWN]:
            found.setdefault(kinds.get(one.pk, "duplicate"), []).append(one)
        order = ("into", "whole", "part", "duplicate", "related")
        return [Group(kind, found[kind]) for kind in order if kind in found]

    @cached_property
    def refs(self) -> set[str]:
        """What the record may name. One query more if it names others than those that are linked now."""
        known = {one.ref for group in self.groups for one in group.incidents}
        said = {line.data.get(_NAMED[line.kind]) or "" for line in self._lines() if line.kind in _NAMED}
        numbers = {int(ref.removeprefix("INC-")) for ref in said - known - {""}}
        others = Incident.objects.visible_to(self._user).filter(number__in=numbers) if numbers else ()
        return known | {one.ref for one in others}

    @cached_property
    def problems(self) -> set[str]:
        """Which of them the record may name. No query where it names none but the one that it is of."""
        known = {f"PRB-{self._problem['number']}"} if self._problem else set()
        said = {line.data["problem"] for line in self._lines() if line.kind in _OF_PROBLEMS} - known
        numbers = {int(ref.removeprefix("PRB-")) for ref in said}
        others = Problem.objects.visible_to(self._user).filter(pk__in=numbers) if numbers else ()
        return known | {one.ref for one in others}

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
