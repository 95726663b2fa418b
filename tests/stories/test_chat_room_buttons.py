"""Whoever reads of an incident in a channel acts there, in their own name and with their own rights."""

import json

import pytest

from escalation.notify.models import ChatAccount
from escalation.trail.models import Entry
from incidents.answers import afterwards
from incidents.models import ChatPost, Incident
from tests import mattermost_kit, slack_kit
from tests.chat_kit import buttons, room, shown, tell
from tests.slack_kit import BACK, JOS, TOMS, linked

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


class Pressed:
    """What is said back to Slack."""

    def __init__(self, monkeypatch):
        self.back: list[tuple[str, dict]] = []
        monkeypatch.setattr(afterwards, "say", lambda _who, url, said, **_headers: self.back.append((url, said)))

    def press(self, account: str, verb: str, said: dict, **changes):
        self.back.clear()
        action = {"action_id": f"baton_{verb}", "value": said["value"], "type": "button"}
        payload = {
            "type": "block_actions",
            "user": {"id": account, "name": "somebody", "team_id": "T0SHOP"},
            "trigger_id": "1.2.3",
            "response_url": BACK,
            "actions": [action | changes],
        }
        return self._posted(payload)

    def type(self, account: str, dialog: dict, text: str, **chosen: str):
        self.back.clear()
        values = {name: {name: {"selected_option": {"value": value}}} for name, value in chosen.items()}
        values["text"] = {"text": {"value": text}}
        user = {"id": account, "name": "somebody", "team_id": "T0SHOP"}
        return self._posted({"type": "view_submission", "user": user, "view": {**dialog, "state": {"values": values}}})

    def _posted(self, payload):
        from urllib.parse import urlencode

        return slack_kit.post(urlencode({"payload": json.dumps(payload)}).encode())

    @property
    def whispered(self) -> str:
        return " ".join(said["text"] for _url, said in self.back if said.get("response_type") == "ephemeral")

    @property
    def replaced(self) -> dict | None:
        return next((said for _url, said in self.back if said.get("replace_original")), None)

    @property
    def dialog(self) -> dict:
        [(_url, said)] = self.back
        return said["view"]


@pytest.fixture
def back(monkeypatch):
    return Pressed(monkeypatch)


@pytest.fixture
def told(cast, clock, chat, open_incident):
    """An incident that a channel of Slack has read of."""
    room(cast.ada)
    incident = open_incident("Card payments fail", people_affected=200)
    tell(clock)
    return incident


def test_who_is_linked_acknowledges_and_all_who_read_along_see_it(told, cast, clock, chat, back):
    linked(cast.jo, JOS)
    answer = back.press(JOS, "acknowledge", buttons(chat.only)["acknowledge"])
    assert (answer.status_code, answer.content, back.whispered) == (200, b"", f"{told.ref} is yours now.")
    assert fresh(told).run.holder == cast.jo
    entry = Entry.objects.filter(trail=told.trail_id, kind="acknowledged").get()
    assert (entry.actor_name, json.loads(entry.data)["via"]) == ("Jo Okafor", "slack:button")
    assert back.replaced is None, "beside the queue it could come after what is newer"
    tell(clock)
    assert "Acknowledged: Jo Okafor has it." in shown(chat.only)
    assert "acknowledge" not in buttons(chat.only)


def test_who_is_not_linked_is_told_how_and_nothing_happens(told, cast, chat, back):
    back.press(JOS, "acknowledge", buttons(chat.only)["acknowledge"])
    assert "Link your account" in back.whispered and "/reach/accounts/" in back.whispered
    assert back.replaced is None and fresh(told).run.acknowledged_at is None


def test_a_late_press_says_so_and_the_message_is_shown_as_it_is(told, cast, clock, chat, back):
    linked(cast.jo, JOS)
    first = dict(chat.only)
    old = buttons(first)
    told.acknowledge(by=cast.ana)
    tell(clock)
    chat.only.update(first)  # whatever happened to it there
    back.press(JOS, "acknowledge", old["acknowledge"])
    assert "Ana Ruiz has already acknowledged this." in back.whispered
    tell(clock)
    assert "Ana Ruiz has it" in shown(chat.only), "said anew, though nothing has changed"
    told.resolve(by=cast.ana, cause="supplier", text="It is back")
    for verb in ("acknowledge", "resolve"):
        back.press(JOS, verb, old[verb])
        assert f"{told.ref} is resolved already, by Ana Ruiz." in back.whispered
    tell(clock)
    assert buttons(chat.only) == {} and "Resolved by Ana Ruiz." in shown(chat.only)


def test_it_is_resolved_with_what_fixed_it_and_why_and_not_without(told, cast, clock, chat, back):
    linked(cast.jo, JOS)
    told.acknowledge(by=cast.jo)
    back.press(JOS, "resolve", buttons(chat.only)["resolve"])
    dialog = back.dialog
    assert fresh(told).resolved_at is None, "opening the dialog changes nothing"
    assert "duplicate" not in str(dialog)
    wrong = back.type(JOS, dialog, " ").json()
    assert (wrong["response_action"], set(wrong["errors"])) == ("errors", {"cause", "text"})
    assert back.type(JOS, dialog, "The acquirer is back", cause="supplier").content == b""
    assert (fresh(told).resolver, fresh(told).cause) == (cast.jo, "supplier")
    tell(clock)
    assert buttons(chat.only) == {}
    assert "resolved already" in str(back.type(JOS, dialog, "Twice", cause="supplier").json())


def test_it_is_escalated_with_a_reason_and_a_dialog_that_was_overtaken_says_so(told, cast, chat, back):
    linked(cast.jo, JOS)
    back.press(JOS, "escalate", buttons(chat.only)["escalate"])
    dialog = back.dialog
    assert back.type(JOS, dialog, "The vault", reason="access").status_code == 200
    assert fresh(told).run.tier == cast.tiers["l2"]
    late = back.type(JOS, dialog, "The vault", reason="access").json()
    assert late["response_action"] == "update" and fresh(told).run.tier == cast.tiers["l2"]


def test_rights_are_those_of_whoever_presses(told, cast, chat, back):
    linked(cast.rita, TOMS)
    back.press(TOMS, "acknowledge", buttons(chat.only)["acknowledge"])
    assert "you may not see it" in back.whispered and back.replaced is None
    back.press(TOMS, "resolve", buttons(chat.only)["resolve"])
    assert "you may not see it" in back.whispered
    assert fresh(told).run.acknowledged_at is None


@pytest.mark.parametrize("value", ["room:", "room:" + "0" * 32, "room:é", "x" * 5000])
def test_a_button_that_is_none_does_nothing(told, cast, chat, back, value):
    linked(cast.jo, JOS)
    assert back.press(JOS, "acknowledge", {"value": value}).status_code == 200
    assert back.press(JOS, "delete", {"value": value}).status_code == 200
    assert fresh(told).run.acknowledged_at is None


def test_once_a_channel_is_told_no_more_its_buttons_do_nothing(told, cast, chat, back):
    linked(cast.jo, JOS)
    post = ChatPost.objects.get()
    told.leave_room(post.room, by=cast.ana)
    back.press(JOS, "acknowledge", buttons(chat.only)["acknowledge"])
    assert "of no use any more" in back.whispered and fresh(told).run.acknowledged_at is None


# --- Mattermost ------------------------------------------------------------------------------------


@pytest.fixture
def theirs(cast, clock, chat, open_incident):
    room(cast.ada, "mattermost")
    incident = open_incident("Card payments fail", people_affected=200)
    tell(clock)
    return incident


def press(said: dict, account: str = mattermost_kit.JOS, **changes):
    integration = buttons(said)["acknowledge"]["integration"]
    context = integration["context"] | changes
    return mattermost_kit.post({"user_id": account, "user_name": "jo", "context": context})


def linked_there(person) -> None:
    account = mattermost_kit.JOS
    ChatAccount.objects.create(
        person=person, channel="mattermost", workspace="", account=account, nonce="n", linked_at="2026-03-02T09:00Z"
    )


def test_in_mattermost_a_press_is_answered_with_the_message_as_it_is(theirs, cast, clock, chat):
    linked_there(cast.jo)
    said = dict(chat.only)
    answer = press(said).json()
    assert fresh(theirs).run.holder == cast.jo and "is yours now" in answer["ephemeral_text"]
    again = press(said).json()
    assert "already acknowledged" in again["ephemeral_text"] and "update" not in {**answer, **again}
    tell(clock)
    assert "Jo Okafor has it" in shown(chat.only) and buttons(chat.only) == {}


def test_in_mattermost_a_message_that_no_bot_can_change_is_changed_by_the_answer(cast, clock, chat, open_incident):
    room(cast.ada, "mattermost", "town-square")
    theirs = open_incident("Card payments fail", people_affected=200)
    tell(clock)
    linked_there(cast.jo)
    answer = press(dict(chat.only)).json()
    assert fresh(theirs).run.holder == cast.jo and "ephemeral_text" not in answer
    assert "Jo Okafor has it" in answer["update"]["message"]
    assert answer["update"]["props"]["attachments"] == []


def test_in_mattermost_a_button_must_be_ours_of_this_channel_in_time_and_by_somebody_we_know(theirs, cast, clock, chat):
    said = dict(chat.only)
    assert "Link your account" in press(said).json()["ephemeral_text"]
    linked_there(cast.jo)
    for changes in ({"mac": "0" * 64}, {"verb": "resolve"}, {"exp": 2_000_000_000}, {"button": "room:" + "0" * 32}):
        assert press(said, **changes).status_code == 401
    assert press(said, account="@jo").status_code == 401
    clock.jump(days=2)
    assert "too old" in press(said).json()["ephemeral_text"]
    assert fresh(theirs).run.acknowledged_at is None
