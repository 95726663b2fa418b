"""What became of a request, as its sender may ask afterwards."""

from typing import Any

from incidents.models import AlertKey, Receipt

from .. import alert
from ..acting import NO_CHANGE
from ..story import NO_MATCH
from . import answers

_DONE = {
    "create": "Created alert",
    "close": "Closed alert",
    "delete": "Closed alert",
    "acknowledge": "Acknowledged alert",
    "unacknowledge": "Unacknowledged alert",
    "notes": "Added note",
    "snooze": "Snoozed alert",
    "escalate": "Escalated alert",
    "assign": "Assigned alert",
    "responders": "Noted responder",
    "teams": "Noted team",
    "custom": "Noted action",
    "tags": "Updated tags",
    "details": "Updated details",
    "message": "Updated message",
    "description": "Updated description",
    "priority": "Updated priority",
}
# Clients look for "Alert is already", and then stop asking.
_NOT_DONE = {
    "acknowledge": "Alert is already acknowledged, or its path gives no time for that",
    "unacknowledge": "Alert is already unacknowledged",
    "snooze": "Alert is already snoozed, or not until then",
    "escalate": "Alert was not escalated: nobody is left there, or it is snoozed",
    "assign": "Alert was not assigned: somebody has it, or the owner is not known",
}


def status(receipt: Receipt) -> dict[str, Any]:
    """Of a request that has been heard, or that nobody could hear."""
    call, said = receipt.envelope["call"], _said(receipt)
    row = _row(receipt)
    return answers.status(
        call,
        source=receipt.source_id,
        at=receipt.received_at,
        success=said is None,
        said=_DONE[call] if said is None else said,
        alert=row.pk if row else None,
        alias=row.key if row else "",
    )


def _said(receipt: Receipt) -> str | None:
    """Why nothing came of it; None if something did."""
    envelope, results = receipt.envelope, receipt.outcome.get("results", {})
    if receipt.state == Receipt.State.QUARANTINED:
        return "Request could not be processed"
    if envelope.get("over"):
        return "Alert is already closed"
    if not results:
        return answers.NO_ALERT
    if NO_MATCH in results:
        return f"There is no open alert with alias [{envelope['alias']}]"
    return _NOT_DONE.get(envelope["call"]) if NO_CHANGE in results else None


def _row(receipt: Receipt) -> AlertKey | None:
    """The alert that the request was about; its incident is on the receipt."""
    alias, refs = receipt.envelope.get("alias"), receipt.outcome.get("incidents", [])
    numbers = [int(ref.rpartition("-")[2]) for ref in refs]
    if not alias or not numbers:
        return None
    found = AlertKey.objects.filter(source=receipt.source_id, key=alert.key(alias), incident__number__in=numbers)
    return found.order_by("-id").first()
