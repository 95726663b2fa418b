"""The rules of an incident's policy on its page: which will act, when and unless what, and which have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from escalation.engine.models import EscalationRun
from escalation.policies import path, rulewords
from escalation.policies.rules import Does

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
