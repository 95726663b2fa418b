"""A django-q2 cluster that would rather die than hang.

django-q2's processes share queues whose locks die with nobody: a worker killed while it holds
one leaves every process alive and the cluster stopped for ever. So any death that was not
planned ends the whole cluster at once, and its supervisor starts a fresh one with fresh
queues. Planned endings (a worker recycled, a task that overran) only replace the worker.

The sentinel runs in the cluster's main process: one process less, and no second one to wait
for when the cluster is told to stop.
"""

import contextlib
import gc
import logging
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any, NoReturn
from uuid import uuid4

from django import db
from django_q.cluster import Sentinel, get_mp_context
from django_q.conf import Conf
from django_q.scheduler import scheduler
from django_q.signals import pre_execute
from django_q.worker import worker

from escalation.kit import doing

from . import climb, lifeline, registry
from .brokers import first_line

log = logging.getLogger(__name__)

CRASHED = 70  # exit code: something died, start a fresh cluster
STOP_SECONDS = 20  # for work in progress, once told to stop; a supervisor may be less patient
SCHEDULES_SECONDS = 30
_OVERRAN, _RECYCLED = 0, -2  # what django-q2 writes on a worker's timer


class Flag:
    """An Event for one process: safe to set from a signal handler, which an Event is not."""

    def __init__(self) -> None:
        self._up = False

    def set(self) -> None:
        self._up = True

    def is_set(self) -> bool:
        return self._up


class CrashOnly(Sentinel):
    """django-q2's sentinel in the main process, with a guard that forgives no death."""

    def __init__(self) -> None:
        super().__init__(Flag(), Flag(), uuid4(), start=False)
        signal.signal(signal.SIGTERM, self._told_to_stop)
        signal.signal(signal.SIGINT, self._told_to_stop)
        signal.signal(signal.SIGALRM, lambda *_: self.end("stopping takes too long"))

    def _told_to_stop(self, *_: object) -> None:
        if self.stop_event.is_set():
            self.end("told twice to stop")
        self.stop_event.set()
        signal.alarm(STOP_SECONDS)

    # --- its processes ------------------------------------------------------------------

    def spawn_process(self, target: Callable, *args: Any) -> BaseProcess:
        title = f"{Conf.CLUSTER_NAME}-{target.__name__}"
        process = get_mp_context().Process(target=_child, args=(os.getpid(), title, target, *args), name=title)
        process.daemon = True
        if target is worker:
            process.timer = args[2]
            self.pool.append(process)
        process.start()
        return process

    def spawn_pusher(self) -> BaseProcess:
        self.broker.backlog = self.task_queue.qsize
        return super().spawn_pusher()

    @property
    def children(self) -> list[BaseProcess]:
        return [child for child in (*self.pool, self.monitor, self.pusher) if child is not None]

    # --- the guard ----------------------------------------------------------------------

    def guard(self) -> None:
        self.start_event.set()
        lifeline.say_ready()
        turn = schedules = time.monotonic()
        while not self.stop_event.is_set():
            wait([child.sentinel for child in self.children], timeout=Conf.GUARD_CYCLE)
            if self.stop_event.is_set():
                break
            now = time.monotonic()
            self._check(now - turn)
            turn = now
            if Conf.SCHEDULER and now - schedules >= SCHEDULES_SECONDS:
                schedules = now
                scheduler(broker=self.broker)
        self.stop()

    def _check(self, elapsed: float) -> None:
        for child in (self.monitor, self.pusher):
            if not child.is_alive():
                self.end(f"{child.name} died ({child.exitcode})")
        for child in list(self.pool):
            # Read without its lock: a worker that died may hold it for ever.
            left = child.timer.get_obj().value
            if not child.is_alive():
                if child.exitcode != 0 or left not in (_OVERRAN, _RECYCLED):
                    self.end(f"{child.name} died ({child.exitcode})")
                self.reincarnate(child)
            elif left == _OVERRAN:
                self.reincarnate(child)
            elif left > 0:
                _count_down(child.timer, elapsed)

    def end(self, why: str) -> NoReturn:
        """At once, with everything: there is nothing in memory that is worth a clean ending."""
        log.error("cluster %s ends: %s", Conf.CLUSTER_NAME, why)
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                if child.pid is not None:
                    os.kill(child.pid, signal.SIGKILL)
        os._exit(CRASHED)


def _count_down(timer: Any, elapsed: float) -> None:
    """Take ``elapsed`` off a busy worker's time; reaching 0 means that it overran."""
    lock = timer.get_lock()
    if not lock.acquire(timeout=0.1):
        return
    try:
        left = timer.get_obj().value
        if left > 0:
            timer.get_obj().value = max(float(_OVERRAN), left - elapsed)
    finally:
        lock.release()


def _child(parent: int, title: str, target: Callable, *args: Any) -> None:
    lifeline.tie(parent)
    lifeline.watch_parent()
    lifeline.name(title)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    target(*args)


def _say_what(sender: Any, func: Any, task: dict[str, Any], **kwargs: Any) -> None:
    """In a worker, before each task: whatever it logs names the task, and the request that led to it."""
    doing.begin(
        task=task["func"] if isinstance(task["func"], str) else task["func"].__name__, request=task.get("group")
    )


def _warm_up() -> None:
    """The first query loads much, and each child that asked it first would keep that for itself."""
    try:
        climb.look()
        for one in registry.watched():
            one.next_due()
    except db.Error as error:
        log.warning("the database does not answer yet: %s", first_line(error))
    finally:
        db.connections.close_all()  # a connection is nobody else's after a fork


def run() -> NoReturn:
    """Be the cluster that ``Q_CLUSTER_NAME`` names, until told to stop."""
    lifeline.name(Conf.CLUSTER_NAME)
    lifeline.watch_parent()
    pre_execute.connect(_say_what, dispatch_uid="engine.say_what")
    _warm_up()
    # What is loaded by now stays: children share its memory with us, and no collection walks through it again.
    gc.collect()
    gc.freeze()
    CrashOnly().start()
    os._exit(0)  # nothing is left to wait for, and a queue's thread must not keep us
