"""What came in, heard once more: after its mapping was changed, or because nobody understood it.

It is an old message, so it is judged by what has become of its trouble since, and a second press does nothing:

* what is an incident already stays one; nothing is counted twice,
* what has ended since it came in, by people or by monitoring, is not opened again, whatever its key is now,
* an incident that this message opened or was counted on, and that is open, is given the key: so its end will find it,
* an end ends what began before the message came in, and nothing that began, or was reported again, later,
* what somebody did elsewhere is not done twice.

``judge`` says what a replay would do, ``replay`` does it, and both say it in the same words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _t

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.trail.models import Trail
from incidents.models import AlertKey, Incident, Receipt

from . import backlog
from .acting import DID
from .alert import Action, Invalid, Message, Signal
from .hearing import Hearing

MOST = 100  # signals of one message


@dataclass
class Verdict:
    """What becomes of one signal: heard or not, by which incident, and why, in a sentence."""

    signal: Signal
    heard: bool
    says: str
    joins: Incident | None = None  # is given the key first


def judge(receipt: Receipt, message: Message) -> list[Verdict]:
    """Reads only."""
    signals = message.signals[:MOST]
    rows: dict[str, AlertKey] = {}
    known = AlertKey.objects.filter(source=receipt.source_id, key__in={signal.key for signal in signals})
    for row in known.select_related("incident").order_by("id"):  # the living one of a key, else its last
        if row.key not in rows or rows[row.key].ended_at is not None:
            rows[row.key] = row
    own = _own(receipt)
    alone = sum(signal.action is Action.TRIGGER for signal in signals) == 1
    return [_verdict(receipt, signal, rows.get(signal.key), own, alone) for signal in signals]


def _own(receipt: Receipt) -> list[Incident]:
    """The incidents this message has opened or was about."""
    numbers = [int(ref.rpartition("-")[2]) for ref in receipt.outcome.get("incidents", [])[:MOST]]
    return list(Incident.objects.filter(number__in=numbers).order_by("number"))


def _verdict(receipt: Receipt, signal: Signal, row: AlertKey | None, own: Sequence[Incident], alone: bool) -> Verdict:
    lives = row is not None and row.ended_at is None and row.incident.resolved_at is None
    if signal.action is Action.TRIGGER:
        return _of_trigger(receipt, signal, row, lives, own, alone)
    if row is None or not lives:
        return Verdict(signal, False, _t("No open incident has this key: nothing happens."))
    ref = {"ref": row.incident.ref}
    if row.first_seen > receipt.received_at:
        return Verdict(signal, False, _t("%(ref)s began after this message came in: nothing happens.") % ref)
    if signal.action is Action.RESOLVE and row.last_seen > receipt.received_at:
        return Verdict(signal, False, _t("%(ref)s was reported again after this message: nothing happens.") % ref)
    if signal.action is Action.RESOLVE:
        return Verdict(signal, True, _t("%(ref)s is resolved.") % ref)
    if not signal.action.is_done_outside or DID[signal.action] in receipt.outcome.get("results", {}):
        return Verdict(signal, False, _t("%(ref)s has heard of it: nothing happens.") % ref)
    return Verdict(signal, True, _t("%(ref)s hears what was done elsewhere.") % ref)


def _of_trigger(
    receipt: Receipt, signal: Signal, row: AlertKey | None, lives: bool, own: Sequence[Incident], alone: bool
) -> Verdict:
    if row is not None and lives:
        return Verdict(signal, False, _t("%(ref)s is open with this key: nothing happens.") % {"ref": row.incident.ref})
    over = next((incident for incident in own if incident.resolved_at is not None), None)
    if over is None and row is not None and (row.ended_at or receipt.received_at) >= receipt.received_at:
        over = row.incident
    if over is not None:
        words = _t("%(ref)s, which was about it, has ended since: nothing is opened.")
        return Verdict(signal, False, words % {"ref": over.ref})
    if own and alone:
        words = _t("%(ref)s, which this message was about, is given the key.")
        return Verdict(signal, True, words % {"ref": own[0].ref}, joins=own[0])
    return Verdict(signal, True, _t("An incident is opened."))


def read(receipt: Receipt) -> Message:
    """What it says by the mapping of now. Raises ``Refused`` with the reason why it cannot be read."""
    try:
        return backlog.read_again(receipt)
    except Invalid as error:
        raise Refused(_t("It cannot be read: %(why)s") % {"why": error}) from error


@transaction.atomic
def replay(receipt: Receipt) -> list[Verdict]:
    """Safe to press twice. Raises ``Refused`` for what still waits and for what cannot be read."""
    mine = Receipt.objects.select_for_update(of=("self",)).select_related("source__service").filter(pk=receipt.pk)
    receipt = mine.get()
    if receipt.state == Receipt.State.RECEIVED:
        raise Refused(_t("It still waits and is worked off in a moment: there is nothing to replay yet."))
    message = read(receipt)
    Trail.objects.lock(_trails(receipt, message))
    verdicts = judge(receipt, message)
    for verdict in verdicts:
        if verdict.joins is not None:
            _give_key(receipt, verdict.signal, verdict.joins)
    hearing = Hearing()
    hearing.hear([(receipt, [verdict.signal for verdict in verdicts if verdict.heard])])
    _note(receipt, message, hearing)
    return verdicts


def _trails(receipt: Receipt, message: Message) -> set[int]:
    """Of all incidents it may touch: together, in one order, so that two of us cannot wait for each other."""
    keys = {signal.key for signal in message.signals[:MOST]}
    living = AlertKey.objects.filter(source=receipt.source_id, key__in=keys, ended_at__isnull=True)
    trails = set(living.values_list("incident__trail", flat=True))
    return trails | {incident.trail_id for incident in _own(receipt)}


def _give_key(receipt: Receipt, signal: Signal, incident: Incident) -> None:
    """Instead of the one it had from this message. Has somebody else claimed it meanwhile, the hearing finds theirs."""
    now = clock.now()
    before = AlertKey.objects.filter(source=receipt.source_id, incident=incident, ended_at__isnull=True)
    before.filter(first_seen=receipt.received_at).update(ended_at=now)
    row = AlertKey(
        source_id=receipt.source_id,
        key=signal.key,
        incident=incident,
        first_seen=receipt.received_at,
        last_seen=receipt.received_at,
        count=0,  # it is heard next
    )
    AlertKey.objects.bulk_create([row], ignore_conflicts=True)


def _note(receipt: Receipt, message: Message, hearing: Hearing) -> None:
    outcome, before = hearing.outcomes[receipt.pk], receipt.outcome
    results = outcome.results + type(outcome.results)(before.get("results", {}))
    receipt.outcome = {
        "incidents": list(dict.fromkeys([*before.get("incidents", []), *outcome.refs])),
        "warnings": list(message.warnings),
        "results": dict(results),
        "done": len(message.signals),
        "replayed": before.get("replayed", 0) + 1,
    }
    receipt.state = Receipt.State.PROCESSED
    receipt.save(update_fields=["state", "outcome"])
