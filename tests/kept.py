"""The cache of the tests: what is kept for some seconds is kept for seconds of the test's clock.

On a slow machine ten real seconds pass within a story whose clock stands still. What a page costs, and whether it
counts anew, must not depend on that.
"""

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache

from escalation.kit import clock


class OnTheClock(LocMemCache):
    def get_backend_timeout(self, timeout=DEFAULT_TIMEOUT):
        if timeout == DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        return None if timeout is None else _now() + (timeout or -1)

    def known(self):
        """All that it keeps now, to ``know`` it again."""
        return dict(self._cache), dict(self._expire_info)

    def know(self, known):
        for now, then in zip((self._cache, self._expire_info), known, strict=True):
            now.clear()
            now.update(then)

    def _has_expired(self, key):
        end = self._expire_info.get(key, float("-inf"))
        return end is not None and end <= _now()


def _now() -> float:
    return clock.nearly().timestamp()
