"""Many incidents at once: a few made by the verbs, the others their copies, a statement for each kind of row."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from types import SimpleNamespace

from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Model
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalation.engine.models import EscalationRun
from escalation.kit import clock as kit_clock
from escalation.oncall.models import Layer, Schedule, Seat
from escalation.people.models import Membership, User
from escalation.policies.models import Policy, PolicyStep
from escalation.policies.ruling import PolicyRule
from escalation.trail.models import Trail
from escalation.trail.writing import Actor, Draft, append
from incidents.models import (
    Attempt,
    Component,
    Incident,
    Service,
    Stakeholder,
    StatusPage,
    Target,
    UpdateTemplate,
)

MOST = 15  # queries of a page


def incidents(cast: SimpleNamespace, count: int) -> None:
    """So many open ones, in every column."""
    ways: list[Callable[[Incident], object]] = [
        lambda one: None,
        lambda one: one.acknowledge(by=cast.ana),
        lambda one: one.escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 1)),
        lambda one: one.escalate(by=cast.ana, reason="access", text="Theirs.", to=(0, 2)),
    ]
    for n in range(Incident.objects.count(), min(count, 8)):
        title = f"Timeouts from node {n} of the cluster in the second hall"
        ways[n % len(ways)](Incident.open(title=title, service=cast.service, by=cast.ana))
    copied(list(Incident.objects.order_by("id")[:8]), range(Incident.objects.count(), count))
    analyze()


def analyze() -> None:
    """As every database does by itself in its first minute."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def copied(originals: Sequence[Incident], numbers: Iterable[int]) -> None:
    """The same again under other numbers: one statement for each kind of row."""
    pairs = [(originals[n % len(originals)], n + 5000) for n in numbers]
    trails = again([(one.trail, {"subject": f"INC-{number}"}) for one, number in pairs])
    twins = again(
        [(one, {"number": number, "trail_id": trail.pk}) for (one, number), trail in zip(pairs, trails, strict=True)]
    )
    accesses, runs, timers, deliveries = [], [], [], []
    for (one, _number), twin in zip(pairs, twins, strict=True):
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


def again(rows: Sequence[tuple[Model, dict]]) -> list[Model]:
    """Rows like these, each with its changes."""
    twins = []
    for row, changes in rows:
        fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
        twins.append(type(row)(**{name: getattr(row, name) for name in fields} | changes))
    return type(twins[0])._default_manager.bulk_create(twins) if twins else []


@transaction.atomic
def attempts(cast: SimpleNamespace, count: int) -> None:
    """So many more, one after the other on each of the first incidents, as the verb writes them."""
    first = list(Incident.objects.order_by("id")[:8])
    heads = Trail.objects.lock([one.trail_id for one in first])
    tried = [(first[n % len(first)], ("helped", "no_effect", "worse")[n % 3]) for n in range(count)]
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
    for one in first:
        one.attempts += sum(1 for other, _outcome in tried if other is one)
        one.save(update_fields=["attempts"])


# --- what admins keep --------------------------------------------------------------------------


def settled(cast: SimpleNamespace, count: int) -> None:
    """So many rows of all that is kept in rows of something else, each with everything that it can name."""
    policy, _made = Policy.objects.get_or_create(name="Nights")
    rota, _made = Schedule.objects.get_or_create(name="Nights", team=cast.teams["Platform"])
    page, _made = StatusPage.objects.get_or_create(shown=StatusPage.Shown.PUBLIC, name="How we are")
    team, begins = cast.teams["Platform"], kit_clock.now()
    for n in range(policy.steps.count() + 1, count + 1):
        step = PolicyStep.objects.create(
            policy=policy, position=n, tier=cast.tiers["l1"], when_empty="fallback", fallback=cast.sam
        )
        when = {"does": "inform", "fact": "open", "number": n}
        rule = PolicyRule.objects.create(policy=policy, position=n, name=f"Rule {n}", tier=cast.tiers["duty"], **when)
        for row in (step, rule):
            row.people.set([cast.ana, cast.rita])
            row.teams.set([team, cast.teams["Managers"]])
        step.schedules.set([rota])
        layer = Layer.objects.create(schedule=rota, name=f"Turns {n}", position=n, starts_on=begins.date())
        for at, one in enumerate((cast.jo, cast.tom)):
            Seat.objects.create(layer=layer, position=at, person=one)
        day = begins + n * timedelta(days=1)
        rota.override(by=cast.ada, person=cast.jo, starts_at=day, ends_at=day + timedelta(hours=8))
        person = User.objects.create_user(f"night{n}@example.com", f"Night {n}", None)
        Membership.objects.create(team=team, user=person, role="agent")
        service = Service.objects.create(name=f"Service {n}", team=team, policy=policy)
        Component.objects.create(page=page, position=n, name=f"Part {n}", service=service)
        UpdateTemplate.objects.create(name=f"Words {n}", text="{service}, {next_update}")
        Stakeholder.objects.create(person=person)
        Target.objects.get_or_create(kind="update", severity=min(n, 5), defaults={"minutes": 60})


# --- what a page costs ------------------------------------------------------------------------


def something_happens() -> None:
    ana = User.objects.get(email="ana@example.com")
    Incident.objects.order_by("id")[0].note(by=ana, text="Still so")


def asked(user: AbstractBaseUser, path: str, **headers: str) -> tuple[HttpResponseBase, list[str]]:
    """The answer and its queries in the dearest case of a day's work: something the person sees has just happened."""
    client = Client()
    client.force_login(user)
    cache.clear()  # what is kept for some seconds is asked for now, and not anew while somebody counts
    client.get(path, headers=headers)
    something_happens()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path, headers=headers)
    return response, [one["sql"] for one in queries.captured_queries]


def cost(user: AbstractBaseUser, path: str, **headers: str) -> tuple[int, int]:
    """Queries and bytes of a page."""
    response, queries = asked(user, path, **headers)
    assert response.status_code == 200
    return len(queries), len(response.content)  # type: ignore[attr-defined]
