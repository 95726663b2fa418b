"""What a button does in every chat alike; what is each one's own is in its own stories."""

import json

import pytest

from escalation.trail.models import Entry
from incidents.models import Incident
from tests.reach_kit import reached_by

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


@pytest.fixture(params=["slack", "server", "bot"])
def chat(request, cast):
    chat = request.getfixturevalue(request.param)
    reached_by(cast.ana, chat.channel, chat.anas)
    return chat


@pytest.fixture
def called(chat, open_incident):
    return open_incident("Card payments fail", people_affected=200)


def test_she_acknowledges_and_the_message_says_so_without_buttons(called, chat, cast):
    chat.press_anas()
    assert Incident.objects.get(pk=called.pk).run.holder == cast.ana
    assert "Card payments fail" in chat.now and "Ana Ruiz acknowledged it" in chat.now
    assert "/a/" not in chat.now
    assert json.loads(Entry.objects.get(kind="acknowledged").data)["via"] == f"{chat.channel}:button"


def test_the_second_press_changes_nothing_and_takes_the_buttons_away(called, chat):
    chat.press_anas()
    chat.press_anas()
    assert Entry.objects.filter(kind="acknowledged").count() == 1
    assert "You acknowledged it" in chat.told and "Ana Ruiz acknowledged it" in chat.now


def test_a_late_press_reads_who_was_faster(called, chat, cast):
    assert chat.has_buttons
    called.acknowledge(by=cast.jo)
    chat.press_anas()
    assert Incident.objects.get(pk=called.pk).run.holder == cast.jo
    for said in (chat.told, chat.now):
        assert "Jo Okafor acknowledged it" in said and "Jo Okafor has it now" in said


def test_switched_off_there_are_no_buttons_and_no_door_but_a_link(chat, settings, open_incident):
    assert chat.switch_off(settings) == 404
    open_incident("Card payments fail")
    assert not chat.has_buttons
    assert "/a/" in json.dumps(chat.posted())
