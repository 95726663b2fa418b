"""Doors that open without a name and a password, tried again and again: links, passkeys, another system's answer."""

import json

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.urls import reverse
from django.utils.http import urlsafe_base64_encode
from fido2.utils import websafe_encode

from escalation.kit import clock as kit_clock
from escalation.signin import guessing
from escalation.signin.factors import codes, verbs
from escalation.signin.models import Guess
from tests.inviting_kit import invited
from tests.organisation import PASSWORD
from tests.pages_kit import words
from tests.passkey_kit import Key

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture(autouse=True)
def _few(clock, monkeypatch, settings):
    settings.ADDRESS = "https://baton.example"
    settings.OPENID = {"issuer": "https://login.example", "client_id": "baton", "name": "Example Login"}
    for name, many in (("BY_ADDRESS", 4), ("BY_ACCOUNT", 3), ("BY_BROWSER", 2), ("BEGUN", 3)):
        monkeypatch.setattr(guessing, name, many)


def password(client: Client, person, **where):
    return client.post("/login/", {"username": person.email, "password": PASSWORD}, **where)


def at_home(person) -> Client:
    """A browser in which they have been signed in."""
    client = Client()
    password(client, person)
    client.post("/logout/")
    return client


def new_link(person) -> str:
    person.refresh_from_db()
    which = [urlsafe_base64_encode(str(person.pk).encode()), default_token_generator.make_token(person)]
    return reverse("password_reset_confirm", args=which)


def says_to_be(pk: int) -> dict:
    return {"answer": json.dumps({"response": {"userHandle": websafe_encode(str(pk).encode())}})}


TRIED = {
    "an invitation": lambda client, pk, where: client.get("/invitation/nobody-has-this/", **where),
    "a link": lambda client, pk, where: client.get(
        f"/password/new/{urlsafe_base64_encode(str(pk).encode())}/c1-none/", **where
    ),
    "the provider's answer": lambda client, pk, where: client.get(
        "/login/openid/back/", {"code": "c", "state": "s"}, **where
    ),
    "a passkey": lambda client, pk, where: client.post("/login/passkey/", says_to_be(pk), **where),
}


@pytest.mark.parametrize("door", TRIED)
def test_who_tries_again_and_again_waits_and_hears_for_how_long(cast, clock, door):
    many = guessing.BY_ACCOUNT if door == "a passkey" else guessing.BY_ADDRESS
    where = {"REMOTE_ADDR": "192.0.2.1"}
    tried = [TRIED[door](Client(), cast.ana.pk, where).status_code for _ in range(many + 1)]
    assert 429 not in tried[:-1] and tried[-1] == 429
    answer = TRIED[door](Client(), cast.ana.pk, where)
    assert "Wait 15 minutes, then try again." in answer.content.decode() and 0 < int(answer["Retry-After"]) <= 900
    assert answer["Cache-Control"] and not answer.has_header("Location")
    assert TRIED[door](Client(), 10**6, {"REMOTE_ADDR": "192.0.2.2"}).status_code == tried[0]  # nobody else does
    clock.forward(minutes=15)
    assert TRIED[door](Client(), cast.ana.pk, where).status_code == tried[0]


@pytest.mark.parametrize("door", TRIED)
def test_the_answer_is_the_same_for_whom_nobody_knows(cast, door):
    answers = []
    for n, pk in enumerate((cast.ana.pk, 10**6)):
        where = {"REMOTE_ADDR": f"192.0.2.{n}"}
        tried = [TRIED[door](Client(), pk, where) for _ in range(guessing.BY_ADDRESS + 1)]
        answers.append([(one.status_code, words(one)) for one in tried])
    assert answers[0] == answers[1]


def test_a_link_and_an_invitation_open_whoever_guessed_at_passwords_or_at_passkeys_from_there(cast):
    for n in range(guessing.BY_ADDRESS + 1):
        Client().post("/login/", {"username": f"x{n}@example.com", "password": "wrong"})
        TRIED["a passkey"](Client(), 10**6 + n, {})
    assert password(Client(), cast.ana).status_code == 429
    assert Client().get(new_link(cast.ana)).status_code == 302
    _invitation, key = invited(cast.ada)
    for _again in range(guessing.BY_ADDRESS + 1):  # and what is right is not counted
        assert Client().get(f"/invitation/{key}/").status_code == 200


def test_who_knows_the_browser_comes_in_whoever_else_tries_from_the_same_place(cast):
    home = at_home(cast.ana)
    for _try in range(guessing.BY_ADDRESS + 1):
        TRIED["a link"](Client(), cast.ana.pk, {})
        TRIED["a passkey"](Client(), cast.ana.pk, {})
        TRIED["the provider's answer"](Client(), 0, {})
    assert Client().get(new_link(cast.ana)).status_code == 429
    assert home.get(new_link(cast.ana)).status_code == 302
    assert TRIED["a passkey"](home, cast.ana.pk, {}).status_code == 422
    assert TRIED["the provider's answer"](home, 0, {}).status_code == 400
    TRIED["a passkey"](home, cast.ana.pk, {})
    assert TRIED["a passkey"](home, cast.ana.pk, {}).status_code == 429  # it has its own measure


def test_passkeys_at_the_second_step_are_counted_with_the_codes(cast):
    step = int(kit_clock.now().timestamp()) // 30
    verbs.add_app(cast.ana, secret=SECRET, code=codes.code_at(SECRET, step), now=kit_clock.now())
    client = Client()
    password(client, cast.ana)
    tried = [client.post("/login/second/", body) for body in ({"answer": "{}"}, {"code": "1"}, {"answer": "{}"})]
    assert [one.status_code for one in tried] == [422] * 3
    late = client.post("/login/second/", {"answer": "{}"})
    assert late.status_code == 429 and late["Retry-After"] and "Wait 15 minutes" in late.content.decode()


def test_strangers_do_not_fill_what_is_counted_of_the_second_step(cast):
    for _try in range(guessing.BY_ACCOUNT):
        Client().post("/login/", {"username": f"factor:{cast.ana.pk}", "password": "x"}, REMOTE_ADDR="192.0.2.1")
        TRIED["a passkey"](Client(), cast.ana.pk, {"REMOTE_ADDR": "192.0.2.2"})
    step = int(kit_clock.now().timestamp()) // 30
    verbs.add_app(cast.ana, secret=SECRET, code=codes.code_at(SECRET, step - 1), now=kit_clock.now())
    client = Client()
    password(client, cast.ana, REMOTE_ADDR="192.0.2.3")
    answer = client.post("/login/second/", {"code": codes.code_at(SECRET, step)}, REMOTE_ADDR="192.0.2.3")
    assert answer.status_code == 302


def test_a_passkey_that_is_right_is_not_counted(cast):
    key, own = Key(), Client()
    own.force_login(cast.ana)
    own.post("/signing-in/passkeys/", {"answer": key.create(own.post("/signing-in/passkeys/question/").json())})
    for _again in range(guessing.BEGUN):
        client = Client()
        said = {"answer": key.get(client.post("/login/passkey/question/").json())}
        assert client.post("/login/passkey/", said).status_code == 302
    assert Guess.objects.count() == guessing.BEGUN  # the questions


def test_questions_are_not_put_without_end(cast, settings):
    tried = [Client().post("/login/passkey/question/") for _ in range(guessing.BEGUN + 1)]
    assert [one.status_code for one in tried] == [200] * guessing.BEGUN + [429]
    assert "Wait 15 minutes" in tried[-1].json()["refused"] and tried[-1]["Retry-After"]
    assert Client().get("/login/openid/").status_code == 429  # one count for both
    assert at_home(cast.ana).post("/login/passkey/question/").status_code == 200
    assert Client().post("/login/passkey/question/", REMOTE_ADDR="192.0.2.9").status_code == 200
