"""Following a runbook: ticking its steps, taking a tick back, and settling what did not work."""

from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.utils.translation import gettext as _

from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.writing import Actor

from .runbooks import Runbook, RunbookStep, Tick
from .verb import Verb
from .working import _some

if TYPE_CHECKING:
    from .incident import Incident

SAID = 300  # characters of a step's words on record
KINDS = ("runbook_ticked", "runbook_unticked", "runbook_settled")


def told(step: RunbookStep, said: str = "") -> str:
    """The text of an entry: the step's words on its first line, as they were, and below what somebody said of it.

    Both are what people wrote, so neither is in the entry itself, from which nothing can be taken out."""
    words = step.words if len(step.words) <= SAID else f"{step.words[: SAID - 1]}…"
    return f"{words}\n{said}"


def parted(text: str) -> tuple[str, str]:
    """The step's words, and what was said of it."""
    words, _line, said = text.partition("\n")
    return words, said


class Following(Verb):
    @transaction.atomic
    def tick(self, *, by: User, step: int, worked: bool, text: str = "") -> None:
        """Say what a step did here. What did not work needs a reason, and becomes a task for the runbook's owner."""
        incident = cast("Incident", self)
        work = self._begin(by=by)
        row = _step(step)
        if row.runbook.archived_at:
            raise Refused(_("This runbook is archived."), code="stale")
        if row.number is None:
            raise Refused(_("This step is no longer in its runbook: somebody has changed it."), code="stale")
        if not self._is_about(row):
            raise Refused(_("This runbook is not about %(ref)s.") % {"ref": incident.ref}, code="stale")
        before = Tick.objects.standing().filter(incident=incident, step=row).select_related("by").first()
        if before is not None:
            did = _("worked") if before.worked else _("did not work here")
            words = {"who": before.by.name, "did": did}
            raise Refused(_("%(who)s has ticked this step already: %(did)s.") % words, code="stale")
        said = text.strip() if worked else _some(text)
        data = {**_of(row), "worked": worked}
        work.entry(incident.trail_id, "runbook_ticked", data, text=told(row, said), run=incident.run)
        work.write()
        seq = work.heads[incident.trail_id].length
        Tick.objects.create(incident=incident, step=row, worked=worked, by=by, at=work.now, seq=seq)

    def _is_about(self, step: RunbookStep) -> bool:
        """It is attached to what this incident is about now, or was begun here before the baton moved on."""
        incident = cast("Incident", self)
        run, book = incident.run, Runbook.objects.filter(pk=step.runbook_id)
        tier, policy = (run.tier_id, run.policy_id) if run else (None, None)
        if book.fitting(service=incident.service_id, tier=tier, policy=policy).exists():
            return True
        return Tick.objects.standing().filter(incident=incident, step__runbook=step.runbook_id).exists()

    @transaction.atomic
    def untick(self, *, by: User, step: int) -> None:
        """It was not so. One's own, and for whoever holds the baton anybody's; as long as the incident is open."""
        incident = cast("Incident", self)
        work = self._begin(by=by)
        found = Tick.objects.standing().filter(incident=incident, step=step)
        tick = found.select_related("by", "step__runbook").first()
        if tick is None:
            raise Refused(_("This step is not ticked any more."), code="stale")
        if not incident.may_untick(by, tick.by_id):
            who = {"who": tick.by.name}
            raise Refused(_("Only %(who)s, or who holds the baton, can take it back.") % who, code="not-allowed")
        if tick.settled_at:
            raise Refused(_("Its task has been settled already: it stays on record."))
        tick.taken_back_at = work.now
        tick.save(update_fields=["taken_back_at"])
        whose = {"id": tick.by_id, "name": tick.by.name}
        data = {**_of(tick.step), "worked": tick.worked, "ticked_by": whose}
        work.entry(incident.trail_id, "runbook_unticked", data, text=told(tick.step), run=incident.run)
        work.write()

    def may_untick(self, user: User, ticked_by: int) -> bool:
        run = cast("Incident", self).run
        return ticked_by == user.pk or bool(run and run.holder_id == user.pk)

    @transaction.atomic
    def settle(self, *, by: User, tick: int, text: str) -> None:
        """The owner has looked at what did not work here: the step is right as it is, and why. Also once resolved."""
        incident = cast("Incident", self)
        work: Work = self._locked(Actor.person(by))
        row = Tick.objects.standing().filter(pk=tick, incident=incident).select_related("step__runbook").first()
        if row is None or row.settled_at:
            raise Refused(_("Somebody has settled this already."), code="stale")
        seen = type(incident).objects.visible_to(by).filter(pk=incident.pk).exists()
        if row.worked or not seen or not row.step.runbook.may_keep(by):
            raise Refused(_("Only its owner, its team and admins may do that."), code="not-allowed")
        settled = {"settled_at": work.now, "settled_by": by, "settled_as": Tick.Settled.RIGHT}
        if not Tick.objects.tasks().filter(pk=tick).update(**settled):  # its words have been changed this moment
            raise Refused(_("Somebody has settled this already."), code="stale")
        work.entry(incident.trail_id, "runbook_settled", _of(row.step), text=told(row.step, _some(text)))
        work.write()


def _step(pk: int) -> RunbookStep:
    row = RunbookStep.objects.select_related("runbook").filter(pk=pk).first()
    if row is None:
        raise Refused(_("This step is no longer in its runbook: somebody has changed it."), code="stale")
    return row


def _of(step: RunbookStep) -> dict:
    """What an entry keeps of a step; its words are its text."""
    runbook = {"id": step.runbook_id, "name": step.runbook.title}
    return {"runbook": runbook, "step": {"id": step.pk, "number": step.number}}
