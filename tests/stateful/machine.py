"""The machine: all that may happen, and what must hold after each step."""

from .checks import Checks
from .rules_alerts import Alerts
from .rules_people import People
from .rules_time import Time
from .rules_verbs import Verbs


class Escalations(Alerts, Verbs, People, Time, Checks):
    """One installation and everything that may happen to it."""
