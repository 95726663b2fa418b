"""Written by scripts/client.py from openapi.json; changed there, never here."""

from __future__ import annotations

from ..commands import Operation
from . import (
    attempts, catalogue, configuration, cues, drills, incident_advice, incident_around, incident_facts,
    incident_rooms, incident_verbs, incidents, maintenance, me, oncall, own, problems, reach, reviews, runbooks,
    schedules, training, views, watching,
)

OPERATIONS: tuple[Operation, ...] = tuple(
    sorted(
        (
            *attempts.OPERATIONS,
            *catalogue.OPERATIONS,
            *configuration.OPERATIONS,
            *cues.OPERATIONS,
            *drills.OPERATIONS,
            *incident_advice.OPERATIONS,
            *incident_around.OPERATIONS,
            *incident_facts.OPERATIONS,
            *incident_rooms.OPERATIONS,
            *incident_verbs.OPERATIONS,
            *incidents.OPERATIONS,
            *maintenance.OPERATIONS,
            *me.OPERATIONS,
            *oncall.OPERATIONS,
            *own.OPERATIONS,
            *problems.OPERATIONS,
            *reach.OPERATIONS,
            *reviews.OPERATIONS,
            *runbooks.OPERATIONS,
            *schedules.OPERATIONS,
            *training.OPERATIONS,
            *views.OPERATIONS,
            *watching.OPERATIONS,
        ),
        key=lambda one: (one.noun, one.verb),
    )
)
