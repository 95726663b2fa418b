"""Taking a text out of the record, because the law or a person's right asks for it.

The entry stays, with who and when and the text's digest, so the chain holds; the text goes with its salt, and a later
entry says who took it, and why. The database allows that and nothing else (``trail.triggers``). What Baton itself
has copied goes in the same transaction, the lines of a review that still say it too; which copies there are is held by
a test that writes one of everything and then looks into every table. What Baton wrote down more than once, an action's
words and those of a merge, goes from each of its entries.

What people copied by hand, and what has left the house, it cannot call back. Where the same words stand in other texts
of the record, such as the brief of a hand-over, is said: each is somebody's own text, and is taken away by itself.
A problem's record: ``problem_redacting``.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import ApiAnswer, User
from escalation.trail.models import Entry, EntryText
from escalation.trail.triggers import TAKING
from escalation.trail.verifying import TAKEN

from . import forgetting
from .attachments import Attachment
from .doors import Alert, AlertKey, Receipt
from .quoting import is_quoted
from .training_cases import TrainingCase
from .verb import Verb
from .webhooks import WebhookTry
from .working import _some

if TYPE_CHECKING:
    from .incident import Incident

_BOTH = {"absorbed": "resolved", "resolved": "absorbed"}
# What is made of an incident and keeps copies forgets them here, under the lock and before the record is written (see
# ``AppConfig.ready``): reviews.
forgets: list[Callable[["Incident", EntryText, Work], None]] = []


class Redacting(Verb):
    @transaction.atomic
    def take_text_away(self, *, by: User, seq: int, text: str) -> None:
        """Take what was written with entry ``seq`` out of the record, for good; ``text`` says why. Admins only."""
        incident = cast("Incident", self)
        if not (by.is_active and by.is_staff):
            raise Refused(_("Only an admin can take a text out of the record."), code="not-allowed")
        merged = _merged_with(incident, _said(incident, seq))
        work = self._begin(by=by, needs_open=False, beside=merged)
        said = _said(incident, seq)
        if said is None:
            raise Refused(_("Entry %(seq)d has no text, or it was taken away.") % {"seq": seq}, code="stale")
        going = [(incident, said), *((incident, one) for one in forgetting.repeated(said))]
        if merged is not None and (twin := _twin(said)) is not None:
            going.append((merged, twin))
        for one, its in going:
            data = {"taken": {"seq": its.entry.seq, "kind": its.entry.kind}}
            work.entry(one.trail_id, TAKEN, data, text=_some(text), cause=f"{TAKING}{its.entry.pk}")
            _forget_training(one, its.entry.seq, work)
            for forget in forgets:
                forget(one, its, work)
        work.write()
        for one, its in going:
            _forget_copies(one, its.entry, its.text)
            its.delete()  # and with it its words for the search

    def quoted_in(self, seq: int) -> list[int]:
        """The numbers of other entries whose texts have the same words in them, and would keep them."""
        incident = cast("Incident", self)
        said = _said(incident, seq)
        if said is None:
            return []
        going = {said.pk, *(one.pk for one in forgetting.repeated(said))}
        others = EntryText.objects.filter(entry__trail=incident.trail_id).exclude(pk__in=going).order_by("entry__seq")
        rows = others.values_list("entry__seq", "text").iterator()
        return [number for number, text in rows if is_quoted(said.text, text)]


def _said(incident: "Incident", seq: int) -> EntryText | None:
    mine = EntryText.objects.select_related("entry").filter(entry__trail=incident.trail_id, entry__seq=seq)
    return mine.first()


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
    # A receiver may have said back what it was told, with this text or with another that has it in it.
    WebhookTry.objects.filter(message__trail=incident.trail_id).update(answer="")
    forgetting.messages(incident.trail_id, words, _called(incident))
    forgetting.answers(incident.ref, words, _called(incident))


def _called(incident: "Incident") -> tuple[str, ...]:
    return incident.title, incident.bare_title


def _forget_receipts(incident: "Incident") -> None:
    """What sources sent about it, as it came. That it came, and what came of it, stays."""
    sources = {*AlertKey.objects.filter(incident=incident).values_list("source", flat=True), incident.source_id}
    # Whenever it came, and also if it was set aside. What waits is heard first: it may be of other trouble too.
    rows = Receipt.objects.filter(source__in=sources - {None}).exclude(state=Receipt.State.RECEIVED)
    told = rows.annotate(said=Cast("outcome", TextField())).filter(said__contains=f'"{incident.ref}"')
    told.update(body=b"", envelope={})
