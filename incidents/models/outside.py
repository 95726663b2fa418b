"""What was done about it elsewhere, and reported by its source: acknowledged, noted, put on hold, escalated, assigned.

A source is not one of us, and whoever it names is a name in its message. So what it says is on record as said by the
source; it gives time and asks for somebody, but it takes the baton from nobody, and after an acknowledgement elsewhere
the path still goes on when the time to work is over. Each verb returns whether it changed anything but the record, and
refuses nothing: a program can do nothing about a refusal. What could not be done is on record, with the reason why.
"""

from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.db import transaction

from escalation.engine import moves, passing
from escalation.engine.models import EscalationRun
from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.models import User
from escalation.policies import elsewhere
from escalation.trail.models import EntryText
from escalation.trail.writing import Actor

from .doors import Source
from .ending import LONGEST_HOLD
from .passing import may_hold
from .verb import Verb, tier_of

if TYPE_CHECKING:
    from .incident import Incident

_NAME = 120


class Outside(Verb):
    @transaction.atomic
    def acknowledged_outside(self, source: Source, *, said_by: str = "", text: str = "") -> bool:
        """The calls of this step stop and its time to work runs, once at each step. Nobody here has it by that."""
        work, run = self._heard(source)
        if run is None or run.acknowledged_at is not None or run.elsewhere_at is not None:
            return False
        if not elsewhere.may_put_off(run.policy_path, run.standing):
            return self._in_vain(work, "acknowledged", said_by, text, why="no_time")
        passing.put_off(work, run, said_by=_name(said_by), text=text)
        work.write()
        return True

    @transaction.atomic
    def unacknowledged_outside(self, source: Source, *, said_by: str = "", text: str = "") -> bool:
        """What an acknowledgement elsewhere has put off goes on. One of ours stands."""
        work, run = self._heard(source)
        if run is None or run.elsewhere_at is None or run.held_at is not None:
            return False
        passing.put_off_no_longer(work, run, said_by=_name(said_by), text=text)
        work.write()
        return True

    @transaction.atomic
    def noted_outside(self, source: Source, *, said_by: str = "", text: str = "", once: bool = False) -> bool:
        """Somebody wrote something down there. It mentions nobody here. ``once``: not what has been noted before."""
        if not text.strip():
            return False
        incident = cast("Incident", self)
        work = self._locked(Actor.source(source.pk, source.name))
        noted = EntryText.objects.filter(entry__trail=incident.trail_id, entry__kind="outside_note")
        if once and noted.filter(text=text.strip()).exists():
            return False
        work.entry(incident.trail_id, "outside_note", {"said_by": _name(said_by)}, text=text.strip())
        work.write()
        return True

    @transaction.atomic
    def held_outside(self, source: Source, *, until: datetime | None, said_by: str = "", text: str = "") -> bool:
        """Put on hold, as by one of us: the clocks go on with what they had left."""
        work, run = self._heard(source)
        if run is None or run.held_until is not None:
            return False
        if until is None or not work.now < until <= work.now + LONGEST_HOLD:
            return self._in_vain(work, "held", said_by, text, why="wake_time")
        cast("Incident", self)._hold(work, until=until, text=text, data={"said_by": _name(said_by)})
        work.write()
        return True

    @transaction.atomic
    def escalated_outside(self, source: Source, *, said_by: str = "", text: str = "") -> bool:
        """The next step is taken now. Not while it is on hold, which somebody here chose."""
        work, run = self._heard(source)
        if run is None:
            return False
        if run.held_at is not None:
            return self._in_vain(work, "escalated", said_by, text, why="on_hold")
        try:
            decision = cast("Incident", self)._step_by_hand(work, run, None)
        except Refused:
            why = "nobody_there" if cast("Incident", self).onward() else "end_of_path"
            return self._in_vain(work, "escalated", said_by, text, why=why)
        self._brief_along(work, run)
        said = f"{_name(said_by)}: {text}" if said_by and text else text or _name(said_by)
        moves.carry_out(work, run, decision, text=said)
        work.write()
        return True

    @transaction.atomic
    def assigned_outside(self, source: Source, *, to: str, said_by: str = "", text: str = "") -> bool:
        """Somebody who may work on it anyway is asked, if nobody has it yet: they are called, and must answer."""
        incident = cast("Incident", self)
        work, run = self._heard(source)
        if run is None:
            return False
        person = _person(to)
        if person is None or not incident.may_act(person):
            return self._in_vain(work, "assigned", said_by, text, to=to, why="not_here")
        if run.holder is not None or run.held_at is not None:
            why = "taken" if run.holder is not None else "on_hold"
            return self._in_vain(work, "assigned", said_by, text, to=to, why=why)
        self._brief_along(work, run)
        passing.reassign(work, run, to=person, tier=tier_of(person, run.tier), people=[person], text=text)
        work.write()
        return True

    # --- what they share ----------------------------------------------------------------------

    def _heard(self, source: Source) -> tuple[Work, EscalationRun | None]:
        """The lock, and the climb if one goes on."""
        work = self._locked(Actor.source(source.pk, source.name))
        run = cast("Incident", self).run
        return work, run if run is not None and run.ended_at is None else None

    def _in_vain(self, work: Work, did: str, said_by: str, text: str, *, why: str, to: str = "") -> bool:
        """It was said, and changes nothing here."""
        data = {"did": did, "said_by": _name(said_by), "why": why, "to": _name(to)}
        work.entry(cast("Incident", self).trail_id, "outside_wish", data, text=text)
        work.write()
        return False


def _name(said: str) -> str:
    return one_line(said, limit=_NAME)


def _person(to: str) -> User | None:
    """The one whose address it is, who may hold something."""
    person = User.objects.filter(email__iexact=to.strip(), is_active=True).first() if to.strip() else None
    try:
        if person is not None:
            may_hold(person)
    except Refused:
        return None
    return person
