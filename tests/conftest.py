"""The cast, and a clock that only moves when told.

The organisation of every story: the service desk (L1: Ana, Jo), the application team (L2: Mei,
with Kim as supervisor), the platform team (L3: Tom), and Ines, the duty manager. Sam
supervises the service desk, Ada is the admin and the last resort, Rita works for another
team and sees none of it, Otto is the auditor.
"""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import TransactionTestCase

from escalation.engine import climb
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.people.models import Membership, Team, Tier, User
from escalation.policies.models import Installation, Policy, PolicyStep
from escalation.trail import triggers
from incidents.models import Incident, PeopleBand, Service, SeverityCell
from tests.parts import left_out

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)  # a Monday


@pytest.fixture(autouse=True, scope="session")
def _flush_despite_triggers():
    """A transactional test ends in a flush, which the trail's triggers refuse. Lift them for it."""
    flush = TransactionTestCase._fixture_teardown

    def lifted_flush(self):
        with triggers.lifted(connection):
            flush(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lifted_flush)
        yield


class Clock:
    """Moves the one clock; every due timer on the way fires at its instant, or not at all."""

    def now(self) -> datetime:
        return kit_clock.now()

    def forward(self, **span: float) -> None:
        """Let time pass as it would: each timer fires when it is due."""
        end = self.now() + timedelta(**span)
        while (due := climb.next_due()) is not None and due <= end:
            kit_clock.fix(max(due, self.now()))
            climb.drain()
        kit_clock.fix(end)
        climb.drain()

    def jump(self, **span: float) -> None:
        """Let time pass while nothing runs: an outage."""
        kit_clock.forward(timedelta(**span))


@pytest.fixture
def clock():
    kit_clock.fix(START)
    yield Clock()
    kit_clock.fix(None)


def person(name: str, **fields) -> User:
    return User.objects.create_user(f"{name.split()[0].lower()}@example.com", name, "pass-word-1234", **fields)


@pytest.fixture
def cast(db) -> SimpleNamespace:
    """Everybody, their teams, tiers, one policy and one service."""
    ada = person("Ada Lund", is_staff=True, is_superuser=True)
    who = {
        name.split()[0].lower(): person(name)
        for name in ("Ana Ruiz", "Jo Okafor", "Sam Reyes", "Mei Tanaka", "Kim Berg", "Tom Adeyemi", "Ines Moreau", "Rita Sol")
    }
    who["otto"] = person("Otto Falk", is_auditor=True)
    teams = {name: Team.objects.create(name=name) for name in ("Service desk", "Applications", "Platform", "Managers", "Facilities")}
    members = {
        "Service desk": [("ana", "agent"), ("jo", "agent"), ("sam", "supervisor")],
        "Applications": [("mei", "agent"), ("kim", "supervisor")],
        "Platform": [("tom", "agent")],
        "Managers": [("ines", "agent")],
        "Facilities": [("rita", "agent")],
    }
    for team, crew in members.items():
        for name, role in crew:
            Membership.objects.create(team=teams[team], user=who[name], role=role)
    tiers = {
        "l1": Tier.objects.create(name="L1 Service desk", rank=1, team=teams["Service desk"], ack_minutes=5, work_minutes=15),
        "l2": Tier.objects.create(name="L2 Applications", rank=2, team=teams["Applications"], ack_minutes=5, work_minutes=30),
        "l3": Tier.objects.create(name="L3 Platform", rank=3, team=teams["Platform"], ack_minutes=10),
        "duty": Tier.objects.create(name="Duty manager", rank=1, team=teams["Managers"], track="hierarchical", ack_minutes=10),
    }
    policy = Policy.objects.create(name="Payments", hierarchical_severity=1)
    for position, tier in enumerate(("l1", "l2", "l3", "duty"), start=1):
        PolicyStep.objects.create(policy=policy, position=position, tier=tiers[tier])
    installation = Installation.objects.create(catch_all=policy, owner=teams["Service desk"], last_resort=ada)
    service = Service.objects.create(name="Payments", team=teams["Applications"], policy=policy)
    for impact in (1, 2, 3):
        for urgency in (1, 2, 3):
            SeverityCell.objects.create(impact=impact, urgency=urgency, severity=min(5, impact + urgency - 1))
    PeopleBand.objects.create(least=100, severity=2)
    PeopleBand.objects.create(least=1000, severity=1)
    return SimpleNamespace(
        **who, ada=ada, teams=teams, tiers=tiers, policy=policy, service=service, installation=installation
    )


@pytest.fixture
def open_incident(cast, clock):
    def open_one(title: str = "Card payments fail", **facts) -> Incident:
        facts.setdefault("service", cast.service)
        facts.setdefault("by", None if "source" in facts else cast.ana)
        return Incident.objects.get(pk=Incident.open(title=title, **facts).pk)

    return open_one


@pytest.fixture
def phones(db):
    """Who was called, in order, by first name: the calls the outbox holds."""

    class Phones:
        @property
        def rang(self) -> list[str]:
            calls = Delivery.objects.filter(kind="call", channel="desk").order_by("id").select_related("person")
            return [call.person.get_short_name().lower() for call in calls]

    return Phones()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    for line in left_out():
        terminalreporter.write_line(f"LEFT OUT: {line}", red=True, bold=True)
