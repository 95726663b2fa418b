"""The same numbers for Prometheus: a collector with a registry of its own.

Nothing is counted in this process, so several hosts, restarts and whichever process answers
all say the same. Scrape one address; every host knows everything.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .health import Health


class Numbers(Collector):
    def __init__(self, health: Health, red: int | None) -> None:
        self._health, self._red = health, red

    def collect(self) -> Iterator[Metric]:
        health = self._health
        yield _gauge("baton_up", "1 if nothing is wrong", not health.problems)
        yield _gauge("baton_held", "1 while the installation waits for an operator to resume it", health.held)
        yield self._lateness()
        yield _gauge("baton_timers_fired", "Steps taken in the last five minutes", health.lateness.count)
        yield _gauge("baton_oldest_overdue_seconds", "How late the oldest step is that is due", health.overdue)
        yield _gauge("baton_runs_without_step", "Open runs with neither a timer nor a reason", health.without_step)
        yield _by("baton_deliveries", "Deliveries; finished ones among the newest 10000", "state", health.deliveries)
        if health.queued is not None:
            yield _gauge("baton_queue_packages", "Packages that wait in the general queue", health.queued)
        yield _by("baton_oldest_waiting_seconds", "How long the oldest row has waited", "rows", health.waiting)
        away = "How long a service that carries messages has not answered; absent while all do"
        yield _by("baton_service_away_seconds", away, "service", health.away)
        yield self._beats()
        if health.audit is not None:
            yield _gauge("baton_audit_green", "1 if the last audit found nothing wrong", health.audit.green)
            yield _by("baton_audit_findings", "What the last audit found wrong", "invariant", health.audit.findings)
        if health.backup is not None:
            yield _gauge("baton_backup_age_seconds", "Since the last good backup was taken", health.backup.seconds)
            yield _gauge("baton_backup_old", "1 if that is too long", health.backup.old)
        if self._red is not None:
            yield _gauge(
                "baton_readiness_red", "Red findings of the readiness report, at most ten minutes old", self._red
            )

    def _lateness(self) -> Metric:
        late = self._health.lateness
        family = GaugeMetricFamily(
            "baton_timer_lateness_seconds", "How late steps were, in the last five minutes", labels=["quantile"]
        )
        for quantile, value in (("0.5", late.p50), ("0.99", late.p99), ("1", late.most)):
            family.add_metric([quantile], value)
        return family

    def _beats(self) -> Metric:
        family = GaugeMetricFamily(
            "baton_beat_age_seconds", "Since a part of the engine last did its work", labels=["name", "host"]
        )
        for beat in self._health.beats:
            family.add_metric([beat.name, beat.host], self._health.age(beat))
        return family


def _gauge(name: str, help: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help, value=value)


def _by(name: str, help: str, label: str, values: dict[str, int] | dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, help, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def exposition(health: Health, red: int | None) -> bytes:
    """As Prometheus reads it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Numbers(health, red))
    return generate_latest(registry)
