"""Runbooks for stories."""

from escalation.kit import clock
from incidents.models import Runbook

RESTART = "Before all: stay calm.\n\n- [ ] Look at the queue\n- [ ] Restart the worker\n- [ ] Call the bank\n"


def write(cast, title="Restart the queue", body=RESTART, *, services=(), tiers=(), policies=(), **facts) -> Runbook:
    one = Runbook(title=title, body=body, **{"team": cast.teams["Applications"], **facts})
    one.keep(by=cast.ada, now=clock.now())
    one.services.set(services)
    one.tiers.set(tiers)
    one.policies.set(policies)
    return one


def step(runbook, number: int) -> int:
    return runbook.steps.get(number=number).pk
