"""A frozen path is kept once for all the runs that climb it, and never changes under them."""

import json

import pytest
from django.db import transaction

from escalation.engine.models import EscalationRun
from escalation.people.models import Tier
from escalation.policies import freezing
from escalation.policies.models import FrozenPath
from tests.threads import together

pytestmark = pytest.mark.django_db


def test_runs_on_one_policy_share_its_path(open_incident):
    first, second = open_incident("First"), open_incident("Second")
    assert first.run.frozen_path_id == second.run.frozen_path_id
    assert first.run.policy_path is second.run.policy_path
    assert first.authority_run.frozen_path_id != first.run.frozen_path_id
    assert FrozenPath.objects.count() == 2  # one for each track


def test_an_edited_policy_is_another_path_and_the_run_keeps_its_own(open_incident, cast):
    before = open_incident("Before")
    cast.policy.steps.filter(tier=cast.tiers["l1"]).update(ack_minutes=42)
    after = open_incident("After")
    limits = [EscalationRun.objects.get(pk=one.run.pk).frozen["steps"][0]["ack_s"] for one in (before, after)]
    assert limits == [5 * 60, 42 * 60]


def test_the_row_says_what_was_frozen(cast):
    paths = freezing.freeze(cast.policy)
    rows = freezing.keep(paths.values())
    for frozen, row in zip(paths.values(), rows, strict=True):
        body = FrozenPath.objects.get(pk=row.pk).body
        assert json.loads(body) == frozen
        assert freezing.known(row.pk, lambda body=body: body).policy == freezing.thaw(frozen)


def test_a_path_known_by_its_digest_is_not_read_again(open_incident, django_assert_num_queries):
    run = EscalationRun.objects.get(pk=open_incident().run.pk)
    assert run.frozen["steps"]
    again = EscalationRun.objects.get(pk=run.pk)
    with django_assert_num_queries(0):
        assert again.frozen is run.frozen


def test_a_path_that_was_rolled_back_is_written_by_the_next_who_needs_it(cast):
    frozen = freezing.freeze(cast.policy)[Tier.Track.FUNCTIONAL]
    with transaction.atomic():
        [row] = freezing.keep([frozen])
        transaction.set_rollback(True)
    assert not FrozenPath.objects.filter(pk=row.pk).exists()
    freezing.keep([frozen])
    assert FrozenPath.objects.filter(pk=row.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_many_who_freeze_the_same_path_at_once_share_one_row(cast):
    frozen = freezing.freeze(cast.policy)[Tier.Track.FUNCTIONAL]

    def keep():
        with transaction.atomic():
            freezing.keep([frozen])

    together(*[keep] * 4)
    assert FrozenPath.objects.count() == 1
