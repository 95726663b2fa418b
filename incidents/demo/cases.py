"""A training case made from an incident of days before: drafted from its record, read part by part, published. By the
verbs, as everything here is."""

from functools import partial

from escalation.kit import clock
from incidents.models import Cause, Incident, TrainingCase
from incidents.practising import making
from incidents.practising.checking import Checker

from .playing import Past, person

DAY = 24 * 60  # minutes
AUTHOR = "sam"  # supervises the desk
WORDS = {
    "title": "Badges open the wrong doors",
    "service": "Doors of the offices open by badge. Who may go where is kept in one directory.",
    "lesson": "Two attempts that change nothing say that it is something else. Ask then who knows it.",
}
COMMENTS = (
    "It has just begun, and nothing says that you cannot help.",
    "One attempt that did not help is how most incidents begin.",
)


def tell(past: Past) -> None:
    since = 4.8 * DAY
    title = "Badges open the wrong doors, says Jo Okafor"
    past.opened(since, "doors", title, "Identity", "jo", people_affected=30)
    past.at(since - 0.8, "doors", "acknowledge", "jo")
    past.at(since - 1.6, "doors", "attempt", "jo", text="Restarted door-ctl-02.", outcome="no_effect")
    past.at(since - 2.4, "doors", "state", "jo", people_affected=180)
    past.at(since - 3.2, "doors", "attempt", "jo", text="Loaded the badges again, as Priya once did.", outcome="worse")
    past.at(since - 4.5, "doors", "escalate", "jo", reason="expertise", text="The directory is beyond us.")
    past.at(since - 5.2, "doors", "acknowledge", "priya")
    past.at(since - 11, "doors", "attempt", "priya", text="Put the old mapping back.", outcome="helped")
    past.at(since - 12, "doors", "resolve", "priya", cause=Cause.CHANGE, text="A sync had swapped two groups.")
    past.deeds.append((since - DAY / 2, partial(_publish, past)))


def _publish(past: Past) -> None:
    incident, author = Incident.objects.get(pk=past.known["doors"]), person(AUTHOR)
    draft = making.draft(incident, clock.now())
    case = TrainingCase.begin(incident, by=author, told=draft.told, replaced=draft.replaced)
    case.write(0, by=author, words=WORDS, looked=True)
    for n in range(1, len(case.parts)):
        words = {"comment": COMMENTS[n - 1]} if n <= len(COMMENTS) else {}
        case.write(n, by=author, words=words, looked=True)
    case.publish(by=author, check=Checker(case).sentences)
