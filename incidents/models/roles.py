"""Roles on an incident in people's hands: take, pass on, leave. Like the baton, a role stays where it is until it is
accepted; unlike it, an offer never goes back by itself, and whoever may work on the incident may take a role over.
Nobody is called because of it: an offer that nobody answers becomes a cue of those who can ask somebody else."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.utils.translation import gettext as _

from escalation.engine.words import named
from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.models import Entry

from . import role_filling
from .access import grant, let_in
from .passing import may_hold
from .role_filling import by_in_words, cause_of
from .role_rows import IncidentRole
from .undoing import SECONDS
from .verb import Verb

if TYPE_CHECKING:
    from .incident import Incident


class HavingRoles(Verb):
    def role(self, role: str) -> IncidentRole:
        """The row, as it is now."""
        incident = cast("Incident", self)
        found = IncidentRole.objects.living().along().filter(incident=incident, role=role).first()
        if found is None:
            raise Refused(_("%(ref)s has no such role.") % {"ref": incident.ref}, code="stale")
        return found

    def has_role(self, row: IncidentRole) -> User | None:
        """Who has it: somebody by name, or whoever has the baton."""
        run = cast("Incident", self).run
        return row.person or (run.holder if run is not None and row.of_baton else None)

    @transaction.atomic
    def take_role(self, role: str, *, by: User, was: str | None = None) -> None:
        """Take what is open or offered, or take it over: whoever had it is told."""
        work, row, before = self._at(role, by, was)
        if row.person_id == by.pk:
            raise Refused(_("You are the %(role)s already.") % {"role": row.get_role_display()}, code="stale")
        data: dict = {"role": row.role, "from": named(before)}
        if row.offered_to is not None:
            data |= {"offered": True} if row.offered_to_id == by.pk else {"instead_of": named(row.offered_to)}
        self._asked_no_more(work, row, again=by)
        if row.person is not None:
            role_filling.moot(work, cast("Incident", self), row, row.person)
        self._news(work, row, before, {"taken_by": by.name})
        self._seat(work, row, by)
        self._said(work, row, "role_taken", data)

    @transaction.atomic
    def pass_role(self, role: str, *, by: User, to: User, text: str = "", was: str | None = None) -> None:
        """Ask somebody to take it. Whoever has it keeps it until then."""
        work, row, before = self._at(role, by, was)
        if before is not None and before.pk != by.pk and not self.may_reassign(by):
            raise Refused(
                _("Only %(name)s, who is the %(role)s, or a supervisor can pass it on. You can take it over.")
                % {"name": before.name, "role": row.get_role_display()}
            )
        may_hold(to)
        if before is not None and before.pk == to.pk:
            raise Refused(_("%(name)s has it already.") % {"name": to.name}, code="invalid")
        if to.pk == by.pk:
            raise Refused(_("Take it yourself, then."), code="invalid")
        data = {"role": row.role, "people": [named(to)], "instead_of": named(row.offered_to)}
        self._asked_no_more(work, row, again=to)
        row.offered_to, row.offered_by, row.offered_at = to, by, work.now
        self._ask(work, row, by=by.name, text=text.strip())
        self._let_have(to)
        self._said(work, row, "role_offered", data, text=text)

    @transaction.atomic
    def refuse_role(self, role: str, *, by: User, text: str = "", was: str | None = None) -> None:
        """Say no to what one is asked to take; or, who has it or asked, take that back."""
        work, row, before = self._at(role, by, was)
        asked = row.offered_to
        if asked is None:
            raise Refused(_("Nobody is asked to take it any more."), code="stale")
        self._asked_no_more(work, row, again=by)
        if asked.pk == by.pk:
            for person in {one.pk: one for one in (row.offered_by, before) if one is not None}.values():
                self._news(work, row, person, {"declined_by": by.name, "text": text.strip()})
            kind, data = "role_declined", {}
            row.refused = [*row.refused, by.pk]
        elif by.pk in (before.pk if before else None, row.offered_by_id) or self.may_reassign(by):
            kind, data = "role_kept", {"instead_of": named(asked)}
            row.refused = [*row.refused, asked.pk]  # whoever keeps it is not asked to give it up again
        else:
            raise Refused(_("Only who is asked to take it can say no."), code="not-allowed")
        row.offered_to = row.offered_by = None
        self._said(work, row, kind, {"role": row.role, **data}, text=text)

    @transaction.atomic
    def leave_role(self, role: str, *, by: User, text: str = "", was: str | None = None) -> None:
        """Have it no longer. It is open then, and the roster asks the next, unless it goes with the baton."""
        incident = cast("Incident", self)
        work, row, _before = self._at(role, by, was)
        if row.person_id != by.pk:
            raise Refused(_("You are not the %(role)s.") % {"role": row.get_role_display()}, code="stale")
        role_filling.moot(work, incident, row, by)
        row.person, row.since = None, work.now
        row.refused = [*row.refused, by.pk]
        if not row.of_baton and not incident.restricted:  # not before it is too late to take it back
            role_filling.arm(work, incident.trail_id, work.now + timedelta(seconds=SECONDS))
        self._said(work, row, "role_left", {"role": row.role, **row.by}, text=text)

    def undo_role(self, work: Work, entry: Entry) -> None:
        """Back to how it was, for whoever did it a moment ago: it was left, taken while open, or offered."""
        row = self.role(json.loads(entry.data)["role"])
        by = work.actor.id
        if entry.kind == "role_left" and row.person_id is None and by is not None:
            row.person, row.since = User.objects.get(pk=by), work.now
            row.refused = [pk for pk in row.refused if pk != by]
        elif entry.kind == "role_taken" and row.person_id == by:
            row.person, row.since = None, work.now
        elif entry.kind == "role_offered" and row.offered_by_id == by and row.offered_to is not None:
            self._asked_no_more(work, row)
            row.offered_to = row.offered_by = None
        else:
            raise Refused(_("This cannot be taken back."), code="stale")
        row.save()
        has = self.has_role(row)
        work.entry(entry.trail_id, "role_back", {"role": row.role, "people": [named(has)] if has else []})

    # --- what they share --------------------------------------------------------------------------

    def _at(self, role: str, by: User, was: str | None) -> tuple[Work, IncidentRole, User | None]:
        """The lock, the row under it, and who has it. ``was``: the row as the form had it."""
        incident = cast("Incident", self)
        work = self._begin(by=by)
        row = self.role(role)
        has = self.has_role(row)
        if was is not None and was != row.token:
            words = {"role": row.get_role_display(), "name": has.name if has else _("nobody")}
            raise Refused(
                _("It has changed since: the %(role)s is %(name)s. Nothing was changed by you.") % words, code="stale"
            )
        assert incident.run is not None
        return work, row, has

    def _seat(self, work: Work, row: IncidentRole, person: User) -> None:
        row.person, row.since = person, work.now
        row.offered_to = row.offered_by = None
        self._let_have(person)

    def _let_have(self, person: User) -> None:
        let_in(grant(cast("Incident", self).pk, people=[person.pk]))

    def _ask(self, work: Work, row: IncidentRole, *, by: str, text: str = "") -> None:
        incident = cast("Incident", self)
        assert incident.run is not None
        assert row.offered_to is not None
        has = self.has_role(row)
        message = {"role": row.role, "by": by, "has": has.name if has else "", "text": text}
        work.tell(
            incident.run, [row.offered_to], kind="role_offer", cause=cause_of(work, incident, row), message=message
        )

    def _asked_no_more(self, work: Work, row: IncidentRole, *, again: User | None = None) -> None:
        """Whoever was asked is not any more, and is told if they had heard of it; not ``again``: they know."""
        asked = row.offered_to
        if asked is not None and role_filling.moot(work, cast("Incident", self), row, asked) and asked != again:
            self._news(work, row, asked, {"withdrawn": True})

    def _news(self, work: Work, row: IncidentRole, person: User | None, what: dict) -> None:
        incident = cast("Incident", self)
        assert incident.run is not None
        if person is not None:
            cause = f"{cause_of(work, incident, row)}:news"
            message = {"role": row.role, **by_in_words(row), **what}
            work.tell(incident.run, [person], kind="role_news", cause=cause, message=message)

    def _said(self, work: Work, row: IncidentRole, kind: str, data: dict, *, text: str = "") -> None:
        incident = cast("Incident", self)
        row.save()
        cause = cause_of(work, incident, row)
        work.entry(incident.trail_id, kind, data, text=text.strip(), run=incident.run, cause=cause)
        work.write()


# --- what the incident's other verbs do to them -----------------------------------------------


def end(work: Work, incident: "Incident") -> None:
    """The incident is over, and so are its roles. Who had them last stays there."""
    living = IncidentRole.objects.living().filter(incident=incident)
    living.update(ended_at=work.now, offered_to=None, offered_by=None)
    role_filling.arm(work, incident.trail_id, None)  # which may have waited for the end of a hold, with no role yet


def begin_again(work: Work, incident: "Incident") -> None:
    """Re-opened: whoever is on call now. The record keeps who had them before."""
    IncidentRole.objects.filter(incident=incident).delete()
    role_filling.fill(work, [incident])
