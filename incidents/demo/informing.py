"""Who must know in the sample organisation, and the words that updates begin with."""

from escalation.people.models import Team, User
from incidents.models import Service, Stakeholder, UpdateTemplate

TEMPLATES = (
    (
        "First word",
        "investigating",
        "{service} does not work as it should since {since}: {people_affected} are affected. We are looking into it. "
        "The next update is due by {next_update}.",
    ),
    (
        "We know why",
        "identified",
        "We know why {service} does not work as it should since {since}, and are mending it. The next update is due by "
        "{next_update}.",
    ),
    (
        "It is mended",
        "watching",
        "{service} works again. We watch whether it stays so. The next update is due by {next_update}.",
    ),
    (
        "It is over",
        "resolved",
        "{service} works again. It was out of order for {open_for}. Thank you for your patience, and tell the service "
        "desk if you still see trouble.",
    ),
)


def build(people: dict[str, User], teams: dict[str, Team], services: list[Service]) -> None:
    payments = next(service for service in services if service.name == "Payments")
    Stakeholder.objects.create(person=people["ines"], severity=1)
    Stakeholder.objects.create(person=people["sam"], service=payments, severity=2)
    Stakeholder.objects.create(team=teams["Facilities"], service=payments, severity=2)
    for name, stage, text in TEMPLATES:
        UpdateTemplate.objects.create(name=name, stage=stage, text=text)
