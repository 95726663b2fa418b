"""What the sample organisation promises: more for Payments, less for the rest, and the long ones in business hours."""

from escalation.people.models import User
from incidents.models import BusinessHours, Service, Target

HOURS = "Mon-Fri 08:00-18:00"
HOLIDAYS = "01-01 New Year\n05-01 Labour Day\n12-25 Christmas Day\n12-26 Boxing Day"
EVERYWHERE = (  # severity, kind, minutes, in business hours
    (1, "response", 5, False),
    (1, "update", 30, False),
    (1, "resolve", 240, False),
    (2, "response", 10, False),
    (2, "update", 60, False),
    (2, "resolve", 480, False),
    (None, "response", 30, True),
    (None, "resolve", 2400, True),
)
PAYMENTS = ((1, "resolve", 120, False), (2, "resolve", 240, False))


def build(admin: User, services: list[Service]) -> None:
    office = BusinessHours.objects.create(
        name="Office hours", time_zone=admin.time_zone, hours=HOURS, holidays=HOLIDAYS
    )
    payments = next(service for service in services if service.name == "Payments")
    for service, promises in ((None, EVERYWHERE), (payments, PAYMENTS)):
        for severity, kind, minutes, in_hours in promises:
            Target.objects.create(
                kind=kind,
                minutes=minutes,
                severity=severity,
                service=service,
                hours=office if in_hours else None,
                counts="published"
                if (severity, kind) == (1, "update")
                else "written",  # those outside hear of the worst
            )
