"""The rules of an incident's policy that advise to escalate."""

from django.utils.translation import gettext as _

from escalation.engine.models import EscalationRun
from escalation.policies import rulewords
from escalation.policies.rules import Does, Rule
from incidents.learning import signs


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
