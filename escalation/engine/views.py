"""For those who watch us: is it ready, is it well, and in numbers.

``/healthz`` in one word is everybody's; numbers want the token ``BATON_WATCH_TOKEN`` as a bearer.
No answer carries a title or a person.
"""

import json
import logging
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from escalation.kit import clock
from escalation.policies.readiness import badge

from . import health, metrics

log = logging.getLogger(__name__)

KEEP = 2  # seconds an answer to strangers is kept: asking often costs nothing
View = Callable[[HttpRequest], HttpResponse]


def plain(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")


@never_cache
@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if pages can be served; 503 with what is missing, a line each."""
    missing = cache.get_or_set("readyz", _not_ready, KEEP)
    return plain("\n".join(missing), 503) if missing else plain("ready")


def _not_ready() -> list[str]:
    try:
        return health.not_ready()
    except Exception:
        log.warning("not ready: the database does not answer", exc_info=True)
        return ["the database does not answer"]


@never_cache
@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """``ok`` or ``failing``; with ``?deep=1`` and the token the reasons and the numbers."""
    if "deep" in request.GET:
        return deep(request)
    well = cache.get_or_set("healthz", _well, KEEP)
    return plain("ok") if well else plain("failing", 503)


def with_token(view: View) -> View:
    """For whoever shows the token."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.WATCH_TOKEN:
            return plain("Numbers are shown once BATON_WATCH_TOKEN is set; see docs/watching.md.", 404)
        kind, _, shown = request.headers.get("Authorization", "").partition(" ")
        fits = secrets.compare_digest(shown.strip().encode(), settings.WATCH_TOKEN.encode())
        if kind.lower() != "bearer" or not fits:
            return plain("Send the token: Authorization: Bearer BATON_WATCH_TOKEN.", 403)
        return view(request)

    return guarded


@with_token
def deep(request: HttpRequest) -> HttpResponse:
    seen = _look()
    if seen is None:
        return _json({"status": "failing", "problems": ["database"]}, 503)
    return _json(said(seen) | {"readiness": {"red": _red()}}, 503 if seen.problems else 200)


@never_cache
@login_not_required
@require_safe
@with_token
def prometheus(request: HttpRequest) -> HttpResponse:
    seen = _look()
    if seen is None:
        return plain("the database does not answer", 503)
    return HttpResponse(metrics.exposition(seen, _red()), content_type=CONTENT_TYPE_LATEST)


def _well() -> bool:
    seen = _look()
    return seen is not None and not seen.problems


def _look() -> health.Health | None:
    """None if the database does not answer."""
    try:
        return health.look(clock.now())
    except Exception:
        log.warning("cannot say how the engine is", exc_info=True)
        return None


def _red() -> int | None:
    """How much is red on the readiness report. It is no part of how the engine is, and must not spoil the answer."""
    try:
        return badge.counted()
    except Exception:
        log.warning("cannot say how ready the installation is", exc_info=True)
        return None


def said(seen: health.Health) -> dict[str, Any]:
    """A look as JSON; spans in seconds, rounded to milliseconds."""
    audit = seen.audit and {
        "green": seen.audit.green,
        "findings": seen.audit.findings,
        "age": round(health.seconds_between(seen.audit.at, seen.at), 3),
    }
    late = seen.lateness
    return {
        "status": "failing" if seen.problems else "ok",
        "problems": seen.problems,
        "at": seen.at.isoformat(),
        "held": seen.held,
        "beats": [{"name": one.name, "host": one.host, "age": round(seen.age(one), 3)} for one in seen.beats],
        "timers": {
            "oldest_overdue": round(seen.overdue, 3),
            "fired": late.count,
            "late_p50": round(late.p50, 3),
            "late_p99": round(late.p99, 3),
            "late_most": round(late.most, 3),
        },
        "open_without_step": seen.without_step,
        "deliveries": seen.deliveries,
        "queue": seen.queued,
        "oldest_waiting": {name: round(span, 3) for name, span in seen.waiting.items()},
        "services_away": {name: round(span, 3) for name, span in seen.away.items()},
        "unanchored": round(seen.unanchored, 3),
        "audit": audit,
        "backup": seen.backup and {"age": round(seen.backup.seconds, 3), "ever": seen.backup.ever},
    }


def _json(data: dict[str, Any], status: int) -> HttpResponse:
    return HttpResponse(json.dumps(data, indent=1) + "\n", status=status, content_type="application/json")
