"""The judgement after a storm can fail: each of its counts, with a record that was doctored for it."""

from datetime import UTC, datetime, timedelta

import pytest

from scripts import chaos, chaos_judge
from scripts.chaos_evidence import (
    Answer,
    Arrival,
    Clock,
    Delivery,
    Entry,
    Evidence,
    Fault,
    Incident,
    Receipt,
    Run,
    Timer,
)
from scripts.chaos_reading import arrivals, restarts, verified

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANA, JO = 1, 2
FIRST, NEXT = "run:1:call:0:0:1", "run:1:call:0:1:2"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def a_call(seq: int, cause: str, seconds: float, person: int, **data) -> Entry:
    told = {"people": [{"id": person}], "limit_s": 10, "skipped": [], "why": "opened", **data}
    return Entry(1, seq, "called", at(seconds), 1, cause, told)


def a_mail(pk: int, cause: str, seconds: float, person: int, **fields) -> Delivery:
    base = {"state": "sent", "queued_at": at(seconds), "kind": "call", "channel": "email"}
    return Delivery(id=pk, trail=1, run=1, person=person, cause=cause, **{**base, **fields})


@pytest.fixture
def seen() -> Evidence:
    """Ana is called and does not answer, Jo is called and acknowledges: nothing is wrong."""
    return Evidence(
        clock=Clock(((0.0, T0.timestamp()),)),
        send_seconds=2,
        lease_seconds=6,
        left_alone_seconds=20,
        longest_seconds=600,
        now=at(100),
        arrivals=[Arrival(1, f"{FIRST}/1/email/0"), Arrival(11, f"{NEXT}/2/email/0")],
        deliveries=[a_mail(1, FIRST, 0, ANA), a_mail(2, NEXT, 10, JO)],
        entries=[
            Entry(1, 1, "opened", at(0)),
            a_call(2, FIRST, 0, ANA),
            a_call(3, NEXT, 10, JO, why="not_acknowledged"),
            Entry(1, 4, "acknowledged", at(15), 1),
        ],
        timers=[Timer(1, 1, "fired", at(10), at(10)), Timer(2, 1, "armed", at(500))],
        runs=[Run(1, 1, "functional", ended=False, idle="", laps=((0, 1, 2),))],
        incidents=[Incident("INC-1", 1, open=True)],
        receipts=[Receipt("aa", "processed", at(0), ("INC-1",))],
        answers=[Answer("aa", 202), Answer("bb", 503), Answer("cc", 0)],
        said={"note 1"},
        texts={"note 1", "note 2"},
        anchors=2,
    )


def wrong(seen: Evidence) -> dict[str, list[str]]:
    return {name: found for name, found in chaos_judge.judge(seen).items() if found}


def only(seen: Evidence, name: str, word: str) -> None:
    """Exactly this count is not zero, and it says why."""
    found = wrong(seen)
    assert list(found) == [name], found
    assert any(word in line for line in found[name]), found


def test_a_storm_that_was_weathered_has_nothing_to_tell(seen):
    assert wrong(seen) == {}
    assert set(chaos_judge.judge(seen)) == set(chaos_judge.COUNTS)


# --- missing ----------------------------------------------------------------------------------------


def test_missing_a_mail_that_is_sent_and_never_arrived(seen):
    del seen.arrivals[0]
    only(seen, "missing", "never arrived")


def test_missing_a_call_without_a_delivery(seen):
    del seen.deliveries[1], seen.arrivals[1]
    only(seen, "missing", "there is no delivery")


def test_missing_the_last_resort(seen):
    seen.entries.append(Entry(1, 5, "exhausted", at(60), 1, "run:1:exhaust:0:2:4", {"last_resort": {"id": 9}}))
    only(seen, "missing", "asked 9")


@pytest.mark.parametrize(
    ("kind", "data"),
    [("woken", {"people": [{"id": 9}]}), ("offered", {"to": {"id": 9}}), ("offer_returned", {"to": {"id": 9}})],
)
def test_missing_whoever_was_woken_or_offered_the_baton(seen, kind, data):
    seen.entries.append(Entry(1, 5, kind, at(60), 1, f"run:1:{kind}:4", data))
    only(seen, "missing", "asked 9")


def test_who_wakes_it_by_hand_needs_no_message(seen):
    seen.entries.append(Entry(1, 5, "woken", at(60), 1, "run:1:woken:4", {"by_hand": True, "people": [{"id": JO}]}))
    assert wrong(seen) == {}


@pytest.mark.parametrize("state", ["failed", "unknown", "expired", "cancelled"])
def test_missing_a_reason(seen, state):
    seen.deliveries[0] = seen.deliveries[0]._replace(state=state)
    only(seen, "missing", "without a reason")


def given_up(seen: Evidence, why: str, *, tries: int = 3) -> None:
    del seen.arrivals[0]
    end = {"state": "failed", "last_error": why, "attempts": tries, "finished_at": at(8)}
    seen.deliveries[0] = seen.deliveries[0]._replace(**end)


def test_missing_what_failed_although_the_provider_was_well_at_the_last_try(seen):
    given_up(seen, "the mail server refused the address")
    seen.faults = [Fault(0, 3, "provider hang"), Fault(7, 9, "kill general-worker"), Fault(12, 14, "provider hang")]
    only(seen, "missing", "0 faults could have hit it")
    seen.faults[0] = seen.faults[0]._replace(end=4.5)
    assert wrong(seen) == {}


def test_missing_what_was_lost_more_often_than_things_went_wrong(seen):
    given_up(seen, "its worker died before it could say whether this was sent")
    seen.faults = [Fault(1, 1, "kill general-worker"), Fault(3, 3, "kill general-worker"), Fault(30, 30, "kill baton")]
    only(seen, "missing", "2 faults could have hit it")
    seen.restarts = [Fault(6, 6, "general started again")]
    assert wrong(seen) == {}


def test_what_gave_way_to_the_next_step_had_a_provider_that_was_away(seen):
    given_up(seen, "not tried any more: the mail server gave no answer, several times in a row")
    only(seen, "missing", "0 faults could have hit it")
    seen.faults = [Fault(0, 1, "kill general-worker")]
    only(seen, "missing", "0 faults could have hit it")
    seen.faults = [Fault(0, 1, "provider hang")]
    assert wrong(seen) == {}
    seen.faults = [Fault(-30, -25, "provider hang")]  # it was left alone for longer than it ever is
    only(seen, "missing", "0 faults could have hit it")
    seen.restarts = [Fault(2, 2, "general started again")]  # nobody was there to see that it is well again
    assert wrong(seen) == {}


def test_who_stood_still_counts_once_and_not_after_the_end(seen):
    """It waited from 0 to 8. Its provider was well again at -30."""
    given_up(seen, "not tried any more: the mail server gave no answer, several times in a row")
    away, stood = Fault(-31, -30, "provider hang"), Fault(2, 6, "kill general-worker")
    seen.faults = [away, stood]  # 2 for a talk, 20 for being left alone, 4 without anybody, 2 for the clocks
    only(seen, "missing", "0 faults could have hit it")
    seen.faults = [away, stood, Fault(3, 6, "kill timers-worker"), Fault(2, 5, "kill baton")]
    only(seen, "missing", "0 faults could have hit it")
    seen.faults = [away, stood, Fault(7, 30, "kill baton")]
    only(seen, "missing", "0 faults could have hit it")
    seen.faults = [away, stood, Fault(-2, 3, "kill baton")]
    assert wrong(seen) == {}


@pytest.mark.parametrize("way", ["", "not tried any more: "])
def test_who_stood_still_while_it_talked_had_no_answer_in_time_but_was_not_refused(seen, way):
    seen.faults = [Fault(5, 7.5, "freeze at deliver.claimed")]
    given_up(seen, f"{way}the mail server did not answer in time")
    assert wrong(seen) == {}
    seen.deliveries[0] = seen.deliveries[0]._replace(last_error=f"{way}the mail server refused the address")
    only(seen, "missing", "0 faults could have hit it")


def test_a_worker_that_stood_still_says_nothing(seen):
    given_up(seen, "its worker stood still until its time was nearly over, and said nothing")
    only(seen, "missing", "0 faults could have hit it")
    seen.faults = [Fault(2, 7, "freeze general-worker")]
    assert wrong(seen) == {}


def taken_back(seen: Evidence, why: str, seconds: float, **fields) -> None:
    """What Jo was asked; her acknowledgement is of second 15."""
    seen.arrivals = seen.arrivals[:1]
    end = {"state": "cancelled", "last_error": why, "finished_at": at(seconds), **fields}
    seen.deliveries[1] = seen.deliveries[1]._replace(**end)


@pytest.mark.parametrize("seconds", [14, 16])
def test_missing_what_was_cancelled_for_nothing(seen, seconds):
    taken_back(seen, "answered or overtaken before it was sent", seconds)
    only(seen, "missing", "nothing happened then")
    taken_back(seen, "answered or overtaken before it was sent", 15)
    assert wrong(seen) == {}


def test_what_was_under_way_when_it_was_answered_is_cancelled_after_its_try(seen):
    why = "answered meanwhile; the mail server does not answer"
    taken_back(seen, why, 18)
    only(seen, "missing", "nothing happened then")  # nobody marked it
    taken_back(seen, why, 18, overtaken=True)
    assert wrong(seen) == {}
    answer = seen.entries[3]
    seen.entries[3] = answer._replace(run=2)  # the managers' answer is not the agents'
    only(seen, "missing", "nothing happened then")
    seen.entries[3] = answer._replace(at=at(25))  # nor is one that came when all was over
    only(seen, "missing", "nothing happened then")


def test_a_bundled_mail_arrives_under_its_carriers_key(seen):
    seen.deliveries[0] = seen.deliveries[0]._replace(bundle=2, queued_at=at(10))
    seen.arrivals = [seen.arrivals[1]._replace(refs=("INC-1",))]
    assert wrong(seen) == {}
    seen.incidents.append(Incident("INC-2", 2, open=False))
    seen.deliveries[0] = seen.deliveries[0]._replace(trail=2)
    only(seen, "missing", "never arrived")  # under that key, but without a word about INC-2


def test_a_bundle_goes_on_without_what_was_answered(seen):
    """Jo's message is repeated under the answered call's key, and names only the other incident."""
    other = "run:2:call:0:0:1"
    seen.incidents.append(Incident("INC-2", 2, open=False))
    seen.entries.append(Entry(2, 1, "called", at(10), 2, other, {"people": [{"id": JO}]}))
    seen.deliveries[1] = seen.deliveries[1]._replace(
        state="cancelled", last_error="answered", bundle=2, finished_at=at(15)
    )
    seen.deliveries.append(a_mail(3, other, 10, JO, bundle=2)._replace(trail=2, run=2))
    seen.arrivals[1] = Arrival(40, f"{NEXT}/2/email/0", refs=("INC-2",))
    assert wrong(seen) == {}
    seen.arrivals[1] = Arrival(40, f"{NEXT}/2/email/0", refs=("INC-1", "INC-2"))
    only(seen, "after_acknowledge", "not marked as overtaken")


# --- double -----------------------------------------------------------------------------------------


def test_double_under_another_key(seen):
    seen.deliveries.append(a_mail(3, FIRST, 0, ANA, n=1))
    seen.arrivals.append(Arrival(2, f"{FIRST}/1/email/1"))
    only(seen, "double", "under 2 keys")


def test_two_rules_of_one_channel_are_no_double(seen):
    seen.deliveries.append(a_mail(3, FIRST, 0, ANA, n=1, not_before=at(5)))
    seen.arrivals.append(Arrival(6, f"{FIRST}/1/email/1"))
    assert wrong(seen) == {}
    seen.arrivals[-1] = Arrival(2, f"{FIRST}/1/email/1")
    only(seen, "early", "before delivery 3 was to leave")


def test_double_with_a_key_nobody_knows(seen):
    seen.arrivals.append(Arrival(2, "run:7:call:0:0:1/1/email/0"))
    only(seen, "double", "no delivery's key")


def test_double_a_step_taken_twice(seen):
    again = NEXT[:-1] + "5"
    seen.entries.append(a_call(5, again, 40, JO))
    seen.deliveries.append(a_mail(3, again, 40, JO))
    seen.arrivals.append(Arrival(41, f"{again}/2/email/0"))
    only(seen, "double", "a second time")


def test_a_supervisor_may_move_it_back_to_a_tier_from_where_it_climbs_again(seen):
    again = NEXT[:-1] + "5"
    seen.entries += [Entry(1, 5, "reassigned", at(30), 1), a_call(6, again, 40, JO)]
    seen.deliveries.append(a_mail(3, again, 40, JO))
    seen.arrivals.append(Arrival(41, f"{again}/2/email/0"))
    assert wrong(seen) == {}


def test_double_for_no_reason(seen):
    seen.arrivals.append(Arrival(8, f"{FIRST}/1/email/0"))
    only(seen, "double", "nothing had gone wrong")


def test_a_kill_excuses_one_repeat_and_no_second(seen):
    seen.arrivals.append(Arrival(8, f"{FIRST}/1/email/0"))
    seen.faults.append(Fault(1.5, 1.6, "kill general-worker"))
    assert wrong(seen) == {}
    seen.arrivals.append(Arrival(9, f"{FIRST}/1/email/0"))
    only(seen, "double", "nothing had gone wrong")


def test_a_kill_long_before_excuses_nothing(seen):
    seen.arrivals.append(Arrival(40, f"{FIRST}/1/email/0"))
    seen.entries = seen.entries[:2]  # nobody answers: it could be sent so late
    seen.deliveries, seen.arrivals = seen.deliveries[:1], [seen.arrivals[0], seen.arrivals[2]]
    seen.faults.append(Fault(-9, -8, "kill general-worker"))
    only(seen, "double", "nothing had gone wrong")


HARMLESS = ["tear a line of the anchors", "second another up on the same file"]


@pytest.mark.parametrize("what", HARMLESS)
def test_what_touches_nobody_excuses_neither_a_repeat_nor_a_worker_that_died(seen, what):
    seen.arrivals.append(Arrival(8, f"{FIRST}/1/email/0"))
    seen.faults, seen.pieces = each_second(2, what), 3
    only(seen, "double", "nothing had gone wrong")
    seen.arrivals.pop()
    given_up(seen, "its worker died before it could say whether this was sent")
    only(seen, "missing", "0 faults could have hit it")


def test_what_the_supervisor_had_to_end_excuses_a_repeat_too(seen):
    seen.arrivals.append(Arrival(8, f"{FIRST}/1/email/0"))
    seen.restarts.append(Fault(7, 7, "general started again"))
    assert wrong(seen) == {}


def test_who_was_not_told_that_it_arrived_may_repeat_it(seen):
    seen.arrivals[0] = seen.arrivals[0]._replace(heard=False)
    seen.arrivals.append(Arrival(8, f"{FIRST}/1/email/0"))
    assert wrong(seen) == {}


# --- early ------------------------------------------------------------------------------------------


def test_early_a_timer(seen):
    seen.timers[0] = seen.timers[0]._replace(fired_at=at(9.9))
    only(seen, "early", "before it was due")


def test_early_a_step_whatever_the_timers_say(seen):
    seen.entries[2] = seen.entries[2]._replace(at=at(8))
    only(seen, "early", "before the limit")


def test_early_the_last_resort(seen):
    data = {"last_resort": {"id": 9}, "why": "not_acknowledged"}
    seen.entries[3] = Entry(1, 4, "exhausted", at(20), 1, "run:1:exhaust:0:1:3", data)
    seen.deliveries.append(a_mail(3, "run:1:exhaust:0:1:3", 20, 9, kind="last_resort"))
    seen.arrivals.append(Arrival(21, seen.deliveries[-1].key))
    assert wrong(seen) == {}
    seen.entries[3] = seen.entries[3]._replace(at=at(19.5))
    only(seen, "early", "before the limit")


def test_early_an_arrival(seen):
    seen.arrivals[1] = seen.arrivals[1]._replace(mono=3)
    only(seen, "early", "before delivery 2 was to leave")


def test_an_arrival_before_a_jump_is_not_early(seen):
    """The clock was set an hour ahead at 5: what was queued at 10 by it was queued before."""
    seen.clock = Clock(((0.0, T0.timestamp()), (5.0, T0.timestamp() + 3600)))
    for name in ("deliveries", "entries", "timers"):
        assert getattr(seen, name)
    seen.deliveries[1] = seen.deliveries[1]._replace(queued_at=at(3605.5))
    seen.arrivals[1] = seen.arrivals[1]._replace(mono=6)
    assert list(chaos_judge.early_arrivals(seen)) == []
    seen.arrivals[1] = seen.arrivals[1]._replace(mono=2)
    assert list(chaos_judge.early_arrivals(seen)) != []


# --- late -------------------------------------------------------------------------------------------


def took(seen: Evidence, due: float, fired: float, **fields) -> None:
    seen.timers[0] = Timer(1, 1, "fired", at(due), at(fired))._replace(**fields)


def test_late_a_step_in_the_calm_after_the_last_fault(seen):
    took(seen, 10, 611)
    only(seen, "late", "timer 1 of run 1 waited for 601 s")
    took(seen, 10, 609)
    assert wrong(seen) == {}
    took(seen, 10, 4_000, run=None)  # what an incident waits for besides may be put off
    assert wrong(seen) == {}


def test_until_the_last_fault_is_over_nothing_is_late(seen):
    took(seen, 10, 700)
    seen.faults = [Fault(50, 120, "db away")]
    assert wrong(seen) == {}
    seen.restarts = [Fault(699, 699, "timers started again")]  # so the standstill was ended
    took(seen, 10, 721)
    only(seen, "late", "waited for 601 s")


def test_a_jump_of_the_clock_makes_nothing_late(seen):
    """What was due in an hour is due at once: the clock was set ahead by a day at 50."""
    seen.clock, seen.now = Clock(((0.0, T0.timestamp()), (50.0, T0.timestamp() + 86_400))), at(86_500)
    seen.timers[1] = seen.timers[1]._replace(due_at=at(86_900))
    took(seen, 3_600, 86_400 + 640)
    assert wrong(seen) == {}
    took(seen, 3_600, 86_400 + 651)
    only(seen, "late", "waited for 601 s")


# --- after the acknowledgement ----------------------------------------------------------------------


def test_after_acknowledge_without_a_mark(seen):
    seen.arrivals[1] = seen.arrivals[1]._replace(mono=15.5)
    only(seen, "after_acknowledge", "not marked as overtaken")


def test_what_was_under_way_is_marked(seen):
    seen.arrivals[1] = seen.arrivals[1]._replace(mono=15.5)
    seen.deliveries[1] = seen.deliveries[1]._replace(overtaken=True)
    assert wrong(seen) == {}


def test_after_acknowledge_longer_than_any_lease(seen):
    seen.arrivals[1] = seen.arrivals[1]._replace(mono=24)
    seen.deliveries[1] = seen.deliveries[1]._replace(overtaken=True)
    only(seen, "after_acknowledge", "no lease lasts so long")


def test_a_frozen_talk_may_end_late(seen):
    seen.arrivals[1] = seen.arrivals[1]._replace(mono=24)
    seen.deliveries[1] = seen.deliveries[1]._replace(overtaken=True)
    seen.faults.append(Fault(14, 23, "freeze general-worker"))
    assert wrong(seen) == {}


def test_after_a_resolution_the_managers_are_left_alone_too(seen):
    seen.entries.append(Entry(1, 5, "resolved", at(20), 1))
    seen.incidents, seen.runs, seen.timers = [Incident("INC-1", 1, open=False)], [], seen.timers[:1]
    cause = "run:2:call:0:0:1"
    seen.entries.insert(2, Entry(1, 2, "called", at(0), 2, cause, {"people": [{"id": ANA}]}))
    seen.deliveries.append(a_mail(3, cause, 0, ANA)._replace(run=2))
    seen.arrivals.append(Arrival(16, f"{cause}/1/email/0"))  # the acknowledgement was of another run
    assert wrong(seen) == {}
    seen.arrivals[-1] = seen.arrivals[-1]._replace(mono=30)
    only(seen, "after_acknowledge", "(resolved)")


# --- gap --------------------------------------------------------------------------------------------


def test_gap_a_message_that_was_accepted_and_is_gone(seen):
    seen.answers.append(Answer("dd", 202))
    only(seen, "gap", "not in the database")


def test_gap_an_incident_that_was_named_and_is_gone(seen):
    seen.receipts[0] = seen.receipts[0]._replace(incidents=("INC-1", "INC-2"))
    only(seen, "gap", "INC-2")


def test_gap_words_of_a_verb_that_was_done(seen):
    seen.said.add("resolve 7")
    only(seen, "gap", "resolve 7")


@pytest.mark.parametrize(
    ("timers", "idle"), [([], ""), (["armed", "armed"], ""), (["armed"], "exhausted"), (["cancelled"], "")]
)
def test_gap_a_run_without_exactly_one_timer_or_a_reason(seen, timers, idle):
    seen.timers = [Timer(number, 1, state, at(500)) for number, state in enumerate(timers)]
    seen.runs[0] = seen.runs[0]._replace(idle=idle)
    only(seen, "gap", "armed timers and the reason")


def test_gap_an_open_incident_nobody_climbs_for(seen):
    seen.runs, seen.timers = [seen.runs[0]._replace(ended=True)], seen.timers[:1]
    only(seen, "gap", "nobody climbs")


def test_gap_a_resolved_incident_that_climbs(seen):
    seen.incidents[0] = seen.incidents[0]._replace(open=False)
    only(seen, "gap", "still climbs")


def test_gap_a_step_that_was_skipped_without_a_word(seen):
    cause = "run:1:call:0:2:2"
    seen.entries[2] = a_call(3, cause, 10, JO, why="not_acknowledged")
    seen.deliveries[1] = a_mail(2, cause, 10, JO)
    seen.arrivals[1] = Arrival(11, f"{cause}/2/email/0")
    only(seen, "gap", "why not (0, 1)")
    seen.entries[2] = a_call(3, cause, 10, JO, why="not_acknowledged", skipped=[{"lap": 0, "place": 1}])
    assert wrong(seen) == {}
    seen.entries[2] = a_call(3, cause, 10, JO, why="by_hand", reason="expertise")
    assert wrong(seen) == {}


def test_early_a_step_that_calls_people_unreachable_who_were_told(seen):
    seen.entries[2] = a_call(3, NEXT, 10, JO, why="unreachable")
    only(seen, "early", "says that nobody was reached")
    seen.deliveries[0] = seen.deliveries[0]._replace(state="failed", last_error="refused", finished_at=at(9))
    seen.arrivals = seen.arrivals[1:]
    seen.faults = [Fault(0, 9, "provider refuse-5xx"), Fault(20, 30, "provider refuse-5xx")]
    assert wrong(seen) == {}
    seen.deliveries[0] = seen.deliveries[0]._replace(finished_at=at(29))  # when they had been called long ago
    only(seen, "early", "says that nobody was reached")
    seen.deliveries[0] = seen.deliveries[0]._replace(finished_at=at(9))
    seen.deliveries.append(a_mail(3, FIRST, 0, JO, kind="moved"))  # who had it before is told where it went
    seen.arrivals.append(Arrival(12, f"{FIRST}/2/email/0"))
    assert wrong(seen) == {}


# --- fork, unprocessed ------------------------------------------------------------------------------


def test_fork(seen):
    seen.chain_faults.append("INC-1/3: the hash does not fit")
    only(seen, "fork", "INC-1/3")


def test_unprocessed_a_receipt(seen):
    seen.receipts[0] = seen.receipts[0]._replace(state="received")
    only(seen, "unprocessed", "is received")


def test_unprocessed_an_overdue_timer(seen):
    seen.now = at(501)
    only(seen, "unprocessed", "armed still")


def test_unprocessed_a_timer_that_no_limit_explains(seen):
    """As of a clock that was put back: it would be waited for in vain."""
    seen.timers[1] = seen.timers[1]._replace(due_at=at(100 + 601))
    only(seen, "unprocessed", "no limit is so long")


def test_unprocessed_what_never_came_to_rest(seen):
    seen.left = {"timers": 1}
    only(seen, "unprocessed", "never came to rest: {'timers': 1}")


@pytest.mark.parametrize("state", ["queued", "sending"])
def test_unprocessed_a_delivery(seen, state):
    seen.deliveries[1] = seen.deliveries[1]._replace(state=state)
    only(seen, "unprocessed", state)


def test_unprocessed_the_queue(seen):
    seen.queue = 2
    only(seen, "unprocessed", "2 packages")


# --- given up ---------------------------------------------------------------------------------------


def dead(seen: Evidence, begun: float, ended: float) -> str:
    seen.timers[1] = seen.timers[1]._replace(state="dead", due_at=at(begun))
    seen.runs[0] = seen.runs[0]._replace(idle="step_failed")
    seen.entries.append(Entry(1, 5, "step_failed", at(ended), 1, "timer:2:dead"))
    return "gap"


def quarantined(seen: Evidence, begun: float, ended: float) -> str:
    seen.receipts.append(Receipt("dd", "quarantined", at(begun), ("INC-2",)))
    seen.incidents.append(Incident("INC-2", 2, open=False))
    seen.entries.append(Entry(2, 1, "opened", at(ended)))
    return "unprocessed"


def each_second(first: int, what: str, *, times: int = 3) -> list[Fault]:
    return [Fault(second, second, what) for second in range(first, first + times)]


KILLS, LATER, SOONER = each_second(52, "kill timers-worker"), each_second(70, "kill baton"), each_second(40, "kill web")
WAITED = [fault._replace(start=10) for fault in SOONER]  # for somebody to come by the point


@pytest.mark.parametrize("give_up", [dead, quarantined])
@pytest.mark.parametrize(
    ("faults", "hits"),
    [
        (KILLS, 3),
        ([*SOONER, *KILLS[:2], *LATER], 2),
        (SOONER, 0),
        (LATER, 0),
        (each_second(52, "point drain.claimed"), 3),
        ([fault._replace(what="point drain.claimed") for fault in WAITED], 0),
        ([fault._replace(start=10) for fault in LATER], 0),
        (each_second(52, "provider hang"), 0),
        ([Fault(40, 90, "provider frozen")], 0),
        (each_second(52, "tear a line of the anchors"), 0),
        (each_second(52, "clock +3600 s"), 0),
        (each_second(52, "second another up on the same file"), 0),
        (each_second(52, "db restart fast"), 3),
        ([Fault(51, 57, "db restart immediate")], 1),
        (each_second(52, "db terminate", times=2), 2),
        ([Fault(51, 51.5, "db full")], 1),
        ([Fault(51, 53.5, "db full")], 3),
        ([Fault(20, 55, "db locked")], 1),
        ([Fault(20, 55, "db away")], 1),
        ([Fault(20, 90, "silence the database")], 3),
        ([Fault(20, 90, "freeze general and its group")], 3),
        ([Fault(20, 45, "freeze general and its group")], 0),
    ],
)
def test_what_was_given_up_was_hit_as_often_as_it_was_tried_and_before_that(seen, give_up, faults, hits):
    """It was to be done from 50 on, and was given up at 60."""
    count = give_up(seen, 50, 60)
    seen.faults, seen.pieces = faults, 3
    if hits < 3:
        only(seen, count, f"{hits} faults could have hit it")
    else:
        assert wrong(seen) == {}


@pytest.mark.parametrize("give_up", [dead, quarantined])
def test_who_was_ended_by_the_supervisor_was_hit_too(seen, give_up):
    count = give_up(seen, 50, 60)
    seen.faults, seen.restarts = KILLS[:1], each_second(56, "general started again", times=1)
    only(seen, count, "2 faults could have hit it")
    seen.restarts = each_second(56, "general started again", times=2)
    assert wrong(seen) == {}


@pytest.mark.parametrize("give_up", [dead, quarantined])
def test_what_is_given_up_is_so_on_record(seen, give_up):
    seen.faults = KILLS
    count = give_up(seen, 50, 60)
    del seen.entries[-1]
    only(seen, count, "the record does not say so")


# --- too quiet --------------------------------------------------------------------------------------


def test_a_storm_in_which_hardly_anything_happened_proves_nothing(seen):
    quiet = ["there were hardly any arrivals", "there were hardly any accepted messages", "there were hardly any verbs"]
    assert chaos.too_quiet(seen) == quiet
    seen.arrivals, seen.receipts, seen.verbs = seen.arrivals * 3, seen.receipts * 5, 5
    assert chaos.too_quiet(seen) == []
    seen.faults = [Fault(number, number + 1, "provider hang") for number in range(5)]
    assert chaos.too_quiet(seen) == ["there were hardly any tries that failed"]
    seen.in_vain = 5
    assert chaos.too_quiet(seen) == []
    seen.anchors = 1
    assert chaos.too_quiet(seen) == ["there were hardly any anchors"]


# --- contradicted -----------------------------------------------------------------------------------

VERIFIED = """{"trails": 1, "faults": [], "anchors": {"anchors": 3, "findings": [%s], "notes": [%s]}}"""
MISSING = '{"kind": "anchor_missing", "subject": "2026-03.anchors, line 4", "seq": 0, "what": "anchor 3 is missing"}'
PIECE = '"2026-03.anchors, line 4 is a piece of a line; no anchor is missing"'


def test_contradicted_an_anchor_that_is_missing(seen):
    verified(seen, VERIFIED % (MISSING, ""))
    only(seen, "contradicted", "anchor 3 is missing")


def test_contradicted_a_torn_line_of_which_nobody_speaks(seen):
    seen.faults = [Fault(5, 5, "tear a line of the anchors")]
    verified(seen, VERIFIED % ("", ""))
    only(seen, "contradicted", "torn")
    verified(seen, VERIFIED % ("", PIECE))
    assert (wrong(seen), seen.anchors) == ({}, 3)


def test_a_record_that_cannot_be_verified_is_a_fork(seen):
    verified(seen, "it broke down: no such table")
    only(seen, "fork", "broke down")


# --- reading ----------------------------------------------------------------------------------------


def test_the_providers_log_says_who_heard_its_answer():
    one, two = {"mono": 1, "key": "a", "refs": []}, {"mono": 2, "key": "a", "refs": ["INC-1"]}
    log = [one, two, {"mono": 2.1, "heard": "a"}, {"mono": 3, "key": "b", "refs": []}]
    assert arrivals(log) == [
        Arrival(1, "a", heard=False),
        Arrival(2, "a", refs=("INC-1",)),
        Arrival(3, "b", heard=False),
    ]


def test_the_supervisors_log_says_what_was_started_again(tmp_path):
    log = tmp_path / "up-1.log"
    log.write_text(
        "Baton is ready: http://127.0.0.1:1\n"
        "2026-03-02 09:00:07,500 WARNING escalation.engine.supervisor: general ended (-9) and is started again\n"
        "2026-03-02 09:00:08,500 WARNING escalation.engine.brokers: the database does not answer: it ended (1)\n"
    )
    assert restarts([log], Clock(((0.0, T0.timestamp()),))) == [Fault(7.5, 7.5, "general started again")]


def test_an_instant_that_a_clock_shows_twice_is_read_both_ways():
    """Set back by ten seconds at 100: it shows 95 at 95 and again at 105."""
    clock = Clock(((0.0, T0.timestamp()), (100.0, T0.timestamp() - 10)))
    assert (clock.earliest(at(95)), clock.latest(at(95))) == (95, 105)
    assert clock.latest(at(120)) == 130


@pytest.mark.parametrize("seconds", [110, 1_000, 3_690])
def test_an_instant_that_a_clock_left_out_was_over_with_the_jump(seconds):
    """Set ahead by an hour at 100, and by another at 200."""
    start = T0.timestamp()
    clock = Clock(((0.0, start), (100.0, start + 3_600), (200.0, start + 7_200)))
    assert (clock.earliest(at(seconds)), clock.latest(at(seconds))) == (100, 100)
    assert clock.latest(at(3_750)) == 150
    assert clock.latest(at(5_000)) == 200
    assert clock.latest(at(-1)) == -1
