"""Both courses of every incident, played and counted, and what the page shows of that."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from escalation.kit import clock
from escalation.people.models import User
from escalation.policies.replaying import Wanted
from incidents.learning.whatif import comparing
from incidents.learning.whatif.comparing import Difference, Nights, Tally
from incidents.learning.whatif.playing import Course, play
from incidents.learning.whatif.recorded import Record

from . import rows, saying
from .rows import Row, Versions

PAGE = 50


@dataclass
class Found:
    """Of so many incidents that were played: both sums, what differs, and on how many the record agrees."""

    played: int = 0
    promised: int = 0
    agreed: int = 0
    now: Tally = field(default_factory=Tally)
    then: Tally = field(default_factory=Tally)
    differences: list[Difference] = field(default_factory=list)


def played(wanted: Wanted) -> saying.Shown:
    """Registered with the policies' form."""
    asked_at = clock.now()
    found_rows = rows.incidents(wanted, asked_at)
    people = {pk: (name, zone) for pk, name, zone in User.objects.values_list("pk", "name", "time_zone")}
    nights = Nights({pk: zone for pk, (_name, zone) in people.items()})
    found, versions = Found(), None
    if found_rows:
        since = min(row.opened_at for row in found_rows)
        versions = Versions(wanted, since, max(asked_at, *(row.resolved_at for row in found_rows)))
        compare(found, found_rows, versions, nights)
    found.differences.sort(key=lambda one: one.weight, reverse=True)  # equal ones stay as they are: the latest first
    start = PAGE * (wanted.page - 1)
    page = found.differences[start : start + PAGE]
    by_pk = {row.pk: row for row in found_rows}
    words = saying.Words({pk: name for pk, (name, _zone) in people.items()}, nights)
    return saying.Shown(
        incidents=found.played,
        since=min((row.opened_at for row in found_rows), default=None),
        differing=len(found.differences),
        sums=saying.sums(found.now, found.then, found.differences, found.promised),
        people=words.people(found.now, found.then),
        differences=[words.difference(by_pk[one.key], one) for one in page],
        page=wanted.page,
        pages=max(1, -(-len(found.differences) // PAGE)),
        first=start + 1,
        agreed=found.agreed,
        same=versions is not None and versions.same,
        left_out=saying.left_out(versions),
    )


def compare(found: Found, some: Sequence[Row], versions: Versions, nights: Nights) -> None:
    """Play them all up both, and count."""
    known: list[tuple[Row, Record]] = list(rows.records(some, with_rules=versions.with_rules))
    usual = comparing.usual(record for _row, record in known)
    before, after = (replace(one, usual=usual) for one in (versions.before, versions.after))
    for row, record in known:
        now: Course = play(record, before)
        then = now if versions.same else play(record, after)
        found.played += 1
        found.promised += record.promised is not None
        found.agreed += comparing.agrees(record, now)
        found.now.add(now, nights)
        found.then.add(then, nights)
        if comparing.differs(now, then):
            found.differences.append(Difference(row.pk, now, then))
