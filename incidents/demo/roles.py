"""Who does what in the sample organisation when it is bad: the lead goes with the baton, the desk does the telling."""

from escalation.oncall.models import Schedule
from escalation.people.models import Tier
from incidents.models import RolePlan, RoleSource

from .schedules import DESK


def build() -> None:
    plan = RolePlan.objects.create(from_severity=1)
    RoleSource.objects.create(plan=plan, role="lead")
    RoleSource.objects.create(plan=plan, role="communicator", schedule=Schedule.objects.get(name=DESK))
    RoleSource.objects.create(plan=plan, role="scribe", tier=Tier.objects.get(name="L2 Applications"))
