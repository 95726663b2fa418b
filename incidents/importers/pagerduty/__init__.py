"""From PagerDuty: its REST API, or an export of ours.

    gathering  which addresses are asked, and how their pages are turned
    reading    people, teams, policies, services and their keys               (pure)
    schedules  of the second version and the third                            (pure)
    calendar   who is on call by PagerDuty's own rules                         (pure; shares nothing with ``schedules``)
    zones      Rails' names of zones

What is different there, and what becomes of it:

- The first layer of a schedule is the highest, though PagerDuty's pages number them the other way round.
- The delay of an escalation rule is a gap after it; that of a notification rule counts from the call.
- Rotations of the third version are on call beside each other: each is a schedule here; a step calls by all.
- An event that no layer can say comes over shift by shift, for a year.
- Targets that take turns (“round robin”) are all called.
- Times are told in the zone that is asked for, so every schedule is asked for in its own. Without ``urgency=all`` only
  the loud half of somebody's notification rules is told.
"""

from datetime import datetime
from typing import Any

from escalation.kit import clock

from ..answers import Answers, Files
from ..careful import CarefulCalendar
from ..live import Api, Say
from ..plain import cleaned
from ..records import Organisation
from . import gathering, reading
from .calendar import PagerDutyCalendar


class PagerDuty:
    name = "pagerduty"
    label = "PagerDuty"
    host = "https://api.pagerduty.com"
    waits_in_vain = False  # whoever is next is told at once, as here

    def live(self, url: str, key: str, say: Say) -> Answers:
        return Api(url, gathering.headers(key), say).get

    def gather(self, ask: Answers) -> Any:
        return gathering.gather(lambda address: cleaned(ask(address)), clock.now())

    def foreign(self, files: Files) -> Any | None:
        return None

    def read(self, raw: Any, now: datetime) -> Organisation:
        return reading.read(raw, now)

    def calendar(self, raw: Any) -> CarefulCalendar:
        return CarefulCalendar(lambda: PagerDutyCalendar(raw))
