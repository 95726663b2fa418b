"""The half hour before the visitor came, and what was told of the days before: in every state, made by the verbs."""

from datetime import timedelta
from functools import partial

from django.db import transaction

from escalation.kit import clock
from incidents.models import Cause, Incident, Update
from incidents.models.status_page import Effect

from . import cases, drills, hesitation, problems, reviews, runbooks
from .history import making
from .playing import Past, person
from .status_page import said

MINUTES = 40


@transaction.atomic
def play() -> None:
    """Only where nothing has happened yet; all of it or nothing."""
    if Incident.objects.exists():
        return
    making.reserve(clock.now())  # what is older has the smaller numbers
    past = Past(clock.now())
    for tell in (
        problems.tell,
        reviews.tell,
        hesitation.tell,
        drills.tell,
        cases.tell,
        _search,
        _payments,
        _outside,
        _mail,
        _tokens,
        _orders,
        _badges,
        _laptops,
        _login,
    ):
        tell(past)
    past.play()


def _search(past: Past) -> None:
    past.opened(
        40,
        "search",
        "Catalogue search takes ten seconds",
        "Catalogue",
        "jo",
        people_affected=60,
        symptom="Shops in the north report that product search is slow since this morning.",
    )
    past.at(39.5, "search", "acknowledge", "jo")
    past.at(
        37,
        "search",
        "attempt",
        "jo",
        hypothesis="The page's cache is cold after the night.",
        text="Cleared the cache of the search page.",
        outcome="no_effect",
        minutes=2,
    )
    past.at(36, "search", "escalate", "jo", reason="expertise", text="Needs somebody who knows the index.")
    past.at(35, "search", "acknowledge", "idris")
    past.at(
        31,
        "search",
        "attempt",
        "idris",
        hypothesis="The nightly job was cut off.",
        text="Rebuilt the index that last night's job left half done.",
        outcome="helped",
        minutes=4,
    )
    past.at(
        29,
        "search",
        "resolve",
        "idris",
        cause=Cause.CHANGE,
        text="The nightly index job was cut off by the new release window. Index rebuilt, window moved.",
    )


def _outside(past: Past) -> None:
    """What those outside read: one that is over, and one that goes on."""
    slow = said(
        Update.Stage.INVESTIGATING,
        "Search takes long.",
        title="Slow search",
        effect=Effect.DEGRADED,
        what="Product search",
    )
    past.at(38, "search", "publish_update", "jo", **slow)
    past.at(
        29.2, "search", "publish_update", "idris", **said(Update.Stage.RESOLVED, "Search is as fast as ever again.")
    )
    text = "Some card payments in Germany are declined. If yours is, it helps to try again. We look into it."
    title = "Card payments are declined in Germany"
    cards = said(Update.Stage.INVESTIGATING, text, title=title, effect=Effect.PARTLY_DOWN, what="Card payments")
    past.at(7.5, "pay", "publish_update", "jo", **cards)
    past.at(
        2,
        "pay",
        "publish_update",
        "mei",
        **said(Update.Stage.IDENTIFIED, "We know where it fails, and are mending it."),
    )


def _mail(past: Past) -> None:
    past.opened(26, "mail", "Order confirmations arrive an hour late", "Orders", "lena", people_affected=15)
    past.at(25.3, "mail", "acknowledge", "lena")
    past.ticked(25, "mail", "lena", runbooks.SHIPPING, 1)
    past.ticked(24.2, "mail", "lena", runbooks.SHIPPING, 2, failed="Restarted; the queue was short before and after.")
    past.at(
        23, "mail", "resolve", "lena", cause=Cause.SUPPLIER, text="The mail provider had a backlog; it is empty now."
    )


def _payments(past: Past) -> None:
    past.opened(
        9,
        "pay",
        "Card payments are declined in Germany",
        "Payments",
        "jo",
        people_affected=1900,
        impact=1,
        urgency=1,
        symptom="One in three card payments is declined since 10 minutes. Cash desks queue up.",
    )
    past.at(8.4, "pay", "acknowledge", "jo")
    past.at(
        6.5,
        "pay",
        "attempt",
        "jo",
        hypothesis="The acquirer is down.",
        text="Switched two tills to the second acquirer.",
        outcome="no_effect",
    )
    past.at(
        4.5,
        "pay",
        "escalate",
        "jo",
        reason="expertise",
        text="The acquirer's status page is green, so it is ours. Not the tills: web shop has it too.",
    )
    past.at(3.6, "pay", "acknowledge", "mei")
    past.at(
        3.2,
        "pay",
        "publish_update",
        "mei",
        epoch=None,
        stage="investigating",
        text="One in three card payments in Germany is declined since a few minutes. Please ask for cash, or for "
        "another card. We are looking into it.",
        to_stakeholders=True,
        on_status_page=False,
    )
    past.at(2.5, "pay", "answer", "ines")
    past.at(1.2, "pay", "note", "mei", text="Timeouts start at the token service. Looking at its connection pool.")


def _tokens(past: Past) -> None:
    past.opened(3.6, "tokens", "Sign-in codes by text message do not arrive", "Identity", "lena", people_affected=40)
    past.at(3, "tokens", "acknowledge", "ana")
    past.ticked(2.2, "tokens", "ana", runbooks.SIGN_IN, 1)
    past.ticked(2, "tokens", "ana", runbooks.SIGN_IN, 2)
    past.ticked(0.9, "tokens", "ana", runbooks.SIGN_IN, 3, failed="The e-mails come as late as the text messages.")
    past.at(
        2.2,
        "tokens",
        "attempt",
        "ana",
        text="Sent one to my own phone: arrives after four minutes.",
        outcome="no_effect",
    )
    past.at(1.3, "tokens", "attempt", "ana", text="Switched to the second text message route.", outcome="no_effect")
    past.at(0.8, "tokens", "state", "ana", people_affected=190)


def _orders(past: Past) -> None:
    past.opened(3, "orders", "Orders stay in “paid” and are not shipped", "Orders", "jo", people_affected=120, impact=1)
    past.at(2.5, "orders", "acknowledge", "jo")
    past.ticked(2.1, "orders", "jo", runbooks.SHIPPING, 1)
    past.ticked(1.3, "orders", "jo", runbooks.SHIPPING, 2, failed="Restarted twice; 240 wait, and it grows.")
    past.at(
        0.7,
        "orders",
        "hand_over",
        "jo",
        to=partial(person, "ana"),
        text="Restarted the shipping worker, no change. Next: the dead-letter queue. My shift ends.",
    )


def _badges(past: Past) -> None:
    past.opened(20, "badges", "Badge reader at the north gate is dead", "Workplace", "rita", impact=3, urgency=2)
    past.at(19.5, "badges", "acknowledge", "rita")
    past.at(
        19,
        "badges",
        "hold",
        "rita",
        until=lambda: clock.now() + timedelta(hours=3),
        text="The electrician comes after lunch. Guards let people in by list.",
    )


def _laptops(past: Past) -> None:
    past.opened(12, "laptops", "New laptops do not enrol", "Identity", "ana", people_affected=6, impact=3)
    past.at(11.5, "laptops", "acknowledge", "ana")
    past.ticked(11, "laptops", "ana", runbooks.SIGN_IN, 1)
    past.ticked(10.5, "laptops", "ana", runbooks.SIGN_IN, 2)
    past.at(
        9.5,
        "laptops",
        "hold",
        "ana",
        until=lambda: clock.now() + timedelta(hours=2),
        text="The vendor renews the enrolment certificate; they promised it within two hours.",
    )


def _login(past: Past) -> None:
    past.opened(
        0.2,
        "login",
        "Sign-in page answers with error 502",
        "Identity",
        "lena",
        people_affected=300,
        urgency=1,
        symptom="About every second try. Started a minute ago.",
    )
