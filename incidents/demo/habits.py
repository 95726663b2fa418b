"""How some of the sample organisation's people want to be reached, beside what an account starts with.

Two of them are accounts that a visitor may step into, so that their page shows it.
"""

from datetime import time

from escalation.notify import reaching
from escalation.notify.plan import LOUD, QUIET
from escalation.people.models import User

DELAYS = {"sam": (QUIET, 10), "mei": (LOUD, 1)}  # who gets a second e-mail, for what, and after how many minutes
NIGHTS = {"ada": (time(22), time(7))}


def build(people: dict[str, User]) -> None:
    for first, (urgency, minutes) in DELAYS.items():
        account = people[first].contact_methods.get(channel="email", address="")
        reaching.add_rule(people[first], urgency=urgency, method=account, delay_minutes=minutes)
    for first, (begins, ends) in NIGHTS.items():
        reaching.set_quiet_hours(people[first], begins, ends)
