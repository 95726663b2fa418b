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
from escalation.kit import clock, sealing
from escalation.notify import accounts
from escalation.notify.chat import markdown
from escalation.notify.mattermost import PRESS, Mattermost, is_sealed, written
from escalation.notify.rooms.mattermost import written as written_in_a_room

from . import pressing, rooms
from .pressing import Account


def hear(facts: Mapping[str, Any]) -> JsonResponse | None:
    """None if it is nothing of ours."""
    context = facts.get("context")
    if isinstance(context, Mapping) and rooms.is_ours(_text(context, "button")):
        return _hear_in_a_room(facts, context)
    if not isinstance(context, Mapping) or (delivery := _delivery(context)) is None:
        return None
    account = _account(facts)
    if account is None:
        return None
    if context["exp"] < clock.nearly().timestamp():
        return _whispered(_("This button is too old. Look on the desk."))
    address = delivery.method.address if delivery.method else ""
    person = pressing.who(delivery, account, own=address == f"@{account.name.casefold()}")
    if person is None:
        return _unknown(account)
    outcome = pressing.press(delivery, person, PRESS)
    answer: dict[str, Any] = {}
    if outcome.note:  # the attachments are replaced, and the button with them
        message = written(pressing.message_of(delivery))
        note = markdown(outcome.note)
        answer["update"] = {"message": message, "props": {"attachments": [{"fallback": note, "text": note}]}}
    if not (outcome.done and outcome.note):
        answer["ephemeral_text"] = markdown(outcome.said)
    return JsonResponse(answer)


def _hear_in_a_room(facts: Mapping[str, Any], context: Mapping[str, Any]) -> JsonResponse | None:
    """The same of a channel's message of an incident. The seal is of this channel, so no other's button fits."""
    button, verb, until, mac = (context.get(name) for name in ("button", "verb", "exp", "mac"))
    post, account = rooms.post_of(_text(context, "button"), Mattermost.name), _account(facts)
    if post is None or account is None or verb not in rooms.VERBS or not isinstance(until, int):
        return None
    try:
        address = post.room.place
    except sealing.Unreadable:
        return None
    if not isinstance(mac, str) or not mac.isascii() or not is_sealed(mac, address, verb, str(button), until):
        return None
    if until < clock.nearly().timestamp():
        return _whispered(_("This button is too old. Look on the desk."))
    person = accounts.person_of(account.channel, account.workspace, account.id)
    if person is None:
        return _unknown(account)
    if verb in rooms.FORMS:  # there is no button for it: it wants words
        return None
    told = rooms.press(post, person, verb)
    answer: dict[str, Any] = {}
    if told.now is not None:
        whole = written_in_a_room(address, told.now)
        answer["update"] = {"message": whole["message"], "props": whole["props"]}
    if told.now is None or not told.done:
        answer["ephemeral_text"] = markdown(told.said)
    return JsonResponse(answer)


def _account(facts: Mapping[str, Any]) -> Account | None:
    """None for a @name, which anybody may be called next week."""
    account = Account.of(Mattermost.name, "", _text(facts, "user_id"), _text(facts, "user_name"))
    return account if account.id.isascii() and account.id.isalnum() else None


def _unknown(account: Account) -> JsonResponse:
    said = _("Baton does not know who you are here. Nothing was answered.")
    return _whispered(f"{said} [{_('Link your account')}]({account.invitation})", plain=False)


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
