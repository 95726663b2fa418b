"""People at work while the storm goes on: they acknowledge, hand over, hold, resolve, write things down.

``python -m scripts.chaos_people --seed N --log FILE``, with Baton's own environment. A process like the web's,
and it may be killed like it. Whatever a verb returned for is noted with its words: they must be on record.
"""

import argparse
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "escalation.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import Error as DatabaseError  # noqa: E402
from django.db import connection  # noqa: E402

from escalation.engine.models import Delivery  # noqa: E402
from escalation.kit import clock, failpoint  # noqa: E402
from escalation.kit.errors import Refused  # noqa: E402
from escalation.people.models import User  # noqa: E402
from incidents.models import Incident  # noqa: E402

PAUSE = (0.02, 0.25)  # seconds between two verbs
Verb = Callable[[Incident, User, User, str], None]


def hold(incident: Incident, by: User, other: User, words: str) -> None:
    incident.hold(by=by, until=clock.now() + timedelta(seconds=10 * settings.POLICY_MINUTE_SECONDS), text=words)


# How often each is tried. Most of it is refused, as among people who do not see each other.
VERBS: dict[str, tuple[int, Verb]] = {
    "acknowledge": (8, lambda incident, by, other, words: incident.acknowledge(by=by)),
    "answer": (1, lambda incident, by, other, words: incident.answer(by=by)),
    "hand_over": (4, lambda incident, by, other, words: incident.hand_over(by=by, to=other, text=words)),
    "accept": (3, lambda incident, by, other, words: incident.accept(by=by)),
    "decline": (1, lambda incident, by, other, words: incident.decline(by=by, text=words)),
    "take_back": (1, lambda incident, by, other, words: incident.take_back(by=by)),
    "reassign": (1, lambda incident, by, other, words: incident.reassign(by=by, to=other, text=words)),
    "escalate": (2, lambda incident, by, other, words: incident.escalate(by=by, reason="expertise", text=words)),
    "hold": (3, hold),
    "resume": (1, lambda incident, by, other, words: incident.resume(by=by)),
    "note": (3, lambda incident, by, other, words: incident.note(by=by, text=words)),
    "attempt": (2, lambda incident, by, other, words: incident.attempt(by=by, text=words, outcome="no_effect")),
    "resolve": (2, lambda incident, by, other, words: incident.resolve(by=by, cause="change", text=words)),
    "reopen": (1, lambda incident, by, other, words: incident.reopen(by=by, text=words)),
}
WORDLESS = ("acknowledge", "answer", "accept", "take_back", "resume")


class People:
    def __init__(self, seed: int, log: Path):
        self.dice = random.Random(seed)
        self.log = log.open("a", buffering=1)
        self.count = 0
        self.stopped = False
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, *_: object) -> None:
        self.stopped = True

    def work(self) -> None:
        while not self.stopped:
            try:
                self._one()
            except DatabaseError as error:  # it may have been done or not: nobody was told
                print(type(error).__name__, str(error).split("\n", 1)[0], file=sys.stderr, flush=True)
                connection.close()
            time.sleep(self.dice.uniform(*PAUSE))

    def _one(self) -> None:
        incident = Incident.objects.filter(closed_at=None).select_related("service").order_by("?").first()
        if incident is None:
            return
        asked = Delivery.objects.filter(trail=incident.trail_id).order_by("-id").values_list("person", flat=True)[:6]
        by = User.objects.get(pk=self.dice.choice(list(asked)))
        other = self.dice.choice(list(User.objects.filter(is_active=True).order_by("id")))
        name = self.dice.choices(list(VERBS), [often for often, _verb in VERBS.values()])[0]
        self.count += 1
        words = f"{name} {os.getpid()}.{self.count}.{time.monotonic_ns()}"
        try:
            VERBS[name][1](incident, by, other, words)
        except Refused:
            return
        self.log.write(json.dumps({"verb": name, "words": "" if name in WORDLESS else words}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    chosen = parser.parse_args()
    failpoint.arm_from_environment()
    People(chosen.seed, chosen.log).work()


if __name__ == "__main__":
    main()
