"""All of the history, one incident after the other: what is there is not made again, and how far it is is kept.

Beside the database, in a file: which numbers were taken for it, up to which day it goes, and how many there are by now.
"""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError

from incidents.models import Incident, IncidentNumber
from incidents.models.numbering import FIRST, next_numbers

from . import planning
from .acting import act

log = logging.getLogger(__name__)

PAUSE = 0.08  # seconds between two: SQLite looks again after 0.1 at most, so whoever waits to write soon has a turn


@dataclass(frozen=True)
class History:
    """``first``: the number of the first; ``until``: what is the present for it; ``made`` of ``count`` are there."""

    first: int
    count: int
    until: str
    made: int = 0

    @property
    def over(self) -> bool:
        return self.made >= self.count


def _file() -> Path:
    return Path(settings.HOME, ".demo-history")


def kept() -> History | None:
    """None: there is none to be made."""
    try:
        return History(**json.loads(_file().read_text()))
    except (OSError, ValueError, TypeError):
        return None


def going_on() -> History | None:
    """For pages: it is being made, and not over."""
    history = kept()
    return history if history and 0 < history.made < history.count else None


def _keep(history: History) -> None:
    """Whole or not at all: pages read it meanwhile."""
    fresh = _file().with_suffix(".new")
    fresh.write_text(json.dumps(asdict(history)))
    fresh.replace(_file())


def reserve(now: datetime, count: int = planning.COUNT) -> None:
    """Take its numbers, before those of the present. To be called where nothing has happened yet."""
    numbers = next_numbers(count)
    _keep(History(numbers[0], count, now.isoformat()))


def make(*, pause: float = PAUSE) -> Iterator[History]:
    """Whatever is not there yet; yields after each how far it is. Safe to be cut off, and to be run again."""
    history = kept()
    if history is None or history.over or not _is_reserved(history):
        return
    until = datetime.fromisoformat(history.until)
    numbers = range(history.first, history.first + history.count)
    there = set(Incident.objects.filter(number__in=numbers).values_list("number", flat=True))
    for plan in planning.plans(until, count=history.count):
        mine = [history.first + place for place in plan.places]
        if mine[0] not in there:
            _act(plan, mine, until)
            time.sleep(pause)
        history = replace(history, made=plan.places[-1] + 1)
        _keep(history)
        yield history


def _act(plan: planning.Plan, numbers: list[int], until: datetime) -> None:
    """One that cannot be told is left out, whole: the others can. Without a database nothing can, and that is said:
    whoever started this process starts it again."""
    try:
        act(plan, numbers, until)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("left out: INC-%d", numbers[0])


def _is_reserved(history: History) -> bool:
    """Not in a database that was set back, or is another."""
    last = history.first + history.count - FIRST
    return IncidentNumber.objects.filter(pk=last).exists()
