"""What a page may cost: the same number of queries for ten incidents and for a thousand, and so many bytes."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalation.engine.models import EscalationRun
from escalation.kit import clock as kit_clock
from escalation.people.models import User
from escalation.trail.models import Trail
from escalation.trail.writing import Actor, Draft, append
from incidents.models import Attempt, Incident
from tests.escalation.test_schedules import make_schedule

pytestmark = pytest.mark.django_db
BOARDS = ["/board/", "/board/?by=status&rows=severity", "/board/?by=person", "/board/?by=service"]
PAGES = ["/", "/queue/?scope=all", "/wall/", *BOARDS]
MOST = 15


@pytest.fixture(autouse=True)
def rotas(cast, clock):
    """Three schedules: two that tiers call by, one of them by holidays, and one that no path knows."""
    desk = make_schedule("Desk", team=cast.teams["Service desk"], people=[cast.ana, cast.jo], on_holidays="not")
    apps = make_schedule("Applications", team=cast.teams["Applications"], people=[cast.mei])
    make_schedule("Evenings", team=cast.teams["Service desk"], people=[cast.sam, cast.jo])
    desk.tiers.add(cast.tiers["l1"])
    apps.tiers.add(cast.tiers["l2"])


@pytest.fixture
def many(cast, clock):
    """So many open incidents in every column: a few made by the verbs, the others their copies."""

    def make(count: int) -> None:
        ways = [
            lambda one: None,
            lambda one: one.acknowledge(by=cast.ana),
            lambda one: one.escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 1)),
            lambda one: one.escalate(by=cast.ana, reason="access", text="Theirs.", to=(0, 2)),
        ]
        made = Incident.objects.count()
        for n in range(made, min(count, 8)):
            one = Incident.open(
                title=f"Timeouts from node {n} of the cluster in the second hall", service=cast.service, by=cast.ana
            )
            ways[n % len(ways)](one)
        originals = list(Incident.objects.order_by("id")[:8])
        copied(originals, range(Incident.objects.count(), count))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as every database does by itself in its first minute

    return make


def copied(originals: Sequence[Incident], numbers: Iterable[int]) -> None:
    """The same again under other numbers: one statement for each kind of row."""
    pairs = [(originals[n % len(originals)], n + 5000) for n in numbers]
    trails = again([(one.trail, {"subject": f"INC-{number}"}) for one, number in pairs])
    incidents = again(
        [(one, {"number": number, "trail_id": trail.pk}) for (one, number), trail in zip(pairs, trails, strict=True)]
    )
    accesses, runs, timers, deliveries = [], [], [], []
    for (one, _number), twin in zip(pairs, incidents, strict=True):
        accesses += [(access, {"incident_id": twin.pk}) for access in one.access.all()]
        runs += [(run, {"trail_id": twin.trail_id}) for run in EscalationRun.objects.filter(trail=one.trail_id)]
    again(accesses)
    for (run, trail), twin in zip(runs, again(runs), strict=True):
        place = {**trail, "run_id": twin.pk}
        timers += [(timer, place) for timer in run.timers.all()]
        for delivery in run.deliveries.filter(channel="desk"):
            cause = delivery.cause.replace(f"run:{run.pk}:", f"run:{twin.pk}:")
            deliveries.append((delivery, {**place, "cause": cause}))
    again(timers)
    again(deliveries)


def something_happens() -> None:
    Incident.objects.order_by("id")[0].note(by=User.objects.get(email="ana@example.com"), text="Still so")


def again(rows: Sequence[tuple[Model, dict]]) -> list[Model]:
    """Rows like these, each with its changes."""
    twins = []
    for row, changes in rows:
        fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
        twins.append(type(row)(**{name: getattr(row, name) for name in fields} | changes))
    return type(twins[0])._default_manager.bulk_create(twins) if twins else []


def cost(user, path: str, **headers) -> tuple[int, int]:
    """The dearest case in a day's work: something that this person sees has just happened."""
    client = Client()
    client.force_login(user)
    client.get(path, headers=headers)
    something_happens()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path, headers=headers)
    assert response.status_code == 200
    return len(queries), len(response.content)


def test_a_list_costs_the_same_for_ten_and_for_a_thousand(cast, many):
    many(10)
    few = {path: cost(cast.ana, path)[0] for path in PAGES}
    assert max(few.values()) <= MOST, few
    many(1000)
    lots = {path: cost(cast.ana, path)[0] for path in PAGES}
    assert lots == few


def test_a_board_of_500_cards_stays_below_200_kilobytes(cast, many, monkeypatch):
    many(500)
    assert cost(cast.ana, "/board/")[1] < 130_000  # forty in each column, then "n more"
    monkeypatch.setattr("incidents.desk.lanes.MOST", 500)  # as many as a board with many columns may show
    size = cost(cast.ana, "/board/")[1]
    assert 100_000 < size < 200_000, size


def test_nothing_new_costs_next_to_nothing(cast, many):
    many(10)
    client = Client()
    client.force_login(cast.ana)
    etag = client.get("/board/", headers={"HX-Request": "true"})["ETag"]
    with CaptureQueriesContext(connection) as queries:
        again = client.get("/board/", headers={"HX-Request": "true", "If-None-Match": etag})
    assert again.status_code == 304
    assert len(queries) <= 6


STATES = {
    "triggered": lambda one, cast: None,
    "acknowledged": lambda one, cast: one.acknowledge(by=cast.ana),
    "offered": lambda one, cast: (one.acknowledge(by=cast.ana), one.hand_over(by=cast.ana, to=cast.jo, text="Yours?")),
    "on hold": lambda one, cast: one.hold(by=cast.ana, until=one.opened_at + timedelta(hours=9), text="Waiting"),
    "severe": lambda one, cast: one.state(by=cast.ana, people_affected=5000),
    "resolved": lambda one, cast: one.resolve(by=cast.ana, cause="change", text="Rolled back"),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("viewer", ["ana", "sam", "ada"])
def test_an_incident_costs_the_same_however_long_its_story(cast, clock, state, viewer):
    one = Incident.open(title="Card payments fail", service=cast.service, by=cast.ana)
    STATES[state](one, cast)
    address, user = one.get_absolute_url(), getattr(cast, viewer)
    few = cost(user, address)[0]
    assert few <= MOST
    for number in range(40):
        one.note(by=cast.ana, text=f"Note {number}")
    assert cost(user, address)[0] == few


def test_the_search_through_attempts_costs_the_same_for_ten_and_for_a_thousand(cast, many, clock):
    many(8)
    attempted(10, cast)
    addresses = [
        "/attempts/",
        "/attempts/?q=restart+pool",
        f"/attempts/?q=pool&service={cast.service.pk}&outcome=helped",
    ]
    few = {address: cost(cast.ana, address)[0] for address in addresses}
    assert max(few.values()) <= MOST, few
    attempted(990, cast)
    assert {address: cost(cast.ana, address)[0] for address in addresses} == few


def test_an_incident_costs_the_same_however_much_was_tried(cast, clock, many):
    many(8)
    attempted(8, cast)
    one = Incident.objects.order_by("id")[1]
    one.attempt(by=cast.ana, text="Restarted the pool", outcome="helped")
    few = cost(cast.ana, one.get_absolute_url())[0]
    assert few <= MOST
    attempted(200, cast)
    assert cost(cast.ana, one.get_absolute_url())[0] == few


@transaction.atomic
def attempted(count: int, cast) -> None:
    """So many attempts, one after the other on each of the first incidents, as the verb writes them."""
    incidents = list(Incident.objects.order_by("id")[:8])
    heads = Trail.objects.lock([one.trail_id for one in incidents])
    tried = [(incidents[n % len(incidents)], ("helped", "no_effect", "worse")[n % 3]) for n in range(count)]
    drafts = [
        Draft(
            trail_id=one.trail_id,
            at=kit_clock.now(),
            kind="attempt",
            actor=Actor.person(cast.ana),
            data={"outcome": outcome, "hypothesis": True},
            text=f"The pool is too small\n\nRestarted the pool, attempt {n}",
        )
        for n, (one, outcome) in enumerate(tried)
    ]
    entries = append(heads, drafts)
    Attempt.objects.bulk_create(
        Attempt(incident=one, entry=entry, person=cast.ana, tier=cast.tiers["l1"], outcome=outcome, at=entry.at)
        for (one, outcome), entry in zip(tried, entries, strict=True)
    )
    for one in incidents:
        one.attempts += sum(1 for other, _outcome in tried if other is one)
        one.save(update_fields=["attempts"])
