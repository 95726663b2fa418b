"""A thousand ways to change the record behind Baton's back, each of which is found and named."""

import random

import pytest
from django.db import connection, transaction

from escalation.trail import triggers
from escalation.trail.anchors import judging
from escalation.trail.verifying import verify_all
from tests import anchors_kit as kit
from tests.parts import examples

PLAYS = 1000


@pytest.mark.rehearsal("long")
@pytest.mark.django_db
@pytest.mark.timeout(300)
def test_each_of_a_thousand_mutations_is_found_and_named(tmp_path):
    record = kit.record(tmp_path, trails=4, anchors=9, entries=8)
    plays = examples(PLAYS) if connection.vendor == "sqlite" else examples(PLAYS) // 10
    assert judged(record) == []
    missed = []
    with triggers.lifted(connection):
        for play in range(plays):
            dice = random.Random(play)
            mutation = kit.MUTATIONS[play % len(kit.MUTATIONS)]
            point = transaction.savepoint()
            expected = mutation(dice, record)
            named = judged(record)
            if not _is_named(named, expected):
                missed.append((play, mutation.__name__, expected, named))
            elif mutation is kit.older_copy and named[0][2] != "older_copy":
                missed.append((play, "not called an older copy", expected, named))
            transaction.savepoint_rollback(point)
    assert not missed, f"{len(missed)} of {plays} missed, such as {missed[:3]}"
    assert judged(record) == []


def judged(record):
    """What is named: subject, number and kind."""
    faults = [verdict.fault for verdict in verify_all(now=kit.NOON) if verdict.fault]
    found = judging.judge(record.place, faults=faults)
    assert found.anchors == len(record.newest)
    named = [(one.subject, one.seq, one.kind) for one in found.findings]
    return named + [(fault.subject, fault.seq, "chain") for fault in faults]


def _is_named(named, expected):
    """Of the right trail; the very entry, or one before it where everything behind was sealed anew."""
    mine = [seq for subject, seq, _kind in named if subject in expected.subjects]
    strangers = {subject for subject, _seq, _kind in named} - expected.subjects
    if not mine or strangers:
        return False
    return expected.seq in mine if expected.exact else min(mine) <= expected.seq
