"""What must be so first, where in the scene nothing could be done: made for one request alone, and undone with it.

Chats are one address for all. What is pressed there is a message about one of the four objects, by whoever the account
of the chat is linked to. A chat hears no refusal, so that each answer looks alike: the table says which did something.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client

from escalation.engine import answering, replycodes
from escalation.engine.models import Delivery
from escalation.kit import clock
from escalation.notify import codes
from escalation.notify.mattermost import PRESS, seal
from escalation.notify.models import ChatAccount, ContactMethod
from escalation.notify.reaching import REPLY
from escalation.notify.subscription import Subscription
from escalation.people.models import User
from escalation.signin.factors import verbs
from escalation.trail.writing import ENGINE
from incidents.models import Problem, TrainingCase, Webhook, WebhookMessage
from tests.case_kit import form_of
from tests.organisation import PASSWORD
from tests.passkey_kit import Key
from tests.push_kit import Browser

from . import signing
from .asking import Asked, Ready
from .scene import NONE, Scene

CHATS = {"sms-replies", "slack-actions", "mattermost-actions", "telegram-actions"}
# What is there in the demonstration only; and numbers, for whoever shows the token.
SOMETIMES = {"mailbox", "demo-life", "metrics"}
SLOTS = dict.fromkeys(CHATS, "nsrx") | dict.fromkeys(SOMETIMES, "nx")
ANSWERED = "trail_entry"  # whoever answers stands on record
NOBODYS = "0" * 20  # a button that there never was
BACK = "https://hooks.slack.com/actions/T1/1/abc"


def of(scene: Scene, name: str, method: str, role: str, slot: str) -> Ready | None:
    """``name``: of the address. None where everything is there."""
    make = MAKERS.get((name, method))
    return make(scene, getattr(scene.people, role, None), slot) if make else None


# --- signing in ---------------------------------------------------------------------------------


def _passkey_alone(_scene: Scene, person: User | None, _slot: str) -> Ready:
    """With a key of one's own; with one that nobody knows, where there is no account."""

    def ready(client: Client, asked: Asked) -> Asked:
        key = Key(origin=settings.ADDRESS)
        if person is not None:
            verbs.add_passkey(person, key=signing.kept(key), name="On the phone", now=clock.now(), here="")
            key.handle = signing.handle(person)
        question = client.post("/login/passkey/question/").json()
        return replace(asked, body={"answer": key.get(question)})

    return ready


def _passkey_added(_scene: Scene, _person: User | None, _slot: str) -> Ready:
    def ready(client: Client, asked: Asked) -> Asked:
        question = client.post("/signing-in/passkeys/question/")
        known = question.status_code == 200
        return replace(asked, body={"answer": Key(origin=settings.ADDRESS).create(question.json())}) if known else asked

    return ready


def _second_step(_scene: Scene, person: User | None, _slot: str) -> Ready:
    """Somebody has said their password; the code is that of Ann's app, and of Ada's."""

    def ready(client: Client, asked: Asked) -> Asked:
        client.logout()
        client.post("/login/", {"username": person.email if person else "", "password": PASSWORD})
        return replace(asked, body=signing.passing())

    return ready


# --- ways to be reached --------------------------------------------------------------------------


def _browser_waits(scene: Scene, _person: User | None, _slot: str) -> Ready:
    """Ann's, for its code; whoever sends that."""

    def ready(_client: Client, asked: Asked) -> Asked:
        proof, address = codes.new_proof(), Subscription.read(browser().subscription).address
        waits = {"added_at": clock.now(), "code_proof": proof, "code_at": clock.now()}
        ContactMethod.objects.create(person=scene.people.ann, channel="push", address=address, **waits)
        return replace(asked, body={"code": codes.code_of(proof)})

    return ready


def browser() -> Browser:
    return Browser("https://push.example.com/send/zqmine")


# --- chats ----------------------------------------------------------------------------------------


def _message(scene: Scene, slot: str, channel: str, address: str) -> Delivery | None:
    """The call about this one's incident, where several people read it."""
    if slot not in scene.things["delivery"]:
        return None
    call, now = Delivery.objects.select_related("person").get(pk=scene.things["delivery"][slot]), clock.now()
    where = {"person": call.person, "channel": channel, "address": address}
    call.method = ContactMethod.objects.create(**where, added_at=now, verified_at=now)
    call.pk, call.channel, call._state.adding = None, channel, True
    call.save()
    return call


def _button(message: Delivery | None) -> str:
    return NOBODYS if message is None else answering.button_of(message)


def _linked(person: User | None, channel: str, account: str, workspace: str = "") -> str:
    who = {"channel": channel, "workspace": workspace, "account": account, "nonce": account}
    if person is not None:
        ChatAccount.objects.create(person=person, linked_at=clock.now(), **who)
    return account


def _slack(scene: Scene, person: User | None, slot: str) -> Ready:
    def ready(_client: Client, asked: Asked) -> Asked:
        message = _message(scene, slot, "slack", "C024BE7LH")
        user = {"id": _linked(person, "slack", "U77", "T1"), "name": "somebody", "team_id": "T1"}
        action = {"action_id": f"baton_{PRESS}", "value": _button(message), "type": "button"}
        payload = {"type": "block_actions", "user": user, "response_url": BACK, "actions": [action]}
        body, at = urlencode({"payload": json.dumps(payload)}), str(int(clock.now().timestamp()))
        signed = hmac.new(settings.SLACK_SIGNING_SECRET.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256)
        sent = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signed.hexdigest()}"}
        return _posted(asked, body, "application/x-www-form-urlencoded", **sent)

    return ready


def _mattermost(scene: Scene, person: User | None, slot: str) -> Ready:
    def ready(_client: Client, asked: Asked) -> Asked:
        button = _button(_message(scene, slot, "mattermost", "our-desk"))
        until = int(clock.now().timestamp()) + 60
        mac = seal("our-desk", PRESS, button, until)
        context = {"verb": PRESS, "button": button, "exp": until, "mac": mac}
        said = {"user_id": _linked(person, "mattermost", "u" * 26), "user_name": "somebody", "context": context}
        return _posted(asked, json.dumps(said))

    return ready


def _telegram(scene: Scene, person: User | None, slot: str) -> Ready:
    def ready(_client: Client, asked: Asked) -> Asked:
        button = _button(_message(scene, slot, "telegram", "-1001234567890"))
        presser = {"id": int(_linked(person, "telegram", "77"))}
        said = {"callback_query": {"id": "1", "from": presser, "data": button}}
        shown = {"X-Telegram-Bot-Api-Secret-Token": settings.TELEGRAM_SECRET}
        return _posted(asked, json.dumps(said), **shown)

    return ready


def _text_message(scene: Scene, person: User | None, slot: str) -> Ready:
    """From one's own telephone, with the code of the call about this one's incident."""

    def ready(_client: Client, asked: Asked) -> Asked:
        number, now = "+4930901821", clock.now()
        if person is not None:
            way = {"person": person, "channel": "sms", "address": number}
            ContactMethod.objects.create(**way, added_at=now, verified_at=now)
        call = Delivery.objects.filter(pk=scene.things["delivery"].get(slot, 0)).first()
        code = replycodes.code_of(call, number) if call else 10
        said = {"from": number, "text": f"{code} ACK", "id": "1"}
        return replace(_posted(asked, json.dumps(said)), beside=_replied)

    return ready


def _replied() -> str:
    """What is on its way back to whoever wrote."""
    return str(list(Delivery.objects.filter(kind=REPLY).values_list("message", flat=True)))


def _posted(asked: Asked, body: str, kind: str = "application/json", **headers: str) -> Asked:
    return replace(asked, body=body, headers={"Content-Type": kind, **headers})


# --- what is over ---------------------------------------------------------------------------------


def _closed(scene: Scene, _person: User | None, slot: str) -> Ready:
    def ready(_client: Client, asked: Asked) -> Asked:
        for problem in Problem.objects.filter(pk=scene.things["still_problem"].get(slot)):
            problem.close(by=scene.people.ada, text="Nothing more to be done.")
        return asked

    return ready


def _given_up(_scene: Scene, _person: User | None, _slot: str) -> Ready:
    """A message to each webhook and each channel that nobody took."""

    def ready(_client: Client, asked: Asked) -> Asked:
        for hook in Webhook.objects.all():
            hook.ping(ENGINE, clock.now())
        over = {"state": WebhookMessage.State.FAILED, "next_at": None, "finished_at": clock.now()}
        WebhookMessage.objects.update(**over, reason="nobody answered")
        return replace(asked, body=asked.body | {"since": "2026-01-01T00:00"})

    return ready


# --- what is there sometimes ----------------------------------------------------------------------


def _in_the_demonstration(scene: Scene, _person: User | None, slot: str) -> Ready:
    """Elsewhere there is none of it, not even of a letter that was sent."""

    def ready(_client: Client, asked: Asked) -> Asked:
        if slot != "x":
            return replace(asked, body={"pause": "0"}, under={"DEMO": True, "HOME": Path("/nowhere")})
        letters = scene.things["delivery"]
        return replace(asked, path=asked.path.replace(str(NONE), str(letters["n"])))

    return ready


def _with_the_token(_scene: Scene, _person: User | None, slot: str) -> Ready:
    def ready(_client: Client, asked: Asked) -> Asked:
        shown = settings.WATCH_TOKEN if slot != "x" else "another"
        return replace(asked, headers={"Authorization": f"Bearer {shown}"})

    return ready


# --- what is filled in as it stands ---------------------------------------------------------------


def _part_of_a_case(n: int) -> Callable[[Scene, Any, str], Ready]:
    def make(scene: Scene, _person: User | None, slot: str) -> Ready:
        def ready(_client: Client, asked: Asked) -> Asked:
            draft = TrainingCase.objects.filter(pk=scene.things["draft"].get(slot)).first()
            return replace(asked, body=form_of(draft.parts[n])) if draft else asked

        return ready

    return make


def _looked_for(_scene: Scene, _person: User | None, _slot: str) -> Ready:
    """As a form of the admin pages looks for what is typed into it."""

    def ready(_client: Client, asked: Asked) -> Asked:
        return replace(asked, path=f"{asked.path}?app_label=incidents&model_name=webhook&field_name=teams&term=")

    return ready


MAKERS: dict[tuple[str, str], Callable[[Any, Any, str], Ready]] = {
    ("passkey-sign-in", "POST"): _passkey_alone,
    ("factor-passkeys", "POST"): _passkey_added,
    ("mfa_authenticate", "GET"): _second_step,
    ("mfa_authenticate", "POST"): _second_step,
    ("second-step-question", "POST"): _second_step,
    ("reach-push-confirmation", "POST"): _browser_waits,
    ("slack-actions", "POST"): _slack,
    ("mattermost-actions", "POST"): _mattermost,
    ("telegram-actions", "POST"): _telegram,
    ("sms-replies", "POST"): _text_message,
    ("problem-reopen", "POST"): _closed,
    ("problems_reopen", "POST"): _closed,
    ("admin:incidents_webhook_again", "POST"): _given_up,
    ("admin:incidents_chatroom_again", "POST"): _given_up,
    ("mailbox", "GET"): _in_the_demonstration,
    ("letter", "GET"): _in_the_demonstration,
    ("demo-life", "POST"): _in_the_demonstration,
    ("metrics", "GET"): _with_the_token,
    ("training-case-words", "POST"): _part_of_a_case(0),
    ("training-case-step", "POST"): _part_of_a_case(1),
    ("admin:autocomplete", "GET"): _looked_for,
}
