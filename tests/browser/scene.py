"""Makes the scene of a browser test in a migrated database of its own: the organisation, and three incidents.

Run as a program, since the database is not the test process's: prints who is signed in with
which session, and the incidents' numbers, as one JSON object.
"""

import json
import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
TITLES = ("Card payments fail", "Search index is stale", "Export is empty")


def main() -> None:
    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from escalation.engine import beats
    from escalation.kit import clock
    from escalation.people.models import User
    from escalation.people.sessions import SessionStore
    from incidents.models import Incident
    from tests.organisation import assemble
    from tests.runbook_kit import write

    cast = assemble()
    numbers = [Incident.open(title=title, service=cast.service, by=cast.ana).number for title in TITLES]
    schedule, runbook = take_turns(cast), write(cast).pk  # about nothing, so that no incident shows it
    for name in ("timers", "general"):
        beats.beat(name, now=clock.now())
    sessions = {}
    for user, long_ago in [*((user, False) for user in User.objects.all()), (cast.ada, True)]:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session["proved_at"] = 0 if long_ago else time.time()
        session.create()
        sessions[user.get_short_name().lower() + (" long ago" if long_ago else "")] = session.session_key
    tiers = {name: tier.pk for name, tier in cast.tiers.items()}
    people = {user.get_short_name().lower(): user.pk for user in User.objects.all()}
    made = {"sessions": sessions, "numbers": numbers, "tiers": tiers, "people": people, "schedule": schedule}
    made |= {"runbook": runbook, "service": cast.service.pk}
    print(json.dumps(made))


def take_turns(cast) -> int:
    """Jo, and then nobody else: on call all week, by a schedule that no step uses."""
    from datetime import date

    from escalation.oncall.models import Layer, Schedule, Seat

    schedule = Schedule.objects.create(name="Evenings", team=cast.teams["Service desk"])
    layer = Layer.objects.create(schedule=schedule, name="Turns", unit=Layer.Unit.DAYS, starts_on=date(2026, 1, 1))
    Seat.objects.create(layer=layer, position=1, person=cast.jo)
    return schedule.pk


if __name__ == "__main__":
    main()
