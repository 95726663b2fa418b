"""Whatever is counted, compared or proposed of incidents is the same after any number of drills.

Each place is asked twice: after three drills, which were played to their ends in the night, and after three real
incidents that went in the same way. Of the drills it knows nothing; that it looks at all is shown by the others.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse

from escalation.engine import deliver
from escalation.engine.models import Delivery
from escalation.kit.errors import Refused
from escalation.policies.freezing import freeze
from escalation.policies.models import Policy
from escalation.policies.replaying import Wanted
from incidents import lastmonth, recognising, recurring
from incidents.desk import procedures, traits, workload
from incidents.models import (
    AlertKey,
    Attempt,
    Incident,
    Problem,
    Promise,
    Review,
    ReviewAsk,
    Stakeholder,
    Summary,
    SummaryShare,
    Target,
    Update,
    advising,
    similar,
    storm,
    training_cases,
)
from incidents.whatif.shown import played
from tests import status_kit
from tests.api_kit import Program
from tests.drill_kit import ABOUT, plan
from tests.incidents.inbound_kit import Sender, an_alert, sample
from tests.runbook_kit import step, write

pytestmark = pytest.mark.django_db
TITLE, REPORT = ABOUT["title"], ABOUT["text"]


@pytest.fixture
def world(cast, clock, as_):
    """With whatever would count: promises, stakeholders, a status page, a runbook. It is the middle of a night."""
    Target.objects.create(kind="response", minutes=1)
    Stakeholder.objects.create(person=cast.rita, severity=5)
    status_kit.set_up(cast)
    runbook = write(cast, services=[cast.service])
    clock.jump(hours=17)
    return SimpleNamespace(cast=cast, clock=clock, runbook=runbook, as_=as_)


def play(world: SimpleNamespace, incident: Incident) -> None:
    """All that can be done to one, and that is allowed: it is called about, answered, worked on and resolved."""
    cast, clock = world.cast, world.clock
    signs = [{"key": "failed", "strength": 2, "n": 3}]
    advised = advising.Advised("now", signs, "L1 Service desk", "L2 Applications", "balanced")
    advice = advising.Advice(advised, (0, 1), "expertise", "As advised.")
    deliver.deliver_due()
    clock.forward(minutes=3)
    fresh(incident).acknowledge(by=cast.ana)
    fresh(incident).attempt(by=cast.ana, text="Restarted the gateway", outcome="helped", minutes=5)
    fresh(incident).tick(by=cast.ana, step=step(world.runbook, 1), worked=True)
    fresh(incident).decline_advice(by=cast.ana, judge=lambda: advice, text="Not yet.")
    try:
        status_kit.publish(fresh(incident), cast.ana, to_stakeholders=True)
    except Refused:
        assert incident.drill
    clock.forward(minutes=10)
    fresh(incident).resolve(by=cast.ana, cause="software", text="Restarted the gateway")
    clock.forward(minutes=5)


def fresh(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def three_drills(world: SimpleNamespace) -> None:
    drill = plan(world.cast)
    for _ in range(3):
        play(world, drill.start(by=world.cast.kim).incident)


def three_real_ones(world: SimpleNamespace) -> None:
    for _ in range(3):
        facts = {"service": world.cast.service, "impact": 3, "urgency": 3, "reported_severity": 2}
        play(world, Incident.open(title=TITLE, symptom=REPORT, by=world.cast.kim, **facts))


def _what_if(world: SimpleNamespace) -> int:
    paths = freeze(Policy.objects.get(pk=world.cast.policy.pk))
    return played(Wanted(world.cast.ada, world.cast.policy.pk, "Payments", paths, paths, 100)).incidents


def _rates(world: SimpleNamespace) -> int:
    return procedures.of_runbook(world.runbook, world.cast.ada).steps[0].row.tried or 0


PLACES: dict[str, Callable[[SimpleNamespace], Any]] = {
    "summaries, and so all measures": lambda world: Summary.objects.count(),
    "load by person, and calls at night": lambda world: SummaryShare.objects.count(),
    "problems that are proposed": lambda world: len(
        recurring.read([], world.cast.ada, world.clock.now(), propose=True).proposals
    ),
    "the same trouble before": lambda world: similar.times_before(next_one(world), None),
    "seen before": lambda world: len(recognising.of(next_one(world), world.cast.ada)),
    "how long the like took": lambda world: len(
        similar.took(Incident.objects.all(), world.cast.service.pk, world.clock.now())
    ),
    "what if the policy were another": _what_if,
    "the signs of last month": lambda world: lastmonth.of_preset("balanced", (), world.clock.now()).incidents,
    "whether the advice was right": lambda world: len(lastmonth.tallies(world.clock.now())),
    "reviews that are asked for": lambda world: ReviewAsk.objects.count(),
    "the status page": lambda world: Update.objects.on_status_page().count(),
    "stakeholders": lambda world: Delivery.objects.filter(kind="update").count(),
    "promises, kept and broken": lambda world: Promise.objects.count(),
    "what was tried": lambda world: Attempt.objects.visible_to(world.cast.ada).count(),
    "what was tried on a service": lambda world: Attempt.objects.on(Incident.objects.all()).count(),
    "how often a runbook's step worked": _rates,
    "who has resolved the like, when somebody is sought": lambda world: sum(
        traits.read([next_one(world)], world.cast.ada, [world.cast.ana.pk]).resolved.values()
    ),
    "nights woken": lambda world: workload.nights_woken([world.cast.ana], world.clock.now()).get(world.cast.ana.pk, 0),
    "hands-on time of the week": lambda world: int(
        workload.hands_on([world.cast.ana], world.cast.ada, world.clock.now())[world.cast.ana.pk].total_seconds()
    ),
}


def next_one(world: SimpleNamespace) -> Incident:
    return fresh(Incident.objects.get(drill=False, resolved_at=None))


def counted(world: SimpleNamespace) -> dict[str, int]:
    """By place, if it happened again now in earnest: that is taken back, so that it is in no later count."""
    cache.clear()
    with transaction.atomic():
        Incident.open(title=TITLE, symptom=REPORT, service=world.cast.service, impact=3, urgency=3, by=world.cast.kim)
        found = {name: place(world) for name, place in PLACES.items()}
        transaction.set_rollback(True)
    return found


@pytest.mark.rehearsal("long")
def test_drills_are_counted_nowhere_and_real_incidents_everywhere(world):
    before = counted(world)
    three_drills(world)
    assert counted(world) == before
    assert "Nothing was resolved then" in world.as_(world.cast.ada).get(reverse("measures")).content.decode()
    three_real_ones(world)
    assert {name for name, n in counted(world).items() if n == before[name]} == set(), "here nothing was looked at"


@pytest.fixture
def drill(cast, clock) -> Incident:
    return plan(cast).start(by=cast.kim).incident


REFUSED: dict[str, tuple[str, Callable[..., Any]]] = {
    "it is merged into what is real": ("is a drill", lambda cast, d, real: d.merge_into(real, by=cast.ada, text="x")),
    "what is real is merged into it": ("is a drill", lambda cast, d, real: real.merge_into(d, by=cast.ada, text="x")),
    "it is linked": ("is a drill", lambda cast, d, real: d.link(real, kind="part", by=cast.ada)),
    "outsiders are told": (
        "nobody is told who does not work on it",
        lambda cast, d, real: d.publish_update(
            by=cast.ada, epoch=None, stage="watching", text="x", to_stakeholders=True, on_status_page=False
        ),
    ),
    "a case is made of it": ("made of what happened", lambda cast, d, real: training_cases.may_make(d, cast.ada)),
    "a problem takes it in": (
        "nothing was broken",
        lambda cast, d, real: Problem.begin(d, by=cast.ada, title="x", owner=cast.ada, team=cast.teams["Platform"]),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_joined_with_nothing_and_told_to_nobody_else(what, drill, cast, open_incident):
    said, do = REFUSED[what]
    real = open_incident("Search is slow")
    with pytest.raises(Refused, match=said):
        do(cast, fresh(drill), fresh(real))


def test_a_review_of_one_is_refused_and_its_page_offers_none_of_it(drill, cast, as_):
    page = as_(cast.ada).get(drill.get_absolute_url()).content.decode()
    for name in ("updates", "merge", "link"):
        assert f'href="{reverse(name, args=[drill.number])}"' not in page, name
    drill.resolve(by=cast.ana, cause="software", text="x")
    with pytest.raises(Refused, match="its report says who answered when"):
        Review.begin(fresh(drill), by=cast.ada, words=None)
    page = as_(cast.ada).get(drill.get_absolute_url()).content.decode()
    for said in ("Write the review", "Begin a problem", "Re-open"):
        assert said not in page


def test_one_is_compared_with_nothing_itself_and_nothing_follows_it(world):
    three_real_ones(world)
    drill = plan(world.cast).start(by=world.cast.kim).incident
    assert recognising.of(drill, world.cast.ada) == [] and similar.times_before(drill, None) == 0
    drill.end_drill(by=world.cast.kim)
    Incident.objects.filter(pk=drill.pk).update(closed_at=world.clock.now())
    page = world.as_(world.cast.ana).get(drill.get_absolute_url()).content.decode()
    assert "names this one" not in page
    with pytest.raises(Refused, match="Start it anew"):
        fresh(drill).reopen(by=world.cast.mei, text="Once more")
    stated = {"title": "It fails in earnest", "people_affected": "1", "service": ""}
    world.as_(world.cast.ana).post(f"{reverse('incident-new')}?after={drill.number}", stated)
    assert Incident.objects.latest("id").title == stated["title"] and Incident.objects.latest("id").previous is None
    refused = Program(world.cast.ana).post("/incidents", {"title": "It fails", "previous": drill.number})
    assert refused.status_code == 422


def test_drills_are_no_storm(cast, clock, settings):
    settings.STORM_INCIDENTS = 2
    for _ in range(3):
        plan(cast).start(by=cast.kim)
    assert storm.Storm().notices(clock.now()) == []
    for _ in range(2):
        Incident.open(title="Slow", service=cast.service, by=cast.ana)
    [told] = storm.Storm().notices(clock.now())
    assert "2 incidents opened" in told.text


def test_an_alert_of_the_same_name_opens_an_incident_of_its_own(drill, cast):
    monitoring = Sender(service=cast.service)
    Incident.objects.filter(pk=drill.pk).update(title="Drill: QueueTooLong mq-1")
    answer = monitoring.post(sample("1-one-fires", alerts=[an_alert()]))
    assert answer.status_code == 202
    real = Incident.objects.get(drill=False)
    assert AlertKey.objects.filter(incident=real).exists() and not AlertKey.objects.filter(incident=drill).exists()


def test_nothing_that_a_person_can_say_turns_one_into_the_other(drill, cast, as_, open_incident):
    """By no verb, no form and no program: the flag is written where an incident is opened, and nowhere else."""
    real = open_incident("Search is slow")
    for one, is_drill in ((drill, True), (real, False)):
        fresh(one).state(by=cast.ana, people_affected=1200)
        fresh(one).set_severity(by=cast.ana, severity=1, text="worse")
        fresh(one).restrict(by=cast.ada, text="secret")
        assert fresh(one).drill is is_drill
        assert fresh(one).title.startswith("Drill: ") is is_drill
    assert Promise.objects.count() == 0 and not fresh(drill).trail.entries.filter(data__contains='"promised"').exists()
