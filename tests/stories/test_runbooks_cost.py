"""What pages with runbooks cost: the same for ten and for a thousand, and what an incident shows stays few."""

import pytest
from django.test import Client

from incidents.models import Incident, Runbook, RunbookStep, Tick
from tests.many_kit import MOST, copied, cost
from tests.parts import share
from tests.runbook_kit import write

pytestmark = [pytest.mark.rehearsal("rows"), pytest.mark.django_db, pytest.mark.sqlite_enough]


@pytest.fixture
def many(cast, clock):
    """So many runbooks about the service, and incidents on which their steps did not work. Their reviews are due."""
    first = write(cast, services=[cast.service], review_days=1)
    incident = Incident.open(title="Card payments fail", service=cast.service, by=cast.ana)
    clock.forward(days=2)

    def make(count: int) -> list[str]:
        there = Runbook.objects.count()
        like = {"body": first.body, "team": first.team, "written_at": first.written_at, "review_days": 1}
        made = Runbook.objects.bulk_create(Runbook(title=f"Number {n}", **like) for n in range(there, count))
        link = Runbook.services.through
        link.objects.bulk_create(link(runbook=one, service=cast.service) for one in made)
        lines = [(number, row.words) for number, row in enumerate(first.steps.order_by("number"), 1)]
        RunbookStep.objects.bulk_create(
            RunbookStep(runbook=one, number=number, words=words) for one in made for number, words in lines
        )
        copied([incident], range(Incident.objects.count(), count))
        step = first.steps.get(number=1)
        others = Incident.objects.exclude(ticks__step=step)
        facts = {"step": step, "worked": False, "by": cast.ana, "at": clock.now(), "seq": 1}
        Tick.objects.bulk_create(Tick(incident=one, **facts) for one in others)
        return ["/", "/runbooks/", "/runbooks/?q=number", first.get_absolute_url(), incident.get_absolute_url()]

    return make


@pytest.mark.parametrize("who", share(["mei", "ada"], 2))
def test_a_page_costs_the_same_for_ten_and_for_a_thousand(cast, many, who):
    user = getattr(cast, who)
    few = {path: cost(user, path)[0] for path in many(10)}
    assert max(few.values()) <= MOST, few
    assert {path: cost(user, path)[0] for path in many(1000)} == few


def test_of_many_an_incident_shows_five_and_what_was_ticked_and_names_some(cast, many):
    address = many(60)[-1]
    client = Client()
    client.force_login(cast.ana)
    page = client.get(address).content.decode()
    assert page.count('class="runbook"') == 6 and page.count("/runbooks/") < 40
