"""Roles on the incident's page: who has which, what each asks, and what one can do about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.people.models import User
from incidents.finding import ROLE_MINE, ROLE_OPEN
from incidents.models import Incident, IncidentRole
from incidents.models.role_filling import in_order
from incidents.models.role_plans import Role

MEANS = {
    Role.LEAD.value: gettext_lazy("Decides what is done next, and by whom; has head and hands free for that."),
    Role.COMMUNICATOR.value: gettext_lazy("Tells those outside how it stands, by the promised times."),
    Role.SCRIBE.value: gettext_lazy("Writes down what is tried, decided and found, while it happens."),
}


# --- what is shown ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Can:
    """A button or a link. ``direct``: sent at once."""

    noun: str
    label: str
    url: str
    direct: bool = False
    primary: bool = False


@dataclass(frozen=True)
class Shown:
    """One role of an incident. ``can``: what this person is most likely to want; ``more``: what else is possible."""

    row: IncidentRole
    name: str
    means: str
    who: User | None
    open: bool  # nobody has it, and somebody should
    mine: bool
    can: Sequence[Can] = ()
    more: Sequence[Can] = ()

    @property
    def by_baton(self) -> bool:
        return self.row.person_id is None and self.row.of_baton

    @property
    def asked(self) -> User | None:
        return self.row.offered_to


def along(incidents: QuerySet) -> QuerySet:
    """Each incident with whether it has roles: pages without them ask no more."""
    return incidents.annotate(has_roles=Exists(IncidentRole.objects.filter(incident=OuterRef("pk"))))


def of_incident(incident: Incident, user: User, *, may_change: bool) -> list[Shown]:
    if not getattr(incident, "has_roles", True):
        return []
    rows = IncidentRole.objects.along().filter(incident=incident)
    return [shown(row, incident, user, may_change=may_change) for row in in_order(rows)]


def shown(row: IncidentRole, incident: Incident, user: User, *, may_change: bool) -> Shown:
    who = incident.has_role(row)  # of what is over: who had it last
    mine = who is not None and who.pk == user.pk
    can, more = _possible(row, incident, who, user) if may_change and row.ended_at is None else ((), ())
    return Shown(
        row=row,
        name=row.get_role_display(),
        means=str(MEANS[row.role]),
        who=who,
        open=row.is_vacant and row.ended_at is None,
        mine=mine,
        can=can,
        more=more,
    )


def _possible(row: IncidentRole, incident: Incident, who: User | None, user: User) -> tuple[list[Can], list[Can]]:
    def can(noun: str, label: str, **how: bool) -> Can:
        url = reverse(noun, args=[incident.number, row.role])
        return Can(noun, label, f"{url}?was={row.token}", **how)

    if row.offered_to_id == user.pk:
        return [can("role", _("Take"), direct=True, primary=True), can("role-refusal", _("Decline"))], []
    if row.person_id == user.pk or (who is not None and who.pk == user.pk):
        mine = [can("role-refusal", _("Keep"), direct=True)] if row.offered_to_id else [can("role-pass", _("Pass on"))]
        return [*mine, can("role-leave", _("Leave"))] if row.person_id else mine, []
    if who is None:
        free = [can("role", _("Take"), direct=True), can("role-pass", _("Ask somebody"))]
        return ([], free) if row.of_baton else (free, [])
    return [], [can("role", _("Take over"))]


def options(incident: Incident, user: User) -> list[tuple[str, Can]]:
    """For the palette: what can be done about roles here, each with its role."""
    may_change = incident.resolved_at is None and incident.may_act(user)
    rows = of_incident(incident, user, may_change=True) if may_change else []
    return [(one.name, can) for one in rows for can in (*one.can, *one.more)]


# --- lists ------------------------------------------------------------------------------------


def said(incidents: Sequence[int]) -> dict[int, tuple[list[str], list[str]]]:
    """For each incident, by its id: who has a role, as "communicator Ana Ruiz", and which roles are open. One query."""
    found: dict[int, tuple[list[str], list[str]]] = {}
    rows = IncidentRole.objects.living().select_related("person").filter(incident__in=incidents)
    for row in in_order(rows):
        people, open_ones = found.setdefault(row.incident_id, ([], []))
        if row.person is not None:
            people.append(f"{row.get_role_display()} {row.person.name}")
        elif row.is_vacant:
            open_ones.append(_("no %(role)s") % {"role": row.get_role_display()})
    return found


CHOICES = {
    ROLE_MINE: gettext_lazy("I have one"),
    **{role.value: gettext_lazy("I am the %(role)s") for role in Role},
    ROLE_OPEN: gettext_lazy("one is open"),
}


def choice(asked: str, user: User) -> str:
    return str(CHOICES[asked]) % ({"role": Role(asked).label} if asked in Role.values else {})


def choices(user: User) -> list[tuple[str, str]]:
    return [(value, choice(value, user)) for value in CHOICES]
