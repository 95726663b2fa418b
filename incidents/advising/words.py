"""The sentence of each warning sign, and of what became of an advice. English here; other languages by gettext."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.kit.words import counted, spelt
from incidents.learning.advice import Verdict
from incidents.learning.judging import Fate, Judged
from incidents.learning.signs import ENOUGH, Sign

Said = Mapping[str, Any]


def sentence(key: str, said: Said) -> str:
    """``key`` and evidence may come from an old entry: what is not known any more says nothing."""
    words = _WORDS.get(key)
    try:
        return words(said) if words else ""
    except (KeyError, TypeError, ValueError):
        return ""


def of_sign(sign: Sign) -> str:
    return sentence(sign.key, {**sign.evidence, "level": int(sign.level)})


def of_entry(signs: object) -> list[str]:
    """Of the signs that an entry keeps."""
    rows = [one for one in signs if isinstance(one, dict)] if isinstance(signs, list) else []
    return [words for one in rows if (words := sentence(str(one.get("key")), one))]


def text_of(sentences: Iterable[str]) -> str:
    """One text for those who are called."""
    return "; ".join(sentences) + "."


def headline(verdict: Verdict) -> str:
    return {
        Verdict.NOW: _("Escalate now"),
        Verdict.SOON: _("Escalate soon"),
        Verdict.NOT_YET: _("Not yet"),
    }[verdict]


def _growth(said: Said) -> str:
    words = _("%(people)s people affected, %(times)d times the %(first)s of %(ago)s ago")
    ago = spelt(60 * max(1, said["minutes"]))
    return words % {
        "people": counted(said["people"]),
        "times": said["times"],
        "first": counted(said["first"]),
        "ago": ago,
    }


def _missing(said: Said) -> str:
    return _("Whoever works on it lacks what it needs: %(what)s") % {"what": said["what"]}


def _hands_on(said: Said) -> str:
    spent = _minutes(said["minutes"])
    if "usual" not in said:
        similar = ngettext("%d similar incident", "%d similar incidents", said["count"]) % said["count"]
        words = _(
            "%(spent)s of hands-on time here; too little history to say whether that is much: %(similar)s of %(enough)d"
        )
        return words % {"spent": spent, "similar": similar, "enough": ENOUGH}
    words = _("%(spent)s of hands-on time here; similar incidents took %(usual)s in all (the middle of %(count)d)")
    return words % {"spent": spent, "usual": _minutes(said["usual"]), "count": said["count"]}


def _attempts(said: Said) -> str:
    failed = said["failed"]
    words = ngettext("%d attempt here did not help", "%d attempts here did not help", failed) % failed
    if said["worse"]:
        words += _(", %d made it worse") % said["worse"]
    return words


def _passes(said: Said) -> str:
    words = ngettext("Handed on %d time", "Handed on %d times", said["passes"]) % said["passes"]
    if said["returns"]:
        words += _(", %d of them back to somebody who had had it") % said["returns"]
    return words


def _reopened(said: Said) -> str:
    return ngettext("Re-opened %d time", "Re-opened %d times", said["times"]) % said["times"]


def _silence(said: Said) -> str:
    return _("Nothing was heard for %(time)s") % {"time": _minutes(said["minutes"])}


def _limit(said: Said) -> str:
    left = said["seconds"]
    time = _minutes(left // 60) if left >= 60 else _("less than a minute")
    return _("The time to work on it is over in %(time)s; then it goes on anyway") % {"time": time}


def _again(said: Said) -> str:
    times = said["times"]
    words = ngettext("The same trouble %d time in 30 days before", "The same trouble %d times in 30 days before", times)
    return words % times


def _rule(said: Said) -> str:
    return _("Rule “%(name)s” advises it: %(when)s") % {"name": said["name"], "when": said["when"]}


_WORDS = {
    "rule": _rule,
    "growth": _growth,
    "missing": _missing,
    "hands_on": _hands_on,
    "attempts": _attempts,
    "passes": _passes,
    "reopened": _reopened,
    "silence": _silence,
    "limit": _limit,
    "again": _again,
}


def _minutes(minutes: int) -> str:
    return spelt(60 * minutes)


# --- what became of it ------------------------------------------------------------------------


def of_fate(judged: Judged) -> str:
    """To follow "The advice of 10:12, taken by Ana:"."""
    words = {
        Fate.SOLVED: _("it was right: %(tier)s, where it went, resolved it after %(after)s."),
        Fate.WENT_ON: _("it was right, and not enough: %(tier)s resolved it after %(after)s."),
        Fate.NOT_NEEDED: _("it was not needed: %(tier)s resolved it after all, after %(after)s."),
        Fate.STAYED: _("that was right: %(tier)s resolved it after %(after)s, without the escalation."),
        Fate.SLOW: _("the advice was right: it took %(tier)s %(spent)s more of hands-on time, longer than is usual."),
        Fate.LATE: _("the advice was right: it went to %(tier)s anyway, %(after)s later."),
        Fate.BY_ITSELF: _("it was not needed: it ended by itself, after %(after)s."),
    }
    spent, after = _minutes(judged.hands_on), _minutes(judged.minutes)
    return words[judged.fate] % {"tier": judged.tier, "after": after, "spent": spent}
