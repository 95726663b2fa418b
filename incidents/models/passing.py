"""Passing the baton: escalate, offer, accept, decline, reassign."""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.engine import moves, passing
from escalation.engine.models import EscalationRun
from escalation.engine.work import Work
from escalation.kit.errors import Refused
from escalation.people.models import Tier, User
from escalation.policies import path
from escalation.policies.freezing import Roster, crews

from .briefs import Brief, worded
from .verb import Verb, tier_of
from .working import _some

if TYPE_CHECKING:
    from .incident import Incident


class Reason(models.TextChoices):
    """Why the baton goes up. The words are the users'; the record counts them."""

    EXPERTISE = "expertise", gettext_lazy("needs other expertise")
    AUTHORITY = "authority", gettext_lazy("needs a decision above my authority")
    ACCESS = "access", gettext_lazy("needs access I do not have")
    IMPACT = "impact", gettext_lazy("the impact is growing")
    TIME = "time", gettext_lazy("it has taken too long")
    CAPACITY = "capacity", gettext_lazy("no capacity on this tier")


class Passing(Verb):
    def onward(self) -> list[tuple[int, int, path.Step]]:
        """The positions an escalation may lead to: each later tier of the path once, in order."""
        run = cast("Incident", self).run
        if run is None or run.ended_at:
            return []
        policy, standing, seen = run.policy_path, run.standing, set()
        if standing.begun:
            seen.add(policy.at(standing.lap, standing.place).tier)
        found = []
        for lap, place in policy.after(standing.lap, standing.place):
            step = policy.at(lap, place)
            if step.tier not in seen:
                seen.add(step.tier)
                found.append((lap, place, step))
        return found

    @transaction.atomic
    def escalate(
        self,
        *,
        by: User,
        reason: str,
        text: str | Brief,
        to: tuple[int, int] | None = None,
        seen: str | None = None,
        via: str = "",
    ) -> None:
        """Take the next step now, or a later one (``to``: lap and place), with a reason and a sentence."""
        incident = cast("Incident", self)
        work = self._begin(by=by, seen=seen, via=via)
        run = incident.run
        assert run is not None
        said, parts = worded(text)
        decision = self._step_by_hand(work, run, to)
        self._brief_along(work, run)
        moves.carry_out(work, run, decision, reason=Reason(reason).value, text=said, parts=parts)
        self._wake_authority(work)
        work.write()

    def _wake_authority(self, work: Work) -> None:
        """A hold stops both tracks, and ends for both."""
        authority = cast("Incident", self).authority_run
        if authority is not None and authority.held_until:
            moves.wake(work, authority)

    def _step_by_hand(self, work: Work, run: EscalationRun, to: tuple[int, int] | None) -> path.Decision:
        who = Roster([run.frozen], work.now).seats(run.frozen)
        onward = [(lap, place) for lap, place, _step in self.onward()]
        if not onward:
            raise Refused(_("This is the end of the path. Hand it over to somebody instead."))
        if to is None:
            decision = path.next_step(run.policy_path, run.standing, who, why=path.Why.BY_HAND, due=work.now)
            if decision.act is not path.Act.CALL:
                raise Refused(_("Nobody is there on any later step. Hand it over to somebody instead."))
            return decision
        if to not in onward:
            raise Refused(_("That step is not ahead on this path any more."), code="stale")
        decision = path.jump(run.policy_path, run.standing, who, lap=to[0], place=to[1], due=work.now)
        if not decision.people:
            tier = decision.step.tier if decision.step else ""
            raise Refused(_("Nobody is there at %(tier)s right now.") % {"tier": tier})
        return decision

    def authority_ahead(self) -> path.Step | None:
        """Who must know next, if there is anybody left to be told."""
        run = cast("Incident", self).authority_run
        if run is None or run.ended_at:
            return None
        policy = run.policy_path
        return next((policy.at(lap, place) for lap, place in policy.after(run.lap, run.place)), None)

    @transaction.atomic
    def tell_authority(self, *, by: User, text: str | Brief, step: str | None = None) -> None:
        """Tell who must know, or ask for a decision, before their time. The baton and its clock stay as they are.

        ``step``: where that track stood when the person made up their mind.
        """
        incident = cast("Incident", self)
        work = self._begin(by=by)
        run = incident.authority_run
        if run is not None and run.held_until is not None:
            raise Refused(_("%(ref)s is on hold. Resume it first.") % {"ref": incident.ref})
        if run is None or self.authority_ahead() is None:
            raise Refused(_("Nobody is left who could be told."))
        if step is not None and step != run.step_key:
            raise Refused(_("Somebody was faster, and they have been told. Nothing was changed by you."), code="stale")
        said, parts = worded(text)
        who = Roster([run.frozen], work.now).seats(run.frozen)
        decision = path.next_step(run.policy_path, run.standing, who, why=path.Why.BY_HAND, due=work.now)
        if decision.act is not path.Act.CALL:
            raise Refused(_("Nobody of them is there right now."))
        self._brief_along(work, run)
        moves.carry_out(work, run, decision, reason=Reason.AUTHORITY.value, text=said, parts=parts)
        work.write()

    @transaction.atomic
    def hand_over(self, *, by: User, to: User, text: str | Brief, seen: str | None = None) -> None:
        """Offer the baton to somebody. Until they accept, the giver stays accountable."""
        incident = cast("Incident", self)
        work = self._begin(by=by, seen=seen)
        run = incident.run
        assert run is not None
        if run.holder_id != by.pk:
            holder = run.holder.name if run.holder else _("the tier")
            raise Refused(
                _("Only who holds the baton can hand it over, and %(holder)s holds it. Acknowledge it first.")
                % {"holder": holder}
            )
        if run.held_until is not None:  # the offer's own clock would stand still too
            raise Refused(_("%(ref)s is on hold. Resume it first.") % {"ref": incident.ref})
        if to.pk == by.pk:
            raise Refused(_("You hold it already."), code="invalid")
        may_hold(to)
        self._brief_along(work, run)
        said, parts = worded(text)
        until = work.now + timedelta(minutes=settings.OFFER_MINUTES)
        passing.offer(work, run, giver=by, to=to, until=until, text=said, parts=parts)
        work.write()

    @transaction.atomic
    def accept(self, *, by: User, seen: str | None = None, via: str = "") -> None:
        """Take the baton that is held out to you."""
        incident = cast("Incident", self)
        work = self._begin(by=by, seen=seen, via=via)
        if incident.run is None or incident.run.offered_to_id != by.pk:
            raise Refused(_("This offer is no longer open."), code="stale")
        self._accept(work, by)
        work.write()

    def _accept(self, work: Work, by: User) -> None:
        run = cast("Incident", self).run
        assert run is not None
        passing.accept(work, run, by, tier=tier_of(by, run.tier))
        self._wake_authority(work)

    @transaction.atomic
    def decline(self, *, by: User, text: str, seen: str | None = None, via: str = "") -> None:
        """Say no to an offer, and why. The giver keeps the baton and is told."""
        incident = cast("Incident", self)
        work = self._begin(by=by, seen=seen, via=via)
        if incident.run is None or incident.run.offered_to_id != by.pk:
            raise Refused(_("This offer is no longer open."), code="stale")
        passing.decline(work, incident.run, by, text=_some(text))
        work.write()

    @transaction.atomic
    def take_back(self, *, by: User, seen: str | None = None) -> None:
        """The giver withdraws an offer that nobody has answered yet."""
        incident = cast("Incident", self)
        work = self._begin(by=by, seen=seen)
        if incident.run is None or incident.run.offered_by_id != by.pk:
            raise Refused(_("You have no open offer here."), code="stale")
        passing.take_back(work, incident.run)
        work.write()

    @transaction.atomic
    def reassign(
        self, *, by: User, to: User | None = None, tier: Tier | None = None, text: str = "", seen: str | None = None
    ) -> None:
        """A supervisor moves the baton to a person, or to a tier (sideways or back down)."""
        incident = cast("Incident", self)
        work = self._begin(by=by, seen=seen)
        run = incident.run
        assert run is not None
        if not self.may_reassign(by):
            raise Refused(_("Only a supervisor can reassign. You can hand over what you hold."), code="not-allowed")
        self._brief_along(work, run)
        if to is not None:
            may_hold(to)
            passing.reassign(work, run, to=to, tier=tier or tier_of(to, run.tier), people=[to], text=text.strip())
        else:
            assert tier is not None, "reassign to somebody or to a tier"
            people = crews(Tier.objects.filter(pk=tier.pk), work.now)[tier]
            if not people:
                raise Refused(_("Nobody is there at %(tier)s right now.") % {"tier": tier.name})
            passing.reassign(work, run, to=None, tier=tier, people=people, text=text.strip())
        work.write()


def may_hold(person: User) -> None:
    if not person.is_active:
        raise Refused(_("%(name)s no longer works here.") % {"name": person.name}, code="invalid")
    if person.is_auditor and not person.is_staff:
        raise Refused(_("%(name)s is an auditor, who changes nothing.") % {"name": person.name}, code="invalid")
