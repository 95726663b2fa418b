"""Each host has a log of anchors of its own, whatever its name is."""

from datetime import timedelta

import pytest

from escalation.trail.anchors import making, remembered
from tests.anchors_kit import NOON
from tests.escalation.test_anchors import home, kinds, record  # noqa: F401

pytestmark = pytest.mark.django_db


def anchored(settings, host, minute, at_home=None):
    """What another host writes, with a home of its own, as its next minute."""
    settings.HOST_NAME, settings.HOME = host, at_home or settings.HOME.with_name(f"home of {host.encode().hex()}")
    return making.add(making.log_of(making.places()[0]), now=NOON + timedelta(minutes=minute)).anchor


def test_hosts_whose_names_differ_only_in_what_no_folder_has_write_a_log_each(record, settings, tmp_path):  # noqa: F811
    hosts = ["desk/1", "desk:1", "desk_1", "desk 1", ".", "/", "", "../../x"]
    for minute in (10, 11):
        assert {anchored(settings, host, minute).n for host in hosts} == {minute - 9}
    folders = {file.parent for file in tmp_path.rglob("*.anchors")}
    assert len(folders) == len(hosts) + 1 and {one.parent for one in folders} == {record.log.beside}
    assert record.log.beside / "desk_1" in folders
    assert not {"prev_wrong", "anchor_missing"} & set(kinds(tmp_path / "anchors"))


def test_a_log_that_was_begun_under_the_likeness_of_a_name_goes_on_there(record, settings):  # noqa: F811
    mine = settings.HOME
    assert anchored(settings, "desk/1", 10, mine).n == 1
    own = making.log_of(making.places()[0]).folder
    former = own.with_name("desk_1")
    own.rename(former)  # as it was written once
    remembered.file().write_text(f"{former}\n")
    assert anchored(settings, "desk/1", 11, mine).n == 2 and not own.exists()
    assert anchored(settings, "desk:1", 11).n == 1  # which had written there too, and not the last
    settings.HOST_NAME, settings.HOME = "desk/1", mine
    away = former.rename(former.with_name("away"))
    with pytest.raises(remembered.Gone):
        anchored(settings, "desk/1", 12, mine)
    away.rename(former)
    assert anchored(settings, "desk/1", 12, mine).n == 3
