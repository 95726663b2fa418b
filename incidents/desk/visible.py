"""One incident as its pages need it, in one query, for whoever may see it."""

from typing import cast

from django.db.models import Prefetch
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from escalation.engine.models import EscalationRun
from escalation.people.models import User
from incidents import recognising
from incidents.models import (
    Incident,
    access,
    chat_rooms,
    informing,
    linking,
    needing,
    problems,
    review_asks,
    training_cases,
    visits,
)

from . import changed, promised
from .roles import along as with_roles
from .waiting import may_wait


def visible_incident(request: HttpRequest, number: int, *, alike: bool = False) -> Incident:
    """The incident, if this person may see it; else it is not found. ``alike``: with those that look like it."""
    people = ("holder", "offered_to", "offered_by", "unanswered_by")
    runs = EscalationRun.objects.order_by("id").select_related("tier", "policy", "frozen_path", *people)
    found = Incident.objects.visible_to(request.user).select_related(
        "service", "owner", "trail", "resolver", "resolver_tier", "source", "opened_by"
    )
    flags = {
        **access.flags(request.user),
        **needing.flags(),
        **linking.flags(),
        **changed.flags(),
        **may_wait(),
        **informing.flags(request.user),
        **chat_rooms.along(),
        **review_asks.along(),
        **training_cases.along(),
        **problems.along(request.user),
        **(recognising.along(number, cast(User, request.user)) if alike else {}),
    }
    found = visits.along(found.annotate(**flags), request.user).prefetch_related(Prefetch("trail__runs", runs))
    return get_object_or_404(with_roles(promised.along(found)), number=number)
