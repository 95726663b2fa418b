"""Answering in Slack by a button: of one's own message, and of one that a whole channel reads."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from django.test import Client

from escalation.kit import clock as kit_clock
from escalation.kit import outbound
from escalation.notify.models import ChatAccount
from escalation.trail.models import Entry
from incidents.models import Incident
from tests.answers_kit import words
from tests.reach_kit import method
from tests.slack_kit import ANAS, BACK, CHANNEL, JOS, SECRET, TOMS, button, buttons, linked, post, reached, shown

pytestmark = pytest.mark.django_db


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def last(incident, kind: str) -> Entry:
    return Entry.objects.filter(trail=incident.trail_id, kind=kind).order_by("-seq").first()


@pytest.fixture
def own(slack, cast, open_incident):
    """Ana is called in her own chat."""
    reached(cast.ana, ANAS)
    return open_incident("Card payments fail", people_affected=200)


@pytest.fixture
def shared(slack, cast, open_incident):
    """Ana is called in a channel that others read too."""
    reached(cast.ana, CHANNEL)
    return open_incident("Card payments fail", people_affected=200)


# --- one's own chat ---------------------------------------------------------------------------------


def test_ana_acknowledges_by_the_button_and_the_message_says_so(own, slack, cast, client):
    message = slack.posted()
    assert [one["text"]["text"] for one in buttons(message).values()] == ["Acknowledge", "Escalate …"]
    assert "/a/" in json.dumps(message), "the link stays, for whoever cannot press"
    answer = slack.press(ANAS)
    assert (answer.status_code, answer.content) == (200, b"")
    assert fresh(own).run.holder == cast.ana
    assert json.loads(last(own, "acknowledged").data)["via"] == "slack:button"
    assert buttons(slack.replaced) == {}
    assert "09:30 UTC: Ana Ruiz acknowledged it. Ana Ruiz has it now." in shown(slack.replaced)
    assert "/a/" not in json.dumps(slack.replaced)
    assert slack.whispered == ""
    client.force_login(cast.ana)
    assert "By a button in a message (Slack), without signing in." in words(client.get(own.get_absolute_url()))


def test_she_escalates_with_a_reason_and_not_without(own, slack, cast, phones):
    assert slack.press(ANAS, "escalate").status_code == 200
    dialog = slack.dialog
    assert fresh(own).run.tier == cast.tiers["l1"], "opening the dialog changes nothing"
    without = slack.type(ANAS, dialog, text=" ").json()
    assert (without["response_action"], set(without["errors"])) == ("errors", {"reason", "text"})
    done = slack.type(ANAS, dialog, reason="access", text="The vault")
    assert (done.status_code, done.content) == (200, b"")
    entry = last(own, "called")
    assert (entry.actor_name, entry.said.text, json.loads(entry.data)["reason"]) == ("Ana Ruiz", "The vault", "access")
    assert json.loads(entry.data)["via"] == "slack:button"
    assert "Ana Ruiz escalated it to L2 Applications." in shown(slack.replaced)
    assert phones.rang[-1] == "mei"


def test_an_offer_is_declined_with_a_reason(own, slack, cast):
    reached(cast.tom, TOMS)
    own.acknowledge(by=cast.ana)
    fresh(own).hand_over(by=cast.ana, to=cast.tom, text="Yours?")
    offer = slack.posted()
    assert [one["text"]["text"] for one in buttons(offer).values()] == ["Accept", "Decline …"]
    slack.press(TOMS, "decline", offer)
    slack.type(TOMS, slack.dialog, text="On a train")
    assert last(own, "declined").said.text == "On a train"
    slack.press(TOMS, "press", offer)
    assert "Tom Adeyemi declined the baton" in shown(slack.replaced)
    assert fresh(own).run.holder == cast.ana


def test_a_dialog_that_was_overtaken_says_so(own, slack, cast):
    slack.press(ANAS, "escalate")
    dialog = slack.dialog
    own.acknowledge(by=cast.jo)
    late = slack.type(ANAS, dialog, reason="access", text="The vault").json()
    assert late["response_action"] == "update"
    assert "Jo Okafor acknowledged it" in json.dumps(late)
    assert fresh(own).run.holder == cast.jo
    assert "Jo Okafor has it now." in shown(slack.replaced)


def test_a_dialog_that_was_typed_for_the_step_before_escalates_no_further(
    in_both_tiers, slack, cast, open_incident, clock
):
    """While she typed, the second was called: what she wrote is not sent to the third."""
    reached(cast.ana, ANAS)
    incident = open_incident("Card payments fail", people_affected=200)
    slack.press(ANAS, "escalate")
    dialog = slack.dialog
    clock.forward(minutes=5)
    late = slack.type(ANAS, dialog, reason="access", text="The vault").json()
    assert late["response_action"] == "update" and "Nothing was changed by you" in json.dumps(late)
    assert fresh(incident).run.tier == cast.tiers["l2"]
    assert "nobody has answered yet" not in json.dumps(dialog)
    slack.press(ANAS, "escalate")
    assert "L2 Applications was called at 09:35 UTC, and nobody has answered yet." in json.dumps(slack.dialog)
    slack.type(ANAS, slack.dialog, reason="access", text="The vault")
    assert fresh(incident).run.tier == cast.tiers["l3"]


def test_a_dialog_that_slack_sends_twice_escalates_once(in_both_tiers, slack, cast, open_incident):
    reached(cast.ana, ANAS)
    incident = open_incident("Card payments fail", people_affected=200)
    slack.press(ANAS, "escalate")
    dialog = slack.dialog
    for _again in range(2):
        slack.type(ANAS, dialog, reason="access", text="The vault")
    assert fresh(incident).run.tier == cast.tiers["l2"]


@pytest.mark.parametrize("state", [None, [], "x", {"values": None}, {"values": {"text": 7}}])
def test_a_dialog_of_another_shape_is_no_trouble(own, slack, cast, state):
    slack.press(ANAS, "escalate")
    view = {**slack.dialog, "state": state}
    answer = slack.says({"type": "view_submission", "user": {"id": ANAS, "team_id": "T0SHOP"}, "view": view})
    assert (answer.status_code, answer.json()["response_action"]) == (200, "errors")


def test_a_direct_message_is_its_receivers(slack, cast, open_incident):
    reached(cast.ana, "D024BE7LX")
    incident = open_incident("Card payments fail")
    slack.press(ANAS)
    assert fresh(incident).run.holder == cast.ana


def test_nobody_else_presses_in_somebodys_name(own, slack, cast):
    slack.press(JOS)
    assert fresh(own).run.holder is None
    assert "Baton does not know who you are here." in slack.whispered
    assert slack.replaced is None


# --- a channel --------------------------------------------------------------------------------------


def test_in_a_channel_nobody_presses_who_is_not_linked(shared, slack, cast):
    message = slack.posted()
    assert "/a/" not in json.dumps(message), "a link would answer for Ana, whoever reads it"
    slack.press(ANAS)
    assert fresh(shared).run.holder is None
    assert slack.replaced is None
    assert "Link your account" in slack.whispered
    assert "/reach/accounts/" in slack.whispered


def test_jo_links_her_account_and_answers_in_her_own_name(shared, slack, cast, client):
    slack.press(JOS)
    path = slack.whispered.partition("<")[2].partition("|")[0].partition("//")[2].partition("/")[2]
    page = Client().get(f"/{path}")
    assert page.status_code == 302, "signing in comes first"
    client.force_login(cast.jo)
    assert "Is Slack somebody you?" in words(client.get(f"/{path}"))
    assert not ChatAccount.objects.exists(), "looking links nothing"
    assert client.post(f"/{path}").status_code == 302
    assert "Slack somebody" in words(client.get("/reach/"))
    slack.press(JOS)
    assert fresh(shared).run.holder == cast.jo
    assert last(shared, "acknowledged").actor_name == "Jo Okafor"
    assert "Jo Okafor has it now." in shown(slack.replaced)
    assert client.post(f"/{path}").status_code == 409, "it works once"
    assert client.get(f"/{path}").status_code == 404


def test_an_invitation_ends_after_a_quarter_of_an_hour_and_cannot_be_made_up(shared, slack, cast, client, clock):
    slack.press(JOS)
    path = slack.whispered.partition("<")[2].partition("|")[0].partition("//")[2].partition("/")[2]
    client.force_login(cast.jo)
    for wrong in (path[:-3] + "x/", "reach/accounts/x/", f"reach/accounts/{'x' * 3000}/"):
        assert client.post(f"/{wrong}").status_code == 409
        assert client.get(f"/{wrong}").status_code == 404
    clock.jump(minutes=15, seconds=1)
    assert client.post(f"/{path}").status_code == 409
    assert not ChatAccount.objects.exists()


def test_a_link_that_was_ended_opens_nothing_and_is_on_record(shared, slack, cast, client):
    mine = linked(cast.jo, JOS)
    client.force_login(cast.rita)
    assert client.post(f"/reach/accounts/{mine.pk}/end/").status_code == 404
    client.force_login(cast.jo)
    assert client.post(f"/reach/accounts/{mine.pk}/end/").status_code == 302
    entry = Entry.objects.filter(kind="config_archived").last()
    assert json.loads(entry.data)["what"] == "chat account"
    slack.press(JOS)
    assert fresh(shared).run.holder is None
    assert "does not know who you are" in slack.whispered


def test_a_linked_account_whose_person_has_left_presses_nothing(shared, slack, cast):
    linked(cast.jo, JOS)
    cast.jo.is_active = False
    cast.jo.save()
    slack.press(JOS)
    assert fresh(shared).run.holder is None
    assert "does not know who you are" in slack.whispered


def test_an_account_of_another_workspace_is_somebody_else(shared, slack, cast):
    linked(cast.jo, JOS)
    slack.press(JOS, user={"id": JOS, "name": "somebody", "team_id": "T0OTHER"})
    assert fresh(shared).run.holder is None
    assert "does not know who you are" in slack.whispered


def test_the_buttons_stay_for_whom_the_next_step_calls_by_the_same_message(in_both_tiers, slack, cast, open_incident):
    """She gets no second message: the one there is must still answer."""
    reached(cast.ana, CHANNEL)
    incident = open_incident("Card payments fail", people_affected=200)
    linked(cast.jo, JOS)
    linked(cast.ana, ANAS)
    slack.press(JOS, "escalate")
    slack.type(JOS, slack.dialog, reason="access", text="The vault")
    assert fresh(incident).run.tier == cast.tiers["l2"]
    assert slack.replaced is None
    assert "You escalated it to L2 Applications" in slack.whispered
    slack.press(ANAS)
    assert fresh(incident).run.holder == cast.ana
    assert not buttons(slack.replaced)


def test_a_press_that_is_sent_again_answers_no_newer_call(own, slack, cast):
    """Whoever has caught one, and sends it again within its five minutes."""
    first = slack.posted()
    slack.press(ANAS, "press", first)
    fresh(own).reassign(by=cast.ada, tier=cast.tiers["l1"])
    assert slack.posted() != first
    slack.press(ANAS, "press", first)
    assert fresh(own).run.holder is None
    assert Entry.objects.filter(kind="acknowledged").count() == 1


def test_an_account_is_one_persons_at_a_time(slack, cast, client):
    from escalation.notify import accounts

    for person in (cast.jo, cast.mei):
        accounts.link(person, accounts.invitation("slack", "T0SHOP", JOS, "jo").split("/")[3])
    assert accounts.person_of("slack", "T0SHOP", JOS) == cast.mei
    assert accounts.linked_to(cast.jo) == []
    assert accounts.person_of("slack", "T0OTHER", JOS) is None
    cast.mei.is_active = False
    cast.mei.save()
    assert accounts.person_of("slack", "T0SHOP", JOS) is None


def test_a_verified_address_of_ones_own_is_link_enough(shared, slack, cast):
    method(cast.jo, "slack", JOS, verified=False)
    slack.press(JOS)
    assert fresh(shared).run.holder is None
    cast.jo.contact_methods.filter(channel="slack").update(verified_at=kit_clock.now())
    slack.press(JOS)
    assert fresh(shared).run.holder == cast.jo


def test_who_may_not_act_is_told_so_and_the_buttons_stay_for_the_others(shared, slack, cast):
    linked(cast.rita, "U0RITA")
    linked(cast.otto, "U0OTTO")
    slack.press("U0RITA")
    assert "you may not see it" in slack.whispered
    assert slack.replaced is None
    slack.press("U0OTTO")
    assert "You may look at" in slack.whispered
    assert slack.replaced is None
    assert fresh(shared).run.holder is None


def test_an_offer_in_a_channel_is_answered_by_its_receiver_alone(slack, cast, open_incident):
    reached(cast.tom, CHANNEL)
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    fresh(incident).hand_over(by=cast.ana, to=cast.tom, text="Yours?")
    linked(cast.ana, ANAS)
    linked(cast.tom, TOMS)
    slack.press(ANAS)
    assert "asks Tom Adeyemi" in slack.whispered
    assert slack.replaced is None
    slack.press(TOMS)
    assert fresh(incident).run.holder == cast.tom


def test_a_newer_message_takes_the_place_of_an_older_ones_buttons(shared, slack, cast, clock):
    older = slack.posted()
    linked(cast.ana, ANAS)
    shared.acknowledge(by=cast.jo)
    fresh(shared).reassign(by=cast.ada, tier=cast.tiers["l1"])
    newer = slack.posted()
    assert button(newer, "press")["value"] != button(older, "press")["value"]
    slack.press(ANAS, "press", older)
    assert fresh(shared).run.holder is None
    assert buttons(slack.replaced) == {}
    slack.press(ANAS, "press", newer)
    assert fresh(shared).run.holder == cast.ana


# --- the door ---------------------------------------------------------------------------------------


def test_slacks_published_signature_is_right_and_any_other_is_not(slack, settings):
    settings.SLACK_SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
    kit_clock.fix(datetime.fromtimestamp(1531420618, UTC))
    back = quote("https://hooks.slack.com/commands/T1DC2JH3J/397700885554/96rGlfmibIGlgcZRskXaIFfN", safe="")
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        f"&response_url={back}&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    ).encode()
    right = {
        "X-Slack-Request-Timestamp": "1531420618",
        "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    assert post(body, **right).status_code == 200
    for name, value in [
        ("X-Slack-Signature", right["X-Slack-Signature"][:-1] + "4"),
        ("X-Slack-Signature", ""),
        ("X-Slack-Signature", "v0=é"),
        ("X-Slack-Request-Timestamp", "1531420619"),
        ("X-Slack-Request-Timestamp", ""),
        ("X-Slack-Request-Timestamp", "9" * 30),
        ("X-Slack-Request-Timestamp", "soon"),
    ]:
        assert post(body, **(right | {name: value})).status_code == 401, (name, value)
    assert post(body + b"&more=1", **right).status_code == 401


@pytest.mark.parametrize(("minutes", "status"), [(4.9, 200), (5.1, 401), (-4.9, 200), (-5.1, 401)])
def test_a_press_of_more_than_five_minutes_ago_is_none(slack, minutes, status, caplog):
    at = str(int(kit_clock.now().timestamp() - minutes * 60))
    body = b"payload=%7B%7D"
    signed = hmac.new(SECRET.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    answer = post(body, **{"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signed}"})
    assert answer.status_code == status
    assert ("clock" in caplog.text) == (status == 401)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com.evil.example/actions/x",
        "https://evil.example/actions/x",
        "http://hooks.slack.com/actions/x",
        "https://hooks.slack.com:8443/x",
        "https://a@hooks.slack.com/x",
        "",
    ],
)
def test_we_answer_to_slack_alone(own, slack, cast, url):
    assert slack.press(ANAS, response_url=url).status_code == 200
    assert slack.back == []
    assert fresh(own).run.holder == cast.ana, "what was answered is answered"


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        {},
        {"type": "shortcut"},
        {"type": "block_actions"},
        {"type": "block_actions", "actions": []},
        {"type": "block_actions", "actions": [7]},
        {"type": "block_actions", "actions": [{"action_id": "open", "type": "button", "url": "https://x"}]},
        {"type": "block_actions", "actions": [{"action_id": "baton_resolve", "value": "x"}]},
        {"type": "block_actions", "actions": [{"action_id": "baton_press", "value": "x" * 5000}], "user": 3},
        {"type": "block_actions", "actions": [{"action_id": "baton_press", "value": ["x"]}], "response_url": BACK},
        {"type": "view_submission"},
        {"type": "view_submission", "view": {"callback_id": "baton_answer", "private_metadata": "{"}},
        {"type": "view_submission", "view": {"callback_id": "baton_answer", "private_metadata": "[1]"}},
    ],
)
def test_whatever_is_signed_is_never_trouble(slack, payload):
    assert slack.says(payload).status_code == 200
    assert not Entry.objects.filter(kind="acknowledged").exists()


@pytest.mark.parametrize("body", [b"", b"payload=%7B", b"payload=" + b"%5B" * 50_000, b"ssl_check=1", b"\xff\x00=\xff"])
def test_nor_is_what_cannot_be_read(slack, body):
    assert post(body).status_code == 200


def test_what_is_too_large_is_not_read(slack):
    assert post(b"x" * 600_000).status_code == 413


def test_a_links_key_is_no_button_and_a_button_no_link(own, slack, cast):
    message = slack.posted()
    value = button(message, "press")["value"]
    assert Client().get(f"/a/{value}").status_code == 404
    link = json.dumps(message).partition("/a/")[2].partition("|")[0]
    button(message, "press")["value"] = link
    slack.press(ANAS, "press", message)
    assert fresh(own).run.holder is None


def test_a_webhook_of_nobody_knows_which_app_has_no_buttons(settings, slack, cast, open_incident, monkeypatch):
    from escalation.notify import senders

    assert senders.has_buttons("slack", CHANNEL)
    assert not senders.has_buttons("slack", "https://hooks.slack.com/services/T024BE7LH/B024BE7LJ/x")
    assert not senders.has_buttons("email", "")


def test_slack_is_told_afterwards_and_its_trouble_is_nobodys(own, slack, cast, monkeypatch, caplog):
    message = slack.posted()

    def refuse(*_, **__):
        raise outbound.OutboundError("It did not answer in time.")

    monkeypatch.setattr(outbound, "send", refuse)
    assert slack.press(ANAS, "press", message).status_code == 200
    assert fresh(own).run.holder == cast.ana
    assert "Slack could not be told" in caplog.text
    assert BACK not in caplog.text
