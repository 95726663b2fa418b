"""Who may see an incident beyond whom it calls: restricting it to those who take part, letting in, mentioning."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.models import Entry

from . import mentions
from .access import Access, grant, let_in
from .verb import Verb
from .visits import Visit

if TYPE_CHECKING:
    from .incident import Incident

MOST = 20  # people one text may mention


def cause_of(trail: int, after: int) -> str:
    """Of the message to whoever is mentioned in the entry that follows ``after``."""
    return f"mentioned:{trail}:{after}"


class Sharing(Verb):
    @transaction.atomic
    def restrict(self, *, by: User, text: str) -> None:
        """From now on only who takes part sees it: who was called or let in by name, and whoever did anything on it."""
        incident = cast("Incident", self)
        work = self._begin(by=by, needs_open=False)
        if incident.restricted:
            raise Refused(_("%(ref)s is restricted already.") % {"ref": incident.ref})
        self._set_restricted(work, True, text)
        did = Entry.objects.filter(trail=incident.trail_id, actor_kind=Entry.Actor.PERSON, actor_id__isnull=False)
        took_part = Q(pk=by.pk) | Q(pk__in=did.values("actor_id"))
        self._let_in(list(User.objects.filter(took_part)))
        incident._inform_outsiders_no_more(work)

    @transaction.atomic
    def lift_restriction(self, *, by: User, text: str) -> None:
        """Its teams see it again. For supervisors and admins."""
        incident = cast("Incident", self)
        work = self._begin(by=by, needs_open=False)
        if not incident.may_reassign(by):
            raise Refused(_("Only a supervisor who takes part, or an admin, can lift it."), code="not-allowed")
        if not incident.restricted:
            raise Refused(_("%(ref)s is not restricted.") % {"ref": incident.ref})
        self._set_restricted(work, False, text)

    def _set_restricted(self, work: Work, restricted: bool, text: str) -> None:
        incident = cast("Incident", self)
        if not text.strip():
            raise Refused(_("Write a few words; an empty line helps nobody."), code="invalid")
        incident.restricted = restricted
        incident.save(update_fields=["restricted"])
        work.entry(incident.trail_id, "restricted" if restricted else "unrestricted", text=text.strip())
        work.write()

    @transaction.atomic
    def let_in(self, *, by: User, person: User, text: str = "") -> None:
        """Somebody may see it from now on, and is told so."""
        incident = cast("Incident", self)
        work = self._begin(by=by, needs_open=False)
        if not person.is_active:
            raise Refused(_("%(name)s is not active any more.") % {"name": person.name}, code="invalid")
        if Access.objects.filter(incident=incident, person=person).exists():
            raise Refused(_("%(name)s takes part already.") % {"name": person.name})
        self._let_in([person])
        self._tell_of(work, [person], by, text.strip())
        work.entry(incident.trail_id, "let_in", {"people": [{"id": person.pk, "name": person.name}]}, text=text.strip())
        work.write()

    def _mention(self, work: Work, by: User, text: str) -> dict:
        """Whoever the text means may see the incident, and is told. Returns what the entry keeps of it."""
        if not mentions.asks(text):
            return {}
        # Of all there ever were: whoever is gone must not make the text mean somebody whose name is shorter.
        ids = mentions.found(text, (mentions.Known(*row) for row in User.objects.values_list("pk", "name", "email")))
        by_id = User.objects.filter(is_active=True).in_bulk(ids)
        people = [by_id[pk] for pk in ids if pk in by_id]
        if len(people) > MOST:
            raise Refused(_("One text can mention %(most)d people at the most.") % {"most": MOST}, code="invalid")
        if not people:
            return {}
        self._let_in(people)
        self._tell_of(work, people, by, text)
        after = work.heads[cast("Incident", self).trail_id].length
        others = [person for person in people if person.pk != by.pk]
        Visit.objects.mention(cast("Incident", self).pk, others, after=after)
        return {"mentioned": [{"id": person.pk, "name": person.name} for person in people]}

    def _let_in(self, people: Sequence[User]) -> None:
        rows = grant(cast("Incident", self).pk, people=[person.pk for person in people])
        let_in(rows)

    def _tell_of(self, work: Work, people: Sequence[User], by: User, text: str) -> None:
        incident = cast("Incident", self)
        assert incident.run is not None
        cause = cause_of(incident.trail_id, work.heads[incident.trail_id].length)
        work.tell(incident.run, people, kind="mentioned", cause=cause, message={"by": by.name, "text": text})
