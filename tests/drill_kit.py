"""Plans of drills, as stories need them."""

from datetime import date, time
from types import SimpleNamespace
from typing import Any

from incidents.models import Drill

FIRST = {"day": date(2026, 3, 9), "at": time(10, 30), "zone": "Europe/Berlin", "weeks": 4}  # 9:30 in UTC
ABOUT = {"title": "Card payments fail", "severity": 2, "text": "One in three is declined.", "limit": 60}


def plan(cast: SimpleNamespace, *, by: Any = None, **facts: Any) -> Drill:
    """Of the service that Kim's team owns, a week after the stories begin, every four weeks."""
    return Drill.plan(by=by or cast.kim, **{"service": cast.service, **FIRST, **ABOUT, **facts})
