"""What is restricted changes nothing for whoever may not see it: every page, list, count, feed and answer of the API
reads as before, to the last number. Nora reads, who leads the team that owns it; Pat works on it, whom she leads."""

import re
from difflib import unified_diff

import pytest
from django.core.cache import cache

from escalation.kit import clock
from escalation.policies.readiness import badge
from incidents.models import Incident
from incidents.models.reviews import Review, Words
from tests.parts import share

from .addresses import found
from .asking import Asked, undone
from .bodies import Filling

pytestmark = [pytest.mark.rehearsal("roles"), pytest.mark.sqlite_enough, pytest.mark.timeout(600)]

AWAY = ("/admin/", "/login/", "/password/", "/signing-in/", "/healthz")  # she has no way in, or they know no incident
# Keys that are drawn anew for each page; and how long it took, which a contract wants told.
BY_LOT = re.compile(r"(?<![\w-])[\w-]{22,}|(?<=\"took\": )[\d.]+")


def secret(table, *, restricted: bool) -> None:
    """As much as can be: severe, with many people, taken, worked on, told; two over, one reviewed, with an action."""
    people, service = table.scene.people, table.scene.services["r"]
    worst = {"symptom": "Secret", "service": service, "people_affected": 9000, "impact": 1, "urgency": 1}
    for n in range(3):
        one = Incident.open(by=people.ada, title=f"Secret {n}", restricted=restricted, **worst)
        one.acknowledge(by=people.pat)
        one.note(by=people.pat, text="Secret")
        one.attempt(by=people.pat, text="Secret", outcome="no_effect")
        one.attach(by=people.pat, name="secret.txt", body=b"Secret")
        told = {"stage": "identified", "text": "Secret", "to_stakeholders": True, "on_status_page": False}
        one.publish_update(by=people.pat, epoch=None, **told)
        if n:
            one.resolve(by=people.pat, cause="change", text="Secret")
        if n == 2:
            review = Review.begin(one, by=people.pat, words=Words("Secret", "", "", [("change", "Secret")]))
            review.add_action(by=people.pat, what="Secret", owner=people.pat, due=clock.now().date())


def shown(table) -> dict[str, list[str]]:
    """What she reads of all that is hers, line by line."""
    filling, texts = Filling(table.scene), {}
    cache.clear()
    badge.forget()
    for address, methods in share([*found().items()], 3):
        if "GET" in methods and not address.path.startswith(AWAY):
            path = filling.path(address, "n")
            answer = table.asking.ask("nora", Asked("GET", path, is_api=address.is_api))
            texts[path] = BY_LOT.sub("…", answer.text).splitlines()
    return texts


def test_what_is_restricted_changes_nothing_for_others(table):
    before = shown(table)
    with undone():
        secret(table, restricted=True)
        after = shown(table)
    differs = [[path, *unified_diff(before[path], after[path], lineterm="", n=0)] for path in before]
    assert [lines[:12] for lines in differs if len(lines) > 1] == []


def test_the_same_changes_much_where_it_is_not_restricted(table):
    """Else the one above could compare nothing."""
    with undone():
        secret(table, restricted=False)
        for path in ("/queue/?scope=all", "/board/?scope=all", "/reviews/", "/api/v1/incidents?scope=all"):
            assert "Secret" in table.asking.ask("nora", Asked("GET", path, is_api="/api/" in path)).text, path
