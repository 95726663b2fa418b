"""One drill of the service desk, planned for every four weeks, that was held once. Made by the verbs, as everything
here is: the incident of two days ago climbed the real path, and was answered on the second call."""

from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from incidents.models import Cause, Drill, DrillRun, Incident, Service, drill_clock

from .playing import Past, person

DAY = 24 * 60  # minutes
TITLE = "Nobody can open the ticket portal"
TEXT = "It answers with error 503 since a few minutes, from the office and from home. The shops call."
ZONE = "Europe/Madrid"
AGO = 2 * DAY
WORDS = "Practised: the page that says so was up in five minutes."


def tell(past: Past) -> None:
    past.deeds.append((AGO + 3 * DAY, partial(_plan, past)))
    past.deeds.append((AGO, _held))
    past.deeds.append((AGO - 2.6, partial(_do, "acknowledge", "mei")))
    past.deeds.append((AGO - 9, partial(_end, "mei")))


def _plan(past: Past) -> None:
    """For when it is held, to the minute, and every four weeks from then."""
    first = (past.now - timedelta(minutes=AGO)).astimezone(ZoneInfo(ZONE))
    service = Service.objects.get(name="Ticket portal")
    when = {"day": first.date(), "at": first.time().replace(second=0, microsecond=0), "zone": ZONE, "weeks": 4}
    Drill.plan(by=person("sam"), title=TITLE, service=service, severity=2, text=TEXT, limit=60, **when)


def _held() -> None:
    drill_clock.look()


def _incident() -> Incident:
    run = DrillRun.objects.select_related("incident").get(drill__title=TITLE)
    assert run.incident is not None
    return run.incident


def _do(verb: str, by: str) -> None:
    getattr(_incident(), verb)(by=person(by))


def _end(by: str) -> None:
    _incident().resolve(by=person(by), cause=Cause.FALSE_ALARM.value, text=WORDS)
