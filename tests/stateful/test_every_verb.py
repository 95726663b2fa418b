"""Does every verb join the property test? Verbs are found in the code: whoever adds one has to say here which rule
plays it, or why none does."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from .machine import Escalations

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("incidents/models", "escalation/oncall", "escalation/people", "escalation/notify")

# By the file and the name: the rule that plays it.
PLAYED = {
    "advising.take_advice": "answer_the_advice",
    "advising.decline_advice": "answer_the_advice",
    "attachments.attach": "attach",
    "attachments.take_file_away": "take_file_away",
    "ending.hold": "hold",
    "ending.resume": "resume",
    "ending.resolve": "resolve",
    "ending.reopen": "reopen",
    "following.tick": "tick",
    "following.untick": "look_at_a_tick",
    "following.settle": "look_at_a_tick",
    "informing.publish_update": "publish_update",
    "informing.withdraw_update": "withdraw_update",
    "linking.merge_into": "merge",
    "linking.link": "link",
    "linking.unlink": "link",
    "maintenance.schedule": "plan_a_window",
    "maintenance.change": "change_a_window",
    "maintenance.end": "change_a_window",
    "maintenance.cancel": "change_a_window",
    "needing.state_needs": "state_needs",
    "outside.acknowledged_outside": "acknowledged_elsewhere",
    "outside.assigned_outside": "assigned_elsewhere",
    "outside.escalated_outside": "acted_on_elsewhere",
    "outside.held_outside": "acted_on_elsewhere",
    "outside.noted_outside": "acted_on_elsewhere",
    "outside.unacknowledged_outside": "left_elsewhere",
    "passing.escalate": "escalate",
    "passing.tell_authority": "tell_authority",
    "passing.hand_over": "hand_over",
    "passing.accept": "answer_the_offer",
    "passing.decline": "answer_the_offer",
    "passing.take_back": "answer_the_offer",
    "passing.reassign": "reassign",
    "sharing.restrict": "share",
    "sharing.lift_restriction": "share",
    "sharing.let_in": "share",
    "undoing.undo": "think_again",
    "working.acknowledge": "acknowledge",
    "working.answer": "answer_as_manager",
    "working.decide": "decide",
    "working.note": "write_down",
    "working.attempt": "write_down",
    "working.begin_work": "says_whose_hands",
    "working.stop_work": "says_whose_hands",
    "working.state": "state_facts",
    "working.set_severity": "overrule_severity",
}
# The rule that leads there by another way, which does more.
LEADS_THERE = {
    "opening.open_many": "open_incident",  # and every alert
    "opening.hear": "alert_fires",
    "opening.hear_many": "alert_fires",
    "ending.resolve_by_source": "alert_ends",
    "runbooks.rewrite": "rewrite_runbook",
    "changing.override": "somebody_covers",  # by what it begins with: whom it tells belongs to no incident
    "changing.cover": "somebody_covers",
    "changing.take_now": "somebody_covers",
    "reaching.add": "settles_rules",  # as a row that is verified: the code that verifies it is another story
    "reaching.add_rule": "settles_rules",
    "reaching.remove_rule": "settles_rules",
    "reaching.remove": "loses_a_way",
    "reaching.set_quiet_hours": "wants_quiet",
}
_SWAPS = "a swap is asked and answered beside all incidents; once it is agreed it is a cover, which is played"
_ROLES = "roles have a machine of their own, which plays it"
_ROOMS = "a channel is no person: it is called by nobody, answers nothing, and stops no clock"
_HEARTBEATS = "what a silence says is an alert like any other, and alerts are played; its timer has races of its own"
_PROOFS = "it proves a way to reach somebody, and sends nothing of an incident; what is lost again is played"
_REVIEWS = "a review looks back: it calls nobody, and stops no clock"
_OF_REVIEWS = ("begin", "write", "share", "remark")
_PROBLEMS = "what recurs looks back: it calls nobody, stops no clock, and only marks what is on an incident's record"
_OF_PROBLEMS = ("begin", "write", "fix", "close", "reopen", "link", "unlink")
_DRILLS = "a drill is opened, climbs and ends like any incident, which is played; its clock has races of its own"
NOT_PLAYED = {
    **dict.fromkeys((f"drills.{name}" for name in ("plan", "change", "switch", "start", "stop", "end")), _DRILLS),
    "ending.end_drill": _DRILLS,
    **dict.fromkeys((f"reviews.{name}" for name in _OF_REVIEWS), _REVIEWS),
    "review_asks.decline": _REVIEWS,
    **dict.fromkeys((f"actions.{name}_action" for name in ("add", "change", "complete", "drop")), _REVIEWS),
    **dict.fromkeys((f"problems.{name}" for name in _OF_PROBLEMS), _PROBLEMS),
    "changing.cancel_override": "whoever has the turn then is who had it before: a seat or a cover, which are played",
    **dict.fromkeys(("feeds.make", "feeds.revoke"), "who subscribes to a calendar reads it, and is called by nothing"),
    **dict.fromkeys(("outside.add", "outside.remove"), "holidays say when a layer is on, which has tables of its own"),
    **dict.fromkeys((f"roles.{name}_role" for name in ("take", "pass", "refuse", "leave")), _ROLES),
    "problem_redacting.take_text_away": "it takes words of a problem away, which calls nobody",
    "redacting.take_text_away": "it takes words away after the fact: it calls nobody, and stops no clock",
    "refused.keep": "it is a sender's mistake: nothing comes of it, and nobody is promised anything",
    **dict.fromkeys(("rooms.tell_room", "rooms.leave_room"), _ROOMS),
    "informing.unfollow": "it calls nobody, and stops only what informs whoever says so",
    **dict.fromkeys(("heartbeats.beat", "heartbeats.agree"), _HEARTBEATS),
    **dict.fromkeys(
        ("training.begin_play", "training.answer_step"), "a training concerns no incident and calls nobody"
    ),
    **dict.fromkeys(
        (f"training_cases.{name}" for name in ("begin", "write", "drop_step", "publish", "withdraw", "remove")),
        "what is learnt from an incident calls nobody, and stops no clock",
    ),
    "models.create_superuser": "it makes an account by which nobody is called yet",
    "reaching.prefer": "a zone moves quiet hours, which are played; the rest is how pages look",
    "runbooks.review": "it moves a date that nobody is called for",
    **dict.fromkeys((f"swaps.{name}_swap" for name in ("ask", "accept", "decline", "withdraw")), _SWAPS),
    "swaps.remind_of_swap": _SWAPS,
    **dict.fromkeys((f"reaching.{name}" for name in ("send_code", "verify", "confirm")), _PROOFS),
    **dict.fromkeys(("reaching.send_test", "reaching.send_due_tests"), _PROOFS),
    **dict.fromkeys(("accounts.link", "accounts.end"), "an account of a chat is a way like any other; ways are played"),
}


def verbs() -> Iterator[str]:
    """What is one transaction, or one turn at changing a schedule, and may be called from outside."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and _is_verb(node):
                    yield f"{path.stem}.{node.name}"


def _is_verb(node: ast.FunctionDef) -> bool:
    if any(ast.unparse(decorator) == "transaction.atomic" for decorator in node.decorator_list):
        return True
    withs = (item for inner in ast.walk(node) if isinstance(inner, ast.With) for item in inner.items)
    return any(ast.unparse(item.context_expr) in ("verbs.turn()", "turn()") for item in withs)


def test_every_verb_has_its_rule_or_a_reason_why_it_has_none():
    known = [*PLAYED, *LEADS_THERE, *NOT_PLAYED]
    assert len(known) == len(set(known))
    assert set(verbs()) ^ set(known) == set()


@pytest.mark.parametrize("verb", PLAYED)
def test_the_rule_plays_the_verb(verb):
    name = verb.partition(".")[2]
    source = inspect.getsource(getattr(Escalations, PLAYED[verb]))
    assert f".{name}(" in source or f'"{name}"' in source, f"{PLAYED[verb]} does not speak of {name}"


def test_the_rules_that_lead_there_are_rules():
    assert all(hasattr(getattr(Escalations, rule), "hypothesis_stateful_rule") for rule in LEADS_THERE.values())
