"""The brief: drafted from plain facts, kept as one text, and found again part by part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.trail.parts import joined, parted
from incidents.desk.briefs import Known, Made, drafted
from incidents.models.briefs import LABELS, Brief

ROLLED = Made("Rolled back 4.18.2", "no_effect", "no effect")
RESTARTED = Made("Restarted\nthe gateway", "helped", "helped", "The pool is stuck.")
DRAINED = Made("Drained node 3", "worse", "made it worse")


@pytest.mark.parametrize(
    ("known", "part", "said"),
    [
        (Known(1), "state", "SEV1"),
        (
            Known(2, "Payments", "L1 Service desk", 1900, "34 min", 3),
            "state",
            "SEV2, Payments, L1 Service desk, 1,900 people affected, open for 34 min, 3 alerts firing",
        ),
        (Known(3, firing=1), "state", "SEV3"),
        (Known(3), "symptoms", ""),
        (Known(3, symptom="Cards\nfail  in shops"), "symptoms", "Cards fail in shops"),
        (Known(3, symptom="x" * 900), "symptoms", "x" * 300),
        (Known(3), "tried", "nothing yet"),
        (Known(3, attempts=[ROLLED], tried=1), "tried", "- Rolled back 4.18.2 (no effect)"),
        (
            Known(3, attempts=[RESTARTED, ROLLED], tried=4, helped=1),
            "tried",
            "- The pool is stuck: Restarted the gateway (helped)\n- Rolled back 4.18.2 (no effect)\n- and 2 before",
        ),
        (Known(3), "question", ""),
        (Known(3, missing=["PCI access"], attempts=[ROLLED], tried=1), "question", "Who has PCI access? I do not."),
        (
            Known(3, attempts=[ROLLED], tried=1),
            "question",
            "What else can it be? Nothing that was tried has helped.",
        ),
        (
            Known(3, attempts=[RESTARTED], tried=1, helped=1),
            "question",
            "It helped, but it is not over: what is left?",
        ),
        (Known(3, attempts=[ROLLED, RESTARTED], tried=2, helped=1), "next", ""),
        (
            Known(3, attempts=[RESTARTED], tried=1, helped=1),
            "next",
            "Go on from what helped: The pool is stuck: Restarted the gateway",
        ),
        (Known(3, attempts=[ROLLED], tried=1), "risk", ""),
        (Known(3, attempts=[ROLLED, DRAINED], tried=2), "risk", "Do not repeat what made it worse: Drained node 3"),
    ],
)
def test_the_draft_says_what_the_record_says_and_nothing_else(known, part, said):
    assert drafted(known).parts[part] == said


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)


@given(st.fixed_dictionaries(dict.fromkeys(LABELS, words)))
def test_what_is_put_together_comes_apart_again(parts):
    text, named = Brief(**parts).worded()
    found = parted(text, named)
    assert list(found) == [name for name, said in Brief(**parts).parts.items() if said]
    for name, said in found.items():
        assert said.split() == parts[name].split()


def test_a_text_put_in_its_place_has_no_parts():
    text, named = joined({"state": "SEV1", "risk": "None"}, {"state": "State", "risk": "Risk"})
    assert parted(text, named) == {"state": "SEV1", "risk": "None"}
    assert parted("Taken away on request.", named) == {}
    assert parted(text, "state") == parted(text, None) == {}
