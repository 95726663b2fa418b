"""Promises as pages show them: by when, how much is left, and whether they were kept. Plain values, from the rows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.people.models import User
from incidents.finding import AT_RISK, BREACHED
from incidents.models import Incident, Promise
from incidents.promises.cycle import Kind

from .words import spelt

_FACTS = ("state", "minutes", "spent_s", "risk_at", "due_at", "ended_at", "broken_at")  # that are shown
CHOICES = {AT_RISK: gettext_lazy("at risk"), BREACHED: gettext_lazy("broken")}
_NAMES = {
    Kind.RESPONSE: gettext_lazy("Answer"),
    Kind.UPDATE: gettext_lazy("Update"),
    Kind.RESOLVE: gettext_lazy("Resolve"),
}
_WHAT = {
    Kind.RESPONSE: gettext_lazy("answer"),
    Kind.UPDATE: gettext_lazy("update"),
    Kind.RESOLVE: gettext_lazy("resolution"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One promise. ``level``: bad, warn, ok or empty. ``due`` only while it runs."""

    kind: str
    name: str
    level: str
    due: datetime | None = None
    late: bool = False
    text: str = ""  # instead of an instant: how it stands, or how it went

    @property
    def lead(self) -> str:
        """What comes before the instant, or before how it went."""
        if self.due is None:
            return _("%(name)s:") % {"name": self.name}
        return (_("%(name)s was due") if self.late else _("%(name)s by")) % {"name": self.name}

    @property
    def badge(self) -> str:
        """A word or two, while something can be done about it."""
        if self.due is None or not self.level:
            return ""
        return (_("%(what)s late") if self.late else _("%(what)s at risk")) % {"what": _WHAT[Kind(self.kind)]}

    @property
    def state(self) -> str:
        """The class of its clock."""
        return {"bad": "late", "warn": "soon"}.get(self.level, "")


def shown(row: Promise, now: datetime) -> Shown:
    name = str(_NAMES[Kind(row.kind)])
    if row.state == Promise.State.RUNNING and row.due_at is not None:
        late = row.due_at <= now
        risky = row.risk_at is not None and row.risk_at <= now
        return Shown(row.kind, name, "bad" if late else "warn" if risky else "", row.due_at, late)
    whole, spent = timedelta(minutes=row.minutes), timedelta(seconds=row.spent_s)
    words = {"spent": spelt(spent), "whole": spelt(whole), "over": spelt(spent - whole)}
    if row.state == Promise.State.MET and row.broken_at is not None:
        return Shown(row.kind, name, "bad", text=_("%(over)s late, after %(spent)s") % words)
    if row.state == Promise.State.MET and not row.spent_s:  # by night, if it counts by day
        return Shown(row.kind, name, "ok", text=_("kept, before its %(whole)s began to run") % words)
    if row.state == Promise.State.MET:
        return Shown(row.kind, name, "ok", text=_("kept, after %(spent)s of %(whole)s") % words)
    if row.broken_at is not None:
        return Shown(row.kind, name, "bad", text=_("stands still, %(over)s late") % words)
    return Shown(row.kind, name, "", text=_("stands still, %(left)s left") % {"left": spelt(whole - spent)})


def along(incidents: QuerySet) -> QuerySet:
    """Each incident with its promises' rows, in the same query: looks by index, one for each kind."""
    rows = Promise.objects.filter(incident=OuterRef("pk")).order_by()
    facts = JSONObject(**{name: name for name in _FACTS})
    return incidents.annotate(
        **{f"promise_{kind.value}": Subquery(rows.filter(kind=kind.value).values(facts=facts)) for kind in Kind}
    )


def rows_of(incident: Incident) -> list[Promise]:
    """As read ``along`` with it."""
    found = ((kind, getattr(incident, f"promise_{kind.value}", None)) for kind in Kind)
    return [Promise(kind=kind.value, **_read(facts)) for kind, facts in found if facts]


def _read(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: _instant(value) if name.endswith("_at") else value for name, value in facts.items()}


def _instant(said: str | None) -> datetime | None:
    """Databases write instants into JSON each in their own way; all of them are in UTC."""
    if said is None:
        return None
    at = datetime.fromisoformat(said)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def of_incident(incident: Incident, now: datetime) -> list[Shown]:
    """All that is promised of it, in the order of the kinds; of what is over, no update that is not due any more."""
    over = incident.resolved_at is not None
    return [shown(row, now) for row in rows_of(incident) if not (over and row.kind == Kind.UPDATE.value)]


def most_pressing(incident: Incident, now: datetime) -> Shown | None:
    row = min(rows_of(incident), key=_pressing, default=None)
    return shown(row, now) if row is not None else None


def _pressing(row: Promise) -> tuple[int, datetime | int, int]:
    """What runs out first; then what stands still; then what was met, and the broken of those before the kept."""
    if row.state == Promise.State.RUNNING and row.due_at is not None:
        return 0, row.due_at, 0
    return (1 if row.state == Promise.State.PAUSED else 2), 0 if row.broken_at else 1, row.kind == Kind.RESPONSE.value


# --- the queue ------------------------------------------------------------------------------------


def choices(user: User) -> list[tuple[str, str]]:
    return [(value, str(words)) for value, words in CHOICES.items()]


def by_promise(incidents: QuerySet) -> QuerySet:
    """What runs out first, first."""
    running = Promise.objects.filter(incident=OuterRef("pk"), state=Promise.State.RUNNING)
    first = running.order_by().values("incident").annotate(first=Min("due_at")).values("first")
    return incidents.annotate(promise_due=Subquery(first)).order_by(F("promise_due").asc(nulls_last=True), "id")
