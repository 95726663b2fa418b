"""What a channel reads of an incident, as it is now. Read when it is said: what waited too long says nothing old."""

from collections.abc import Iterator
from datetime import UTC, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.kit import clock
from escalation.kit.text import one_line
from escalation.notify.rooms import Button, Said

from .chat_rooms import ChatPost, ChatRoom
from .incident import Incident

VALID = timedelta(days=1)  # of a button, where its presses are not signed; it is renewed whenever the message is
_TITLE = 300  # characters


def said_of(post: ChatPost, incident: Incident, *, hears: bool) -> Said:
    """``incident``: read ``with_runs``. ``hears``: presses come back from that channel."""
    link = f"{settings.ADDRESS}{incident.get_absolute_url()}"
    if incident.restricted or post.ended_at is not None:  # no more than what somebody needs to find it, if they may
        return Said(incident.ref, (_("No more of it is told here."),), link)
    title, drill = one_line(incident.bare_title, limit=_TITLE), _("DRILL: ") if incident.drill else ""
    until = int((clock.now() + VALID).timestamp())
    key = post.key if hears else ""
    return Said(
        f"{drill}SEV{incident.severity} {incident.ref} {title}",
        tuple(_lines(incident)),
        link,
        tuple(_buttons(incident)),
        key,
        until if key else 0,
    )


def hello(room: ChatRoom) -> Said:
    lines = [_("Hello. This channel will read of incidents here."), _("Whoever reads along can open them, and act.")]
    return Said(_("Baton says hello"), tuple(lines), settings.ADDRESS)


def _lines(incident: Incident) -> Iterator[str]:
    yield _state(incident)
    about = [one_line(incident.service.name, limit=80)] if incident.service else []
    if n := incident.people_affected:
        about.append(ngettext("%(n)d person affected", "%(n)d people affected", n) % {"n": n})
    if about:
        yield " · ".join(about)


def _state(incident: Incident) -> str:
    run, status = incident.run, incident.status
    if status in ("resolved", "closed"):
        who = incident.resolver.name if incident.resolver else ""
        return _("Resolved by %(who)s.") % {"who": who} if who else _("Resolved.")
    if run is None:
        return _("Open.")
    holder, tier = (run.holder.name if run.holder else ""), (run.tier.name if run.tier else "")
    if status == "on_hold" and run.held_until is not None:
        return _("On hold until %(until)s.") % {"until": f"{run.held_until.astimezone(UTC):%d %b %H:%M} UTC"}
    if status == "acknowledged":
        return _("Acknowledged: %(who)s has it.") % {"who": holder or tier}
    if run.quiet_until is not None:
        return _("Maintenance: nobody is called automatically.")
    return _("Nobody has it yet. %(tier)s is called.") % {"tier": tier} if tier else _("Nobody has it yet.")


def _buttons(incident: Incident) -> Iterator[Button]:
    """What its state allows to somebody; whether to whoever presses is asked then."""
    if incident.resolved_at is not None:
        return
    if incident.status == "triggered":
        yield Button("acknowledge", _("Acknowledge"), _page("acknowledgement", incident))
    yield Button("resolve", _("Resolve"), _page("resolution", incident), wordy=True)
    if incident.status == "triggered":
        yield Button("escalate", _("Escalate"), _page("escalation", incident), wordy=True)


def _page(name: str, incident: Incident) -> str:
    return f"{settings.ADDRESS}{reverse(name, args=[incident.number])}"
