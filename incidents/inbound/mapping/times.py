"""Instants as senders write them. Pure."""

from datetime import UTC, datetime
from typing import Any

from .. import alert

_MILLISECONDS = 100_000_000_000  # as seconds that would be the year 5138


def instant(value: Any, now: datetime) -> datetime | None:
    """ISO 8601 (with Z, an offset, or meant as UTC) or Unix time in s or ms, as text or number; None if absurd."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(str(value)[:64])
    except ValueError:
        return alert.instant(_iso(str(value)), now)
    if abs(number) >= _MILLISECONDS:
        number /= 1000
    if not 0 < number < 4 * _MILLISECONDS / 10:  # neither unset nor beyond what a calendar has
        return None
    return alert.instant(datetime.fromtimestamp(number, UTC).isoformat(), now)


def _iso(text: str) -> str:
    """``2026-11-23 10:15:30 +0000`` too, as Nagios writes it."""
    day, _space, clock = text.strip().partition(" ")
    return f"{day}T{clock.replace(' ', '')}" if clock else text.strip()
