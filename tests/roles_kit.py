"""What the stories of roles share: a schedule, a plan, and who has, is asked and was told of what."""

import json

from escalation.engine.models import Delivery
from escalation.oncall.models import Schedule
from escalation.trail.models import Entry
from incidents.models import Incident, IncidentRole, RolePlan, RoleSource, role_filling
from tests.escalation.test_schedules import make_schedule


def comms_of(cast) -> Schedule:
    """Ines is on call until 09:00 tomorrow, then Rita. Neither belongs to the team of the service."""
    return make_schedule("Comms", team=cast.teams["Managers"], people=[cast.rita, cast.ines])


def plan_of(cast, comms: Schedule) -> RolePlan:
    plan = RolePlan.objects.create(service=cast.service, from_severity=2)
    RoleSource.objects.create(plan=plan, role="lead")
    RoleSource.objects.create(plan=plan, role="communicator", schedule=comms)
    RoleSource.objects.create(plan=plan, role="scribe", tier=cast.tiers["l1"])
    return plan


def again(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def who(incident: Incident) -> dict[str, str]:
    rows = role_filling.in_order(IncidentRole.objects.along().filter(incident=incident))
    return {row.role: row.person.get_short_name() if row.person else "baton" if row.of_baton else "-" for row in rows}


def asked(incident: Incident, role: str = "communicator") -> str | None:
    row = IncidentRole.objects.along().get(incident=incident, role=role)
    return row.offered_to.get_short_name() if row.offered_to else None


def told(incident: Incident, kind: str = "role") -> list[str]:
    rows = Delivery.objects.filter(trail=incident.trail_id, kind__startswith=kind, channel="desk").order_by("id")
    return [f"{row.kind} {row.message['role']} {row.person.get_short_name()}" for row in rows]


def record(incident: Incident) -> list[str]:
    rows = Entry.objects.filter(trail=incident.trail_id, kind__startswith="role_").order_by("seq")
    return [f"{row.kind} {json.loads(row.data)['role']}" for row in rows]


def last(incident: Incident) -> int:
    return Entry.objects.filter(trail=incident.trail_id).exclude(kind="delivery").latest("seq").seq
