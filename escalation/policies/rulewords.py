"""Rules in plain words: the preview in Admin, the record and the messages say the same. English; others by gettext."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .rules import Condition, Does, Fact, Rule


def when(conditions: Iterable[Condition]) -> str:
    """``50 or more people are affected and nobody has acknowledged for 10 minutes``."""
    return _(" and ").join(condition_in_words(one) for one in conditions)


def sentence(conditions: Sequence[Condition], does: str, tier: str = "", informed: Sequence[str] = ()) -> str:
    """The whole rule: when it acts, what it does, and that it does so once."""
    words = {"when": when(conditions), "does": action(does, tier, informed)}
    return _("When %(when)s: %(does)s, once per run.") % words


def action(does: str, tier: str = "", informed: Sequence[str] = ()) -> str:
    if does == Does.ESCALATE:
        return _("escalate to %(tier)s") % {"tier": tier} if tier else _("escalate to the next step")
    if does == Does.INFORM:
        return _("inform %(whom)s") % {"whom": ", ".join(informed)} if informed else _("inform people")
    return _("advise to escalate")


def will(rule: Rule) -> str:
    """What it is about to do, to follow the rule's name."""
    if rule.does is Does.ESCALATE:
        return _("will escalate to %(tier)s") % {"tier": rule.tier} if rule.tier else _("will escalate")
    return _("will inform people") if rule.does is Does.INFORM else _("will advise to escalate")


def condition_in_words(one: Condition) -> str:
    return _CONDITIONS[one.fact](one.number)


def when_said(said: Iterable[Mapping[str, Any]]) -> str:
    """The same of an entry's conditions, as far as they are known any more."""
    facts = set(Fact)
    known = [one for one in said if str(one.get("fact")) in facts and isinstance(one.get("number"), int)]
    return when(Condition(Fact(one["fact"]), one["number"]) for one in known)


def so_it_was(said: Iterable[Mapping[str, Any]]) -> list[str]:
    """The facts of an entry, as they were when it acted. What is not known any more says nothing."""
    found = []
    for one in said:
        words = _FACTS.get(str(one.get("fact")))
        if words is not None and isinstance(one.get("was"), int):
            found.append(words(one["was"]))
    return found


def unless(rule: Rule) -> str:
    """What would keep it from acting, as half a sentence; empty if nothing but its end would."""
    facts = {condition.fact for condition in rule.conditions}
    if Fact.UNANSWERED in facts:
        return _("unless somebody acknowledges")
    if Fact.SILENCE in facts:
        return _("unless something is heard of who has it")
    if facts & {Fact.HANDS_ON, Fact.EFFORT}:
        return _("unless work on it stops")
    return _("unless it is resolved before")


# --- conditions and facts -----------------------------------------------------------------------------


def _number(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)


def _minutes(number: int) -> str:
    return ngettext("%s minute", "%s minutes", number) % _number(number)


def _times(number: int) -> str:
    return ngettext("%d time", "%d times", number) % number


def _people(number: int) -> str:
    words = ngettext("%s or more people are affected", "%s or more people are affected", number)
    return words % _number(number)


def _severity(number: int) -> str:
    return _("it is SEV1") if number == 1 else _("it is SEV%d or worse") % number


_CONDITIONS = {
    Fact.SEVERITY: _severity,
    Fact.PEOPLE: _people,
    Fact.GROWTH: lambda n: _("%d times as many people are affected as an hour before") % n,
    Fact.UNANSWERED: lambda n: _("nobody has acknowledged for %s") % _minutes(n),
    Fact.OPEN: lambda n: _("it has been open for %s") % _minutes(n),
    Fact.SILENCE: lambda n: _("nothing was heard of who has it for %s") % _minutes(n),
    Fact.LIMIT: lambda n: _("no more than %s are left to work on it") % _minutes(n),
    Fact.HANDS_ON: lambda n: _("%s of hands-on time went into it at this tier") % _minutes(n),
    Fact.EFFORT: lambda n: _("%s of hands-on time went into it in all") % _minutes(n),
    Fact.FAILED: lambda n: (
        ngettext("%d attempt at this tier did not help", "%d attempts at this tier did not help", n) % n
    ),
    Fact.PASSES: lambda n: _("it was handed on %s") % _times(n),
    Fact.REOPENED: lambda n: _("it was re-opened %s") % _times(n),
    Fact.AGAIN: lambda n: _("the same trouble came %s in 30 days before") % _times(n),
    Fact.MISSING: lambda n: _("whoever has it lacks something that it needs"),
    Fact.MISSING_AUTHORITY: lambda n: _("whoever has it lacks an authority that it needs"),
    Fact.MISSING_ACCESS: lambda n: _("whoever has it lacks an access that it needs"),
    Fact.ANSWER_RISK: lambda n: _("the promised answer is at risk"),
    Fact.ANSWER_LATE: lambda n: _("the promised answer is late"),
    Fact.UPDATE_LATE: lambda n: _("a promised update is late"),
    Fact.RESOLVE_RISK: lambda n: _("the promised resolution is at risk"),
    Fact.RESOLVE_LATE: lambda n: _("the promised resolution is late"),
}
_FACTS = {
    Fact.SEVERITY.value: lambda n: _("SEV%d") % n,
    Fact.PEOPLE.value: lambda n: ngettext("%s person affected", "%s people affected", n) % _number(n),
    Fact.GROWTH.value: lambda n: _("%d times as many as an hour before") % n,
    Fact.UNANSWERED.value: lambda n: _("not acknowledged for %s") % _minutes(n),
    Fact.OPEN.value: lambda n: _("open for %s") % _minutes(n),
    Fact.SILENCE.value: lambda n: _("nothing heard for %s") % _minutes(n),
    Fact.LIMIT.value: lambda n: _("%s left to work on it") % _minutes(n),
    Fact.HANDS_ON.value: lambda n: _("%s of hands-on time at this tier") % _minutes(n),
    Fact.EFFORT.value: lambda n: _("%s of hands-on time in all") % _minutes(n),
    Fact.FAILED.value: lambda n: ngettext("%d attempt did not help", "%d attempts did not help", n) % n,
    Fact.PASSES.value: lambda n: _("handed on %s") % _times(n),
    Fact.REOPENED.value: lambda n: _("re-opened %s") % _times(n),
    Fact.AGAIN.value: lambda n: _("the same trouble %s in 30 days before") % _times(n),
    Fact.MISSING.value: lambda n: ngettext("%d thing is missing", "%d things are missing", n) % n,
    Fact.MISSING_AUTHORITY.value: lambda n: _("an authority is missing"),
    Fact.MISSING_ACCESS.value: lambda n: _("an access is missing"),
    Fact.ANSWER_RISK.value: lambda n: _("the answer at risk"),
    Fact.ANSWER_LATE.value: lambda n: _("the answer late"),
    Fact.UPDATE_LATE.value: lambda n: _("an update late"),
    Fact.RESOLVE_RISK.value: lambda n: _("the resolution at risk"),
    Fact.RESOLVE_LATE.value: lambda n: _("the resolution late"),
}
