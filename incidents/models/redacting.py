"""Taking a text out of the record, because the law or a person's right asks for it.

The entry stays, with who and when and the text's digest, so the chain holds; the text goes with its salt, and a later
entry says who took it, and why. The database allows that and nothing else (``trail.triggers``). What Baton itself
has copied goes in the same transaction: the incident's symptom, words for the search, the texts of messages, what a
source had sent, what a program was told, the training case that was drafted of it, and its plays. What people copied by
hand, and what has left the house, it cannot call back.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from escalation.engine.models import Delivery
from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import ApiAnswer, User
from escalation.trail.models import Entry, EntryText
from escalation.trail.triggers import TAKING
from escalation.trail.verifying import TAKEN

from .attachments import Attachment
from .doors import Alert, AlertKey, Receipt
from .training_cases import TrainingCase
from .verb import Verb
from .working import _some

if TYPE_CHECKING:
    from .incident import Incident

_SHORT = 8  # characters: what is shorter is a word of anybody's, and goes only where it stands by itself
_BOTH = {"absorbed": "resolved", "resolved": "absorbed"}
_KEPT = ("ref", "title", "link", "service")  # of a message: how the incident is called, not what was written on it


class Redacting(Verb):
    @transaction.atomic
    def take_text_away(self, *, by: User, seq: int, text: str) -> None:
        """Take what was written with entry ``seq`` out of the record, for good; ``text`` says why. Admins only."""
        incident = cast("Incident", self)
        if not (by.is_active and by.is_staff):
            raise Refused(_("Only an admin can take a text out of the record."), code="not-allowed")
        mine = EntryText.objects.select_related("entry").filter(entry__trail=incident.trail_id, entry__seq=seq)
        merged = _merged_with(incident, mine.first())
        work = self._begin(by=by, needs_open=False, beside=merged)
        said = mine.first()
        if said is None:
            raise Refused(_("Entry %(seq)d has no text, or it was taken away.") % {"seq": seq}, code="stale")
        going = [(incident, said)]
        if merged is not None and (twin := _twin(said)) is not None:
            going.append((merged, twin))
        for one, its in going:
            data = {"taken": {"seq": its.entry.seq, "kind": its.entry.kind}}
            work.entry(one.trail_id, TAKEN, data, text=_some(text), cause=f"{TAKING}{its.entry.pk}")
            _forget_training(one, its.entry.seq, work)
        work.write()
        for one, its in going:
            _forget_copies(one, its.entry, its.text)
            its.delete()  # and with it its words for the search


def _merged_with(incident: "Incident", said: EntryText | None) -> "Incident | None":
    twin = _twin(said) if said is not None else None
    return None if twin is None else type(incident).objects.get(trail=twin.entry.trail_id)


def _twin(said: EntryText) -> EntryText | None:
    """Where the same words stand once more: whoever merges two incidents writes them to both."""
    kind = _BOTH.get(said.entry.kind)
    if kind is None:
        return None
    facts = json.loads(said.entry.data)
    same = EntryText.objects.filter(entry__kind=kind, entry__at=said.entry.at, text=said.text)
    other = facts.get("merged_into") or facts.get("ref")
    return same.filter(entry__trail__subject=other).select_related("entry").first()


def _forget_training(incident: "Incident", seq: int, work: Work) -> None:
    """Also what programs were told while they played it: who asks the same again is told what there is now."""
    case = TrainingCase.objects.select_for_update().filter(incident=incident).first()
    if case is not None:
        case.forget_words(seq, work)
        ApiAnswer.objects.filter(body__contains=f'"{case.key}"').delete()


def _forget_copies(incident: "Incident", entry: Entry, words: str) -> None:
    if entry.kind == "opened":
        incident.symptom = ""
        incident.save(update_fields=["symptom"])
    if entry.kind == "attached":
        file = json.loads(entry.data)["file"]["id"]
        Attachment.objects.filter(incident=incident, pk=file).update(name=_("file"))
    if entry.kind == "opened" or entry.actor_kind == Entry.Actor.SOURCE:
        _forget_receipts(incident)
        Alert.objects.filter(key__incident=incident).update(summary="", labels={}, link="")
    changed = []
    for one in Delivery.objects.filter(trail=incident.trail_id).only("pk", "message").iterator():
        told = without(one.message, words)
        if told != one.message:
            one.message = told
            changed.append(one)
    Delivery.objects.bulk_update(changed, ["message"], batch_size=200)
    _forget_answers(incident, words)


def _forget_answers(incident: "Incident", words: str) -> None:
    """What programs were told of it, and would be told again when they ask the same once more."""
    for one in ApiAnswer.objects.filter(body__contains=incident.ref):
        try:
            body = json.dumps(without(json.loads(one.body), words), ensure_ascii=False)
        except ValueError:
            body = ""
        ApiAnswer.objects.filter(pk=one.pk).update(body=body)


def _forget_receipts(incident: "Incident") -> None:
    """What sources sent about it, as it came. That it came, and what came of it, stays."""
    sources = {*AlertKey.objects.filter(incident=incident).values_list("source", flat=True), incident.source_id}
    # Whenever it came, and also if it was set aside. What waits is heard first: it may be of other trouble too.
    rows = Receipt.objects.filter(source__in=sources - {None}).exclude(state=Receipt.State.RECEIVED)
    told = rows.annotate(said=Cast("outcome", TextField())).filter(said__contains=f'"{incident.ref}"')
    told.update(body=b"", envelope={})


def without(message: Any, words: str) -> Any:
    """A message's facts without what holds, or is a part of, ``words``. Of few characters: without what says them by
    themselves, or as what somebody said."""
    if isinstance(message, dict):
        return {name: value if name in _KEPT else without(value, words) for name, value in message.items()}
    if isinstance(message, list):
        return [without(value, words) for value in message]
    return "" if isinstance(message, str) and _is_of(message, words) else message


def _is_of(said: str, words: str) -> bool:
    copy, whole = _flat(said).rstrip("…"), _flat(words)
    if copy in {whole, *_parts(words)} or copy.endswith(f": {whole}"):
        return True
    return (len(copy) >= _SHORT and copy in whole) or (is_long(words) and whole in copy)


def _parts(words: str) -> Iterator[str]:
    """What was typed in fields of its own and is one text on record: a hypothesis and an action, a brief's answers."""
    blocks = words.replace("\r\n", "\n").split("\n\n")
    for block in blocks if len(blocks) > 1 else ():
        yield _flat(block)
    yield from (_flat(said) for _label, colon, said in (block.partition(": ") for block in blocks) if colon)


def is_long(words: str) -> bool:
    """Whether it is taken out of sentences, too."""
    return len(_flat(words)) >= _SHORT


def _flat(said: str) -> str:
    return " ".join(said.split())
