"""Telegram's way to say that a button was pressed, and what it wants to hear.

Telegram shows the secret that it was given with the address. What is said back goes to its API afterwards: to whoever
pressed, and in place of the button. A press cannot be answered with a link for one alone, so whoever presses in a
group is known by their own way: in a private chat with a bot, the chat has the number of the person.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from escalation.engine import answering
from escalation.notify.telegram import Telegram, written

from . import afterwards, pressing
from .pressing import PRESS, Account

_ALERT = 200  # characters


def hear(update: Mapping[str, Any]) -> None:
    query = _inside(update, "callback_query")
    same, data, presser = query.get("id"), query.get("data"), _inside(query, "from").get("id")
    if not (isinstance(same, str) and isinstance(data, str) and _is_number(presser)):
        return
    delivery = answering.pressed(data)
    if delivery is None or delivery.channel != Telegram.name:
        _told(same, _("This button is of no use any more. Look on the desk."))
        return
    account = Account.of(Telegram.name, "", str(presser))
    address = delivery.method.address if delivery.method else ""
    person = pressing.who(delivery, account, own=address == account.id)
    if person is None:
        page = _("How Baton reaches you")
        said = _("Baton does not know who you are. Add Telegram on the page “%(page)s” first.") % {"page": page}
        _told(same, said)
        return
    outcome = pressing.press(delivery, person, PRESS)
    _told(same, outcome.said, alert=not outcome.done)
    message = _inside(query, "message")
    place, number = _inside(message, "chat").get("id"), message.get("message_id")
    if outcome.note and _is_number(place) and _is_number(number):
        said_now = written(pressing.message_of(delivery), note=outcome.note)
        _say("editMessageText", {"chat_id": place, "message_id": number, **said_now})


def _inside(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = facts.get(name)
    return found if isinstance(found, Mapping) else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _told(same: str, said: str, *, alert: bool = True) -> None:
    """To whoever pressed, over their chat; without it, their button goes on turning."""
    _say("answerCallbackQuery", {"callback_query_id": same, "text": said[:_ALERT], "show_alert": alert})


def _say(act: str, said: Mapping[str, Any]) -> None:
    afterwards.say("Telegram", f"https://api.telegram.org/bot{settings.TELEGRAM_TOKEN}/{act}", said)
