"""What the pages say in words: lengths of time, lists of names, channels, numbers."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from escalation.kit.words import counted as counted
from escalation.kit.words import names as names
from escalation.kit.words import spelt as spelt
from escalation.notify import ways

_CHANNELS = {
    "desk": gettext_lazy("on the desk"),
    "email": gettext_lazy("e-mail"),
    "push": gettext_lazy("push"),
    "sms": gettext_lazy("SMS"),
    "voice": gettext_lazy("phone"),
}


def took(minutes: int | None, *, by_clock: bool) -> str:
    """How long an attempt took, and whether somebody said so or the effort clock."""
    if not isinstance(minutes, int):
        return ""
    said = _("under 1 min") if by_clock and not minutes else spelt(timedelta(minutes=minutes))
    return _("%(spent)s by the clock") % {"spent": said} if by_clock else said


def channel_name(channel: str, way: str = "") -> str:
    """``SMS …67``: a channel, and which of the person's ways if they have several."""
    return f"{_CHANNELS.get(channel) or ways.label_of(channel)} {way}".rstrip()


def people_affected(number: int) -> str:
    """``1,900 people affected``; nothing when nobody said."""
    return ngettext("%s person affected", "%s people affected", number) % counted(number) if number else ""
