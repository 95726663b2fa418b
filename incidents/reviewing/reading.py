"""An incident's record, looked at for its review."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from escalation.people.models import User
from escalation.trail.models import Entry
from incidents.learning import nights, reviewing, signs, story
from incidents.learning.reviewing import Line, Looked
from incidents.models import Incident, SignSettings
from incidents.models.attempts import parted
from incidents.models.effort import Told

MOST = 2000  # entries that are read: the first ones, of an incident that has more
_KINDS = {*story.KINDS, *reviewing.KINDS}


@dataclass(frozen=True)
class Read:
    looked: Looked
    woken: int  # people who were called in their night
    cut: bool  # the record is longer than what was read


class Record(NamedTuple):
    """What is read of an incident: until when that says anything, and whether there is more."""

    lines: list[Line]
    until: datetime
    cut: bool


def of(incident: Incident, now: datetime) -> Read:
    """Three queries."""
    record = record_of(incident, now)
    settings = SignSettings.current()
    preset = signs.PRESETS.get(settings.preset, signs.BALANCED)
    looked = reviewing.look(record.lines, record.until, preset, off=settings.off)
    return Read(looked, _woken(looked.called), record.cut)


def record_of(incident: Incident, now: datetime) -> Record:
    """One query."""
    entries = Entry.objects.filter(trail=incident.trail_id, kind__in=_KINDS)
    entries = entries.exclude(Q(kind="alert") & ~Q(data__contains='"severity"'))  # repeats that change nothing
    found = list(entries.select_related("said").order_by("seq")[: MOST + 1])
    cut = len(found) > MOST
    until = found[MOST].at if cut else incident.resolved_at or now  # nothing is said of what is not read
    return Record([_line(one) for one in found[:MOST]], until, cut)


def _line(entry: Entry) -> Line:
    data = json.loads(entry.data)
    person = entry.actor_id if entry.actor_kind == Entry.Actor.PERSON else None
    told = Told(entry.at, entry.kind, person, entry.actor_name, data if isinstance(data, dict) else {})
    said = getattr(entry, "said", None)
    text = said.text if said is not None else ""
    if entry.kind == "attempt":
        text = parted(text, has_hypothesis=bool(told.data.get("hypothesis")))[1]
    return Line(entry.seq, told, text)


def _woken(called: Iterable[tuple[datetime, int]]) -> int:
    calls = list(called)
    zones = dict(User.objects.filter(pk__in={pk for _at, pk in calls}).values_list("pk", "time_zone"))
    return len({pk for at, pk in calls if pk in zones and nights.at_night(at, zones[pk])})
