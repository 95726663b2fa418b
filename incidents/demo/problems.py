"""Trouble that came back: one problem that was fixed two weeks ago and is measured since, and what looks like the card
payments of today. Made by the verbs, as everything here is."""

from datetime import timedelta
from functools import partial

from escalation.kit import clock
from escalation.people.models import Team
from incidents.models import Cause, Incident, Problem

from .playing import Past, person

DAY = 24 * 60  # minutes
LABELS = "Parcel labels do not print"
FIXED = 15  # days ago
BEFORE = (28.6, 27.1, 25.4, 23.9, 22.2, 20.5, 19.3, 17.8, 16.4)
AFTER = (6.3,)


def tell(past: Past) -> None:
    _labels(past)
    _payments(past)


def _labels(past: Past) -> None:
    for n, ago in enumerate((*BEFORE, *AFTER)):
        where = ("", " in hall 2", " again")[n % 3]
        _over(past, f"labels-{n}", ago, LABELS + where, "Orders", "The print server was stuck. Restarted it.")
    past.deeds.append(((FIXED + 1) * DAY, partial(_begin, past)))
    past.deeds.append((FIXED * DAY + 60, _done))
    past.deeds.append((FIXED * DAY, _fixed))


def _payments(past: Past) -> None:
    _over(
        past,
        "declined-1",
        21.2,
        "Card payments declined in Germany",
        "Payments",
        "The token service ran out of connections. Restarted its second node.",
    )
    _over(
        past,
        "declined-2",
        9.4,
        "Card payments are declined in Germany",
        "Payments",
        "Restarted the token service node by node; its connections were used up.",
    )


def _over(past: Past, short: str, ago: float, title: str, service: str, text: str) -> None:
    since = ago * DAY
    past.opened(since, short, title, service, "jo", people_affected=20)
    past.at(since - 0.8, short, "acknowledge", "jo")
    past.at(since - 3.5, short, "attempt", "jo", text=text, outcome="helped")
    past.at(since - 4.2, short, "resolve", "jo", cause=Cause.SOFTWARE, text=text)


def _begin(past: Past) -> None:
    found = [Incident.objects.get(pk=past.known[f"labels-{n}"]) for n in range(len(BEFORE))]
    problem = Problem.begin(
        found[-1],
        by=person("ana"),
        title="The print server hangs",
        owner=person("mei"),
        team=Team.objects.get(name="Applications"),
        cause="It keeps every connection of a label printer that was switched off, until it has none left.",
        also=found[:-1],
    )
    due = (clock.now() + timedelta(days=3)).date()
    problem.add_action(by=person("mei"), what="Let it drop connections that are silent", owner=person("idris"), due=due)


def _done() -> None:
    Problem.objects.get().complete_action(1, by=person("idris"))


def _fixed() -> None:
    Problem.objects.get().fix(by=person("mei"), at=clock.now())
