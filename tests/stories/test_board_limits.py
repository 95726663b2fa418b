"""How much a column should hold: shown, said before and after a move, and never in the way."""

import json
import re

import pytest
from django.test import Client

from incidents.models import Incident

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


@pytest.fixture
def at_desk():
    def login(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login


@pytest.fixture
def heads(at_desk):
    """Column → what stands beside its name."""

    def look(user, query: str = "") -> dict[str, str]:
        page = at_desk(user).get(f"/board/?{query}").content.decode()
        found = re.findall(
            r'<h2 id="head-[^"]+">([^<]*)</h2><span class="(n[^"]*)">(.*?)</span>(?:<span class="on">|<a)', page
        )
        return {label: f"{css}: {re.sub('<[^>]*>', '', text)}" for label, css, text in found}

    return look


def limit(row, **limits) -> None:
    for name, value in limits.items():
        setattr(row, name, value)
    row.save()


def test_a_tier_shows_how_full_it_is(cast, open_incident, heads):
    limit(cast.tiers["l1"], open_limit=2)
    for n in range(3):
        open_incident(f"Number {n}")
    assert heads(cast.ana)["L1 Service desk"] == "n over: 3 of 2 over the limit"
    assert heads(cast.ana)["L2 Applications"] == "n: 0"
    assert heads(cast.ana, "severity=3")["L1 Service desk"] == "n: 3"  # a part says nothing about the whole


def test_only_what_somebody_sees_is_counted_for_them(cast, open_incident, heads):
    limit(cast.tiers["l1"], open_limit=1)
    open_incident("Card payments fail")
    open_incident("Somebody reads the payroll", restricted=True)
    assert heads(cast.ana)["L1 Service desk"] == "n over: 2 of 1 over the limit"
    assert heads(cast.sam)["L1 Service desk"] == "n: 1 of 1"


def test_a_service_has_a_limit_of_its_own(cast, open_incident, heads):
    limit(cast.service, open_limit=1)
    open_incident("First")
    assert heads(cast.ana, "by=service")["Payments"] == "n: 1 of 1"
    open_incident("Second")
    assert heads(cast.ana, "by=service")["Payments"] == "n over: 2 of 1 over the limit"


def test_a_person_has_the_least_limit_of_their_teams(cast, open_incident, heads):
    cast.teams["Platform"].members.add(cast.jo)
    limit(cast.teams["Service desk"], holder_limit=3)
    limit(cast.teams["Platform"], holder_limit=1)
    for n in range(2):
        open_incident(f"Number {n}").acknowledge(by=cast.jo)
    found = heads(cast.sam, "by=person")
    assert found["Jo Okafor"] == "n over: 2 of 1 over the limit"
    assert found["Ana Ruiz"] == "n: 0 of 3"
    assert found["Nobody yet"] == "n: 0"


def test_a_move_over_the_limit_says_so_before_and_after_and_is_done(cast, open_incident, at_desk):
    limit(cast.teams["Service desk"], holder_limit=1)
    open_incident("Hers already").acknowledge(by=cast.ana)
    incident = open_incident("One more")
    client = at_desk(cast.sam)
    asked = {"incident": incident.number, "by": "person", "to": cast.ana.pk, "seen": incident.state_token}
    menu = client.get("/board/moves/", asked).content.decode()
    assert 'Hand to Ana Ruiz <i class="crowd">(2 of 1, over the limit)</i>' in menu
    assert menu.count("over the limit") == 1  # Jo has room
    told = json.loads(client.post("/board/moves/", asked, headers={"HX-Request": "true"})["HX-Trigger"])
    assert told["toast"]["text"].endswith("Hand to Ana Ruiz. Ana Ruiz: 2 of 1, over the limit.")
    assert Incident.objects.get(pk=incident.pk).run.holder == cast.ana


def test_an_escalation_asks_no_limit(cast, open_incident, clock, heads):
    limit(cast.tiers["l2"], open_limit=1)
    for n in range(2):
        open_incident(f"Number {n}")
    clock.forward(minutes=5)
    assert heads(cast.ana)["L2 Applications"] == "n over: 2 of 1 over the limit"


def test_admins_set_the_limits(cast, at_desk):
    client = at_desk(cast.ada)
    for path in (
        f"people/tier/{cast.tiers['l1'].pk}",
        f"people/team/{cast.teams['Platform'].pk}",
        f"incidents/service/{cast.service.pk}",
    ):
        page = client.get(f"/admin/{path}/change/").content.decode()
        assert 'name="open_limit"' in page or 'name="holder_limit"' in page
