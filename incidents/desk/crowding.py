"""How much a column should hold at most, and what is said when it holds more.

Admins set it on a tier, a service, and on a team for each of its members. It is a word of advice: nothing over it
is kept from being opened, escalated or handed over. What somebody sees is what is counted for them.
"""

from collections.abc import Mapping

from django.db.models import Min, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from escalation.people.models import Membership, User
from incidents.models import Incident

from . import filling
from .columns import Lane

WAYS = ("tier", "person")  # by which a move makes a column fuller; a status has no limit, a service is kept


def with_limits(people: QuerySet[User]) -> list[tuple[User, int | None]]:
    """Each, by name, with the least of what their teams say; None if none says anything."""
    teams = Membership.objects.filter(user=OuterRef("pk"), team__archived_at__isnull=True)
    least = teams.order_by().values("user").annotate(most=Min("team__holder_limit")).values("most")
    rows = people.annotate(holder_limit=Subquery(least)).order_by("name", "id")
    return [(person, person.holder_limit) for person in rows]


def after(user: User, by: str, lanes: Mapping[str, Lane]) -> dict[str, str]:
    """For each column that one more card would bring over its limit: so many of so many."""
    if by not in WAYS:
        return {}
    if not any(lane.limit for lane in lanes.values()):
        return {}
    counted = {str(key): n for key, n in filling.counts(Incident.objects.visible_to(user), by).items()}
    found = {}
    for key, lane in lanes.items():
        here = counted.get(key, 0) + 1
        if lane.limit is not None and here > lane.limit:
            found[key] = _("%(n)d of %(most)d, over the limit") % {"n": here, "most": lane.limit}
    return found
