"""What can be counted? Requests as they pass, and what /metrics finds when it is asked: sockets, log, jobs, canary, zone rules.

Figures are of this process, those from the database of the network. No label holds an id, an address or a target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from coordinator import keys
from coordinator.services.health import Health

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus-client has no type here; spares a second line for each figure
GROUP_STREAMS = "groups"  # all streams of groups together: their names hold ids


class LiveFigures(Protocol):
    """What the hub of this process counts."""

    def viewers(self) -> int: ...
    def counts(self) -> Mapping[str, int]: ...


class Meters:
    """The counters of one web process. Made once by the composition root; safe for all its tasks."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("chorus_requests", "Answers by route and status", ["method", "route", "status"], registry=self._registry)
        self._durations = Histogram(
            "chorus_request_seconds", "From request to the end of its answer", ["route"], buckets=BUCKETS_S, registry=self._registry
        )
        ProcessCollector(registry=self._registry)

    def count(self, method: str, route: str, status: int, took_s: float) -> None:
        """Notes one answer; `route` is a template, never a target. Status 0: the client left before any answer."""
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        self._durations.labels(route).observe(took_s)

    def write(self, health: Health, live: LiveFigures, delivered: Mapping[str, int]) -> bytes:
        """All figures as text. `delivered`: stream → what this process's hub has passed on."""
        return generate_latest(self._registry) + generate_latest(_Moment(_figures(health, live, delivered)))


class _Moment(Collector):
    """Figures of one moment, in the shape that the writer asks for."""

    def __init__(self, figures: Iterator[Metric]) -> None:
        self._figures = list(figures)

    def collect(self) -> Iterator[Metric]:
        return iter(self._figures)


def _figures(health: Health, live: LiveFigures, delivered: Mapping[str, int]) -> Iterator[Metric]:
    yield GaugeMetricFamily("chorus_live_viewers", "Open sockets of this process", live.viewers())
    yield _gauge("chorus_live_happenings", "What the hub did since its start", ["what"], live.counts())
    yield _gauge("chorus_log_head", "Events written to each stream", ["stream"], sum_streams(health.heads))
    lags = {name: max(health.heads.get(name, 0) - seq, 0) for name, seq in delivered.items()}
    yield _gauge("chorus_live_lag_events", "Events written and not yet passed on by this process", ["stream"], sum_streams(lags))
    yield from _job_figures(health)
    yield from _health_figures(health)


def _job_figures(health: Health) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("chorus_jobs", "Jobs by kind and state", labels=["kind", "state"])
    for count in health.jobs:
        jobs.add_metric([count.kind, count.state], count.jobs)
    yield jobs
    yield GaugeMetricFamily("chorus_jobs_oldest_due_seconds", "How late the job is that waits longest", health.oldest_due_s or 0)
    beats = GaugeMetricFamily("chorus_worker_beat_age_seconds", "Since a kind of worker last told that it lives", labels=["process"])
    for beat in health.beats:
        beats.add_metric([beat.process], (health.at - beat.at).total_seconds())
    yield beats


def _health_figures(health: Health) -> Iterator[Metric]:
    if health.canary_age_s is not None:
        yield GaugeMetricFamily("chorus_canary_age_seconds", "Since an event last travelled to a viewer", health.canary_age_s)
    levels = GaugeMetricFamily("chorus_health", "1 for the level that each check is at", labels=["check", "level"])
    for check, level in health.levels.items():
        levels.add_metric([check, level], 1)
    yield levels
    rules = {"pytz": health.rules_version, "tzdata": health.tzdata_version}
    yield InfoMetricFamily("chorus_zone_rules", "Releases of the zone rules", value=rules)


def _gauge(name: str, help_: str, labels: list[str], values: Mapping[str, int]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, help_, labels=labels)
    for label, value in sorted(values.items()):
        gauge.add_metric([label], value)
    return gauge


def sum_streams(figures: Mapping[str, int]) -> dict[str, int]:
    """The figures of the network's own streams, and the sum of all others'."""
    named = {name: figures[name] for name in (keys.PUBLIC, keys.PARTNERS, keys.CANARY) if name in figures}
    return {**named, GROUP_STREAMS: sum(value for name, value in figures.items() if name not in named)}
