"""Replies to text messages: who wrote, which call they mean, what comes of it, and what they are told.

Who wrote is known by the number, if it is a verified way of somebody's. Which call is known by its code, and without
one only if there is just one that can be answered so; else they are asked, with the codes. Each message is heard once,
by the id that the gateway gave it, and gets one answer at most, by the same way: through the outbox. So many an hour
are answered for one number, because there may be a machine at the other end that answers too.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.engine import replycodes
from escalation.engine.models import Delivery
from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.notify import outbox
from escalation.notify.heard import Text
from escalation.notify.masking import masked
from escalation.notify.message import ASKING
from escalation.notify.message import REPLY as LONGEST
from escalation.notify.models import ContactMethod
from escalation.notify.reaching import REPLY
from escalation.people.models import User
from escalation.trail.models import Trail
from incidents.models import Heard
from incidents.models.passing import Reason

from . import words
from .acts import carry_out, pressed
from .asked import Asked, of, open_for

log = logging.getLogger(__name__)

VIA = "sms:reply"
HOUR = timedelta(hours=1)
MOST_AN_HOUR = 12
_LATELY = timedelta(days=1)
_NAMED = 4  # as many as fit into one text message
_HOW = {  # what to write, after the code
    "acknowledge": "ACK",
    "answer": "ACK",
    "accept": "YES",
    "decline": "NO",
    "escalate": "ESCALATE",
}


@dataclass(frozen=True)
class Answer:
    text: str
    person: User | None = None


def hear(text: Text) -> None:
    ways = _ways_of(text.number)
    if not ways:
        log.warning(
            "a text message from %s was dropped: it is nobody's verified number", masked(text.number) or "nowhere"
        )
        return
    with transaction.atomic():
        heard = Heard.objects.first_time("sms", text.id, now=clock.now())
        if heard is None:
            return
        answer = _Exchange(ways, words.read(text.text)).answer()
        now = clock.now()
        answered = Heard.objects.filter(answered_by__address=text.number, at__gt=now - HOUR).count()
        if answered >= MOST_AN_HOUR:
            log.warning(
                "%s text messages from %s were answered in an hour; this one is not", answered, masked(text.number)
            )
            return
        way = next((way for way in ways if way.person == answer.person), ways[0])
        message = {"kind": REPLY, "title": answer.text}
        outbox.post(way, kind=REPLY, cause=f"{REPLY}:{heard.key}", message=message, now=now)
        heard.answered_by = way
        heard.save(update_fields=["answered_by"])


def _ways_of(number: str) -> list[ContactMethod]:
    """Several people may share a telephone."""
    proven = ContactMethod.objects.kept().filter(channel="sms", verified_at__isnull=False, gone_at__isnull=True)
    mine = proven.filter(address=number, person__is_active=True) if number else proven.none()
    return list(mine.select_related("person").order_by("pk"))


class _Exchange:
    """One message from one number. Inside the transaction."""

    def __init__(self, ways: Sequence[ContactMethod], said: words.Said):
        self.number, self.said = ways[0].address, said
        self.people = list({way.person_id: way.person for way in ways}.values())

    def answer(self) -> Answer:
        said = self.said
        if said.code is not None:
            return self._about(said.code)
        if said.word in ("", words.HELP):
            return self._named("" if said.word else _("Not understood."))
        meant = [one for one in self.open if self._verb(one)]
        if len(meant) == 1:
            return self._act(meant[0], replycodes.read_of(meant[0].delivery, self.number))
        if not self.open:
            return self._nothing()
        return self._named() if meant or len(self.open) > 1 else self._how(self.open[0])

    @cached_property
    def open(self) -> list[Asked]:
        return open_for(self.people)

    def _about(self, code: int) -> Answer:
        meant = replycodes.meant(self.number, code)
        if meant is None or meant.delivery.person not in self.people:
            return self._named(_("%(code)s is none of your calls.") % {"code": code})
        asked = of(meant.delivery)
        if asked is None:
            return Answer(_("The call %(code)s is over.") % {"code": code}, meant.delivery.person)
        return self._how(asked) if self.said.word in ("", words.HELP) else self._act(asked, meant.step)

    def _verb(self, asked: Asked) -> str:
        """What their word does here; empty if it cannot be done now."""
        verb = pressed(asked) if self.said.word == words.PRESS else self.said.word
        return verb if verb in asked.verbs else ""

    def _act(self, found: Asked, read: str | None) -> Answer:
        """``read``: the step that they have read of; empty if that is not known, None if they have read of none."""
        # The heads of what is changed and of where the answer is queued, together, so that nothing waits in a circle.
        Trail.objects.lock([Trail.objects.installation().pk, found.delivery.trail_id])
        asked = of(found.delivery)
        if asked is None:
            return Answer(_("This call is over."), found.person)
        verb = self._verb(asked)
        if not verb:
            return self._how(asked)
        if verb == "escalate" and (read is None or asked.is_past(read)):
            return self._gone_on(asked)
        given = self._given(verb)
        if given is None:
            return self._why(asked, verb)
        try:
            carry_out(asked, verb, via=VIA, read=replycodes.last_read(asked.delivery, self.number), **given)
        except Refused as refused:
            again = of(asked.delivery)
            said = str(refused) if again is None or again.verbs else again.account
            return self._said(asked, said)
        return self._said(asked, (of(asked.delivery) or asked).account)

    def _given(self, verb: str) -> dict[str, str] | None:
        """What the verb wants to know; None if they did not say."""
        why, reason = self.said.why, self.said.reason
        if verb == "decline":
            return {"text": why} if why else None
        if verb == "escalate":
            plain = why.casefold().strip(" .!") == reason
            return {"reason": reason, "text": str(Reason(reason).label) if plain else why} if reason else None
        return {}

    # --- what they are told ------------------------------------------------------------------------

    def _said(self, asked: Asked, said: str) -> Answer:
        return Answer(f"{asked.incident.ref}: {said}", asked.person)

    def _code(self, asked: Asked) -> str:
        return str(replycodes.code_of(asked.delivery, self.number) or "")

    def _how(self, asked: Asked) -> Answer:
        """What can be answered; if nothing, what has happened since, and whether it calls them anew."""
        if not asked.verbs:
            anew = next(
                (one for one in self.open if one.incident == asked.incident and one.person == asked.person), None
            )
            more = " " + _("It calls you again: reply %(how)s.") % {"how": self._first(anew)} if anew else ""
            return self._said(asked, asked.account + more)
        code = self._code(asked)
        ways = [f"{code} {_HOW[verb]}" + ("" if verb == pressed(asked) else " " + _("and why")) for verb in asked.verbs]
        return self._said(asked, _("reply %(how)s.") % {"how": _(", or ").join(ways)})

    def _why(self, asked: Asked, verb: str) -> Answer:
        how = {"code": self._code(asked), "word": _HOW[verb], "reasons": ", ".join(one.value for one in Reason)}
        if verb == "decline":
            return self._said(asked, _("say why: reply %(code)s %(word)s and your reason.") % how)
        return self._said(asked, _("say why: reply %(code)s %(word)s, one of %(reasons)s, and a few words.") % how)

    def _gone_on(self, asked: Asked) -> Answer:
        """Not escalated: it would go further than they know. If they still mean it, it has a code of its own."""
        code = replycodes.code_of(asked.delivery, self.number, step=asked.step)
        how = {"how": f"{code or ''} {_HOW['escalate']}".strip()}
        more = _("If you still mean it, reply %(how)s and why.") % how
        said = _("not escalated: %(what)s") % {"what": asked.last_step or asked.account}
        room = LONGEST - len(f"{asked.incident.ref}:  {more}")  # the code must not be cut off
        return self._said(asked, f"{one_line(said, limit=room)} {more}")

    def _first(self, asked: Asked) -> str:
        return f"{self._code(asked)} {_HOW[asked.verbs[0]]}"

    def _named(self, said: str = "") -> Answer:
        """What is open, each with its code."""
        if not self.open:
            return Answer(f"{said} {_('Nothing is asked of you now.')}".strip())
        several = len(self.people) > 1
        names = [
            f"{self._code(one)} {one.incident.ref}" + (f" ({one.person.get_short_name()})" if several else "")
            for one in self.open[:_NAMED]
        ]
        if len(self.open) > _NAMED:
            names.append(_("%(more)d more") % {"more": len(self.open) - _NAMED})
        count = ngettext("%d call is open", "%d calls are open", len(self.open)) % len(self.open)
        how = _("Reply with the number: %(how)s.") % {"how": self._first(self.open[0])}
        return Answer(f"{said} {count}: {', '.join(names)}. {how}".strip())

    def _nothing(self) -> Answer:
        """What has become of the last that they were asked."""
        asked = Delivery.objects.filter(person__in=self.people, channel="sms", kind__in=ASKING, run__isnull=False)
        asked = asked.filter(queued_at__gt=clock.now() - _LATELY, method__address=self.number)
        last = asked.select_related("person", "run", "method").order_by("-id").first()
        found = None if last is None else of(last)
        return self._named() if found is None else self._how(found)
