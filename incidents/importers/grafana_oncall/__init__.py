"""From Grafana OnCall: its public API while it lives, or an export of ours.

    gathering  which addresses are asked, and how their pages are turned
    reading    people, teams, chains, integrations and their keys           (pure)
    chains     the steps of an escalation chain                              (pure)
    schedules  of shifts that recur, and of a calendar elsewhere             (pure)
    calendar   who is on call by OnCall's own rules                           (pure; shares nothing with ``schedules``)

What is different there, and what becomes of it:

- Shifts of the highest level that are on are on call together, overrides above them all: a schedule in which several
  may be on call at once is several schedules here, and a step calls by all of them.
- What a chain waits is a gap between steps, and steps between two waits call at once: they are one step here. Five
  repeats are six rounds. Where nothing is waited for before it repeats, the last step calls with the first of the next
  round, so its rounds are written out.
- A schedule from a calendar elsewhere, and one whose shifts no layer can say, comes over shift by shift, for a year.
  What is in such a calendar is asked of OnCall itself, which has read it.
- Telephone numbers are told to nobody: everybody adds their own here.
- A chain that waits for an hour of the day, or for a number of alerts, would call at other times: it is archived.
- One source's alerts are about one service here; so the routes of an integration are listed, but for its last.
"""

from datetime import datetime
from typing import Any

from escalation.kit import clock
from escalation.kit.errors import Refused

from ..answers import Answers, Files
from ..careful import CarefulCalendar
from ..live import Api, Say
from ..plain import cleaned
from ..records import Organisation
from . import gathering, reading
from .calendar import OnCallCalendar


class GrafanaOnCall:
    name = "grafana-oncall"
    label = "Grafana OnCall"
    host = ""  # everybody has their own
    waits_in_vain = True

    def live(self, url: str, key: str, say: Say) -> Answers:
        if not url:
            raise Refused("Say where its engine is: --url https://oncall.example.com")
        return Api(url, {"Authorization": key}, say).get  # without a word before it

    def gather(self, ask: Answers) -> Any:
        return gathering.gather(lambda address: cleaned(ask(address)), clock.now())

    def foreign(self, files: Files) -> Any | None:
        return None

    def read(self, raw: Any, now: datetime) -> Organisation:
        return reading.read(raw, now)

    def calendar(self, raw: Any) -> CarefulCalendar:
        return CarefulCalendar(lambda: OnCallCalendar(raw))
