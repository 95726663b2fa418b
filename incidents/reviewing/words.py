"""What a review says in sentences. With ``names`` by the names on the record, else by tiers alone."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from escalation.kit.words import counted, spelt
from incidents.learning.reviewing import Moment, Shown, Spent
from incidents.models import Cause
from incidents.models.attempts import Outcome

SIGNS = {
    "missing": gettext_lazy("something that was needed was missing"),
    "growth": gettext_lazy("more and more people were affected"),
    "hands_on": gettext_lazy("it took more hands-on time than similar ones"),
    "attempts": gettext_lazy("attempts did not help"),
    "passes": gettext_lazy("it went from hand to hand"),
    "reopened": gettext_lazy("it came back after it was resolved"),
    "again": gettext_lazy("the same trouble had come before"),
    "limit": gettext_lazy("the time to work on it was nearly over"),
    "silence": gettext_lazy("nothing was heard for a while"),
}


def span(length: timedelta) -> str:
    """``2 h 5 min``, ``3 d 4 h``; less than a minute says so."""
    minutes = length // timedelta(minutes=1)
    return spelt(timedelta(minutes=minutes)) if minutes > 0 else _("under 1 min")


def people(number: int) -> str:
    return ngettext("%d person", "%d people", number) % number


def sentence(moment: Moment, *, names: bool) -> str:
    """One line of the timeline. What is not known any more says its kind."""
    words = _SAID.get(moment.kind)
    said = words(moment, _who(moment, names)) if words else ""
    return said or moment.kind.replace("_", " ")


def of_sign(shown: Shown) -> str:
    return str(SIGNS.get(shown.key, shown.key))


def heeded(shown: Shown) -> str:
    """What came of a sign, and how long after it."""
    if shown.heeded_at is None:
        return _("nobody escalated before the end")
    after = span(shown.heeded_at - shown.at)
    words = {
        "escalated": _("escalated %(after)s later"),
        "passed": _("handed to another tier %(after)s later"),
        "by_clock": _("the path went on by itself %(after)s later"),
        "declined": _("seen, and stayed with it, %(after)s later"),
    }
    return words.get(shown.how, "") % {"after": after}


def of_spent(spent: Sequence[Spent]) -> list[tuple[str, str]]:
    """By tier: how long hands were on it, and of how many people."""
    found = []
    for one in spent:
        words = {
            "time": spelt(one.time),
            "people": people(one.hands),
        }  # as measures say it: they add up
        said = _("%(time)s of hands-on time, %(people)s") % words
        found.append((one.tier or _("no tier"), said))
    return found


# --- one for each kind of moment --------------------------------------------------------------


def _who(moment: Moment, names: bool) -> str:
    if names and moment.name:
        return moment.name
    if not moment.name:
        return moment.machine
    return moment.tier or _("Somebody")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _opened(moment: Moment, who: str) -> str:
    severity, people = moment.data.get("severity"), moment.data.get("people_affected")
    said = _("Opened as SEV%(n)d") % {"n": severity} if isinstance(severity, int) else _("Opened")
    return f"{said}, {_affected(people)}" if isinstance(people, int) and people else said


def _affected(people: int) -> str:
    return ngettext("%s person affected", "%s people affected", people) % counted(people)


def _called(moment: Moment, who: str) -> str:
    data = moment.data
    words = {"who": who, "to": _text(data.get("to")), "from": _text(data.get("from"))}
    if data.get("track") != "functional":
        return (_("%(to)s was asked to decide") if data.get("mode") == "decide" else _("%(to)s was informed")) % words
    if moment.name and words["from"]:  # the first call is nobody's deed but that of being opened
        return _("%(who)s escalated to %(to)s") % words
    return (_("It went on from %(from)s to %(to)s") if words["from"] else _("%(to)s was called")) % words


def _acknowledged(moment: Moment, who: str) -> str:
    functional = moment.data.get("track") == "functional"
    return (_("%(who)s acknowledged") if functional else _("%(who)s answered")) % {"who": who}


def _attempt(moment: Moment, who: str) -> str:
    outcome = dict(Outcome.choices).get(moment.data.get("outcome", ""), "")
    return _("%(who)s made an attempt: %(outcome)s") % {"who": who, "outcome": outcome}


def _resolved(moment: Moment, who: str) -> str:
    cause = dict(Cause.choices).get(_text(moment.data.get("cause")), "")
    said = _("%(who)s resolved it") % {"who": who}
    return f"{said}: {cause}" if cause and moment.data.get("cause") != "unknown" else said


def _facts(moment: Moment, who: str) -> str:
    parts, severity, people = [], moment.data.get("severity"), moment.data.get("people_affected")
    if isinstance(severity, dict):
        parts.append(
            _("Severity from SEV%(old)s to SEV%(new)s") % {"old": severity.get("from"), "new": severity.get("to")}
        )
    if isinstance(people, list) and len(people) == 2 and all(isinstance(one, int) for one in people):
        parts.append(
            _("People affected from %(old)s to %(new)s") % {"old": counted(people[0]), "new": counted(people[1])}
        )
    return "; ".join(parts)


def _rule(moment: Moment, who: str) -> str:
    rule = moment.data.get("rule")
    return _("The rule “%(name)s” acted") % {"name": rule.get("name", "") if isinstance(rule, dict) else _text(rule)}


def _by(words: Any) -> Callable[[Moment, str], str]:
    return lambda moment, who: str(words) % {"who": who} if "%(who)s" in str(words) else str(words)


_SAID: dict[str, Callable[[Moment, str], str]] = {
    "opened": _opened,
    "called": _called,
    "acknowledged": _acknowledged,
    "attempt": _attempt,
    "resolved": _resolved,
    "rule_acted": _rule,
    **dict.fromkeys(("facts", "alert", "absorbed"), _facts),
    "accepted": _by(gettext_lazy("%(who)s accepted the baton")),
    "reassigned": _by(gettext_lazy("It was given to somebody else")),
    "exhausted": _by(gettext_lazy("Nobody was left to call")),
    "held": _by(gettext_lazy("%(who)s put it on hold")),
    "woken": _by(gettext_lazy("The hold ended")),
    "decided": _by(gettext_lazy("%(who)s decided")),
    "reopened": _by(gettext_lazy("%(who)s re-opened it")),
    "update_published": _by(gettext_lazy("Those who must know got an update")),
    "advice_taken": _by(gettext_lazy("%(who)s took the advice to escalate")),
    "advice_declined": _by(gettext_lazy("%(who)s saw the advice to escalate, and stayed with it")),
    "promise_broken": _by(gettext_lazy("A promised time was missed")),
    "maintenance_began": _by(gettext_lazy("Maintenance began")),
    "maintenance_ended": _by(gettext_lazy("Maintenance ended")),
    "step_failed": _by(gettext_lazy("A step of the path could not be carried out")),
}
