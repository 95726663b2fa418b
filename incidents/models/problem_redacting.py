"""Taking a text out of a problem's record: as out of an incident's (``redacting``), with what Baton copied of it.

A problem's title and what is believed to be its cause are no texts of its record: whoever may write them changes them.
"""

import json
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.models import EntryText
from escalation.trail.triggers import TAKING
from escalation.trail.verifying import TAKEN
from escalation.trail.writing import Actor

from . import forgetting
from .working import _some


class HasRecord(models.Model):
    """What a problem has of it."""

    actions: Any
    if TYPE_CHECKING:
        trail_id: int
        title: Any
        why_closed: Any
        ref: Any

    class Meta:
        abstract = True

    @transaction.atomic
    def take_text_away(self, *, by: User, seq: int, text: str) -> None:
        """Take what was written with entry ``seq`` out of the record, for good; ``text`` says why. Admins only."""
        if not (by.is_active and by.is_staff):
            raise Refused(_("Only an admin can take a text out of the record."), code="not-allowed")
        why = _some(text)
        work = Work.lock([self.trail_id], actor=Actor.person(by))
        self.refresh_from_db()
        said = self.text_of(seq)
        if said is None:
            raise Refused(_("Entry %(seq)d has no text, or it was taken away.") % {"seq": seq}, code="stale")
        going = [said, *forgetting.repeated(said)]
        for one in going:
            data = {"taken": {"seq": one.entry.seq, "kind": one.entry.kind}}
            work.entry(self.trail_id, TAKEN, data, text=why, cause=f"{TAKING}{one.entry.pk}")
        self._forget(said, work)
        work.write()
        for one in going:
            forgetting.messages(self.trail_id, one.text, [self.title])
            forgetting.answers(self.ref, one.text, [self.title])
            one.delete()

    def text_of(self, seq: int) -> EntryText | None:
        """What was written with an entry, if it is still there."""
        mine = EntryText.objects.select_related("entry").filter(entry__trail=self.trail_id, entry__seq=seq)
        return mine.first()

    def _forget(self, said: EntryText, work: Work) -> None:
        if said.entry.kind == "problem_closed" and self.why_closed == said.text:
            self.why_closed = _("The text was taken away.")
            self.save()
        number = json.loads(said.entry.data).get("number")
        if said.entry.kind in forgetting.OF_ACTION:
            for action in self.actions.filter(number=number):
                action.forget_words(work.now)
