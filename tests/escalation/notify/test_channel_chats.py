"""Slack, Mattermost, Teams, Telegram and ntfy: what each is told, in its own words."""

import json
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from escalation.notify import mattermost, slack, teams, telegram
from escalation.notify.mattermost import Mattermost
from escalation.notify.ntfy import Ntfy
from escalation.notify.senders import SendFailed
from escalation.notify.slack import Slack
from escalation.notify.teams import Teams
from escalation.notify.telegram import Telegram
from tests.escalation.notify.conftest import TOKEN
from tests.escalation.notify.world import ANA, HOSTILE, LINK, message

KEY = "k-1"
HOOK = "https://hooks.slack.com/services/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"
FLOW = "https://prod-12.westeurope.logic.azure.com/workflows/0a1b/triggers/manual/paths/invoke?api-version=2016-06-01&sig=s3cr3t"
HUGE = ("x" * 60_000, "😀" * 30_000, ("y" * 20_000 + "\n") * 5, '"\\\n' * 20_000, "\n" * 60_000)
LONG = message(full="A line of words that goes on. 😀\n" * 3000)


def send(sender, address: str, said=None) -> str:
    return sender.send(replace(ANA, address=address), said or message(), KEY)


def fails(sender, address: str) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        send(sender, address)
    return failed.value


# --- Slack ----------------------------------------------------------------------------------------


def test_slacks_webhook_gets_blocks_of_plain_text_and_one_link(world):
    world.answers(200, "ok")
    send(Slack(), HOOK, message(HOSTILE))
    assert f"https://{world.last.url}" == HOOK
    said = world.last.data
    *plain, link = said["blocks"]
    assert {block["text"]["type"] for block in plain} == {"plain_text"}
    assert all(block["text"]["emoji"] is False for block in plain)
    assert link["text"] == {"type": "mrkdwn", "text": f"<{LINK}|Open it in Baton>", "verbatim": True}
    assert not {"<", ">"} & set(said["text"])
    assert (said["unfurl_links"], said["unfurl_media"]) == (False, False)


def test_slacks_bot_writes_to_a_person(world):
    world.answers(200, {"ok": True, "ts": "1503435956.000247", "channel": "D024"})
    assert send(Slack(), "U024BE7LH") == "D024/1503435956.000247"
    assert world.last.url == "slack.com/api/chat.postMessage"
    assert world.last.headers["authorization"] == f"Bearer xoxb-{TOKEN}"
    assert world.last.headers["content-type"] == "application/json; charset=utf-8"
    assert world.last.data["channel"] == "U024BE7LH"
    assert world.last.data["metadata"]["event_payload"] == {"key": KEY}


@pytest.mark.parametrize(
    ("error", "permanent"),
    [
        *[(error, True) for error in ("channel_not_found", "invalid_auth", "is_archived", "who_knows")],
        *[(error, False) for error in ("internal_error", "service_unavailable", "ratelimited")],
    ],
)
def test_slack_says_no_with_200(world, error, permanent):
    world.answers(200, {"ok": False, "error": error})
    failure = fails(Slack(), "C024BE7LH")
    assert failure.permanent is permanent
    assert error in failure.detail


def test_a_message_of_slacks_is_changed_where_it_landed(world):
    world.answers(200, {"ok": True, "ts": "1503435956.000247", "channel": "D024"})
    theirs = send(Slack(), "U024BE7LH", replace(message(), button="b", press="Acknowledge"))
    assert Slack().can_amend(theirs)
    Slack().amend(replace(ANA, address="U024BE7LH"), message(), theirs, "Jo <b>acknowledged</b> it.")
    assert world.last.url == "slack.com/api/chat.update"
    said = world.last.data
    assert (said["channel"], said["ts"]) == ("D024", "1503435956.000247")
    assert {block["type"] for block in said["blocks"]} == {"header", "section"}
    assert said["blocks"][-2]["text"]["text"] == "Jo <b>acknowledged</b> it."
    world.answers(200, {"ok": False, "error": "message_not_found"})
    with pytest.raises(SendFailed) as failed:
        Slack().amend(replace(ANA, address="U024BE7LH"), message(), theirs, "Over.")
    assert failed.value.permanent
    for other in ("1503435956.000247", "D024", "/1503435956.000247", "../x/1.2", ""):
        assert not Slack().can_amend(other), "of before this could be done, or none at all"


def test_slacks_limits_are_kept():
    said = slack.written(LONG)
    assert len(said["blocks"]) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in said["blocks"])
    assert len(slack.written(message("x" * 300, subject="x" * 300))["blocks"][0]["text"]["text"]) <= 150


def test_without_a_token_slack_takes_only_webhooks(settings):
    settings.SLACK_TOKEN = ""
    assert Slack().clean(f" {HOOK} ") == HOOK
    with pytest.raises(ValidationError, match="BATON_SLACK_TOKEN"):
        Slack().clean("U024BE7LH")


# --- Mattermost -----------------------------------------------------------------------------------


def test_mattermost_gets_escaped_markdown_in_the_named_channel(world):
    world.answers(200, "ok")
    send(Mattermost(), "@Ana.Ruiz", message(HOSTILE))
    assert world.last.url == "chat.example.com/hooks/x7k3q9w1e5r2t8y4u6i0o9p3ab"
    said = world.last.data
    assert (said["channel"], said["props"]) == ("@ana.ruiz", {"baton_key": KEY})
    assert said["text"].startswith("**SEV1 INC-1042: acknowledge")
    assert f"[Open it in Baton]({LINK})" in said["text"]
    for trick in ("@channel", "@here", "[Log in](", "**bold**", "http://", "#tag", "~town", ":fire:"):
        assert trick not in said["text"].replace(f"({LINK})", "")


def test_mattermosts_limit_is_kept(world):
    world.answers(200, "ok")
    send(Mattermost(), "town-square", LONG)
    assert len(world.last.data["text"]) <= 16_383
    assert mattermost.written(LONG).startswith("**")


# --- Teams ----------------------------------------------------------------------------------------


def test_teams_gets_a_card_of_text_runs_and_one_button(world):
    world.answers(202, "", x_ms_workflow_run_id="0858")
    assert send(Teams(), FLOW, message(HOSTILE)) == "0858"
    assert f"https://{world.last.url}" == FLOW
    [attachment] = world.last.data["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open it in Baton", "url": LINK}]
    assert card["body"][0]["inlines"][0]["text"] == message(HOSTILE).subject


NO = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429"


@pytest.mark.parametrize(
    ("body", "permanent"),
    [(NO, False), (NO.replace("429", "404"), True), ({"error": {"code": "BadRequest"}}, True)],
)
def test_teams_says_no_with_200(world, body, permanent):
    world.answers(200, body)
    failure = fails(Teams(), FLOW)
    assert (failure.reason, failure.permanent) == ("Teams refused", permanent)


@pytest.mark.parametrize("said", [LONG, *(message(full=full) for full in HUGE)])
def test_teams_limit_is_kept(said):
    card = json.dumps(teams.written(said), ensure_ascii=False).encode()
    assert len(card) <= 28_000


# --- Telegram -------------------------------------------------------------------------------------


def test_telegram_gets_preformatted_words_and_our_link(world):
    world.answers(200, {"ok": True, "result": {"message_id": 77}})
    assert send(Telegram(), "-1001234567890", message(HOSTILE)) == "77"
    assert world.last.url == f"api.telegram.org/bot110201543:{TOKEN}/sendMessage"
    said = world.last.data
    assert said["chat_id"] == "-1001234567890"
    assert "parse_mode" not in said
    [entity] = said["entities"]
    outside = said["text"].encode("utf-16-le")[2 * entity["length"] :].decode("utf-16-le")
    assert (entity["type"], entity["offset"], outside) == ("pre", 0, f"\n\n{LINK}")


def test_a_message_of_telegrams_is_changed_where_it_is_and_may_say_so_already(world):
    bot, to = Telegram(), replace(ANA, address="-1001234567890")
    world.answers(200, {"ok": True, "result": {"message_id": 77}})
    bot.amend(to, message(), "77", "Jo acknowledged it.")
    assert world.last.url == f"api.telegram.org/bot110201543:{TOKEN}/editMessageText"
    said = world.last.data
    assert (said["chat_id"], said["message_id"]) == ("-1001234567890", 77)
    assert "Jo acknowledged it." in said["text"] and "reply_markup" not in said
    same = "Bad Request: message is not modified: specified new message content is the same"
    world.answers(400, {"ok": False, "error_code": 400, "description": same})
    bot.amend(to, message(), "77", "Jo acknowledged it.")
    world.answers(400, {"ok": False, "error_code": 400, "description": "Bad Request: message to edit not found"})
    with pytest.raises(SendFailed) as failed:
        bot.amend(to, message(), "77", "Jo acknowledged it.")
    assert failed.value.permanent
    assert not any(bot.can_amend(other) for other in ("", "x", "-1", "７", "7" * 30))


@pytest.mark.parametrize("said", [LONG, *(message(full=full) for full in HUGE)])
def test_telegrams_limit_is_kept(said):
    text = telegram.written(said)["text"]
    assert len(text.encode("utf-16-le")) // 2 <= 4096
    assert text.endswith(LINK)


@pytest.mark.parametrize("status", [200, 429])
def test_telegram_says_in_its_answer_how_long_to_wait(world, status):
    world.answers(status, {"ok": False, "error_code": 429, "description": "Slow", "parameters": {"retry_after": 34}})
    failure = fails(Telegram(), "1")
    assert (failure.permanent, failure.retry_after) == (False, 34.0)


@pytest.mark.parametrize(
    ("code", "permanent"), [(400, True), (403, True), (500, False), (None, False), ("x", False), (True, False)]
)
def test_telegram_says_no_with_200(world, code, permanent):
    world.answers(200, {"ok": False, "error_code": code, "description": "Forbidden: bot was blocked by the user"})
    failure = fails(Telegram(), "1")
    assert failure.permanent is permanent
    assert "bot was blocked" in failure.detail


# --- ntfy -----------------------------------------------------------------------------------------


def test_ntfy_gets_a_title_a_priority_and_a_click(world):
    world.answers(200, {"id": "hwQ2YpKdmg"})
    assert send(Ntfy(), "ana-topic", message(HOSTILE)) == "hwQ2YpKdmg"
    assert world.last.url == "ntfy.example.com/"
    assert world.last.headers["authorization"] == f"Bearer {TOKEN}"
    assert world.last.headers["idempotency-key"] == KEY
    said = world.last.data
    assert said.keys() == {"topic", "title", "message", "priority", "click"}
    assert (said["topic"], said["priority"], said["click"]) == ("ana-topic", 5, LINK)


def test_ntfy_is_quieter_about_what_asks_for_nothing_and_needs_no_token(world, settings):
    settings.NTFY_TOKEN = ""
    world.answers(200, {"id": "a"})
    send(Ntfy(), "ana-topic", message(asks=False))
    assert world.last.data["priority"] == 3
    assert "authorization" not in world.last.headers


def test_a_second_copy_replaces_the_first_on_the_phone(world):
    world.answers(200, {"id": "a"})
    for key in ("k-1", "k-1", "k-2"):
        Ntfy().send(replace(ANA, address="ana-topic"), message(), key)
    first, again, other = (heard.headers["x-sequence-id"] for heard in world.heard)
    assert first == again != other


def test_ntfys_limit_is_kept(world):
    world.answers(200, {"id": "a"})
    send(Ntfy(), "ana-topic", LONG)
    assert len(world.last.data["message"].encode()) <= 4096


# --- addresses ------------------------------------------------------------------------------------

CLEAN = [
    (Slack, " C024BE7LH ", "C024BE7LH"),
    (Slack, "#ops-calls", "#ops-calls"),
    (Slack, HOOK.replace("https://hooks", "HTTPS://HOOKS"), HOOK),
    (Mattermost, "Town-Square", "town-square"),
    (Teams, FLOW.replace(".com/", ".com:443/"), FLOW),
    (Telegram, "@baton_ops", "@baton_ops"),
    (Telegram, " 987654321 ", "987654321"),
    (Ntfy, " ana-topic ", "ana-topic"),
]


@pytest.mark.parametrize(("kind", "typed", "clean"), CLEAN)
def test_an_address_has_one_form(kind, typed, clean):
    assert kind().clean(typed) == clean
    assert kind().clean(clean) == clean


NONE = [
    (Slack, "@ana"),
    (Slack, "ana"),
    (Slack, "#"),
    (Slack, "https://hooks.slack.com.evil.example/services/T1/B1/x"),
    (Slack, "https://hooks.slack.com@evil.example/services/T1/B1/x"),
    (Slack, "https://hooks.slack.com:8443/services/T1/B1/x"),
    (Slack, "http://hooks.slack.com/services/T1/B1/x"),
    (Slack, "https://hooks.slack.com/workflows/T1/B1/x"),
    (Mattermost, "@"),
    (Mattermost, "a/b"),
    (Mattermost, "https://chat.example.com/hooks/x"),
    (Teams, "https://example.webhook.office.com/webhookb2/x"),
    (Teams, "https://logic.azure.com.evil.example/x"),
    (Teams, "https://evillogic.azure.com/x"),
    (Teams, "https://evil.example/.logic.azure.com"),
    (Telegram, "0"),
    (Telegram, "ana"),
    (Telegram, "1/../getMe"),
    (Ntfy, "a/b"),
    (Ntfy, "x" * 65),
]


@pytest.mark.parametrize(("kind", "typed"), NONE)
def test_what_is_no_address_is_refused(kind, typed):
    with pytest.raises(ValidationError):
        kind().clean(typed)
