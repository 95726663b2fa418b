"""Answers from where people are while maintenance is on: replies to text messages, and buttons in chats."""

import json

import pytest

from escalation.notify.message import SHORT
from escalation.trail.models import Entry
from incidents.models import MaintenanceWindow
from tests.audit_kit import quiet
from tests.maintenance_kit import fresh, planner, to, told
from tests.mattermost_kit import ANAS as ANAS_NAME
from tests.reach_kit import reached_by
from tests.slack_kit import ANAS, buttons, reached, shown
from tests.telegram_kit import ANAS as ANAS_CHAT

pytestmark = pytest.mark.django_db
STILL = "Maintenance until 02 Mar 12:00 UTC: the clocks stand still, and nobody is called automatically."


@pytest.fixture
def window(cast, clock) -> MaintenanceWindow:
    """Of the payments service, from 10:00 to 12:00."""
    return planner(cast, clock)()


@pytest.fixture
def ana(gateway, cast, window):
    return gateway.phone(cast.ana)


@pytest.fixture
def called(ana, open_incident, clock):
    """Two minutes before it begins Ana and Jo are called, Ana by text message; then half an hour of it has passed."""
    to(clock, 9, 58)
    incident = open_incident("Card payments fail", people_affected=200)
    assert ana.code
    to(clock, 10, 30)
    return incident


def vias(kind: str) -> list[str]:
    entries = Entry.objects.filter(kind=kind).order_by("id")
    return [via for entry in entries if (via := json.loads(entry.data).get("via"))]


# --- replies to text messages -----------------------------------------------------------------------


def test_ana_acknowledges_an_earlier_call_and_her_clock_waits_for_the_end(called, ana, cast, clock, window, phones):
    assert ana.write(f"{ana.code} ACK") == f"{called.ref}: 10:30 UTC: You acknowledged it. You have it now."
    run = fresh(called).run
    assert (run.holder, run.quiet_until, vias("acknowledged")) == (cast.ana, window.over_at, ["sms:reply"])
    to(clock, 12, 14)
    assert phones.rang == ["ana", "jo"]
    to(clock, 12, 15)  # her whole work limit, from the end on
    assert phones.rang == ["ana", "jo", "mei"]
    assert quiet()


def test_who_comes_second_reads_who_was_faster_as_ever(called, ana, cast):
    called.acknowledge(by=cast.jo)
    assert ana.write("ack") == f"{called.ref}: 10:30 UTC: Jo Okafor acknowledged it. Jo Okafor has it now."
    assert fresh(called).run.holder == cast.jo


def test_she_escalates_and_reads_whom_that_called_and_until_when_the_clocks_wait(called, ana, cast, phones):
    said = ana.write(f"{ana.code} ESCALATE access needs the vault")
    assert said == f"{called.ref}: 10:30 UTC: You escalated it to L2 Applications. {STILL}"
    assert len(said) <= SHORT
    assert phones.rang == ["ana", "jo", "mei"]
    assert quiet()


@pytest.mark.rehearsal("long")
def test_an_offer_inside_it_is_taken_and_declined_by_a_reply(called, ana, gateway, cast, clock):
    tom = gateway.phone(cast.tom, "+4930901822")
    called.acknowledge(by=cast.jo)
    fresh(called).hand_over(by=cast.jo, to=cast.tom, text="Yours?")
    said = tom.write(f"{tom.code} NO on a train")
    assert said == f"{called.ref}: 10:30 UTC: You declined the baton. Jo Okafor has it now."
    to(clock, 10, 40)
    fresh(called).hand_over(by=cast.jo, to=cast.tom, text="And now?")
    assert tom.write(f"{tom.code} YES").endswith("You have it now.")
    assert fresh(called).run.holder == cast.tom
    assert quiet()


def test_help_names_what_is_still_open_inside_it(called, ana):
    assert ana.write("HELP") == f"1 call is open: {ana.code} {called.ref}. Reply with the number: {ana.code} ACK."


def test_what_was_opened_inside_it_asks_nobody_and_a_reply_reads_so(ana, open_incident, clock):
    to(clock, 10, 30)
    open_incident("Card payments fail", people_affected=200)
    assert ana.texts == []
    assert ana.write("ack") == "Nothing is asked of you now."


def test_the_end_gives_the_call_anew_and_the_older_code_says_so(called, ana, cast, clock):
    older = ana.code
    to(clock, 12)
    assert "maintenance" in ana.last.casefold() and ana.code != older
    said = ana.write(f"{older} ACK")
    assert f"It calls you again: reply {ana.code} ACK." in said
    assert fresh(called).run.holder is None
    ana.write(f"{ana.code} ACK")
    assert fresh(called).run.holder == cast.ana
    assert quiet()


def test_what_was_answered_inside_it_is_not_asked_again_at_its_end(called, ana, cast, clock):
    ana.write(f"{ana.code} ACK")
    fresh(called).resolve(by=cast.ana, cause="unknown", text="Restarted it")
    before = ana.texts
    to(clock, 12)
    assert ana.texts == before and told() == []


# --- buttons in chats -------------------------------------------------------------------------------


def test_a_button_of_an_earlier_message_answers_inside_it(slack, window, open_incident, cast, clock):
    reached(cast.ana, ANAS)
    to(clock, 9, 58)
    incident = open_incident("Card payments fail", people_affected=200)
    message = slack.posted()
    to(clock, 10, 30)
    slack.press(ANAS, "press", message)
    run = fresh(incident).run
    assert (run.holder, run.quiet_until, vias("acknowledged")) == (cast.ana, window.over_at, ["slack:button"])
    assert "Ana Ruiz acknowledged it. Ana Ruiz has it now." in shown(slack.replaced)
    assert quiet()


def test_a_late_press_inside_it_reads_that_nobody_is_called_by_itself(slack, window, open_incident, cast, clock):
    reached(cast.ana, ANAS)
    to(clock, 9, 58)
    incident = open_incident("Card payments fail", people_affected=200)
    message = slack.posted()
    to(clock, 10, 30)
    incident.escalate(by=cast.jo, reason="access", text="The vault")
    slack.press(ANAS, "press", message)
    assert "Jo Okafor escalated it to L2 Applications." in slack.whispered
    assert STILL in slack.whispered
    assert not buttons(slack.replaced)
    assert fresh(incident).run.holder is None


def test_a_message_of_before_is_replaced_by_the_one_at_its_end(slack, window, open_incident, cast, clock):
    reached(cast.ana, ANAS)
    to(clock, 9, 58)
    incident = open_incident("Card payments fail", people_affected=200)
    older = slack.posted()
    to(clock, 12)
    newer = slack.posted()
    assert newer != older and set(buttons(newer)) == {"press", "escalate"}
    slack.press(ANAS, "press", older)
    assert fresh(incident).run.holder is None and not buttons(slack.replaced)
    slack.press(ANAS, "press", newer)
    assert fresh(incident).run.holder == cast.ana
    assert quiet()


def test_she_escalates_in_the_dialog_of_an_earlier_message(slack, window, open_incident, cast, clock, phones):
    reached(cast.ana, ANAS)
    to(clock, 9, 58)
    open_incident("Card payments fail", people_affected=200)
    message = slack.posted()
    to(clock, 10, 30)
    slack.press(ANAS, "escalate", message)
    slack.type(ANAS, slack.dialog, reason="access", text="The vault")
    assert phones.rang == ["ana", "jo", "mei"] and vias("called") == ["slack:button"]
    assert quiet()


def test_a_dialog_that_maintenance_overtook_says_so_and_another_answers(
    slack, window, open_incident, cast, clock, phones
):
    reached(cast.ana, ANAS)
    to(clock, 9, 58)
    open_incident("Card payments fail", people_affected=200)
    message = slack.posted()
    slack.press(ANAS, "escalate", message)
    dialog = slack.dialog
    to(clock, 10, 1)
    late = slack.type(ANAS, dialog, reason="access", text="The vault").json()
    assert "stopped its clocks: maintenance began" in json.dumps(late)
    assert phones.rang == ["ana", "jo"]
    slack.press(ANAS, "escalate", message)
    slack.type(ANAS, slack.dialog, reason="access", text="The vault")
    assert phones.rang == ["ana", "jo", "mei"]


def test_a_press_in_telegram_answers_inside_it(bot, window, open_incident, cast, clock):
    reached_by(cast.ana, "telegram", str(ANAS_CHAT))
    to(clock, 9, 58)
    incident = open_incident("Card payments fail", people_affected=200)
    bot.posted()
    to(clock, 10, 30)
    bot.press(ANAS_CHAT)
    assert "You acknowledged it" in bot.back["answerCallbackQuery"]["text"]
    assert fresh(incident).run.holder == cast.ana
    assert quiet()


def test_a_press_in_mattermost_answers_inside_it(server, window, open_incident, cast, clock):
    reached_by(cast.ana, "mattermost", "@ana.ruiz")
    to(clock, 9, 58)
    incident = open_incident("Card payments fail", people_affected=200)
    server.posted()
    to(clock, 10, 30)
    server.press(ANAS_NAME, "ana.ruiz")
    assert fresh(incident).run.holder == cast.ana
    assert quiet()


def test_whose_account_has_ended_meanwhile_presses_nothing(slack, window, open_incident, cast, clock):
    reached(cast.ana, ANAS)
    to(clock, 9, 58)
    incident = open_incident("Card payments fail", people_affected=200)
    message = slack.posted()
    to(clock, 10, 30)
    cast.ana.is_active = False
    cast.ana.save()
    slack.press(ANAS, "press", message)
    assert fresh(incident).run.holder is None
    assert "does not know who you are" in slack.whispered
