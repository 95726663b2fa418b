"""The general cluster's queue in Redis: for installations that run one anyway.

Redis hands a package out once and forgets it, so what a killed worker held is lost. That
costs nothing here: every package is a hint, and the rows it hints at are watched. A Redis that
is away is noticed in the log and otherwise costs the second until the watch looks. Timers
stay in the database: they are no faster in Redis, and less safe.
"""

import logging
import time
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django_q.conf import Conf

from .brokers import Package, StandbyBroker, first_line

log = logging.getLogger(__name__)

AWAY_SECONDS = 2.0  # between two questions to a Redis that does not answer
TALK_SECONDS = 1.0  # a request that rings after its commit must not wait longer


@cache
def client(url: str) -> redis.Redis:
    """One pool of connections a process; a fork gets its own by itself."""
    return redis.Redis.from_url(url, socket_timeout=TALK_SECONDS, socket_connect_timeout=TALK_SECONDS)


class RedisStandbyBroker(StandbyBroker):
    """The standby, with its packages in a Redis list instead of a table."""

    def _begin(self) -> None:
        super()._begin()
        self._away_until = 0.0

    @property
    def _list(self) -> str:
        return f"baton:{self.list_key or Conf.CLUSTER_NAME}"

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:
        return client(settings.REDIS_URL)

    def enqueue(self, task: str) -> None:
        self.connection.rpush(self._list, task)

    def claim(self) -> list[Package]:
        """Take the oldest packages. They are gone from Redis with this answer."""
        if time.monotonic() < self._away_until:
            return []
        try:
            taken = self.connection.lpop(self._list, Conf.BULK) or []
        except redis.RedisError as error:
            log.warning("Redis does not answer: %s", first_line(error))
            self._away_until = time.monotonic() + AWAY_SECONDS
            return []
        return [(None, package.decode()) for package in taken]

    def delete(self, task_id: int | None) -> None:
        """Nothing is left to take off."""

    def queue_size(self) -> int:
        return self.connection.llen(self._list)

    def lock_size(self) -> int:
        return 0

    def purge_queue(self) -> int:
        return self.connection.delete(self._list)

    def ping(self) -> bool:
        return bool(self.connection.ping())

    def info(self) -> str:
        return "Redis"
