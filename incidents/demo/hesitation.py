"""Two incidents of the weeks before in which the signs said to escalate: in one somebody did, in one the clock had to.
Made by the verbs, as everything here is."""

from datetime import timedelta

from incidents.models import Cause

from .playing import Past

DAY = timedelta(days=1) / timedelta(minutes=1)
TOLD = (  # days ago, short, title, whether somebody escalated
    (11.2, "sign-in", "Nobody stays signed in at the ticket portal", True),
    (4.3, "files", "The ticket portal loses attachments", False),
)


def tell(past: Past) -> None:
    for days, short, title, asked in TOLD:
        _portal(past, days * DAY, f"portal-{short}", title, asked=asked)


def _portal(past: Past, since: float, short: str, title: str, *, asked: bool) -> None:
    """After three and a half minutes two attempts have done nothing, one has made it worse, and three times as many
    people are affected. The desk has five minutes."""
    past.opened(since, short, title, "Ticket portal", "lena", people_affected=25)
    past.at(since - 0.7, short, "acknowledge", "jo")
    past.at(since - 1.6, short, "attempt", "jo", text="Signed in again from another browser.", outcome="no_effect")
    past.at(since - 2.4, short, "attempt", "jo", text="Emptied the portal's cache.", outcome="no_effect")
    past.at(since - 3, short, "state", "jo", people_affected=80)
    past.at(since - 3.5, short, "attempt", "jo", text="Restarted one of its two servers.", outcome="worse")
    if asked:
        past.at(since - 4, short, "escalate", "jo", reason="expertise", text="It gets worse, and I see no cause.")
    past.at(since - 6.4, short, "acknowledge", "idris")
    text = "Took the last release back; a library was missing on one server."
    past.at(since - 10, short, "attempt", "idris", text=text, outcome="helped")
    past.at(since - 12, short, "resolve", "idris", cause=Cause.CHANGE, text=text)
