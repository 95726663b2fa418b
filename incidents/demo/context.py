"""What pages show in the demonstration only."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from . import flags
from .history import making
from .people import LOGINS


def demo(request: HttpRequest) -> dict[str, Any]:
    if not settings.DEMO:
        return {}
    return {"demo_logins": LOGINS, "demo_paused": flags.paused, "demo_history": making.going_on}
