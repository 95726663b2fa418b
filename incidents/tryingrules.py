"""Rules that an admin is about to save, tried on an incident of the past: one sentence for each."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.policies import rulewords
from escalation.policies.rules import ABSENT, Fact, Rule

from .learning import known, promised, trying
from .models import Incident, promising, similar


def tried(user: User, reference: str, rules: Sequence[Rule]) -> list[str]:
    """What each would have done. Refused if there is no such incident, as far as this person may see."""
    number = re.fullmatch(r"\s*(?:INC-?)?([0-9]{1,18})\s*", reference, re.IGNORECASE)
    seen = Incident.objects.visible_to(user).select_related("service")
    incident = seen.filter(number=int(number[1])).first() if number else None
    if incident is None:
        raise Refused(_("There is no incident “%(ref)s”. Give its number, such as INC-1042.") % {"ref": reference[:40]})
    entries = similar.told_of([incident.trail_id], (*known.KINDS, *promised.KINDS)).get(incident.trail_id, [])
    again, warned = similar.times_before(incident, None), promising.warned_then(incident.trail_id)

    def besides(at: datetime) -> dict[str, int]:
        by_then = bisect_right(warned, at, key=lambda one: one[0])
        return {Fact.AGAIN: again, **promised.counts(warned[by_then - 1][1] if by_then else ())}

    until = incident.resolved_at or clock.now()
    return [_said(incident, rule, trying.play(rule, entries, until, besides)) for rule in rules]


def _said(incident: Incident, rule: Rule, found: trying.Tried) -> str:
    ref = {"ref": incident.ref}
    if any(condition.fact in ABSENT for condition in rule.conditions):
        return _("On %(ref)s: not known. The record does not say who could do what at the time.") % ref
    if found.at is not None:
        was = rulewords.so_it_was({"fact": one.fact.value, "was": amount} for one, amount in found.facts)
        words = _("On %(ref)s this rule would have acted at %(at)s%(hand)s. As it was: %(was)s.")
        hand = _by_hand(found.by_hand, found.at)
        return words % {**ref, "at": _time(incident, found.at), "hand": hand, "was": ", ".join(was)}
    if not found.never:
        return _("On %(ref)s it would not have acted: its conditions never held at the same time.") % ref
    never = _(" or that ").join(rulewords.condition_in_words(one) for one in found.never)
    return _("On %(ref)s it would not have acted, because it was never so that %(never)s.") % {**ref, "never": never}


def _by_hand(hand: trying.ByHand | None, at: datetime) -> str:
    if hand is None:
        return _("; nobody escalated it by hand")
    minutes = abs(hand.at - at) // timedelta(minutes=1)
    who = {"name": hand.name, "minutes": ngettext("%d minute", "%d minutes", minutes) % minutes}
    if hand.at >= at:
        return _(", %(minutes)s before %(name)s escalated by hand") % who
    return _(", %(minutes)s after %(name)s had escalated by hand") % who


def _time(incident: Incident, at: datetime) -> str:
    same_day = timezone.localdate(at) == timezone.localdate(incident.opened_at)
    return f"{timezone.localtime(at):{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}}"
