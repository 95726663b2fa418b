"""Two answers at the same moment: one wins, and the other reads who was faster."""

import pytest
from django.db import connection

from escalation.trail.models import Entry
from tests.answers_kit import link_of, stranger, words
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def answered(link: str, verb: str, into: dict) -> None:
    try:
        into[link] = stranger().post(link, {"verb": verb})
    finally:
        connection.close()


def test_two_who_acknowledge_at_once(open_incident, cast):
    incident = open_incident("Card payments fail")
    links = {link_of(cast.ana): "Ana Ruiz", link_of(cast.jo): "Jo Okafor"}
    said: dict = {}
    together(*(lambda link=link: answered(link, "acknowledge", said) for link in links))
    [winner] = [name for link, name in links.items() if said[link].status_code == 303]
    [loser] = [link for link in links if said[link].status_code == 409]
    assert f"{winner} acknowledged it {winner} has it now." in words(said[loser])
    entries = Entry.objects.filter(trail=incident.trail_id, kind="acknowledged")
    assert [entry.actor_name for entry in entries] == [winner]


def test_one_who_presses_four_times_at_once(open_incident, cast):
    incident = open_incident("Card payments fail")
    link, codes = link_of(cast.ana), []

    def press() -> None:
        try:
            codes.append(stranger().post(link, {"verb": "acknowledge"}).status_code)
        finally:
            connection.close()

    together(press, press, press, press)
    assert sorted(codes) == [303, 409, 409, 409]
    assert Entry.objects.filter(trail=incident.trail_id, kind="acknowledged").count() == 1
