"""What others were told of an incident, on its page: the last updates, when the next is due, and who may follow it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.safestring import SafeString

from escalation.people.models import User
from incidents.models import Follow, Incident, Stakeholder, Update
from incidents.promises.cycle import Kind

from . import promised
from .links import linked

SHOWN = 3


@dataclass(frozen=True)
class Sent:
    update: Update
    text: SafeString


class Panel:
    """One query, and none where nothing was sent; more where the page has not asked along with the incident."""

    def __init__(self, incident: Incident, user: User, now: datetime, *, may_act: bool) -> None:
        self._incident, self._user, self._now, self._may_act = incident, user, now, may_act

    @cached_property
    def sent(self) -> Sequence[Sent]:
        """The latest first."""
        if not getattr(self._incident, "was_updated", True):
            return []
        rows = self._incident.updates.with_words().select_related("withdrawn_by").order_by("-number")[:SHOWN]
        return [Sent(row, linked(row.text)) for row in rows]

    @property
    def more(self) -> int:
        """Those before, which the record has."""
        return self.sent[-1].update.number - 1 if self.sent else 0

    @property
    def may_send(self) -> bool:
        """Where there are no stakeholders, no followers and no status page, nothing is offered."""
        if not self._may_act or self._incident.merged_into_id or self._incident.drill:
            return False
        return self._informs or self._incident.may_be_shown()

    @property
    def _informs(self) -> bool:
        known = getattr(self._incident, "informs", None)
        if known is not None:
            return bool(known)
        return Stakeholder.objects.exists() or Follow.objects.filter(incident=self._incident).exists()

    @cached_property
    def follows(self) -> bool:
        known = getattr(self._incident, "followed", None)
        if known is not None:
            return bool(known)
        return Follow.objects.filter(incident=self._incident, person=self._user).exists()

    @cached_property
    def due(self) -> promised.Shown | None:
        """The next one, where it is promised."""
        shown = promised.of_incident(self._incident, self._now)
        return next((one for one in shown if one.kind == Kind.UPDATE.value and one.due is not None), None)
