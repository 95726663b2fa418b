"""What the addresses beside incidents can name: a schedule with a cover and a swap, ways and rules, a window …"""

from datetime import timedelta
from types import SimpleNamespace

from escalation.notify.models import NotificationRule
from escalation.oncall.calendars.outside import OutsideCalendar
from escalation.oncall.spans import Span
from escalation.oncall.swaps import Wish
from incidents.models import SavedView
from tests.escalation.test_schedules import make_schedule
from tests.maintenance_kit import planner
from tests.reach_kit import method

DAY = timedelta(days=1)


def beside(cast: SimpleNamespace, clock) -> dict[str, list[int]]:
    """By the name that stands in an address: what there is."""
    desk = make_schedule("Desk", team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    nine = clock.now().replace(hour=9, minute=0)
    covered = desk.override(by=cast.sam, person=cast.ana, starts_at=nine + 3 * DAY, ends_at=nine + 4 * DAY)
    swap = desk.ask_swap(Wish(Span(nine + DAY, nine + 2 * DAY)), by=cast.ana)
    window = planner(cast, clock)(by=cast.ada)
    ways = [method(cast.ana, "sms", "+491512345678"), method(cast.ana, "sms", "+491519999999", verified=False)]
    rules = NotificationRule.objects.filter(person=cast.ana).values_list("pk", flat=True)
    view = SavedView.objects.create(name="Worst", asked="severity=1", author=cast.ana)
    calendar = OutsideCalendar.add("https://calendar.example.com/ana.ics", by=cast.ana)
    return {
        "schedule": [desk.pk],
        "override": [covered.pk],
        "swap": [swap.pk],
        "window": [window.pk],
        "way": [one.pk for one in ways],
        "rule": list(rules),
        "view": [view.pk],
        "calendar": [calendar.pk],
        "who": [cast.jo.pk, cast.mei.pk],
    }
