"""Addresses that somebody types."""

import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


@pytest.mark.parametrize("typed", ["/queue", "/board", "/incidents/new", "/admin/incidents/source"])
def test_an_address_without_its_last_slash_leads_there(cast, as_, typed):
    answer = as_(cast.ada).get(f"{typed}?by=tier")
    assert (answer.status_code, answer["Location"]) == (301, f"{typed}/?by=tier")


def test_what_is_sent_to_an_address_that_is_none_is_not_led_anywhere(cast, as_):
    assert as_(cast.ana).post("/board/move", {"to": "Card payments fail"}).status_code == 404
    assert as_(cast.ana).get("/nothing-of-ours").status_code == 404
    assert Client().get("/queue")["Location"] == "/queue/"
