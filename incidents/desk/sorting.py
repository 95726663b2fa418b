"""The queue's order: one word in the address, chosen in the form or by the heads of the columns.

Whatever it goes by, what is equal in it is in the order of urgency, and at last by number of row: the same question has
the same answer, and no incident is on two pages or on none.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy

from escalation.engine.models import EscalationRun, Timer
from escalation.people.models import Tier

from . import promised

ORDERS = {
    "urgency": gettext_lazy("the most urgent first"),
    "-urgency": gettext_lazy("the least urgent first"),
    "newest": gettext_lazy("the newest first"),
    "oldest": gettext_lazy("the oldest first"),
    "call": gettext_lazy("the next call first"),
    "promise": gettext_lazy("the promise that runs out first"),
    "service": gettext_lazy("by service, A to Z"),
    "-service": gettext_lazy("by service, Z to A"),
    "tier": gettext_lazy("by tier, the first one first"),
    "-tier": gettext_lazy("by tier, the last one first"),
    "holder": gettext_lazy("by holder, A to Z"),
    "-holder": gettext_lazy("by holder, Z to A"),
    "people": gettext_lazy("the most people affected first"),
    "-people": gettext_lazy("the fewest people affected first"),
    "attempts": gettext_lazy("the most attempts first"),
    "-attempts": gettext_lazy("the fewest attempts first"),
}
# What the head of a column does: its first order, then the other one. Path and hands-on time are in no order.
OF_COLUMN: Mapping[str, tuple[str, ...]] = {
    "severity": ("urgency", "-urgency"),
    "service": ("service", "-service"),
    "tier": ("tier", "-tier"),
    "holder": ("holder", "-holder"),
    "opened": ("newest", "oldest"),
    "people": ("people", "-people"),
    "attempts": ("attempts", "-attempts"),
    "promise": ("promise",),
    "call": ("call",),
}
_DOWN = {"-urgency", "newest", "-service", "-tier", "-holder", "people", "attempts"}  # the greatest value first
_LAST = ("severity", "opened_at", "id")


# --- heads --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Head:
    """The head of a column. ``sort`` as ARIA has it; ``leads``: what following it does."""

    name: str
    label: Any
    url: str = ""
    leads: Any = ""
    sort: str = ""


def heads(columns: Iterable[tuple[str, Any]], order: str, address: Callable[[str | None], str]) -> list[Head]:
    """``order`` is what the list is in now; ``address`` of the same list in another order, or (None) as usual."""
    return [_head(name, label, order, address) for name, label in columns]


def _head(name: str, label: Any, order: str, address: Callable[[str | None], str]) -> Head:
    mine = OF_COLUMN.get(name, ())
    if not mine:
        return Head(name, label)
    follows = mine[mine.index(order) + 1 :] if order in mine else mine
    leads = ORDERS[follows[0]] if follows else gettext_lazy("as usual")
    sort = ("descending" if order in _DOWN else "ascending") if order in mine else ""
    return Head(name, label, address(follows[0] if follows else None), leads, sort)


# --- sets ---------------------------------------------------------------------------------------


def ordered(incidents: QuerySet, order: str) -> QuerySet:
    """In the order asked for; without one, as it comes."""
    match order:
        case "urgency":
            return incidents.order_by(*_LAST)
        case "-urgency":
            return incidents.order_by("-severity", "opened_at", "id")
        case "newest":
            return incidents.order_by("-opened_at", "-id")
        case "oldest":
            return incidents.order_by("opened_at", "id")
        case "promise":
            return promised.by_promise(incidents)
        case "":
            return incidents
    keys = [_KEYS[order.removeprefix("-")]] if order.removeprefix("-") != "tier" else [_RANK, _TIER]
    down = order in _DOWN
    by = [key.desc(nulls_last=True) if down else key.asc(nulls_last=True) for key in keys]
    return incidents.order_by(*by, *_LAST)


def _of_run(column: str) -> Subquery:
    """Of the climb that says who works on it, or did."""
    runs = EscalationRun.objects.functional().filter(trail=OuterRef("trail")).order_by("-id")
    return Subquery(runs.values(column)[:1])


def _next_call() -> Subquery:
    armed = Timer.objects.filter(
        run__trail=OuterRef("trail"), run__ended_at=None, run__held_at=None, state=Timer.State.ARMED
    )
    return Subquery(armed.filter(run__track=Tier.Track.FUNCTIONAL).order_by("due_at").values("due_at")[:1])


_RANK, _TIER = _of_run("tier__rank"), Lower(_of_run("tier__name"))
_KEYS: Mapping[str, Any] = {
    "service": Lower("service__name"),
    "holder": Lower(Case(When(resolved_at__isnull=False, then=F("resolver__name")), default=_of_run("holder__name"))),
    "people": F("people_affected"),
    "attempts": F("attempts"),
    "call": _next_call(),
}
