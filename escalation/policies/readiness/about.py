"""What of the readiness is about one policy: said where it is changed, before it is saved and after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from escalation.notify.fitness import Fault

from . import gathering, saying
from .checks import Finding
from .facts import Calendar, Channel, Facts, Informing, LastResort, Person, Policy, Rota, Service, Step
from .holes import climbed, ever
from .saying import Group, Reader


@dataclass(frozen=True)
class Said:
    """``people``: so many whom it calls may not be reached in time, which their own lines on the page Readiness say."""

    groups: list[Group]
    people: int = 0

    def __bool__(self) -> bool:
        return bool(self.groups or self.people)


def said(policy: int, reader: Reader, now: datetime) -> Said:
    """As the rows are now."""
    return of(gathering.read(now), policy, reader)


def of(rows: gathering.Rows, policy: int, reader: Reader) -> Said:
    """As they were when they were read: perhaps in a transaction in which a form was saved, and that is over."""
    report = gathering.judged(rows)
    found = [one for one in report.findings if _is_about(one, report.facts, policy)]
    people = {one.subject.id for one in found if isinstance(one.subject, Person)}
    others = tuple(one for one in found if not isinstance(one.subject, Person))
    return Said(saying.groups(gathering.Report(report.facts, others), reader), len(people))


def _is_about(one: Finding, facts: Facts, policy: int) -> bool:
    steps = list(climbed(facts, facts.policies.get(policy)))
    match one.subject:
        case Policy(id=pk) | Informing(policy=pk):
            return pk == policy
        case Step(id=pk):
            return pk in (step.id for step in steps)
        case Rota(id=pk) | Calendar(rota=int(pk), decides=True):
            return pk in chain.from_iterable(step.rotas for step in steps)
        case LastResort() | Service():
            return True  # every path ends with it, and calls by it
        case Channel():
            return not _called(facts, steps).isdisjoint(person.id for person in one.people)
        case Person(id=pk):
            return _matters(one) and pk in _called(facts, steps)
        case _:
            return False


def _matters(one: Finding) -> bool:
    return one.red or (one.flaw is not None and one.flaw.fault is Fault.LATE)


def _called(facts: Facts, steps: Iterable[Step]) -> set[int]:
    return set(chain.from_iterable(ever(facts, step) for step in steps))
