"""The rules of an incident's policy on its page: which will act, when and unless what; which have; and which advise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from escalation.engine.models import EscalationRun
from escalation.policies import path, rulewords
from escalation.policies.rules import Does, Rule
from incidents.learning import signs

from .record import Line


@dataclass(frozen=True)
class Shown:
    """One line below the path: what a rule will do, or did."""

    name: str
    what: str
    at: datetime
    unless: str = ""
    acted: bool = False


def shown(run: EscalationRun | None, story: Sequence[Line]) -> list[Shown]:
    """Those that will act first; while its clocks stand still, none will."""
    if run is None or run.known is None:
        return []
    ahead = sorted(_ahead(run), key=lambda one: one.at)
    return [*ahead, *(_acted(line) for line in story if line.kind == "rule_acted" and line.entry.run == run.pk)]


def _ahead(run: EscalationRun) -> Iterator[Shown]:
    if run.ended_at is not None or run.held_at is not None:
        return
    for wait in path.rules_ahead(run.policy_path, run.standing, run.facts):
        rule = wait.rule
        assert rule is not None
        yield Shown(rule.name, rulewords.will(rule), wait.at, rulewords.unless(rule))


def _acted(line: Line) -> Shown:
    name = str((line.data.get("rule") or {}).get("name", ""))
    did = {
        Does.ESCALATE: _("escalated"),
        Does.INFORM: _("informed %(people)s") % {"people": line.people or _("nobody: nobody was there")},
    }.get(line.data.get("does", ""), _("advised to escalate"))
    return Shown(name, did, line.at, acted=True)


def advising(run: EscalationRun | None) -> list[Rule]:
    """Those whose advice stands: the baton has not gone on since they gave it."""
    if run is None or run.ended_at is not None or not run.acted:
        return []
    here = {int(rule) for rule, step in run.acted.items() if step == run.step_key}
    return [rule for rule in run.policy_path.rules if rule.id in here and rule.does is Does.ADVISE]


def signs_of(run: EscalationRun | None) -> list[signs.Sign]:
    """The same as warning signs: an admin has said that this is one."""
    return [
        signs.Sign("rule", signs.Level.STRONG, 1, {"name": rule.name, "when": rulewords.when(rule.conditions)})
        for rule in advising(run)
    ]


def advice_in_words(run: EscalationRun) -> str:
    """For the cue of whoever has it; empty without advice."""
    found = [_("Rule “%(name)s” advises to escalate.") % {"name": rule.name} for rule in advising(run)]
    return " ".join(found)
