"""What people write to answer a call: every reasonable way of it, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.answers.words import HELP, NO, PRESS, UP, Said, read

UNDERSTOOD = [
    ("47 ACK", Said(PRESS, 47)),
    ("ack 47", Said(PRESS, 47)),
    ("Ack.", Said(PRESS)),
    ("  YES!! ", Said(PRESS)),
    ("47", Said("", 47)),
    ("#47: Accept", Said(PRESS, 47)),
    ("Reply 47 ACK", Said(PRESS, 47)),
    ("47ack", Said(PRESS, 47)),
    ("ack47", Said(PRESS, 47)),
    ("４７ ＡＣＫ", Said(PRESS, 47)),
    ("acknowledge", Said(PRESS)),
    ("no, on a train", Said(NO, None, "on a train")),
    ("No 47: on a train.", Said(NO, 47, "on a train.")),
    ("47 decline - On a Train", Said(NO, 47, "On a Train")),
    ("No", Said(NO)),
    ("escalate 47 needs ACCESS to the vault", Said(UP, 47, "needs ACCESS to the vault")),
    ("47 Escalate\nexpertise, the acquirer", Said(UP, 47, "expertise, the acquirer")),
    ("Help", Said(HELP)),
    ("help me please", Said(HELP)),
    ("help 47", Said(HELP, 47)),
]
NOT_UNDERSTOOD = [
    "",
    "?",
    "\x00",
    "Yes, I am on holiday until Monday",
    "I am driving and will answer later",
    "Acknowledged receipt of your message",
    "ok",
    "ack 7",
    "ack 0047",
    "ack 123456",
    "ack INC-1042",
    "yesterday",
    "🙂",
]


@pytest.mark.parametrize(("text", "said"), UNDERSTOOD)
def test_what_is_understood(text, said):
    assert read(text) == said


@pytest.mark.parametrize("text", NOT_UNDERSTOOD)
def test_what_is_not_understood_answers_nothing(text):
    assert read(text).word == ""


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("Needs ACCESS to it", "access"),
        ("capacity", "capacity"),
        ("time, impact", "time"),
        ("accessible", ""),
        ("", ""),
    ],
)
def test_the_reason_is_one_of_ours_by_name(why, reason):
    assert Said(UP, 47, why).reason == reason


@given(st.text(max_size=60))
def test_nothing_that_is_written_is_trouble(text):
    said = read(text)
    assert said.word in ("", PRESS, NO, UP, HELP)
    assert said.code is None or 10 <= said.code < 10_000


@given(st.integers(10, 9999), st.sampled_from(["ack", "Yes", "ACCEPT"]), st.sampled_from([" ", ": ", "\n", ", #"]))
def test_the_code_stands_before_or_after_the_word(code, word, between):
    assert read(f"{code}{between}{word}") == read(f"{word}{between}{code}!") == Said(PRESS, code)
