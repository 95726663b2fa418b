"""Signing in by another system's word: a real provider in a process of its own, and providers that misbehave."""

import json
import re
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse

from escalation.kit import clock as kit_clock
from escalation.kit import outbound
from escalation.people.models import ApiToken, Membership, User
from escalation.signin import proof
from escalation.signin.factors import codes, verbs
from escalation.signin.openid import published
from escalation.trail.models import Entry
from tests.openid_provider import CLIENT, SECRET, asked, running, signs_in, tell_of_proofs
from tests.organisation import PASSWORD

pytestmark = pytest.mark.django_db
ADDRESS = "https://baton.example"
BACK = "/login/openid/back/"
KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture(autouse=True)
def _nothing_kept():
    published.forget()


def trusting(settings, issuer: str, **more) -> None:
    settings.ADDRESS = ADDRESS
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    told = {"issuer": issuer, "client_id": CLIENT, "client_secret": SECRET, "name": "Example Login"}
    settings.OPENID = told | more


def is_in(client: Client) -> bool:
    return client.get("/preferences/").status_code == 200


# --- the real one ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    with running(ADDRESS + BACK, tmp_path_factory.mktemp("openid")) as one:
        yield one


def arrive(who: str, then: str = "", client: Client | None = None):
    """As a browser does: there, and back."""
    client = client or Client()
    there = client.get("/login/openid/", {"next": then})["Location"]
    back = signs_in(there, who)
    assert back.startswith(ADDRESS + BACK)
    return client, client.get(back.removeprefix(ADDRESS))


@pytest.mark.enable_socket
@pytest.mark.processes
@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("processes")
def test_people_come_in_by_the_word_of_a_real_provider(provider, cast, settings):
    """In one test, because to start the provider takes most of the time."""
    trusting(settings, provider.issuer)
    client, answer = arrive("ana", "/queue/")
    assert answer["Location"] == "/queue/" and client.get("/preferences/").context["user"] == cast.ana

    _client, answer = arrive("eve")  # who says to be Ada, at a provider that did not ask Ada
    assert answer.status_code == 403 and b"does not open this door" in answer.content
    _client, answer = arrive("new")
    assert answer.status_code == 403 and b"You have no account here" in answer.content
    assert not User.objects.filter(email="nia@example.com").exists()

    trusting(settings, provider.issuer, creates=True, team="Service desk", claim=("groups", "baton"))
    client, answer = arrive("new")
    made = User.objects.get(email="nia@example.com")
    assert (made.name, made.has_usable_password(), made.is_staff) == ("Nia Brand", False, False)
    assert Membership.objects.get(user=made).team == cast.teams["Service desk"] and is_in(client)
    assert Entry.objects.get(kind="openid_person").actor_name == "Baton"
    _client, answer = arrive("out")
    assert answer.status_code == 403

    User.objects.filter(pk=cast.ana.pk).update(is_active=False)
    client, answer = arrive("ana")
    assert answer.status_code == 403 and b"You have no account here" in answer.content and not is_in(client)

    settings.OPENID["client_secret"] = "another"
    _client, answer = arrive("ada")
    assert answer.status_code == 502 and b"cannot be asked" in answer.content


@pytest.mark.enable_socket
@pytest.mark.processes
@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("processes")
def test_the_second_step_is_asked_for_after_the_providers_word_too(provider, cast, settings, clock):
    trusting(settings, provider.issuer)
    kit_clock.fix(None)  # the provider goes by the real one
    now = kit_clock.now()
    step = int(now.timestamp()) // codes.PERIOD
    verbs.add_app(cast.ana, secret=KEY, code=codes.code_at(KEY, step - 1), now=now)
    client, answer = arrive("ana", "/queue/")
    assert answer["Location"] == "/login/second/" and not is_in(client)
    assert client.post("/login/second/", {"code": codes.code_at(KEY, step)})["Location"] == "/queue/"


@pytest.mark.enable_socket
@pytest.mark.processes
@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("processes")
def test_its_description_and_keys_are_read_once_and_anew_when_it_signs_with_another_key(
    provider, cast, settings, monkeypatch
):
    trusting(settings, provider.issuer)
    before = asked(provider.issuer)

    def read() -> tuple[int, ...]:
        return tuple(many - before[name] for name, many in asked(provider.issuer).items())

    monkeypatch.setattr(published, "ANEW_EVERY", 10_000.0)  # however slow this machine is
    for _again in range(3):
        assert arrive("ana", "/queue/")[1]["Location"] == "/queue/"
    assert read() == (1, 1)
    requests.post(f"{provider.issuer}/other-key/", timeout=20)
    assert arrive("ana")[1].status_code == 403  # read just now
    assert read() == (1, 1)
    monkeypatch.setattr(published, "ANEW_EVERY", 0.0)
    assert arrive("ana", "/queue/")[1]["Location"] == "/queue/"
    assert read() == (1, 2)
    monkeypatch.setattr(published, "KEPT_FOR", 0.0)
    assert arrive("ana", "/queue/")[1]["Location"] == "/queue/"
    assert read() == (3, 3)  # there, and back


@pytest.mark.enable_socket
@pytest.mark.processes
@pytest.mark.sqlite_enough
@pytest.mark.rehearsal("processes")
def test_the_provider_has_to_say_that_it_asked_anew(provider, cast, settings):
    trusting(settings, provider.issuer)
    kit_clock.fix(None)  # the provider goes by the real one
    client, _answer = arrive("ana")
    first = client.session[proof.PROVED_AT]
    for how in ("stale", "never"):
        tell_of_proofs(provider.issuer, how)
        _client, answer = arrive("ana", "/queue/", client)
        assert (answer.status_code, client.session[proof.PROVED_AT]) == (403, first) and is_in(client)
        assert "did not say that it has asked you anew who you are" in answer.content.decode()
    assert arrive("ana", "/queue/")[1]["Location"] == "/queue/"  # who only signs in is asked for nothing more
    tell_of_proofs(provider.issuer, "rightly")
    _client, answer = arrive("ana", "/queue/", client)
    assert answer["Location"] == "/queue/" and client.session[proof.PROVED_AT] > first


# --- those that misbehave --------------------------------------------------------------------

ISSUER = "https://login.example"
OURS = rsa.generate_private_key(65537, 2048)


class Pretender:
    """What a provider answers, with one thing changed."""

    def __init__(self, monkeypatch):
        self.published = {
            "issuer": ISSUER,
            "authorization_endpoint": ISSUER + "/authorize?tenant=7",
            "token_endpoint": ISSUER + "/token",
            "jwks_uri": ISSUER + "/keys",
            "userinfo_endpoint": ISSUER + "/userinfo",
        }
        self.says = {"sub": "7", "email": "ana@example.com", "email_verified": True}
        self.adds: dict = {}
        self.nonce = ""
        self.asked: list[tuple[str, str, dict, bytes | None]] = []
        self.breaks: dict[str, outbound.Answer] = {}
        monkeypatch.setattr(outbound, "send", self.send)

    def send(self, method, url, *, body=None, headers=None, **limits):
        self.asked.append((method, url, headers or {}, body))
        place = urlsplit(url).path.rpartition("/")[2]
        if place in self.breaks:
            return self.breaks[place]
        found = {
            "openid-configuration": self.published,
            "keys": {"keys": [{**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(OURS.public_key())), "kid": "k"}]},
            "token": {"access_token": "a", "id_token": self.token()},
            "userinfo": {**self.says, **self.adds},
        }[place]
        return outbound.Answer(200, json.dumps(found).encode(), whole=True)

    def token(self) -> str:
        now = int(kit_clock.now().timestamp())
        said = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": self.nonce, **self.says}
        return jwt.encode(said, OURS, algorithm="RS256", headers={"kid": "k"})


@pytest.fixture
def pretender(monkeypatch, settings, cast, clock):
    trusting(settings, ISSUER)
    return Pretender(monkeypatch)


def there_and_back(pretender, client: Client, then: str = "", **changed):
    there = urlsplit(client.get("/login/openid/", {"next": then})["Location"])
    asked = dict(parse_qsl(there.query))
    pretender.nonce = pretender.nonce or asked["nonce"]
    return client.get(BACK, {"code": "c", "state": asked["state"]} | changed)


def test_the_question_has_all_that_belongs_to_it(pretender, cast):
    client = Client()
    assert b"Sign in with Example Login" in client.get("/login/").content
    there = urlsplit(client.get("/login/openid/")["Location"])
    asked = parse_qs(there.query)
    assert there.netloc == "login.example" and asked["tenant"] == ["7"] and asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [ADDRESS + BACK] and len(asked["state"][0]) >= 43
    again = parse_qs(urlsplit(client.get("/login/openid/")["Location"]).query)
    assert not {again[name][0] for name in ("state", "nonce", "code_challenge")} & {
        asked["state"][0],
        asked["nonce"][0],
    }


def test_the_code_is_exchanged_with_the_verifier_and_our_secret(pretender):
    assert there_and_back(pretender, client := Client()).status_code == 302 and is_in(client)
    _method, _url, headers, body = next(one for one in pretender.asked if one[1].endswith("/token"))
    assert dict(parse_qsl(body.decode()))["code_verifier"] and headers["Authorization"].startswith("Basic ")


def test_what_only_userinfo_says_counts_if_it_is_of_the_same_person(pretender, settings):
    pretender.adds = {"email": pretender.says.pop("email"), "email_verified": pretender.says.pop("email_verified")}
    assert there_and_back(pretender, client := Client()).status_code == 302 and is_in(client)
    settings.OPENID["claim"] = ("groups", "baton")
    pretender.says |= {"email": "ana@example.com", "email_verified": True}
    pretender.nonce = ""
    assert there_and_back(pretender, Client()).status_code == 403  # it is said nowhere
    pretender.adds, pretender.nonce = {"groups": ["baton"]}, ""
    assert there_and_back(pretender, Client()).status_code == 302
    verified = pretender.says.pop("email_verified")
    pretender.adds |= {"email": "another@example.com", "email_verified": verified}
    pretender.nonce = ""
    assert there_and_back(pretender, Client()).status_code == 403
    pretender.adds["email"], pretender.nonce = "ana@example.com", ""
    assert there_and_back(pretender, Client()).status_code == 302
    pretender.adds["sub"] = "8"
    pretender.nonce = ""
    assert there_and_back(pretender, client := Client()).status_code == 403 and not is_in(client)


def test_an_address_that_was_given_to_another_opens_nothing_until_an_admin_releases_it(pretender, cast):
    assert there_and_back(pretender, Client()).status_code == 302
    pretender.says["sub"], pretender.nonce = "8", ""
    assert there_and_back(pretender, other := Client()).status_code == 403 and not is_in(other)
    ada, place = Client(), f"/admin/people/user/{cast.ana.pk}/provider/"
    ada.force_login(cast.ada)
    assert place in ada.get(f"/admin/people/user/{cast.ana.pk}/change/").content.decode()
    assert b"Ana Ruiz" in ada.get(place).content and ada.post(place).status_code == 302
    pretender.nonce = ""
    assert there_and_back(pretender, other).status_code == 302 and is_in(other)
    kinds = ["openid_bound", "openid_released", "openid_bound"]
    assert list(Entry.objects.filter(kind__startswith="openid").order_by("seq").values_list("kind", flat=True)) == kinds


@pytest.mark.parametrize("creates", [False, True])
def test_nobody_becomes_another_by_changing_their_address_at_the_provider(pretender, settings, cast, creates):
    settings.OPENID["creates"] = creates
    assert there_and_back(pretender, Client()).status_code == 302
    for email in ("ada@example.com", "new@example.com"):
        pretender.says["email"], pretender.nonce = email, ""
        status = there_and_back(pretender, other := Client()).status_code
        assert status == 403 and not is_in(other)
    assert not User.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize("state", ["", "x", "é\ud800".encode("utf-8", "replace").decode()])
def test_an_answer_to_no_question_of_this_browser_is_none(pretender, state):
    client = Client()
    assert there_and_back(pretender, client, state=state).status_code == 400 and not is_in(client)
    assert client.get(BACK, {"code": "c", "state": state}).status_code == 400  # nor is the question asked twice


def test_an_answer_in_another_browser_is_none(pretender):
    asked = dict(parse_qsl(urlsplit(Client().get("/login/openid/")["Location"]).query))
    assert Client().get(BACK, {"code": "c", "state": asked["state"]}).status_code == 400


def test_an_answer_with_anothers_nonce_is_none(pretender):
    pretender.nonce = "of-another-question"
    assert there_and_back(pretender, client := Client()).status_code == 403 and not is_in(client)


def test_what_it_refuses_is_said_kindly(pretender):
    answer = there_and_back(pretender, client := Client(), error="access_denied", error_description="<b>no</b>")
    assert answer.status_code == 403 and b"did not let you through" in answer.content and b"<b>no" not in answer.content
    assert not is_in(client)


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        ("openid-configuration", outbound.Answer(500, b"", True)),
        ("openid-configuration", outbound.Answer(200, b"<html>", True)),
        ("openid-configuration", outbound.Answer(200, b"[]", True)),
        ("openid-configuration", outbound.Answer(200, b'{"issuer": "https://other.example"}', True)),
        ("openid-configuration", outbound.Answer(200, json.dumps({"issuer": ISSUER}).encode(), True)),
        ("token", outbound.Answer(400, b'{"error": "invalid_grant"}', True)),
        ("token", outbound.Answer(200, b'{"id_token": 7}', True)),
        ("token", outbound.Answer(200, b"[" * 100_000, True)),
        ("token", outbound.Answer(200, b'{"id_token"', False)),
        ("keys", outbound.Answer(200, b'{"keys": 7}', True)),
    ],
)
def test_a_provider_that_talks_nonsense_is_an_answer_and_no_error(pretender, place, answer):
    client = Client()
    begun = client.get("/login/openid/")["Location"] if place != "openid-configuration" else ""
    pretender.breaks[place] = answer
    if not begun:
        assert client.get("/login/openid/").status_code == 502
        return
    state = dict(parse_qsl(urlsplit(begun).query))["state"]
    assert client.get(BACK + "?" + urlencode({"code": "c", "state": state})).status_code in (403, 502)
    assert not is_in(client)


@pytest.mark.parametrize(("error", "logged"), [("invalid_client", True), ("Basic YmF0b246c2VjcmV0", False)])
def test_the_log_has_the_name_of_an_error_and_nothing_that_the_provider_quotes(pretender, caplog, error, logged):
    client = Client()
    state = dict(parse_qsl(urlsplit(client.get("/login/openid/")["Location"]).query))["state"]
    pretender.breaks["token"] = outbound.Answer(401, json.dumps({"error": error}).encode(), True)
    assert client.get(BACK + "?" + urlencode({"code": "c", "state": state})).status_code == 502
    assert "answered 401" in caplog.text
    assert (error in caplog.text) is logged


def test_endpoints_in_the_clear_are_not_used(pretender):
    pretender.published["token_endpoint"] = "http://login.example/token"
    assert Client().get("/login/openid/").status_code == 502


def test_inner_addresses_are_not_asked_unless_they_are_named(settings, cast):
    trusting(settings, "http://127.0.0.1:9")
    settings.OUTBOUND_ALLOW = []
    assert Client().get("/login/openid/").status_code == 502


@pytest.fixture
def long_ago(pretender, cast, settings):
    """Ana came by the provider, has neither password nor second step here, and asks for a token much later."""
    settings.PROOF_MINUTES = 15
    User.objects.filter(pk=cast.ana.pk).update(password=make_password(None))
    there_and_back(pretender, client := Client())
    session = client.session
    session[proof.PROVED_AT] -= 15 * 60
    session.save()
    pretender.nonce, pretender.says["auth_time"] = "", kit_clock.now().timestamp()
    return client, client.post(reverse("tokens"), {"name": "For the wall", "ends": "90"})["Location"]


def test_whoever_came_by_the_provider_proves_there_that_it_is_still_them_and_loses_nothing(pretender, long_ago):
    client, asked = long_ago
    page = client.get(asked).content.decode()
    link = re.search(r'href="(/login/openid/[^"]*)"', page)[1]
    assert "Sign in with Example Login" in page and "What you filled in is kept" in page
    there = parse_qs(urlsplit(client.get(link)["Location"]).query)
    assert (there["prompt"], there["max_age"]) == (["login"], ["0"])  # being signed in there is no proof
    onward = there_and_back(pretender, client, dict(parse_qsl(urlsplit(link).query))["next"])["Location"]
    client.post(reverse("tokens"), dict(client.get(onward).context["fields"]))
    assert ApiToken.objects.get().name == "For the wall"


def test_another_of_the_providers_people_gets_nothing_of_what_was_kept(pretender, long_ago, cast):
    client, _asked = long_ago
    pretender.says |= {"sub": "8", "email": cast.sam.email}
    onward = there_and_back(pretender, client, reverse("signing-in-kept"))["Location"]
    assert client.get("/preferences/").context["user"] == cast.sam
    assert client.get(onward)["Location"] == reverse("cues") and proof.KEPT not in client.session


def test_a_proof_that_the_provider_did_not_ask_for_anew_is_none_and_the_form_waits(pretender, long_ago):
    client, _asked = long_ago
    proved = client.session[proof.PROVED_AT]
    pretender.says["auth_time"] -= 3600
    answer = there_and_back(pretender, client, reverse("signing-in-kept"))
    page = answer.content.decode()
    assert answer.status_code == 403 and "What you filled in is kept" in page
    assert client.session[proof.PROVED_AT] == proved and client.get("/preferences/").status_code == 200
    again = client.get(re.search(r'href="(/signing-in/again/[^"]*)"', page)[1])
    assert "What you filled in is kept" in again.content.decode()
    pretender.says["auth_time"], pretender.nonce = kit_clock.now().timestamp(), ""
    onward = there_and_back(pretender, client, reverse("signing-in-kept"))["Location"]
    client.post(reverse("tokens"), dict(client.get(onward).context["fields"]))
    assert ApiToken.objects.get().name == "For the wall"


@pytest.mark.parametrize("path", ["/login/openid/", BACK])
def test_where_there_is_no_provider_there_is_no_such_door(cast, path):
    assert Client().get(path).status_code == 404
    assert b"openid" not in Client().get("/login/").content


def test_a_next_page_elsewhere_is_not_followed(pretender):
    client = Client()
    there = dict(parse_qsl(urlsplit(client.get("/login/openid/", {"next": "https://evil.example/"})["Location"]).query))
    pretender.nonce = there["nonce"]
    assert client.get(BACK, {"code": "c", "state": there["state"]})["Location"] == "/"


def test_where_it_is_the_only_way_no_other_opens(pretender, settings, cast):
    settings.OPENID_ONLY = True
    client = Client()
    page = client.get("/login/").content
    assert b'name="password"' not in page and b"Sign in with Example Login" in page
    answer = client.post("/login/", {"username": cast.ana.email, "password": PASSWORD})
    assert answer.status_code == 403 and b"Everybody signs in with Example Login here." in answer.content
    assert client.post("/login/", {"username": cast.ana.email, "password": "wrong"}).content == answer.content
    assert not is_in(client)
    assert there_and_back(pretender, client).status_code == 302 and is_in(client)
