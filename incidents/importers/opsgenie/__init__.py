"""From Opsgenie, whose API ends on 2027-04-05: its API while it lives, an export of ours, or a folder of Atlassian's
``opsgenie-configuration-backup``.

What is different there, and what becomes of it:

- All rotations of a schedule are on call at once: each is a schedule here, and a step calls by all of them.
- An escalation's delays count from its beginning, not from the rule before.
- “The next on call” is a schedule here too: the same turns, one place on.
- A team's routing picks what is called; its last, default rule becomes a service's policy, the others are listed.
- A rotation in which an escalation takes a turn is archived, and so is what calls by it.
- An override of the whole schedule stands in for each of its rotations.
"""

from datetime import datetime
from typing import Any

from ..answers import Answers, Files
from ..careful import CarefulCalendar
from ..live import Api, Say
from ..plain import cleaned
from ..records import Organisation
from . import gathering, reading
from .calendar import OpsgenieCalendar


class Opsgenie:
    name = "opsgenie"
    label = "Opsgenie"
    host = "https://api.opsgenie.com"
    waits_in_vain = True

    def live(self, url: str, key: str, say: Say) -> Answers:
        return Api(url, {"Authorization": f"GenieKey {key}"}, say).get

    def gather(self, ask: Answers) -> Any:
        return gathering.gather(lambda address: cleaned(ask(address)))

    def foreign(self, files: Files) -> Any | None:
        return gathering.from_backup(files)

    def read(self, raw: Any, now: datetime) -> Organisation:
        return reading.read(raw, now)

    def calendar(self, raw: Any) -> CarefulCalendar:
        return CarefulCalendar(lambda: OpsgenieCalendar(raw))
