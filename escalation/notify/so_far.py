"""What was done by now and how long it took, in words. Pure: plain values in, words out."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext


def tally(tried: int, helped: int) -> str:
    """``tried 4 times, helped once``"""
    times = gettext("tried once") if tried == 1 else gettext("tried %(n)d times") % {"n": tried}
    good = {0: gettext("never helped"), 1: gettext("helped once")}.get(helped)
    return f"{times}, {good or gettext('helped %(n)d times') % {'n': helped}}"


def so_far(facts: Mapping[str, Any]) -> str:
    """``So far: tried 4 times, helped once, 34 min hands-on.`` Nothing if nothing was done."""
    tried, helped = facts.get("tried"), facts.get("helped")
    spent = span(facts.get("hands_on_s"))
    done = [tally(tried, helped)] if isinstance(tried, int) and isinstance(helped, int) and tried > 0 else []
    done += [gettext("%(spent)s hands-on") % {"spent": spent}] if spent else []
    return gettext("So far: %(done)s.") % {"done": ", ".join(done)} if done else ""


def span(seconds: Any) -> str:
    """``1 h 35 min``, ``40 s``; empty for nothing."""
    if not isinstance(seconds, int) or seconds <= 0:
        return ""
    if seconds < 60:
        return f"{seconds} s"
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    parts = [(days, "d"), (hours, "h"), (0 if days else minutes, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
