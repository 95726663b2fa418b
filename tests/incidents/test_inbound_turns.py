"""A flood: what is worked off first, what is counted together, what is refused, and what one poison costs."""

import json
from datetime import timedelta

import pytest

from escalation.engine.models import Delivery, EscalationRun
from escalation.kit import clock as kit_clock
from escalation.trail.models import Entry
from incidents.inbound import backlog, hearing, intake, quota, tasks, waiting
from incidents.models import Alert, AlertKey, Incident, Receipt, Refusal, Source
from tests.incidents.inbound_kit import ALL_ENDED, FIRES, JOINS, Sender, an_alert, sample

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(tasks, "ring", asked.append)
    return asked


@pytest.fixture(autouse=True)
def _fresh_counts(monkeypatch):
    monkeypatch.setattr(quota, "_rates", {})
    monkeypatch.setattr(intake, "pace", intake.Pace())


@pytest.fixture
def north(cast, clock):
    return Sender(service=cast.service)


@pytest.fixture
def busy(monkeypatch):
    """So much waits that nothing is heard at the door."""
    monkeypatch.setattr(intake, "_is_calm", lambda _arrival: False)


def fires(name: str, severity: str = "warning", **changes) -> dict:
    labels = {"alertname": "A", "instance": name, "severity": severity}
    return sample(
        FIRES, groupKey=name, alerts=[an_alert(name, labels=labels)], commonAnnotations={"summary": name}, **changes
    )


def together(sender: Sender, *messages: dict) -> list[Receipt]:
    """Messages that come in at the same moment."""
    arrivals = [_arrival(sender.source, json.dumps(message).encode()) for message in messages]
    intake._keep([(arrival, tasks.ring) for arrival in arrivals])
    return [arrival.receipt for arrival in arrivals]


def _arrival(source: Source, body: bytes) -> intake.Arrival:
    return intake.Arrival(source, body, intake._understood(source, body))


def titles_chosen(limit: int = 100) -> list[str]:
    bodies = {row.pk: json.loads(bytes(row.body)) for row in Receipt.objects.waiting()}
    return [bodies[pk]["groupKey"] for line in waiting.choose(limit) for pk in line.receipts]


# --- what came in together --------------------------------------------------------------------


def test_what_comes_in_together_is_kept_answered_and_rung_for_once(
    north, rung, django_assert_max_num_queries, django_capture_on_commit_callbacks
):
    with django_assert_max_num_queries(14), django_capture_on_commit_callbacks(execute=True):
        receipts = together(north, *(fires(f"g{n}") for n in range(30)))
    assert {receipt.state for receipt in receipts} == {"received"}
    assert Receipt.objects.count() == 30
    assert rung == [receipts[-1].pk]
    assert intake.process_waiting() == 30
    assert Incident.objects.count() == 30
    assert not Receipt.objects.waiting().exists()


def test_many_incidents_are_opened_with_few_statements_and_each_is_whole(
    north, cast, busy, django_assert_max_num_queries
):
    for n in range(25):
        north.post(fires(f"g{n}"))
    with django_assert_max_num_queries(90):
        assert intake.process_waiting() == 25
    incidents = Incident.objects.order_by("number")
    assert [incident.title for incident in incidents] == [f"g{n}" for n in range(25)]
    for incident in incidents:
        assert incident.trail.length == incident.trail.entries.count() == 2
        assert EscalationRun.objects.filter(trail=incident.trail, timers__state="armed").exists()
        called = Delivery.objects.filter(trail=incident.trail, kind="call", channel="desk")
        assert {delivery.person for delivery in called} == {cast.ana, cast.jo}
        assert set(incident.access.exclude(team=None).values_list("team__name", flat=True)) >= {"Applications"}


def test_repeats_are_counted_together_and_told_in_one_entry(north, busy):
    north.post(fires("a"))
    for n in range(20):
        north.post(fires("a", note=n))
    north.post(sample(FIRES, groupKey="a", alerts=[an_alert("b")]))
    assert intake.process_waiting() == 22
    (key,) = AlertKey.objects.all()
    assert key.count == 22
    (told,) = Entry.objects.filter(kind="alert")
    assert json.loads(told.data)["count"] == 22
    assert Receipt.objects.order_by("id").first().outcome["results"] == {"opened": 1}
    assert Receipt.objects.order_by("id")[1].outcome["results"] == {"repeated": 1}


def test_a_story_of_many_messages_ends_as_if_each_had_been_heard_alone(north, busy):
    for name in (FIRES, JOINS, ALL_ENDED, FIRES, ALL_ENDED, FIRES):
        north.post(sample(name, notification_reason=str(Receipt.objects.count())))
    assert intake.process_waiting() == 6
    first, second, third = Incident.objects.order_by("id")
    assert [bool(one.resolved_at) for one in (first, second, third)] == [True, True, False]
    assert (second.previous, third.previous) == (first, second)
    assert list(AlertKey.objects.order_by("id").values_list("count", flat=True)) == [3, 2, 1]


def test_in_a_batch_a_late_retry_is_still_one(north, busy):
    north.post(sample(FIRES))
    north.post(sample(ALL_ENDED))
    north.post(sample(FIRES))
    assert intake.process_waiting() == 3
    assert Incident.objects.get().resolved_at
    assert Receipt.objects.order_by("id").last().outcome["results"] == {"late": 1}


def test_an_end_under_another_key_does_not_end_what_fired_after_it(north, busy, clock):
    north.post(fires("a"))
    clock.jump(seconds=1)
    north.post(sample(ALL_ENDED, groupKey="other", alerts=[an_alert("a", status="resolved")]))
    clock.jump(seconds=1)
    north.post(fires("a", note="again"))
    intake.process_waiting()
    assert Incident.objects.get().resolved_at is None


@pytest.mark.rehearsal("long")
def test_at_a_brisk_pace_messages_are_only_kept(north, rung, monkeypatch):
    monkeypatch.setattr(intake, "pace", intake.Pace())
    monkeypatch.setattr(intake.time, "monotonic", lambda: 100.0)
    states = [north.post(fires(f"g{n}")).json().get("message", "") for n in range(intake.BRISK + 2)]
    assert [bool(state) for state in states] == [False] * intake.BRISK + [True, True]
    monkeypatch.setattr(intake.time, "monotonic", lambda: 101.0)
    assert north.posts(FIRES)["incidents"]


@pytest.mark.sqlite_only
def test_what_waits_is_found_through_the_small_indexes(north):
    assert "receipt_oldest" in waiting._oldest().values_list("received_at")[:1].explain()
    mine = Receipt.objects.waiting().filter(source=north.source)
    assert "receipt_in_turn" in mine.order_by("rank", "id").values_list("id")[:9].explain()
    assert "receipt_waiting" in mine.filter(line__in=["a", "b"], id__lte=9).order_by().values_list("id").explain()


# --- whose turn it is -------------------------------------------------------------------------


def test_first_alerts_come_before_ends_and_ends_before_repeats_and_the_worse_first(north):
    north.posts(FIRES, **fires("known"))
    together(
        north,
        *(fires("known", note=n) for n in range(3)),
        fires("mild"),
        fires("bad", "critical"),
        fires("fair", "error"),
    )
    north_ends = sample(ALL_ENDED, groupKey="fair", alerts=[an_alert("fair", status="resolved")])
    together(north, north_ends, fires("late", "critical"))
    assert titles_chosen() == ["bad", "late", "fair", "fair", "mild", "known", "known", "known"]


def test_a_flood_on_one_key_takes_only_its_share_of_a_batch(north, busy):
    for n in range(120):
        north.post(fires("flood", note=n))
    together(north, *(fires(f"other-{n}") for n in range(5)), fires("x"))
    chosen = titles_chosen()
    assert chosen.count("flood") <= waiting.LINE_SHARE
    assert {f"other-{n}" for n in range(5)} <= set(chosen)


def test_a_flood_from_one_source_does_not_keep_another_waiting(north, cast):
    together(north, *(fires(f"flood-{n}", "critical") for n in range(100)))
    together(north, *(fires(f"more-{n}", "critical") for n in range(50)))
    south = Sender(name="South", service=cast.service)
    together(south, fires("quiet", "info"), fires("quieter", "info"))
    assert {"quiet", "quieter"} <= set(titles_chosen(40)[: 2 * waiting.SHARE])


def test_what_has_waited_longest_comes_too_however_much_is_more_urgent(north):
    north.posts(FIRES, **fires("known"))
    together(north, fires("known", note=1), fires("known", note=2))
    for lot in range(3):
        together(north, *(fires(f"new-{lot}-{n}", "critical") for n in range(60)))
    assert "known" in titles_chosen(40)


def test_an_urgent_message_takes_along_what_came_before_it_in_its_line(cast, clock, busy):
    each = Sender(service=cast.service, grouping=Source.Grouping.ALERT)
    each.post(sample(FIRES, alerts=[an_alert("a")]))
    intake.process_waiting()
    together(
        each,
        sample(FIRES, alerts=[an_alert("a", status="resolved")]),
        sample(FIRES, alerts=[an_alert("a"), an_alert("b")], n=2),
    )
    (line,) = waiting.choose(10)
    assert line.receipts == sorted(line.receipts)
    assert len(line.receipts) == 2


def test_a_single_message_is_ranked_too_when_it_is_only_kept(north, busy):
    north.post(fires("fair", "error"))
    north.post(fires("fair", "error", note="again"))
    north.post(sample(ALL_ENDED, groupKey="fair", alerts=[an_alert("fair", status="resolved")]))
    assert list(Receipt.objects.order_by("id").values_list("rank", flat=True)) == [2, 9, 6]


# --- very large messages ------------------------------------------------------------------------


def crowd(name: str, number: int) -> dict:
    return sample(FIRES, groupKey=name, alerts=[an_alert(f"{name}-{n}") for n in range(number)])


def test_a_message_with_very_many_alerts_is_only_kept_at_the_door(north):
    many = intake.AT_ONCE + 1
    assert north.posts(FIRES, alerts=crowd("disks", many)["alerts"])["incidents"] == []
    assert intake.process_waiting() == 1
    assert Alert.objects.count() == many


def test_large_groups_are_not_heard_in_one_transaction(north, busy, monkeypatch):
    monkeypatch.setattr(backlog, "ALERTS", 5)
    heard: list[int] = []
    real = hearing.Hearing.hear

    def counts(self, said):
        heard.append(sum(len(signal.elements) for _receipt, signals in said for signal in signals))
        real(self, said)

    monkeypatch.setattr(hearing.Hearing, "hear", counts)
    together(north, crowd("nets", 3), crowd("fans", 2), crowd("doors", 4), crowd("disks", 6))
    while Receipt.objects.waiting().exists():
        intake.process_waiting()
    assert sorted(heard) == [4, 5, 6]


def test_a_message_of_many_portions_leaves_a_turn_to_others(cast, clock, busy, monkeypatch):
    monkeypatch.setattr(backlog, "PORTION", 2)
    each = Sender(service=cast.service, grouping=Source.Grouping.ALERT)
    each.post(crowd("disks", 7))
    assert intake.process_waiting(seconds=0) == 0
    huge = Receipt.objects.get()
    assert (huge.outcome["done"], huge.attempts) == (2, 0)
    Sender(name="South", service=cast.service).post(fires("urgent", "critical"))
    assert intake.process_waiting(seconds=0) == 1
    assert Incident.objects.filter(title="urgent").exists()
    while Receipt.objects.waiting().exists():
        intake.process_waiting(seconds=0)
    huge.refresh_from_db()
    assert (huge.state, huge.outcome["results"]) == ("processed", {"opened": 7})


# --- poison -----------------------------------------------------------------------------------


def test_one_poison_in_a_batch_costs_the_others_nothing(north, busy, monkeypatch, caplog):
    real = hearing.Hearing.hear

    def chokes(self, said):
        if any(signal.title == "poison" for _receipt, signals in said for signal in signals):
            raise RuntimeError("planted")
        real(self, said)

    monkeypatch.setattr(hearing.Hearing, "hear", chokes)
    for n in range(12):
        north.post(fires("poison" if n == 5 else f"g{n}"))
    assert intake.process_waiting() == 11
    assert Incident.objects.count() == 11
    left = Receipt.objects.waiting().get()
    assert left.attempts == 1
    for _sweep in range(2):
        kit_clock.forward(timedelta(seconds=3))
        intake.process_waiting()
    left.refresh_from_db()
    assert (left.state, left.attempts) == ("quarantined", 3)
    assert Incident.objects.latest("id").title == "A message from North could not be read"
    assert "quarantined" in caplog.text


def test_a_batch_that_kills_its_process_is_taken_one_by_one_afterwards(north, busy, monkeypatch):
    for n in range(3):
        north.post(fires(f"g{n}"))

    class Killed(BaseException):
        pass

    def killed(*_args):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(backlog, "_try_together", killed)
        with pytest.raises(Killed):
            intake.process_waiting()
    assert set(Receipt.objects.values_list("attempts", flat=True)) == {1}
    assert not any(line.plain for line in waiting.choose(10))
    assert intake.process_waiting() == 3
    assert Incident.objects.count() == 3


# --- the quota --------------------------------------------------------------------------------


@pytest.fixture
def small(cast, clock, monkeypatch):
    """A source that may send sixty messages a minute, and has."""
    monkeypatch.setattr(intake.Pace, "is_brisk", lambda _self: False)
    sender = Sender(service=cast.service, quota=60)
    for n in range(60):
        assert sender.post(fires("a", note=n)).status_code == 202
    return sender


@pytest.mark.rehearsal("long")
def test_beyond_the_quota_repeats_are_refused_and_first_alerts_and_ends_come_in(small):
    answer = small.post(fires("a", note="one more"))
    assert (answer.status_code, answer["Retry-After"]) == (503, str(quota.RETRY_SECONDS))
    assert answer.json() == {
        "status": "busy",
        "message": "More than 60 messages a minute came from this source. Try again later.",
    }
    assert small.post(fires("b")).status_code == 202
    assert small.post(sample(ALL_ENDED, groupKey="a", alerts=[an_alert("a", status="resolved")])).status_code == 202
    assert sorted(Incident.objects.open().values_list("title", flat=True)) == ["b"]
    assert AlertKey.objects.order_by("id")[0].count == 61


@pytest.mark.rehearsal("long")
def test_what_was_refused_is_on_record_by_the_minute(small, clock, cast, client):
    for n in range(3):
        small.post(fires("a", note=f"more {n}"))
    clock.jump(minutes=1)
    for n in range(61):
        small.post(fires("a", note=f"and more {n}"))
    assert list(Refusal.objects.order_by("minute").values_list("count", flat=True)) == [3, 1]
    client.force_login(cast.ada)
    page = client.get(f"/admin/incidents/source/{small.source.pk}/change/").content.decode()
    assert "4 messages, last at 2026-03-02 09:31" in page


def test_the_record_of_what_was_refused_does_not_grow_for_ever(small, clock):
    now = kit_clock.now()
    for days in (8, 7, 6):
        Refusal.objects.create(source=small.source, minute=now - timedelta(days=days), count=1)
    small.post(fires("a", note="one more"))
    kept = Refusal.objects.order_by("minute").values_list("minute", flat=True)
    assert [(now - minute).days for minute in kept] == [7, 6, 0]


@pytest.mark.rehearsal("long")
def test_far_beyond_it_new_keys_are_refused_too_and_only_ends_of_what_is_known_come_in(small, monkeypatch):
    monkeypatch.setattr(quota, "_rates", {})
    monkeypatch.setattr(quota, "CEILING", 1)
    for n in range(60):
        small.post(fires("a", note=f"again {n}"))
    assert small.post(fires("new")).status_code == 503
    unknown = sample(ALL_ENDED, groupKey="x", alerts=[an_alert("x", status="resolved")])
    assert small.post(unknown).status_code == 503
    assert small.post(sample(ALL_ENDED, groupKey="a", alerts=[an_alert("a", status="resolved")])).status_code == 202
    assert Incident.objects.get().resolved_at


def test_an_allowance_comes_back_with_time_and_never_exceeds_a_minute():
    allowance = quota.Allowance(60, at=0.0)
    assert [allowance.take(0.0) for _ in range(61)] == [True] * 60 + [False]
    assert [allowance.take(2.0) for _ in range(3)] == [True, True, False]
    assert sum(allowance.take(10_000.0) for _ in range(100)) == 60


def test_a_key_withdrawn_while_the_message_was_read_opens_nothing(north):
    north.posts(FIRES)
    Source.objects.filter(pk=north.source.pk).update(enabled=False)
    answer = north.post(sample(JOINS))
    assert answer.status_code == 403
    assert AlertKey.objects.get().count == 1


def test_a_grouping_changed_meanwhile_is_the_one_that_counts(north):
    north.posts(FIRES)
    Source.objects.filter(pk=north.source.pk).update(grouping=Source.Grouping.ALERT)
    north.posts(JOINS)
    assert AlertKey.objects.count() == 3
