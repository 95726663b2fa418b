"""Anchors: what the record was, kept and signed outside of the database."""

import dataclasses
import json
import stat
from datetime import timedelta
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from escalation.engine import anchoring, health, notices, standstill, tasks
from escalation.engine.audit import auditing
from escalation.kit import clock as kit_clock
from escalation.trail import triggers
from escalation.trail.anchors import form, judging, keys, making
from escalation.trail.anchors.log import Log, parsed
from escalation.trail.models import Entry, Trail
from escalation.trail.writing import ENGINE, record_configuration
from tests import anchors_kit as kit
from tests.anchors_kit import NOON, written

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = tmp_path / "home"
    settings.ANCHOR_DIRS = [str(tmp_path / "anchors")]
    return settings.HOME


@pytest.fixture
def record(tmp_path):
    return kit.record(tmp_path / "anchors", trails=3, anchors=4, entries=5)


def lines(log):
    return [parsed(line) for file in log.files() for line in file.read_bytes().splitlines(keepends=True)]


def kinds(path, **how):
    return [one.kind for one in judging.judge(path, **how).findings]


# --- writing ------------------------------------------------------------------------------------


def test_an_anchor_states_the_heads_that_moved_and_each_file_begins_with_all(record):
    first, *later = lines(record.log)
    assert first.anchor.whole and not any(one.anchor.whole for one in later)
    written(record.trails[1], 900, NOON + timedelta(minutes=20))
    moved = making.add(record.log, now=NOON + timedelta(minutes=20))
    assert [head.subject for head in moved.heads] == ["INC-1002"]
    assert making.add(record.log, now=NOON + timedelta(minutes=21)).heads == []
    next_month = making.add(record.log, now=NOON + timedelta(days=28))
    assert [(head.subject, head.length) for head in next_month.heads] == [
        (trail.subject, Entry.objects.filter(trail=trail).count()) for trail in record.trails
    ]
    assert [file.name for file in record.log.files()] == ["2026-05.anchors", "2026-06.anchors"]
    assert kinds(record.place) == []
    record.log.files()[0].unlink()  # an old file may be put away
    found = judging.judge(record.place)
    assert found.findings == []
    assert "2026-06.anchors begins with anchor 7; what was before it is not here" in found.notes


def test_what_shows_late_although_its_number_is_lower_is_stated_all_the_same(record):
    """As a transaction of PostgreSQL that took its numbers first and committed last."""
    at = NOON + timedelta(minutes=5)
    late = Entry.objects.latest("id").pk + 1
    with triggers.lifted(connection):
        written(record.trails[0], 700, at)
        kit.sql("UPDATE trail_entrytext SET entry_id = %s WHERE entry_id = %s", late + 100, late)
        kit.sql("UPDATE trail_entry SET id = %s WHERE id = %s", late + 100, late)
        assert [one.subject for one in making.add(record.log, now=at).heads] == ["INC-1001"]
        written(record.trails[2], 702, at + timedelta(minutes=1))
        kit.sql("UPDATE trail_entry SET id = %s WHERE trail_id = %s AND run = 702", late + 50, record.trails[2].pk)
    stated = making.add(record.log, now=at + timedelta(minutes=1))
    assert [one.subject for one in stated.heads] == ["INC-1003"]


def test_a_torn_line_is_passed_over_and_the_numbers_go_on(record):
    file = record.log.files()[0]
    with file.open("ab") as out:
        out.write(b'{"anchor":{"at":"20')
    found = judging.judge(record.place)
    assert found.findings == []
    assert "is torn" in found.notes[0]
    assert making.add(record.log, now=NOON + timedelta(minutes=9)).anchor.n == 5
    found = judging.judge(record.place)
    assert (found.findings, found.anchors) == ([], 5)
    assert "no anchor is missing" in found.notes[0]


def test_a_clock_that_was_ahead_once_ruins_no_log(record):
    making.add(record.log, now=NOON + timedelta(days=400))
    for minute in (10, 11, 12):  # and is put back
        written(record.trails[0], 900 + minute, NOON + timedelta(minutes=minute))
        made = making.add(record.log, now=NOON + timedelta(minutes=minute))
    assert (made.anchor.n, kinds(record.place)) == (8, [])


def test_a_line_of_no_number_is_no_anchor_and_stops_nobody(record):
    file = record.log.files()[0]
    odd = json.loads(file.read_bytes().splitlines()[0]) | {"heads": [[float("inf"), "INC-1001", 1, "x"]]}
    with file.open("a") as out:
        out.write(json.dumps(odd) + "\n")
    assert kinds(record.place) == ["anchor_edited"]
    assert making.add(record.log, now=NOON + timedelta(minutes=9)).anchor.n == 5


@pytest.mark.parametrize("at", ["yesterday", "2026-05-04", "2026-05-04T12:00:00+02:00"])
def test_a_line_of_no_instant_is_no_anchor_whoever_signed_it(record, at):
    strange = dataclasses.replace(record.log.last().anchor, n=5, at=at)
    record.log.append(form.sign(strange, record.log.last().heads, keys.current()).line, "2026-05")
    assert kinds(record.place) == ["anchor_edited"]


def test_two_processes_do_not_write_at_once(record):
    other = Log(record.place.parent.parent, making.installation(), record.place.name)
    with other.mine() as mine:
        assert mine
        assert making.add(record.log, now=NOON + timedelta(minutes=9)) is None


# --- the files themselves -----------------------------------------------------------------------


def test_each_flipped_byte_and_each_line_that_is_gone_is_found(record):
    file = record.log.files()[0]
    whole = file.read_bytes()
    for at in range(0, len(whole) - 1, 37):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert "anchor_edited" in kinds(record.place) or "anchor_missing" in kinds(record.place), at
    single = whole.splitlines(keepends=True)
    for gone in range(len(single) - 1):
        file.write_bytes(b"".join(single[:gone] + single[gone + 1 :]))
        assert kinds(record.place)[0] == "anchor_missing"
    file.write_bytes(b"".join([single[0], single[2], single[1], single[3]]))
    assert "anchor_missing" in kinds(record.place)
    file.write_bytes(whole)
    assert kinds(record.place) == []


def test_what_came_after_the_last_anchor_is_said_and_not_suspected(record):
    written(record.trails[0], 800, NOON + timedelta(minutes=30))
    found = judging.judge(record.place)
    assert found.findings == []
    assert found.notes == [
        "1 entry is later than the last anchor, of 2026-05-04T12:03:00.000000Z, and not spoken of by any"
    ]


# --- keys -----------------------------------------------------------------------------------------


def test_the_key_lies_outside_of_the_database_for_nobody_else_to_read(record, home):
    assert stat.S_IMODE(keys.file().stat().st_mode) == 0o600
    assert keys.file().is_relative_to(home)
    public = keys.public(keys.current())
    assert {one.anchor.key for one in lines(record.log)} == {public}
    assert kinds(record.place, trusted=[public]) == []
    assert set(kinds(record.place, trusted=["00" * 32])) == {"wrong_key"}


def test_another_key_follows_with_the_word_of_the_one_before_and_not_without(record, settings, capsys, monkeypatch):
    monkeypatch.setattr(making, "log_of", lambda place: record.log)
    before = keys.public(keys.current())
    call_command("anchorkey", "--new")
    after = capsys.readouterr().out.strip()
    assert after == keys.public(keys.current()) != before
    written(record.trails[0], 800, NOON)
    assert making.add(record.log, now=kit_clock.now()).anchor.key == after
    found = judging.judge(record.place, trusted=[before])
    assert (found.findings, found.keys) == ([], [before, after])
    keys.file().unlink()  # somebody else's
    making.add(record.log, now=kit_clock.now())
    assert kinds(record.place, trusted=[before]) == ["wrong_key"]


def test_a_key_that_let_another_follow_signs_no_more(record):
    old, new = keys.current(), keys.public(keys.prepare())
    at = NOON + timedelta(minutes=5)
    making.add(record.log, now=at, next_key=new)
    keys.follow()
    making.add(record.log, now=at)
    trusted = [keys.public(old), new]
    assert kinds(record.place, trusted=trusted) == []
    keys.file().write_text(old.private_bytes_raw().hex())  # somebody has kept it
    making.add(record.log, now=at)
    assert kinds(record.place, trusted=trusted) == kinds(record.place) == ["wrong_key"]


def test_with_two_hosts_the_log_of_another_key_is_set_aside(record, settings, tmp_path):
    mine = keys.public(keys.current())
    settings.HOME, settings.HOST_NAME = tmp_path / "another", "another"
    making.add(making.log_of(tmp_path / "anchors"), now=NOON + timedelta(minutes=9))
    other = keys.public(keys.current())
    found = judging.judge(tmp_path / "anchors", trusted=[mine])
    assert (found.findings, found.anchors) == ([], 4)
    assert f"the log of another was set aside, it is signed with another key: {other}" in " ".join(found.notes)
    assert kinds(tmp_path / "anchors", trusted=["00" * 32]) == ["wrong_key", "wrong_key"]


@pytest.mark.parametrize("leaves", [1, 2, 3, 5, 8, 13])
def test_each_leaf_leads_to_the_root(leaves):
    data = [f"leaf {n}".encode() for n in range(leaves)]
    root = form.root(data)
    for place, leaf in enumerate(data):
        assert form.root_from(leaf, form.proof(data, place)) == root
        assert form.root_from(b"another", form.proof(data, place)) != root


# --- in production ----------------------------------------------------------------------------------


def test_every_minute_an_anchor_is_written_and_no_step_is_late_for_it(open_incident, clock, settings):
    open_incident()
    assert tasks.audit() == 0
    tasks.audit()  # not its turn
    clock.forward(minutes=1)
    assert tasks.audit() == 0
    log = making.log_of(making.places()[0])
    first, second = lines(log)
    assert (first.anchor.n, second.anchor.n, second.anchor.prev) == (1, 2, first.anchor.hash)
    assert second.anchor.host == settings.HOST_NAME
    assert kinds(log.folder) == []


def test_no_minute_goes_without_an_anchor_because_the_audit_before_it_took_longer(open_incident, clock):
    open_incident()
    assert anchoring.take_turn()
    clock.forward(seconds=57)  # this time the audit, after which it is written, was three seconds faster
    assert anchoring.take_turn()
    clock.forward(seconds=5)
    assert anchoring.take_turn() is None  # another host's


def test_where_it_cannot_be_written_everybody_hears_of_it_and_calls_go_on(open_incident, clock, settings, phones):
    good = settings.ANCHOR_DIRS
    settings.ANCHOR_DIRS = [*good, "/proc/nowhere"]
    open_incident("Card payments fail")
    since = clock.now()
    assert tasks.audit() == 0  # calls are looked after first
    assert len(lines(making.log_of(making.places()[0]))) == 1  # the other place has it
    assert "unanchored" in health.look(clock.now()).problems
    assert [one.code for one in notices.registry.notices(clock.now())] == ["unanchored"]
    (finding,) = auditing.audit().findings
    assert finding.invariant == "I12" and "/proc/nowhere" in finding.what
    clock.forward(minutes=16)
    assert len(phones.rang) > 1
    assert tasks.audit() == 1
    assert anchoring.trouble(clock.now())[0] == since
    settings.ANCHOR_DIRS = good
    clock.forward(minutes=1)
    tasks.audit()
    assert health.look(clock.now()).unanchored == 0


def unmounted(place):
    """What is seen of a disk that is not there: an empty folder."""
    away = place.with_name("away")
    place.rename(away)
    place.mkdir()
    return away


def test_a_place_that_is_not_mounted_gets_no_new_log_and_everybody_hears_of_it(open_incident, clock, tmp_path):
    open_incident()
    assert anchoring.take_turn()
    place = tmp_path / "anchors"
    away = unmounted(place)
    clock.forward(minutes=1)
    assert anchoring.take_turn() is False and not any(place.iterdir())
    assert "unanchored" in health.look(clock.now()).problems
    assert "Is its disk mounted?" in anchoring.trouble(clock.now())[1]
    place.rmdir()
    away.rename(place)  # it is mounted
    clock.forward(minutes=1)
    assert anchoring.take_turn() and health.look(clock.now()).unanchored == 0
    assert [one.anchor.n for one in lines(making.log_of(place))] == [1, 2]


def test_a_log_that_is_gone_for_good_begins_anew_when_its_folder_is_made(open_incident, clock, tmp_path):
    open_incident()
    assert anchoring.take_turn()
    unmounted(tmp_path / "anchors")
    log = making.log_of(tmp_path / "anchors")
    log.folder.mkdir(parents=True)
    clock.forward(minutes=1)
    assert anchoring.take_turn() and lines(log)[0].anchor.n == 1


def test_no_other_key_follows_while_a_log_is_away_that_had_to_say_so(record, tmp_path):
    before = keys.public(keys.current())
    unmounted(tmp_path / "anchors")
    with pytest.raises(CommandError, match="Is its disk mounted"):
        call_command("anchorkey", "--new")
    assert keys.public(keys.current()) == before


def test_a_disk_that_never_answers_keeps_nobody_waiting(open_incident, clock, settings, tmp_path, monkeypatch):
    dead, good = tmp_path / "dead", tmp_path / "anchors"
    settings.ANCHOR_DIRS = [str(dead), str(good)]
    open_incident()
    answers, asked, mine = Event(), [], Log.mine

    def hanging(log):
        if log.folder.is_relative_to(dead):
            asked.append(log)
            answers.wait(20)
        return mine(log)

    monkeypatch.setattr(Log, "mine", hanging)
    monkeypatch.setattr(anchoring, "PATIENCE", 0.2)
    for _minute in range(3):
        tasks.audit()
        clock.forward(minutes=1)
    assert len(lines(making.log_of(good))) == 3
    assert len(asked) == 1  # and nobody waits for it but the first
    assert "no answer yet" in anchoring.trouble(clock.now())[1]
    answers.set()
    anchoring._trying[dead].join()
    tasks.audit()
    assert anchoring.trouble(clock.now()) is None
    assert kinds(tmp_path) == []


def test_no_computing_counts_as_waiting_for_a_disk(record, monkeypatch):
    """Of two hundred thousand trails the first anchor of a month has 18 MB: seconds of work, on a fast disk too."""
    asked, computed = [], []  # whether it was in the time that is counted

    def waiting(job):
        asked.append(job)
        try:
            return job()
        finally:
            asked.pop()

    for name in ("root", "read", "sign"):
        how = getattr(form, name)
        monkeypatch.setattr(form, name, lambda *given, how=how: computed.append(bool(asked)) or how(*given))
    for at in (NOON + timedelta(minutes=9), NOON + timedelta(days=40), NOON + timedelta(days=40, minutes=1)):
        assert making.add(record.log, now=at, do=waiting) is not None
    assert len(computed) > 9 and not any(computed)


# --- some trails only ---------------------------------------------------------------------------------


def test_a_trail_made_anew_is_found_when_it_is_asked_for_by_its_name(record):
    with triggers.lifted(connection):
        kit._delete(Entry.objects.filter(trail=record.trails[0]).values_list("pk", flat=True))
        kit.sql("DELETE FROM trail_trail WHERE id = %s", record.trails[0].pk)
    anew = Trail.objects.create(subject="INC-1001")
    written(anew, 900, NOON - timedelta(minutes=9))
    assert kinds(record.place, only=[anew]) == ["gone", "unspoken"]
    Trail.objects.filter(pk=anew.pk).update(subject="INC-3000")  # one that no anchor has ever heard of
    anew.refresh_from_db()
    assert kinds(record.place, only=[anew]) == ["unspoken"]
    assert kinds(record.place, only=[record.trails[1]]) == []


# --- a copy that was put back -------------------------------------------------------------------------


def test_what_a_copy_took_with_it_is_no_fault_once_somebody_said_resume(record, settings):
    first = Entry.objects.filter(pk__gt=record.newest[1]).order_by("pk").first()
    with triggers.lifted(connection):
        kit._delete(Entry.objects.filter(pk__gte=first.pk).values_list("pk", flat=True))
        for trail in record.trails:
            kit.fit_head(trail.pk)
    assert kinds(record.place)[0] == "older_copy"
    copy_at = (NOON + timedelta(minutes=1, seconds=30)).isoformat()
    record_configuration(ENGINE, standstill.HELD, {"copy_at": copy_at}, now=NOON + timedelta(minutes=10))
    record_configuration(ENGINE, standstill.RESUMED, {}, now=NOON + timedelta(minutes=12))
    found = judging.judge(record.place)
    assert found.findings == []
    assert "Baton let calls go on at 2026-05-04T12:12" in " ".join(found.notes)
    for trail in record.trails:  # and work goes on from the copy
        written(trail, 900, NOON + timedelta(minutes=14))
    assert kinds(record.place) == []
    with triggers.lifted(connection):  # what is older than the copy is no less suspected
        kit.sql("UPDATE trail_entry SET actor_name = 'Mallory' WHERE trail_id = %s AND seq = 1", record.trails[0].pk)
        kit.seal_again(record.trails[0].pk)
    assert kinds(record.place) == ["rewritten"]


def says_put_back(copy_at):
    record_configuration(ENGINE, standstill.HELD, {"copy_at": copy_at}, now=NOON + timedelta(minutes=30))
    record_configuration(ENGINE, standstill.RESUMED, {}, now=NOON + timedelta(minutes=31))


def test_nobody_excuses_a_forgery_by_saying_that_a_copy_was_put_back(record):
    with triggers.lifted(connection):
        kit.sql("UPDATE trail_entry SET actor_name = 'Mallory' WHERE trail_id = %s AND seq = 2", record.trails[0].pk)
        kit.seal_again(record.trails[0].pk, 2)
    says_put_back("2026-01-01T00:00:00+00:00")
    assert kinds(record.place) == ["rewritten"]


def test_a_cut_end_is_not_excused_by_a_copy_that_lacks_nothing_else(record):
    trail = record.trails[0]
    last = Entry.objects.filter(trail=trail).latest("seq")
    with triggers.lifted(connection):
        kit._delete([last.pk])
        kit.fit_head(trail.pk)
    says_put_back("2026-05-04T11:00:00+00:00")
    assert kinds(record.place) == ["put_back_contradicted", "cut"]
    assert kinds(record.place, only=[trail]) == ["put_back_contradicted", "cut"]


def test_a_copy_of_no_time_excuses_nothing(record):
    says_put_back("x")
    assert kinds(record.place) == ["put_back_unreadable"]


def test_the_command_says_it_in_words_and_by_its_exit_code(record, capsys):
    call_command("verifytrails", "--anchors", str(record.place))
    assert " statements, all hold, the last of 2026-05-04T12:03" in capsys.readouterr().out
    with triggers.lifted(connection):
        kit.sql("UPDATE trail_entry SET actor_name = 'Mallory' WHERE trail_id = %s AND seq = 2", record.trails[0].pk)
        kit.seal_again(record.trails[0].pk)
    with pytest.raises(SystemExit):
        call_command("verifytrails", "--anchors", str(record.place), "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["faults"], said["intact"]) == ([], False)
    (finding,) = said["anchors"]["findings"]
    assert (finding["kind"], finding["subject"]) == ("rewritten", "INC-1001")
    assert Trail.objects.count() == 3
