"""The length that a notification shows: the severity and the incident's title, then why, by when, and who is next."""

import pytest

from escalation.notify.bundle import compose_all
from escalation.notify.message import ASKING, HEAD, LINE, compose
from tests.escalation.test_messages import ANA, AT, BRIEF, KINDS, SWAPS, made

SAID = {
    "a call": (
        KINDS[0][0],
        "INC-1042: you are called for L2 Applications, because L1 Service desk did not acknowledge in time."
        " Acknowledge by 10:35 CET, or L3 Platform is called.",
    ),
    "a decision": (
        KINDS[2][0],
        "INC-1042: you are called for Duty manager, because it is SEV2."
        " Decide by 10:35 CET, or the last resort is called.",
    ),
    "an offer": (
        KINDS[7][0],
        "INC-1042: Jo Okafor hands it to you. Accept by 10:35 CET, or it stays with Jo Okafor.",
    ),
    "an information": (
        KINDS[4][0],
        "INC-1042: for your information, because it is SEV2. Directors is told at 10:35 CET.",
    ),
}


@pytest.mark.parametrize(("facts", "line"), SAID.values(), ids=SAID)
def test_it_says_why_then_by_when_then_who(facts, line):
    said = made(facts)
    assert (said.head, said.line) == ("SEV2 Card payments fail", line)


@pytest.mark.parametrize("facts", [facts for facts, *_ in KINDS], ids=lambda value: str(value)[:40])
def test_every_kind_fits_a_telephone_whatever_the_title(facts, caplog):
    said = made({**facts, "from": "Jo-Anne Featherstonehaugh-Okafor of the first line"}, title="Unreadable " * 30)
    assert said.head.startswith("SEV2 Unreadable ") and len(said.head) <= HEAD
    assert said.line.startswith("INC-1042: ") and len(said.line) <= LINE
    if said.kind in ASKING and facts.get("until") and said.kind != "last_resort":
        assert "10:35 CET" in said.line
    assert "None" not in said.line and "{" not in said.line and " ." not in said.line
    assert not caplog.records


@pytest.mark.parametrize("facts", [facts for facts, *_ in SWAPS])
def test_a_shift_s_is_about_its_schedule(facts, caplog):
    said = compose({"title": "Service desk", "link": "/oncall/3/", **facts}, to=ANA, at=AT)
    assert "Fri" in said.head + said.line or not facts.get("shift")
    assert "Service desk" in said.line and len(said.line) <= LINE
    assert not caplog.records


@pytest.mark.parametrize(
    "kind",
    [
        "verify",
        "test",
        "test_asked",
        "webhook_off",
        "room_off",
        "action_due",
        "problem_owner",
        *{facts["kind"] for facts, *_ in KINDS},
    ],
)
def test_with_no_facts_but_its_kind_it_still_reads(kind, caplog):
    said = compose({"kind": kind}, to=ANA, at=AT)
    assert said.head and not caplog.records


def test_of_several_the_number_leads_and_the_worst_follows():
    calls = [{**BRIEF, **KINDS[0][0], "ref": f"INC-{n}"} for n in (1, 2)]
    said = compose_all(calls, to=ANA, at=AT)
    assert said.head == "2 incidents call you"
    assert said.line == "The worst: SEV2 INC-1 Card payments fail. First answer by 10:35 CET."


def test_a_template_that_is_not_there_or_facts_that_cannot_be_read_do_not_keep_it_from_being_shown(caplog):
    said = compose({"kind": "no_such_kind", **BRIEF}, to=ANA, at=AT)
    assert said.head == "SEV2 INC-1042 Card payments fail" and said.line == ""
    assert compose({"severity": object(), "until": 7, 3: None}, to=ANA, at=AT).head
