"""Slack's way to say that a button was pressed, and what it wants to hear.

Signed over the raw body and the time: verified before anything of it is read. Slack waits three seconds for an
answer, so what is said to people goes to the ``response_url`` afterwards. A reason is asked for in a dialog, which
Slack opens for us within seconds of the press; what is typed there comes by the same door.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import parse_qs

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from escalation.engine import answering
from escalation.engine.models import Delivery
from escalation.kit import clock
from escalation.kit.text import one_line
from escalation.notify import accounts
from escalation.notify.slack import ACTION, Slack, escaped, plain, written
from escalation.notify.web import clean_url

from . import afterwards, pressing, rooms
from .asked import Asked
from .forms import FORMS
from .pressing import PRESS, Account, Pressed

log = logging.getLogger(__name__)

_SKEW = 300  # seconds
_OPEN = "https://slack.com/api/views.open"
_DIALOG = f"{ACTION}answer"
_TEXT = 3000  # characters that Slack lets somebody type
_VERBS = (PRESS, "decline", "escalate")


def is_signed(request: HttpRequest, body: bytes) -> bool:
    said, signature = request.headers.get("X-Slack-Request-Timestamp", ""), request.headers.get("X-Slack-Signature", "")
    if not (said.isascii() and said.isdecimal() and len(said) < 12):
        return False
    digest = hmac.new(settings.SLACK_SIGNING_SECRET.encode(), b"v0:" + said.encode() + b":" + body, hashlib.sha256)
    if not hmac.compare_digest(f"v0={digest.hexdigest()}".encode(), signature.encode("utf-8", "replace")):
        return False
    if abs(clock.nearly().timestamp() - int(said)) > _SKEW:
        log.warning("Slack's signature is right but minutes off; is this machine's clock right?")
        return False
    return True


def hear(body: bytes) -> HttpResponse:
    """A body that is Slack's. What is none of ours is answered with 200 all the same, or Slack shows a failure."""
    payload = _payload(body)
    if payload.get("type") == "block_actions":
        _pressed(payload)
    elif payload.get("type") == "view_submission":
        return _typed(payload)
    return HttpResponse(status=200)


def _payload(body: bytes) -> Mapping[str, Any]:
    try:
        fields = parse_qs(body.decode("ascii", "replace"), max_num_fields=20)
        found = json.loads(fields["payload"][0])
    except (ValueError, KeyError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _at(facts: Any, *names: str) -> str:
    """A text inside of it; empty if there is none."""
    for name in names:
        facts = facts.get(name) if isinstance(facts, Mapping) else None
    return facts if isinstance(facts, str) else ""


# --- a press ----------------------------------------------------------------------------------------


def _pressed(payload: Mapping[str, Any]) -> None:
    actions = payload.get("actions")
    action = actions[0] if isinstance(actions, list) and actions else None
    verb = _at(action, "action_id").removeprefix(ACTION)
    if not _at(action, "action_id").startswith(ACTION):  # a link, or no button of ours
        return
    if verb in rooms.VERBS and rooms.is_ours(_at(action, "value")):
        _pressed_in_a_room(payload, verb, _at(action, "value"))
        return
    if verb not in _VERBS:
        return
    back, delivery = _at(payload, "response_url"), _delivery(_at(action, "value"))
    if delivery is None:
        _whisper(back, escaped(_("This button is of no use any more. Look on the desk.")))
        return
    account = _account(payload)
    person = pressing.who(delivery, account, own=_is_own(delivery, account))
    if person is None:
        _whisper(back, _unknown(account))
    elif verb == PRESS or (asked := pressing.may(delivery, person, verb)) is None:
        _tell(back, delivery, pressing.press(delivery, person, verb))
    else:
        kept = {"button": _at(action, "value"), "verb": verb, "back": back, "seen": asked.incident.state_token}
        _open(payload, _dialog(asked, verb, kept))


def _open(payload: Mapping[str, Any], view: Mapping[str, Any]) -> None:
    said = {"trigger_id": _at(payload, "trigger_id"), "view": view}
    afterwards.say("Slack", _OPEN, said, Authorization=f"Bearer {settings.SLACK_TOKEN}")


def _delivery(value: str) -> Delivery | None:
    delivery = answering.pressed(value)
    return delivery if delivery is not None and delivery.channel == Slack.name else None


def _account(payload: Mapping[str, Any]) -> Account:
    workspace = _at(payload, "user", "team_id") or _at(payload, "team", "id")
    name = _at(payload, "user", "name") or _at(payload, "user", "username")
    return Account.of(Slack.name, workspace, _at(payload, "user", "id"), name)


def _is_own(delivery: Delivery, account: Account) -> bool:
    """In a direct message only the receiver can press; elsewhere an address is the account it belongs to."""
    address = delivery.method.address if delivery.method else ""
    return address.startswith("D") or (bool(address) and address == account.id)


# --- a dialog ---------------------------------------------------------------------------------------


def _dialog(asked: Asked, verb: str, kept: Mapping[str, str]) -> dict[str, Any]:
    about = [said for said in (pressing.message_of(asked.delivery).subject, asked.gone_on) if said]
    return _asks({"decline": _("Decline"), "escalate": _("Escalate")}[verb], FORMS[verb](), about, kept)


def _asks(label: str, fields: forms.Form, about: Sequence[str], kept: Mapping[str, str]) -> dict[str, Any]:
    """The form as a dialog, with ``about`` above it."""
    blocks: list[dict[str, Any]] = []
    for name, field in fields.fields.items():
        element: dict[str, Any] = {"type": "plain_text_input", "multiline": True, "max_length": _TEXT}
        if isinstance(field, forms.ChoiceField):
            choices = [(value, text) for value, text in cast("Sequence[tuple[str, str]]", field.choices) if value]
            options = [{"text": plain(str(text)[:75]), "value": value} for value, text in choices]
            element = {"type": "static_select", "options": options}
        blocks.append(_input(name, str(field.label), element))
    return {
        "type": "modal",
        "callback_id": _DIALOG,
        "private_metadata": json.dumps(kept),
        "title": plain(label),
        "submit": plain(label),
        "close": plain(_("Cancel")),
        "blocks": [*({"type": "section", "text": plain(said)} for said in about), *blocks],
    }


def _input(name: str, label: str, element: dict[str, Any]) -> dict[str, Any]:
    return {"type": "input", "block_id": name, "label": plain(label), "element": {**element, "action_id": name}}


def _typed(payload: Mapping[str, Any]) -> HttpResponse:
    view = payload.get("view")
    if _at(view, "callback_id") != _DIALOG:
        return HttpResponse(status=200)
    try:
        kept = json.loads(_at(view, "private_metadata"))
    except ValueError:
        kept = {}
    if rooms.is_ours(_at(kept, "button")):
        return _typed_in_a_room(payload, kept)
    verb, delivery, account = _at(kept, "verb"), _delivery(_at(kept, "button")), _account(payload)
    person = pressing.who(delivery, account, own=_is_own(delivery, account)) if delivery else None
    if delivery is None or person is None or verb not in FORMS:
        return _shown(_("Nothing was answered. Look on the desk."))
    form = _filled(FORMS[verb], view)
    if not form.is_valid():
        return _wrong(form)
    outcome = pressing.press(delivery, person, verb, seen=_at(kept, "seen"), **form.cleaned_data)
    _tell(_at(kept, "back"), delivery, outcome, aloud=False)
    return HttpResponse(status=200) if outcome.done else _shown(outcome.said)


def _filled(kind: type[forms.Form], view: Any) -> forms.Form:
    typed = {}
    for name in kind.base_fields:
        chosen = _at(view, "state", "values", name, name, "selected_option", "value")
        typed[name] = chosen or _at(view, "state", "values", name, name, "value")
    return kind(typed)


def _wrong(form: forms.Form) -> HttpResponse:
    errors = {name: " ".join(map(str, said)) for name, said in form.errors.items()}
    return JsonResponse({"response_action": "errors", "errors": errors})


def _shown(said: str) -> HttpResponse:
    """In the place of the dialog."""
    view = {"type": "modal", "title": plain("Baton"), "close": plain(_("Close"))}
    blocks = [{"type": "section", "text": plain(said)}]
    return JsonResponse({"response_action": "update", "view": {**view, "blocks": blocks}})


# --- in a channel's message of an incident ------------------------------------------------------------


def _pressed_in_a_room(payload: Mapping[str, Any], verb: str, value: str) -> None:
    back, account, post = _at(payload, "response_url"), _account(payload), rooms.post_of(value, Slack.name)
    person = accounts.person_of(account.channel, account.workspace, account.id)
    if post is None:
        _whisper(back, escaped(_("This button is of no use any more. Look on the desk.")))
    elif person is None:
        _whisper(back, _unknown(account))
    elif verb not in rooms.FORMS or (incident := rooms.seen(post, person)) is None or incident.resolved_at is not None:
        _whisper(back, escaped(rooms.press(post, person, verb).said))
    else:
        kept = {"button": value, "verb": verb, "seen": incident.state_token}
        label = {"resolve": _("Resolve"), "escalate": _("Escalate")}[verb]
        about = [one_line(f"{incident.ref} {incident.title}", limit=300)]
        _open(payload, _asks(label, rooms.FORMS[verb](), about, kept))


def _typed_in_a_room(payload: Mapping[str, Any], kept: Mapping[str, Any]) -> HttpResponse:
    verb, account, post = _at(kept, "verb"), _account(payload), rooms.post_of(_at(kept, "button"), Slack.name)
    person = accounts.person_of(account.channel, account.workspace, account.id)
    if post is None or person is None or verb not in rooms.FORMS:
        return _shown(_("Nothing was answered. Look on the desk."))
    form = _filled(rooms.FORMS[verb], payload.get("view"))
    if not form.is_valid():
        return _wrong(form)
    told = rooms.press(post, person, verb, seen_as=_at(kept, "seen"), **form.cleaned_data)
    return HttpResponse(status=200) if told.done else _shown(told.said)


# --- what is said back ------------------------------------------------------------------------------


def _unknown(account: Account) -> str:
    said = _("Baton does not know who you are here. Nothing was answered.")
    return f"{escaped(said)} <{escaped(account.invitation)}|{escaped(_('Link your account'))}>"


def _tell(back: str, delivery: Delivery, outcome: Pressed, *, aloud: bool = True) -> None:
    """The message, if it asks nothing any more; alone, whoever pressed in vain or cannot read there what came of it."""
    if outcome.note:
        _say(back, {"replace_original": True, **written(pressing.message_of(delivery), note=outcome.note)})
    if (aloud and not outcome.done) or (outcome.done and not outcome.note):
        _whisper(back, escaped(outcome.said))


def _whisper(back: str, said: str) -> None:
    """In ``mrkdwn``, to whoever pressed."""
    _say(back, {"response_type": "ephemeral", "replace_original": False, "text": said})


def _say(back: str, said: Mapping[str, Any]) -> None:
    try:
        url = clean_url(back, hosts=("hooks.slack.com",))
    except ValidationError:
        log.warning("Slack gave no address to answer to")
        return
    afterwards.say("Slack", url, said)
