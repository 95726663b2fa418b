"""The buttons of an incident's page, and the verbs that the palette offers for it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Action:
    """A button: a dialog to open, or (``direct``) a form that is sent at once."""

    name: str  # of its address
    label: str
    key: str = ""
    direct: bool = False
    primary: bool = False


def of(page: Any) -> list[Action]:
    """What can be done now on an incident's ``Page``, the one primary action first."""
    if not page.may_act or page.incident.closed_at:
        return []
    informs = [Action("updates", _("Send an update"), "i")] if page.informed.may_send else []
    if page.incident.resolved_at and page.incident.drill:
        return []
    if page.incident.resolved_at:
        return [Action("reopening", _("Re-open"), primary=True), *informs]
    found = [*_possible(page), *informs]
    first = _primary(page, [action.name for action in found])
    return sorted(
        (Action(a.name, a.label, a.key, a.direct, primary=a.name == first) for a in found),
        key=lambda action: not action.primary,
    )


def _possible(page: Any) -> list[Action]:
    run = page.run
    assert run is not None
    found = []
    held = run.held_until is not None
    if page.is_asked:
        found.append(Action("answer", _("Answer"), direct=True))
    if page.is_asked or page.passed.has_answered:
        found.append(Action("decision", _("Decide")))
    if page.offered_to_me or (not held and run.acknowledged_at is None):
        found.append(Action("acknowledgement", _("Acknowledge"), "a", direct=True))
    if page.offered_to_me:
        found.append(Action("refusal", _("Decline")))
    if held:
        found.append(Action("resumption", _("Resume"), direct=True))
    if page.incident.onward():
        found.append(Action("escalation", _("Escalate"), "e"))
    if run.holder_id == page.user.pk and not held:
        found.append(Action("handover", _("Hand over"), "h"))
    if run.offered_by_id == page.user.pk:
        found.append(Action("withdrawal", _("Take back"), direct=True))
    if not held:
        found.append(Action("hold", _("Hold"), "w"))
    found.append(Action("resolution", _("Resolve"), "r"))
    if page.rights.reassign:
        found.append(Action("reassignment", _("Reassign")))
    return found


def _primary(page: Any, names: list[str]) -> str:
    """An offer to me, a decision asked of me, else what the state asks for."""
    wanted = ["acknowledgement"] if page.offered_to_me else []
    wanted += ["answer", "acknowledgement", "resumption", "escalation", "handover", "resolution"]
    return next(name for name in wanted if name in names)
