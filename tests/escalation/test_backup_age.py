"""When copies stop, whoever watches hears of it; who never made any is left in peace."""

from datetime import timedelta

import pytest

from escalation.engine import health, metrics
from escalation.engine.copies import aging
from escalation.kit import clock as kit_clock

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


def take():
    aging.taken(now=kit_clock.now(), file="/copies/one.zip", facts={"newest_entry": {"id": 7}})


def is_loud() -> bool:
    return "backup_old" in health.look(kit_clock.now()).problems


def test_a_newcomer_hears_nothing_of_copies(open_incident, clock):
    open_incident()
    clock.jump(days=400)
    assert not is_loud()
    assert "baton_backup" not in metrics.exposition(health.look(clock.now()), 0).decode()


def test_once_there_was_one_three_days_without_are_too_many(cast, clock):
    take()
    clock.jump(days=3)
    assert not is_loud()
    clock.jump(seconds=1)
    assert is_loud()
    text = metrics.exposition(health.look(clock.now()), 0).decode()
    assert "baton_backup_age_seconds 259201.0" in text
    assert "baton_backup_old 1.0" in text
    take()
    assert not is_loud()


@pytest.mark.parametrize(("days", "loud"), [(0, False), (1, True), (30, False)])
def test_whoever_sets_days_is_told_by_them_also_if_there_never_was_one(open_incident, clock, settings, days, loud):
    settings.BACKUP_DAYS = days
    open_incident()
    clock.jump(days=2)
    assert is_loud() is loud
    take()
    clock.jump(days=2)
    assert is_loud() is loud


def test_a_copy_of_tomorrow_was_made_before_a_clock_was_set_back(cast, clock):
    take()
    assert aging.age(kit_clock.now() - timedelta(days=1)) is None
