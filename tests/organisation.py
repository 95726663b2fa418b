"""The organisation of every story: the cast of ``tests/conftest.py``, made by one function.

It stands alone so that end-to-end tests can make it in the real processes' database too.
"""

from functools import cache
from types import SimpleNamespace

from django.contrib.auth.hashers import make_password

from escalation.people.models import Membership, Team, Tier, User
from escalation.policies.models import Installation, Policy, PolicyStep
from incidents.models import PeopleBand, Service, SeverityCell, Source

AGENTS = ("Ana Ruiz", "Jo Okafor", "Sam Reyes", "Mei Tanaka", "Kim Berg", "Tom Adeyemi", "Ines Moreau", "Rita Sol")
TEAMS = {
    "Service desk": [("ana", "agent"), ("jo", "agent"), ("sam", "supervisor")],
    "Applications": [("mei", "agent"), ("kim", "supervisor")],
    "Platform": [("tom", "agent")],
    "Managers": [("ines", "agent")],
    "Facilities": [("rita", "agent")],
}
TIERS = {
    "l1": {"name": "L1 Service desk", "rank": 1, "team": "Service desk", "ack_minutes": 5, "work_minutes": 15},
    "l2": {"name": "L2 Applications", "rank": 2, "team": "Applications", "ack_minutes": 5, "work_minutes": 30},
    "l3": {"name": "L3 Platform", "rank": 3, "team": "Platform", "ack_minutes": 10},
    "duty": {"name": "Duty manager", "rank": 1, "team": "Managers", "ack_minutes": 10, "track": "hierarchical"},
}


PASSWORD = "pass-word-1234"


def person(name: str, **fields) -> User:
    fields = {"email": f"{name.split()[0].lower()}@example.com", "name": name, "password": _hashed(PASSWORD), **fields}
    return User.objects.create(**fields)


@cache
def _hashed(password: str) -> str:
    """Everybody has the same one: with the product's own settings, hashing it takes longer than all else here."""
    return make_password(password)


def assemble() -> SimpleNamespace:
    """Everybody, their teams, tiers, one policy, one service and the severity table."""
    who = {name.split()[0].lower(): person(name) for name in AGENTS}
    who["ada"] = person("Ada Lund", is_staff=True, is_superuser=True)
    who["otto"] = person("Otto Falk", is_auditor=True)
    teams = {name: Team.objects.create(name=name) for name in TEAMS}
    for team, crew in TEAMS.items():
        for name, role in crew:
            Membership.objects.create(team=teams[team], user=who[name], role=role)
    tiers = {key: Tier.objects.create(**{**tier, "team": teams[tier["team"]]}) for key, tier in TIERS.items()}
    policy = Policy.objects.create(name="Payments", hierarchical_severity=1)
    for position, tier in enumerate(tiers.values(), start=1):
        PolicyStep.objects.create(policy=policy, position=position, tier=tier)
    installation = Installation.objects.create(catch_all=policy, owner=teams["Service desk"], last_resort=who["ada"])
    service = Service.objects.create(name="Payments", team=teams["Applications"], policy=policy)
    for impact in (1, 2, 3):
        for urgency in (1, 2, 3):
            SeverityCell.objects.create(impact=impact, urgency=urgency, severity=min(5, impact + urgency - 1))
    PeopleBand.objects.create(least=100, severity=2)
    PeopleBand.objects.create(least=1000, severity=1)
    return SimpleNamespace(**who, teams=teams, tiers=tiers, policy=policy, service=service, installation=installation)


def door() -> str:
    """A source for the Payments service; returns its key."""
    return Source.objects.create(name="Alertmanager", service=Service.objects.get(name="Payments")).new_key()
