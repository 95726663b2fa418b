"""Mattermost's way to say that a button was pressed, and what it wants to hear: all of it in its answer.

Nothing is signed, and whoever reaches us can say that they are anybody. So what was pressed must carry our own seal,
which the server keeps from those who read the message, and who pressed must be linked to somebody.
"""

from collections.abc import Mapping
from typing import Any

from django.http import JsonResponse
from django.utils.translation import gettext as _

from escalation.engine import answering
from escalation.engine.models import Delivery
from escalation.kit import clock
from escalation.notify.chat import markdown
from escalation.notify.mattermost import PRESS, Mattermost, is_sealed, written

from . import pressing
from .pressing import Account


def hear(facts: Mapping[str, Any]) -> JsonResponse | None:
    """None if it is nothing of ours."""
    context = facts.get("context")
    if not isinstance(context, Mapping) or (delivery := _delivery(context)) is None:
        return None
    if context["exp"] < clock.nearly().timestamp():
        return _whispered(_("This button is too old. Look on the desk."))
    account = Account.of(Mattermost.name, "", _text(facts, "user_id"), _text(facts, "user_name"))
    if not (account.id.isascii() and account.id.isalnum()):  # no @name, which anybody may be called next week
        return None
    address = delivery.method.address if delivery.method else ""
    person = pressing.who(delivery, account, own=address == f"@{account.name.casefold()}")
    if person is None:
        said = _("Baton does not know who you are here. Nothing was answered.")
        return _whispered(f"{said} [{_('Link your account')}]({account.invitation})", plain=False)
    outcome = pressing.press(delivery, person, PRESS)
    answer: dict[str, Any] = {}
    if outcome.note:  # the attachments are replaced, and the button with them
        message = written(pressing.message_of(delivery))
        note = markdown(outcome.note)
        answer["update"] = {"message": message, "props": {"attachments": [{"fallback": note, "text": note}]}}
    if not (outcome.done and outcome.note):
        answer["ephemeral_text"] = markdown(outcome.said)
    return JsonResponse(answer)


def _delivery(context: Mapping[str, Any]) -> Delivery | None:
    button, until, mac = _text(context, "button"), context.get("exp"), _text(context, "mac")
    if _text(context, "verb") != PRESS or not isinstance(until, int) or not mac.isascii():
        return None
    delivery = answering.pressed(button)
    if delivery is None or delivery.channel != Mattermost.name or delivery.method is None:
        return None
    return delivery if is_sealed(mac, delivery.method.address, PRESS, button, until) else None


def _text(facts: Mapping[str, Any], name: str) -> str:
    found = facts.get(name)
    return found if isinstance(found, str) else ""


def _whispered(said: str, *, plain: bool = True) -> JsonResponse:
    return JsonResponse({"ephemeral_text": markdown(said) if plain else said})
