"""Answering in Mattermost by a button, of which only our own seal can be believed."""

import json

import pytest

from escalation.notify.models import ChatAccount
from escalation.trail.models import Entry
from incidents.models import Incident
from tests.answers_kit import words
from tests.mattermost_kit import ANAS, JOS, post, reached
from tests.reach_kit import method

pytestmark = pytest.mark.django_db


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


@pytest.fixture
def own(server, cast, open_incident):
    reached(cast.ana, "@ana.ruiz")
    return open_incident("Card payments fail", people_affected=200)


@pytest.fixture
def shared(server, cast, open_incident):
    reached(cast.ana, "ops-calls")
    return open_incident("Card payments fail", people_affected=200)


def test_ana_acknowledges_and_the_button_is_gone(own, server, cast, client):
    assert server.action()["name"] == "Acknowledge"
    answer = server.press(ANAS, "Ana.Ruiz")
    assert answer.status_code == 200
    assert fresh(own).run.holder == cast.ana
    said = answer.json()
    assert "ephemeral_text" not in said
    [attachment] = said["update"]["props"]["attachments"]
    assert "actions" not in attachment
    assert "Ana Ruiz acknowledged it" in attachment["text"]
    assert "Card payments fail" in said["update"]["message"]
    assert "/a/" not in said["update"]["message"]
    entry = Entry.objects.filter(kind="acknowledged").last()
    assert json.loads(entry.data)["via"] == "mattermost:button"
    client.force_login(cast.ana)
    assert "By a button in a message (Mattermost)" in words(client.get(own.get_absolute_url()))


def test_in_a_channel_an_account_must_be_linked(shared, server, cast, client):
    assert "/a/" not in json.dumps(server.posted())
    assert "[Answer](" in server.posted()["text"], "what wants words is answered on a page"
    stranger = server.press(JOS, "jo").json()
    assert fresh(shared).run.holder is None
    assert "update" not in stranger
    path = stranger["ephemeral_text"].partition("](")[2].partition(")")[0].partition("//")[2].partition("/")[2]
    client.force_login(cast.jo)
    assert client.post(f"/{path}").status_code == 302
    assert ChatAccount.objects.get().account == JOS
    server.press(JOS, "renamed")
    assert fresh(shared).run.holder == cast.jo


def test_the_name_of_somebody_else_is_none_in_a_channel(shared, server, cast):
    method(cast.mei, "mattermost", "opscalls")
    for user in (JOS, "opscalls"):
        server.press(user, "ana.ruiz")
    assert fresh(shared).run.holder is None


@pytest.mark.parametrize(
    "changes",
    [
        {"mac": ""},
        {"mac": "0" * 64},
        {"mac": "é" * 64},
        {"mac": None},
        {"exp": 9999999999},
        {"exp": "1"},
        {"exp": None},
        {"verb": "escalate"},
        {"button": "x"},
        {"button": 7},
        {"button": "\ud800"},
    ],
)
def test_without_our_seal_it_is_no_button(own, server, changes):
    assert server.press(ANAS, "ana.ruiz", **changes).status_code == 401
    assert fresh(own).run.holder is None


def test_a_seal_is_for_one_place_and_a_day(own, server, cast, clock, open_incident):
    context = server.action()["integration"]["context"]
    reached(cast.jo, "@jo")
    open_incident("The shop is slow", people_affected=200)
    other = server.action()["integration"]["context"]
    assert server.press(JOS, "jo", mac=context["mac"]).status_code == 401
    assert other["mac"] != context["mac"]
    clock.jump(days=1, seconds=1)
    said = post({"user_id": ANAS, "user_name": "ana.ruiz", "context": context}).json()
    assert "too old" in said["ephemeral_text"]
    assert fresh(own).run.holder is None


@pytest.mark.parametrize("said", [b"", b"[]", b"{", b"[" * 60_000, {}, {"context": []}, {"context": {"exp": 10**400}}])
def test_whatever_is_posted_is_never_trouble(server, said):
    assert post(said).status_code in (400, 401)


def test_who_says_nobody_pressed_answers_nothing(own, server):
    for name in (7, None, "", "@ana.ruiz", "\ud800\u0000"):
        said = {"user_id": name, "context": server.action()["integration"]["context"]}
        assert post(said).status_code == 401
    said = {"user_id": JOS, "user_name": "\ud800\u0000", "context": server.action()["integration"]["context"]}
    assert "does not know who you are" in post(said).json()["ephemeral_text"].replace("\\", "")
    assert fresh(own).run.holder is None
