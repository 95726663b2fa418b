"""Answering in Telegram by the button below a message."""

import json

import pytest

from escalation.trail.models import Entry
from incidents.models import Incident
from tests.answers_kit import words
from tests.reach_kit import method
from tests.telegram_kit import ANAS, GROUP, JOS, SECRET, reached

pytestmark = pytest.mark.django_db


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


@pytest.fixture
def own(bot, cast, open_incident):
    reached(cast.ana, ANAS)
    return open_incident("Card payments fail", people_affected=200)


@pytest.fixture
def shared(bot, cast, open_incident):
    reached(cast.ana, GROUP)
    return open_incident("Card payments fail", people_affected=200)


def test_ana_acknowledges_and_the_keyboard_is_gone(own, bot, cast, client):
    [[button]] = bot.posted()["reply_markup"]["inline_keyboard"]
    assert button["text"] == "Acknowledge"
    answer = bot.press(ANAS)
    assert (answer.status_code, answer.content) == (200, b"")
    assert fresh(own).run.holder == cast.ana
    told = bot.back["answerCallbackQuery"]
    assert (told["callback_query_id"], told["show_alert"]) == ("4382bfdwdsb323b2d9", False)
    assert "You acknowledged it" in told["text"]
    edited = bot.back["editMessageText"]
    assert (edited["chat_id"], edited["message_id"]) == (ANAS, 77)
    assert "reply_markup" not in edited
    assert "Ana Ruiz acknowledged it. Ana Ruiz has it now." in edited["text"]
    assert "/a/" not in edited["text"]
    entry = Entry.objects.filter(kind="acknowledged").last()
    assert json.loads(entry.data)["via"] == "telegram:button"
    client.force_login(cast.ana)
    assert "By a button in a message (Telegram)" in words(client.get(own.get_absolute_url()))


def test_in_a_group_whoever_presses_is_known_by_their_own_way(shared, bot, cast):
    message = bot.posted()
    assert "/a/" not in message["text"]
    assert "/answers/" in message["text"]
    bot.press(JOS)
    assert "does not know who you are" in bot.back["answerCallbackQuery"]["text"]
    assert "editMessageText" not in bot.back
    assert fresh(shared).run.holder is None
    method(cast.jo, "telegram", str(JOS))
    bot.press(JOS)
    assert fresh(shared).run.holder == cast.jo


def test_only_telegram_knows_the_secret(own, bot):
    for shown in ("", "wrong", SECRET + "x", "é"):
        assert bot.press(ANAS, shown=shown).status_code == 401
    assert fresh(own).run.holder is None
    assert bot.back == {}


@pytest.mark.parametrize("presser", [None, "987654321", True, 10**30, {"id": 1}])
def test_who_is_nobody_presses_nothing(own, bot, presser):
    assert bot.press(presser).status_code == 200
    assert fresh(own).run.holder is None


@pytest.mark.parametrize(
    ("update", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{" * 1000, 400),
        ({}, 200),
        ({"message": {"text": "/start"}}, 200),
        ({"callback_query": 7}, 200),
        ({"callback_query": {"id": "1", "data": "x", "from": {"id": 5}}}, 200),
        ({"callback_query": {"id": "1", "data": "\ud800\u0000", "from": {"id": 5}, "message": []}}, 200),
        (b"x" * 600_000, 413),
    ],
)
def test_whatever_comes_is_never_trouble(bot, update, status):
    assert bot.says(update).status_code == status


def test_a_button_that_is_none_of_ours_is_said_to_be_of_no_use(own, bot):
    bot.press(ANAS, data="0" * 18)
    assert "of no use any more" in bot.back["answerCallbackQuery"]["text"]
    assert fresh(own).run.holder is None


def test_what_is_no_text_takes_nobody_elses_place(own, bot, cast):
    """Answers are said a few at a time; one that cannot be said must not keep its place for ever."""
    for _again in range(20):
        query = {"id": "\ud800", "data": "x", "from": {"id": ANAS}}
        assert bot.says({"update_id": 1, "callback_query": query}).status_code == 200
    assert bot.press(ANAS).status_code == 200
    assert "You acknowledged it" in bot.back["answerCallbackQuery"]["text"]
