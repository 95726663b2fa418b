"""Lengths of time, lists of names and numbers in words."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def spelt(seconds: float | timedelta | None) -> str:
    """A length of time in words: ``45 s``, ``1 min 34 s``, ``2 h 5 min``, ``3 d``."""
    if seconds is None:
        return ""
    whole = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    days, hours, minutes, rest = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    parts = [
        (days, _("%d d")),
        (hours, _("%d h")),
        (minutes if whole < 86400 else 0, _("%d min")),
        (rest if whole < 600 else 0, _("%d s")),
    ]
    return " ".join(words % count for count, words in parts if count)[:24] or _("%d s") % 0


def names(people: Iterable[str], most: int = 3) -> str:
    """``Ana Ruiz, Jo Okafor and 2 others``."""
    everybody = list(people)
    if not everybody:
        return ""
    shown, more = everybody[:most], len(everybody) - most
    if more > 0:
        shown.append(ngettext("%d other", "%d others", more) % more)
    if len(shown) == 1:
        return shown[0]
    return _("%(some)s and %(last)s") % {"some": ", ".join(shown[:-1]), "last": shown[-1]}


def counted(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)
