"""Two incidents of the days before, and what was learnt from them: a review that is done, and one of which an action is
late. Made by the verbs, as everything here is."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from escalation.engine import deliver
from escalation.kit import clock
from incidents.models import Cause, Incident, Review, chasing
from incidents.reviewing import drafting, reading

from .people import PEOPLE
from .playing import Past, person

DAY = 24 * 60  # minutes


def tell(past: Past) -> None:
    """Both are less than a week old: what is older is closed."""
    _invoices(past)
    _warehouse(past)


def _invoices(past: Past) -> None:
    since = 6.4 * DAY
    past.opened(since, "invoices", "Invoices were sent twice", "Orders", "jo", people_affected=420)
    past.at(since - 1, "invoices", "acknowledge", "jo")
    past.at(since - 4, "invoices", "attempt", "jo", text="Stopped the mail queue.", outcome="no_effect")
    past.at(since - 6, "invoices", "escalate", "jo", reason="expertise", text="The job runs again and again.")
    past.at(since - 7, "invoices", "acknowledge", "idris")
    past.at(since - 13, "invoices", "attempt", "idris", text="Took the second scheduler away.", outcome="helped")
    past.at(since - 15, "invoices", "resolve", "idris", cause=Cause.CHANGE, text="Two schedulers ran the same job.")
    words = {
        "hindered": "- Nothing showed that two schedulers were running; customers told us.",
        "factors": (
            ("change", "The move to the new cluster left the old scheduler running."),
            ("detection", "There is no alarm for a job that runs twice."),
        ),
    }
    past.deeds.append((since - DAY / 2, partial(_review, past, "invoices", "idris", words)))
    _act(
        past,
        since - DAY / 2 - 1,
        "invoices",
        "add_action",
        "idris",
        **_action("Let a job refuse to run twice", "idris", 2),
    )
    _act(past, since - DAY / 2 - 2, "invoices", "share", "idris")
    _act(past, since - 2 * DAY, "invoices", "complete_action", "idris", 1)


def _warehouse(past: Past) -> None:
    since = 5.9 * DAY
    title = "Scanners in the warehouse lose their network"
    past.opened(since, "warehouse", title, "Network", "lena", people_affected=130)
    past.at(since - 0.8, "warehouse", "acknowledge", "ana")
    past.at(since - 3, "warehouse", "attempt", "ana", text="Restarted the access points.", outcome="no_effect")
    past.at(since - 4.5, "warehouse", "escalate", "ana", reason="access", text="I cannot see the switches.")
    past.at(since - 5.5, "warehouse", "acknowledge", "priya")
    past.at(since - 11, "warehouse", "attempt", "priya", text="Moved the hall to the other switch.", outcome="helped")
    past.at(since - 12, "warehouse", "resolve", "priya", cause=Cause.CHANGE, text="A port was set to half duplex.")
    words = {"factors": (("access", "The service desk sees the access points and not the switches behind them."),)}
    past.deeds.append((since - DAY / 3, partial(_review, past, "warehouse", "priya", words)))
    step = since - DAY / 3
    ports = _action("Write down which port each hall hangs on", "ana", 1)
    look = _action("Give the service desk a look at the switches", "tom", 30)
    _act(past, step - 1, "warehouse", "add_action", "priya", **ports)
    _act(past, step - 2, "warehouse", "add_action", "priya", **look)
    _act(past, step - 3, "warehouse", "share", "priya")
    past.deeds += [(_since_ten(past.now, days), _remind) for days in (4, 3, 2, 1)]


def _review(past: Past, short: str, by: str, more: dict) -> None:
    incident = Incident.objects.get(pk=past.known[short])
    draft = drafting.draft(incident, reading.of(incident, clock.now()))
    review = Review.begin(incident, by=person(by), words=draft)
    review.write(by=person(by), words=replace(draft, **more))


def _act(past: Past, ago: float, short: str, verb: str, by: str, *which: int, **words: object) -> None:
    past.deeds.append((ago, partial(_do, past, short, verb, by, which, words)))


def _do(past: Past, short: str, verb: str, by: str, which: tuple[int, ...], words: dict) -> None:
    review = Review.objects.get(incident=past.known[short])
    words = {name: value() if callable(value) else value for name, value in words.items()}
    getattr(review, verb)(*which, by=person(by), **words)


def _action(what: str, owner: str, days: int) -> dict:
    return {
        "what": what,
        "owner": partial(person, owner),
        "due": lambda: (clock.now() + timedelta(days=days)).date(),
    }


def _since_ten(now: datetime, days: int) -> float:
    """Minutes since ten o'clock of some day before, where Ana lives: in the morning people are reminded."""
    there = now.astimezone(ZoneInfo(PEOPLE["ana"][1]))
    ten = (there - timedelta(days=days)).replace(hour=10, minute=0)
    return (there - ten) / timedelta(minutes=1)


def _remind() -> None:
    chasing.chase()
    deliver.deliver_due()
