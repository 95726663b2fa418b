"""What goes with a text that is taken out of a record, whosever record it is: where it was written down once more, and
what people and programs were told of it."""

import json
from collections.abc import Collection, Iterator

from django.db.models import Q

from escalation.engine.models import Delivery
from escalation.people.models import ApiAnswer
from escalation.trail.models import EntryText

from .quoting import without

OF_ACTION = {
    f"{noun}_{word}": noun
    for noun in ("review", "problem")
    for word in ("action", "action_moved", "action_done", "action_dropped", "reminded")
}


def repeated(said: EntryText) -> Iterator[EntryText]:
    """What is to be done is written down anew with all that becomes of it."""
    noun = OF_ACTION.get(said.entry.kind)
    if noun is not None:
        kinds = [kind for kind, whose in OF_ACTION.items() if whose == noun]
        rows = EntryText.objects.filter(entry__trail=said.entry.trail_id, entry__kind__in=kinds)
        for one in rows.exclude(pk=said.pk).select_related("entry").order_by("entry__seq"):
            if json.loads(one.entry.data)["number"] == json.loads(said.entry.data)["number"]:
                yield one


def messages(trail_id: int, words: str, called: Collection[str]) -> None:
    """What people were told of it, or will be. Where one could not be sent, the other side may have quoted it, and what
    left together with it: the reason alone stays."""
    changed, bundles = [], set()
    for one in Delivery.objects.filter(trail=trail_id).only("pk", "message", "bundle").iterator():
        told = without(one.message, words, called=called)
        if told != one.message:
            one.message = told
            changed.append(one)
            bundles.add(one.bundle)
    Delivery.objects.bulk_update(changed, ["message"], batch_size=200)
    failed = Delivery.objects.filter(Q(pk__in=[one.pk for one in changed]) | Q(bundle__in=bundles - {None}))
    for one in failed.filter(last_error__contains=": ").only("pk", "last_error"):
        Delivery.objects.filter(pk=one.pk).update(last_error=one.last_error.partition(": ")[0])


def answers(ref: str, words: str, called: Collection[str]) -> None:
    """What programs were told of it, and would be told again when they ask the same once more."""
    for one in ApiAnswer.objects.filter(body__contains=ref):
        try:
            body = json.dumps(without(json.loads(one.body), words, called=called), ensure_ascii=False)
        except ValueError:
            body = ""
        ApiAnswer.objects.filter(pk=one.pk).update(body=body)
