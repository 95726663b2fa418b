"""The sample organisation. Building it twice changes nothing."""

from datetime import time, timedelta

from django.db import transaction

from escalation.kit import clock
from escalation.notify.models import ContactMethod
from escalation.people.models import Membership, Skill, Team, Tier, User
from escalation.policies.models import Installation, Policy, PolicyStep
from escalation.trail.writing import Actor, record_configuration
from incidents.models import MaintenanceWindow, Service, Source, SourceKey
from incidents.models.keys import hashed
from incidents.severities import default_severity_table

from . import beats, flags, habits, informing, promises, roles, rules, runbooks, schedules, status_page, training
from .people import LOGINS, NEEDS, PEOPLE, SKILLS, TEAMS, email

SOURCE = "Alertmanager"
TIERS = {  # tier: track, rank, team, minutes to acknowledge, minutes to work on it
    "L1 Service desk": ("functional", 1, "Service desk", 1, 5),
    "L2 Applications": ("functional", 2, "Applications", 2, 8),
    "L3 Platform": ("functional", 3, "Platform", 2, 10),
    "L4 Engineering": ("functional", 4, "Engineering", 3, None),
    "Duty manager": ("hierarchical", 1, "Managers", 3, None),
}
POLICIES = {  # policy: its steps' tiers, managers from severity, managers after minutes, goes on with
    "All hands": (["L4 Engineering"], None, None, None),
    "Business applications": (
        ["L1 Service desk", "L2 Applications", "L3 Platform", "Duty manager"],
        1,
        30,
        "All hands",
    ),
    "Infrastructure": (["L1 Service desk", "L3 Platform", "Duty manager"], 1, 20, "All hands"),
    "Workplace": (["L1 Service desk"], None, None, None),
}
SERVICES = {  # service: owning team, policy
    "Payments": ("Applications", "Business applications"),
    "Orders": ("Applications", "Business applications"),
    "Catalogue": ("Applications", "Business applications"),
    "Identity": ("Platform", "Infrastructure"),
    "Network": ("Platform", "Infrastructure"),
    "Workplace": ("Facilities", "Workplace"),
    "Ticket portal": ("Service desk", "Business applications"),
}

UNTESTED = "idris"  # the one colleague who never sent himself a test: red on the readiness report


def is_ours() -> bool:
    """Whether this database holds nothing, or nothing but the sample organisation."""
    return not User.objects.exists() or User.objects.filter(email=email("ada")).exists()


@transaction.atomic
def build() -> None:
    people = _people()
    teams = _teams(people)
    tiers = {
        name: Tier.objects.get_or_create(
            name=name,
            defaults={"track": track, "rank": rank, "team": teams[team], "ack_minutes": ack, "work_minutes": work},
        )[0]
        for name, (track, rank, team, ack, work) in TIERS.items()
    }
    schedules.build(people, teams, tiers)
    policies = _policies(tiers, teams)
    new = not Installation.objects.exists()
    if new:
        Installation.objects.create(
            catch_all=policies["Business applications"], owner=teams["Service desk"], last_resort=people["ada"]
        )
    default_severity_table()
    services = [
        Service.objects.get_or_create(name=name, defaults={"team": teams[team], "policy": policies[policy]})[0]
        for name, (team, policy) in SERVICES.items()
    ]
    _source(services)
    if new:
        data = {"what": "sample organisation", "name": "Baton"}
        record_configuration(Actor.person(people["ada"]), "config_setup", data, now=clock.now())
        habits.build(people)
        _needs(services)
        rules.build(policies["Business applications"])
        runbooks.build(people, teams)
        training.build(people, teams)
        promises.build(people["ada"], services)
        informing.build(people, teams, services)
        status_page.build(people["ada"].time_zone)
        roles.build()
        beats.build(Source.objects.get(name=SOURCE))
        _maintenance(people["ada"], [service for service in services if service.name == "Catalogue"])


def _needs(services: list[Service]) -> None:
    """So that the picker says who has what is needed, and a sign says what its holder lacks."""
    for service in services:
        service.needs.set(Skill.objects.filter(name__in=NEEDS.get(service.name, ())))


def _maintenance(admin: User, services: list[Service]) -> None:
    """Planned for nights from next week on: to be looked at, and nobody waits for a call meanwhile."""
    day = (clock.now() + timedelta(days=7)).date()
    repeats = MaintenanceWindow.Repeat.WEEKLY
    night = {"day": day, "at": time(2), "minutes": 90, "zone": admin.time_zone, "public_text": "Search pauses at times"}
    facts = night | {"repeats": repeats, "weekdays": str(day.weekday())}
    MaintenanceWindow.schedule(by=admin, services=services, reason="The search index is built anew", **facts)


def _people() -> dict[str, User]:
    passwords = {login.email: login.password for login in LOGINS}
    people = {}
    for first, (name, zone) in PEOPLE.items():
        person = User.objects.filter(email=email(first)).first()
        if person is None:
            admin = first == "ada"
            person = User.objects.create_user(
                email(first),
                name,
                passwords.get(email(first)),
                time_zone=zone,
                is_staff=admin,
                is_superuser=admin,
            )
            if first != UNTESTED:
                ContactMethod.objects.filter(person=person).update(last_ok_at=clock.now(), proved_at=clock.now())
        people[first] = person
    for name, (kind, holders) in SKILLS.items():
        skill, new = Skill.objects.get_or_create(name=name, defaults={"kind": kind})
        if new:
            skill.holders.set([people[first] for first in holders])
    return people


def _teams(people: dict[str, User]) -> dict[str, Team]:
    teams = {}
    for name, crew in TEAMS.items():
        teams[name], new = Team.objects.get_or_create(name=name)
        for role, members in zip((Membership.Role.AGENT, Membership.Role.SUPERVISOR), crew, strict=True):
            for first in members if new else ():
                Membership.objects.create(team=teams[name], user=people[first], role=role)
    return teams


def _policies(tiers: dict[str, Tier], teams: dict[str, Team]) -> dict[str, Policy]:
    policies: dict[str, Policy] = {}
    for name, (path, severity, minutes, then) in POLICIES.items():
        policies[name], new = Policy.objects.get_or_create(
            name=name,
            defaults={
                "hierarchical_severity": severity,
                "hierarchical_minutes": minutes,
                "then": policies[then] if then else None,
            },
        )
        for position, tier in enumerate(path if new else (), start=1):
            managers = tiers[tier].track == Tier.Track.HIERARCHICAL
            mode = PolicyStep.Mode.DECIDE if managers else PolicyStep.Mode.INFORM
            step = PolicyStep.objects.create(policy=policies[name], position=position, tier=tiers[tier], mode=mode)
            if name == "Workplace":  # another team, another building: the desk does not see theirs
                step.teams.add(teams["Facilities"])
    return policies


def _source(services: list[Service]) -> None:
    """Its key is kept in a file, for whoever sends the demonstration's alerts. A lost one is made anew."""
    source, _new = Source.objects.get_or_create(name=SOURCE, defaults={"service_label": "service"})
    if not source.door_keys.filter(key_hash=hashed(flags.kept_key())).exists():
        flags.keep_key(SourceKey.make(source, old_end=clock.now())[1])
    if not source.allowed_services.exists():
        source.allowed_services.set(services)
