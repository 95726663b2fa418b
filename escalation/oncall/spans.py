"""Half-open spans of time, [start, end), in UTC. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple


class Span(NamedTuple):
    start: datetime
    end: datetime


def asked(since: datetime, until: datetime) -> Span:
    """In UTC, where differences are elapsed time; on a zone's own wall they would not be."""
    return Span(since.astimezone(UTC), until.astimezone(UTC))


def union(spans: Iterable[Span]) -> list[Span]:
    """In order, those that touch made one, empty ones left out."""
    found: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def outside(whole: Span, spans: Iterable[Span]) -> list[Span]:
    """What of ``whole`` none of ``spans`` covers."""
    found, at = [], whole.start
    for span in union(spans):
        if span.end <= at:
            continue
        if span.start >= whole.end:
            break
        if span.start > at:
            found.append(Span(at, span.start))
        at = span.end
    if at < whole.end:
        found.append(Span(at, whole.end))
    return found


def common(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What both cover. Each is in order and without overlaps."""
    found, one, two = [], 0, 0
    while one < len(some) and two < len(others):
        start = max(some[one].start, others[two].start)
        end = min(some[one].end, others[two].end)
        if start < end:
            found.append(Span(start, end))
        if some[one].end <= others[two].end:
            one += 1
        else:
            two += 1
    return found
