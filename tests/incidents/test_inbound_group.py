"""Work of many threads, done by one of them: nobody is answered before theirs is done, and nothing is done twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from incidents.inbound.group import Crowded, Group


class Desk:
    """Does what it is brought, and stops at work while its door is closed."""

    def __init__(self, **limits):
        self.lots: list[list[int]] = []
        self.at_work, self.go = threading.Event(), threading.Event()
        self.go.set()
        limits.setdefault("patience", 30)
        self.group = Group[int](self.do, before_waiting=lambda: None, most=limits.pop("most", 100), **limits)

    def do(self, items: list[int]) -> None:
        self.at_work.set()
        assert self.go.wait(30)
        self.lots.append(items)
        if -1 in items:
            raise ValueError("poison")


def test_alone_it_is_done_at_once():
    desk = Desk()
    desk.group.bring(1)
    desk.group.bring(2)
    assert desk.lots == [[1], [2]]


def test_who_comes_meanwhile_is_done_together_and_answered_after_it():
    desk = Desk()
    desk.go.clear()
    with ThreadPoolExecutor(11) as pool:
        first = pool.submit(desk.group.bring, 0)
        assert desk.at_work.wait(30)
        others = [pool.submit(desk.group.bring, number) for number in range(1, 11)]
        _until_they_wait(desk.group, 10)
        assert not any(other.done() for other in others)
        desk.go.set()
        for one in (first, *others):
            one.result(30)
    assert desk.lots[0] == [0]
    assert sorted(desk.lots[1]) == list(range(1, 11))


def test_a_crowd_is_done_in_lots_of_limited_size_and_each_item_once():
    desk = Desk(most=7)
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(desk.group.bring, range(400)))
    assert sorted(item for lot in desk.lots for item in lot) == list(range(400))
    assert max(map(len, desk.lots)) <= 7


def test_a_lot_is_no_heavier_than_its_limit_unless_one_alone_is():
    desk = Desk(weigh=lambda item: item, heaviest=10)
    desk.go.clear()
    with ThreadPoolExecutor(6) as pool:
        brought = [pool.submit(desk.group.bring, 0)]
        assert desk.at_work.wait(30)
        for waiting, weight in enumerate((4, 6, 1, 25, 3), start=1):
            brought.append(pool.submit(desk.group.bring, weight))
            _until_they_wait(desk.group, waiting)
        desk.go.set()
        for one in brought:
            one.result(30)
    assert desk.lots == [[0], [4, 6], [1], [25], [3]]


def test_who_leaves_the_line_looks_at_nobody_elses_message():
    class Message:
        def __eq__(self, other):
            raise AssertionError("two messages were compared, which may be five megabytes each")

        __hash__ = None

    begun, go = threading.Event(), threading.Event()
    group = Group[Message](lambda _: begun.set() or go.wait(30), before_waiting=lambda: None, most=1, patience=30)
    with ThreadPoolExecutor(2) as pool:
        pool.submit(group.bring, Message())
        assert begun.wait(30)
        before = pool.submit(group.bring, Message())
        _until_they_wait(group, 1)
        group._patience = 0.05
        try:
            with pytest.raises(Crowded):
                group.bring(Message())
        finally:
            go.set()
        before.result(30)


def test_a_failure_is_told_to_everybody_it_concerns_and_to_nobody_else():
    desk = Desk()
    desk.go.clear()
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(desk.group.bring, 0)
        assert desk.at_work.wait(30)
        others = [pool.submit(desk.group.bring, number) for number in (-1, 1)]
        _until_they_wait(desk.group, 2)
        desk.go.set()
        first.result(30)
        for other in others:
            with pytest.raises(ValueError, match="poison"):
                other.result(30)
    desk.group.bring(2)
    assert desk.lots[-1] == [2]


def test_whoever_waits_too_long_leaves_and_nothing_is_done_for_them():
    desk = Desk(patience=0.05)
    desk.go.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(desk.group.bring, 0)
        assert desk.at_work.wait(30)
        with pytest.raises(Crowded):
            desk.group.bring(1)
        desk.go.set()
        first.result(30)
    assert desk.lots == [[0]]


def test_what_fails_before_waiting_does_not_break_the_line():
    desk = Desk()
    failures = iter([OSError("the connection is gone")])

    def give_back() -> None:
        for failure in failures:
            raise failure

    desk.group = Group[int](desk.do, before_waiting=give_back, most=1, patience=30)
    desk.go.clear()
    with ThreadPoolExecutor(3) as pool:
        brought = [pool.submit(desk.group.bring, 0)]
        assert desk.at_work.wait(30)
        for number in (1, 2):
            brought.append(pool.submit(desk.group.bring, number))
            _until_they_wait(desk.group, number)
        desk.go.set()
        for one in brought:
            one.result(30)
    desk.group.bring(3)
    assert desk.lots == [[0], [1], [2], [3]]


def _until_they_wait(group: Group, number: int) -> None:
    for _ in range(3000):
        if len(group._waiting) == number:
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{len(group._waiting)} wait")
