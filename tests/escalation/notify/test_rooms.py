"""Channels of chats: what each is told of an incident, over a real line under the services' own names."""

import json

import pytest
from django.core.exceptions import ValidationError

from escalation.notify.rooms import KINDS, Button, Lost, Said, by_kind
from escalation.notify.senders import SendFailed
from tests.escalation.notify.conftest import TOKEN
from tests.escalation.notify.test_channel_chats import FLOW, HOOK
from tests.escalation.notify.world import HOSTILE, LINK, echoes

CHANNEL, ID = "C024BE7LH", "j6j53p28k6urx15fpcgsr20psq"
ACK = Button("acknowledge", "Acknowledge", f"{LINK}acknowledgement/")
RESOLVE = Button("resolve", "Resolve", f"{LINK}resolution/", wordy=True)
OPEN = Said("SEV1 INC-1042 Card payments fail", ("Nobody has it yet.",), LINK, (ACK, RESOLVE), "room:1", 1_772_443_800)
BAD = Said(HOSTILE, (HOSTILE, HOSTILE * 400), LINK, (ACK,), "room:1", 1_772_443_800)
PLACES = {"slack": (CHANNEL, HOOK), "mattermost": (ID, "town-square"), "teams": (FLOW,)}
EACH = [(kind, place) for kind in KINDS for place in PLACES[kind]]


@pytest.fixture(autouse=True)
def bots(settings):
    settings.SLACK_SIGNING_SECRET = "0123456789abcdef0123456789abcdef"
    settings.MATTERMOST_URL, settings.MATTERMOST_TOKEN = "https://chat.example.com", TOKEN
    settings.MATTERMOST_BUTTONS = True


def taken(world, kind: str, place: str) -> None:
    if kind == "slack" and place == CHANNEL:
        world.answers(200, {"ok": True, "channel": CHANNEL, "ts": "1503435956.000247"})
    elif kind == "mattermost" and place == ID:
        world.answers(201, {"id": "gzduj33ebwxq1ksoqnhoo4o3ta"})
    else:
        world.answers(202 if kind == "teams" else 200, "" if kind == "teams" else "ok")


def test_slacks_bot_changes_where_it_is_what_it_said(world):
    room = by_kind()["slack"]
    taken(world, "slack", CHANNEL)
    theirs = room.tell(CHANNEL, OPEN, "k")
    assert (theirs, world.last.url) == (f"{CHANNEL}/1503435956.000247", "slack.com/api/chat.postMessage")
    [row] = [block for block in world.last.data["blocks"] if block["type"] == "actions"]
    labels = [(one["action_id"], one["text"]["text"], one["value"]) for one in row["elements"]]
    assert labels == [("baton_acknowledge", "Acknowledge", "room:1"), ("baton_resolve", "Resolve …", "room:1")]
    room.retell(CHANNEL, theirs, Said("INC-1042", ("No more of it is told here.",), LINK), "k")
    assert world.last.url == "slack.com/api/chat.update" and "actions" not in str(world.last.data["blocks"])
    assert (world.last.data["channel"], world.last.data["ts"]) == (CHANNEL, "1503435956.000247")
    assert world.last.headers["authorization"] == f"Bearer xoxb-{TOKEN}"


def test_mattermosts_bot_does_too_and_takes_its_buttons_away(world):
    room = by_kind()["mattermost"]
    taken(world, "mattermost", ID)
    theirs = room.tell(ID, OPEN, "k")
    assert (theirs, world.last.url) == ("gzduj33ebwxq1ksoqnhoo4o3ta", "chat.example.com/api/v4/posts")
    [attached] = world.last.data["props"]["attachments"]
    assert [one["id"] for one in attached["actions"]] == ["acknowledge"]
    assert f"[Resolve]({LINK}resolution/)" in world.last.data["message"]
    room.retell(ID, theirs, Said("INC-1042", (), LINK), "k")
    assert (world.last.method, world.last.path) == ("PUT", f"/api/v4/posts/{theirs}/patch")
    assert world.last.data["props"] == {"attachments": []}
    assert world.last.headers["authorization"] == f"Bearer {TOKEN}"


def test_where_presses_do_not_come_back_there_are_links(world):
    quiet = Said(OPEN.head, OPEN.lines, LINK, OPEN.buttons)
    for kind, place in (("slack", HOOK), ("teams", FLOW)):
        taken(world, kind, place)
        by_kind()[kind].tell(place, quiet, "k")
        assert f"{LINK}acknowledgement/" in world.last.body.decode() and "room:1" not in world.last.body.decode()


@pytest.mark.parametrize(("kind", "place"), EACH)
def test_words_of_strangers_are_words(world, kind, place):
    taken(world, kind, place)
    by_kind()[kind].tell(place, BAD, "k")
    said = world.last.data
    assert len(world.last.body) < 28_000
    if kind == "slack":
        assert not {"<", ">"} & set(said["text"])
        kinds = [block["text"]["type"] for block in said["blocks"] if block["type"] in ("header", "section")]
        assert kinds == ["plain_text", "plain_text", "mrkdwn"] and "evil" not in said["blocks"][-1]["text"]["text"]
    elif kind == "mattermost":
        text = said.get("message") or said["text"]
        assert "@here" not in text and "](https://evil" not in text and "<!channel>" not in text
    else:
        body = said["attachments"][0]["content"]["body"]
        assert {block["type"] for block in body} == {"RichTextBlock"}


@pytest.mark.parametrize(("kind", "place"), EACH)
@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500])
def test_what_an_answer_means(world, kind, place, status):
    world.answers(status, "No", Retry_After="7")
    with pytest.raises(SendFailed) as failed:
        by_kind()[kind].tell(place, OPEN, "k")
    assert (failed.value.status, failed.value.shut) == (status, status in (401, 403, 404, 410))
    assert failed.value.retry_after == (7.0 if status in (429, 500) else None)


@pytest.mark.parametrize(
    ("error", "status", "shut"),
    [("is_archived", 200, True), ("ratelimited", 429, False), ("invalid_blocks", 200, False)],
)
def test_slack_says_no_with_200(world, error, status, shut):
    world.answers(200, {"ok": False, "error": error})
    with pytest.raises(SendFailed) as failed:
        by_kind()["slack"].tell(CHANNEL, OPEN, "k")
    assert (failed.value.status, failed.value.shut) == (status, shut)


def test_a_message_that_is_gone_is_told_from_a_channel_that_is(world):
    world.answers(200, {"ok": False, "error": "message_not_found"})
    with pytest.raises(Lost):
        by_kind()["slack"].retell(CHANNEL, f"{CHANNEL}/1.2", OPEN, "k")
    world.answers(404, {"id": "store.sql_post.get.app_error"})
    with pytest.raises(Lost):
        by_kind()["mattermost"].retell(ID, ID, OPEN, "k")
    world.answers(200, {"ok": False, "error": "channel_not_found"})
    with pytest.raises(SendFailed) as failed:
        by_kind()["slack"].retell(CHANNEL, f"{CHANNEL}/1.2", OPEN, "k")
    assert failed.value.shut and not isinstance(failed.value, Lost)


@pytest.mark.parametrize(("kind", "place"), EACH)
def test_no_secret_comes_back_in_what_is_logged(world, kind, place):
    world.does(echoes(403))
    with pytest.raises(SendFailed) as failed:
        by_kind()[kind].tell(place, OPEN, "k")
    whole = json.dumps([failed.value.reason, failed.value.detail])
    assert TOKEN not in whole and "s3cr3t" not in whole and "pZqX8rT2vW4yB6nM1kL3jH5g" not in whole


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("slack", "U024BE7LH"),
        ("slack", "https://evil.example/services/T/B/x"),
        ("mattermost", "@ana.ruiz"),
        ("mattermost", "a b"),
        ("teams", "https://x.webhook.office.com/1"),
        ("teams", "C024BE7LH"),
    ],
)
def test_what_is_no_channel_is_refused(kind, place):
    with pytest.raises(ValidationError):
        by_kind()[kind].clean(place)


def test_without_a_webhook_the_bot_of_mattermost_wants_an_id(settings):
    settings.MATTERMOST_WEBHOOK = ""
    assert by_kind()["mattermost"].clean(ID) == ID
    with pytest.raises(ValidationError, match="26 letters"):
        by_kind()["mattermost"].clean("town-square")
