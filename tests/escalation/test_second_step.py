"""The second step of signing in: an app, passkeys, recovery codes; what they open, and what opens without them."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.http import urlsafe_base64_encode
from django_q.models import OrmQ

from escalation.kit import clock as kit_clock
from escalation.signin import guessing
from escalation.signin.factors import codes, telling, verbs
from escalation.trail.models import Entry
from tests.organisation import PASSWORD
from tests.passkey_kit import PRESENT, Key

pytestmark = pytest.mark.django_db
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture(autouse=True)
def _here(clock, settings):
    settings.ADDRESS = "https://baton.example"


def code(steps: int = 0) -> str:
    return codes.code_at(SECRET, int(kit_clock.now().timestamp()) // codes.PERIOD + steps)


def with_an_app(person) -> list[str]:
    """An app since half an hour ago, and its recovery codes."""
    _app, shown = verbs.add_app(person, secret=SECRET, code=code(), now=kit_clock.now())
    kit_clock.forward(timedelta(minutes=30))
    return shown


def password(client: Client, person, then: str = "/"):
    return client.post("/login/", {"username": person.email, "password": PASSWORD, "next": then})


def is_in(client: Client) -> bool:
    return client.get("/preferences/").status_code == 200


def letter():
    """The one that the latest entry asks for; its task is run as the cluster does."""
    told = OrmQ.objects.order_by("pk").last().task
    assert told["func"] == "escalation.signin.factors.telling.tell"
    telling.tell(*told["args"])
    return mail.outbox[-1]


def kinds() -> list[str]:
    return list(Entry.objects.filter(trail__kind="installation").order_by("seq").values_list("kind", flat=True))


# --- an app ----------------------------------------------------------------------------------


def test_ana_sets_up_an_app_and_signs_in_with_it(cast):
    client = Client()
    client.force_login(cast.ana)
    page = client.get("/signing-in/app/").content.decode()
    kept = re.search(r'name="kept" value="([^"]+)"', page)[1]
    secret = re.search(r'class="letters">([^<]+)<', page)[1].replace(" ", "")
    wrong = client.post("/signing-in/app/", {"kept": kept, "code": "000000"})
    assert wrong.status_code == 422 and secret[:4] in wrong.content.decode()  # the same square
    now = int(kit_clock.now().timestamp()) // codes.PERIOD
    done = client.post("/signing-in/app/", {"kept": kept, "code": codes.code_at(secret, now)})
    shown = re.findall(r"<li><code>([^<]+)</code>", done.content.decode())
    assert len(shown) == codes.RECOVERY and done["Cache-Control"].startswith("max-age=0")
    row = Authenticator.objects.get(user=cast.ana, type="totp")
    assert secret not in json.dumps(row.data) + row.app_secret.secret
    assert kinds() == ["factor_added"]
    assert (letter().to, letter().subject) == (
        ["ana@example.com"],
        "Baton: You can sign in with your authenticator app",
    )
    assert is_in(client)

    other = Client()
    assert password(other, cast.ana, "/queue/")["Location"] == "/login/second/"
    assert not is_in(other)
    wrong = other.post("/login/second/", {"code": "123"})
    assert wrong.status_code == 422 and b"Not saved yet" not in wrong.content  # nothing was to be saved
    assert other.post("/login/second/", {"code": codes.code_at(secret, now)}).status_code == 422  # used above
    kit_clock.forward(timedelta(minutes=5))
    now = int(kit_clock.now().timestamp()) // codes.PERIOD
    assert other.post("/login/second/", {"code": codes.code_at(secret, now)})["Location"] == "/queue/"
    assert is_in(other)


def test_a_square_is_nobody_elses(cast):
    client = Client()
    client.force_login(cast.ana)
    kept = re.search(r'name="kept" value="([^"]+)"', client.get("/signing-in/app/").content.decode())[1]
    client.force_login(cast.jo)
    for said in (kept, "x", ""):
        assert client.post("/signing-in/app/", {"kept": said, "code": "123456"})["Location"] == "/signing-in/app/"
    assert not Authenticator.objects.exists()


def test_a_code_opens_once_whoever_shows_it(cast):
    with_an_app(cast.ana)
    said, now = code(), kit_clock.now()
    assert verbs.spend(cast.ana, said, now=now) is not None
    assert verbs.spend(cast.ana, said, now=now) is None
    assert verbs.spend(cast.ana, code(-1), now=now) is None  # an older one that somebody saw
    assert verbs.spend(cast.jo, code(1), now=now) is None


def test_a_recovery_code_opens_once_and_its_owner_is_told(cast):
    shown = with_an_app(cast.ana)
    for nth in range(2):
        client = Client()
        password(client, cast.ana)
        answer = client.post("/login/second/", {"code": f" {shown[0].upper()} "})
        assert (answer.status_code, is_in(client)) == ((302, True) if nth == 0 else (422, False))
    assert verbs.owned(cast.ana).codes_left == codes.RECOVERY - 1
    assert "factor_code_used" in kinds() and "9 are left" in letter().body
    kept = json.dumps([one.data for one in Authenticator.objects.all()])
    assert not any(one in kept for one in shown)


def test_new_recovery_codes_end_the_old_ones(cast):
    shown = with_an_app(cast.ana)
    client = Client()
    client.force_login(cast.ana)
    assert b"10 of 10" in client.get("/signing-in/codes/").content
    form = {"csrfmiddlewaretoken": "the-page-that-was-drawn"}
    new = re.findall(r"<li><code>([^<]+)</code>", client.post("/signing-in/codes/", form).content.decode())
    again = client.post("/signing-in/codes/", form, follow=True)  # the page is loaded again, or it was pressed twice
    assert again.redirect_chain[-1][0] == "/signing-in/" and b"make new ones here" in again.content
    now = kit_clock.now()
    assert verbs.spend(cast.ana, shown[0], now=now) is None
    assert verbs.spend(cast.ana, new[0], now=now) is not None


def test_a_secret_sealed_with_another_key_leaves_the_other_ways(cast, settings):
    shown = with_an_app(cast.ana)
    settings.SECRET_KEY = "another-one-altogether-and-long-enough-to-be-no-warning"
    now = kit_clock.now()
    assert verbs.spend(cast.ana, code(), now=now) is None
    assert verbs.spend(cast.ana, shown[0], now=now) is not None


# --- no way around ---------------------------------------------------------------------------


def test_a_new_password_and_the_door_of_admin_lead_to_the_second_step(cast):
    with_an_app(cast.ada)
    client = Client()
    uid, token = urlsafe_base64_encode(str(cast.ada.pk).encode()), default_token_generator.make_token(cast.ada)
    page = client.get(f"/password/new/{uid}/{token}/", follow=True)
    words = {"new_password1": "a-new-word-5678", "new_password2": "a-new-word-5678"}
    client.post(page.redirect_chain[-1][0], words)
    assert not is_in(client)
    asked = client.get("/admin/", follow=True)
    assert asked.redirect_chain[-1][0].startswith("/login/")
    client.post("/login/", {"username": cast.ada.email, "password": "a-new-word-5678", "next": "/admin/"})
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/login/")
    assert client.post("/login/second/", {"code": code()})["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_the_second_step_is_nobodys_who_has_not_taken_the_first(cast):
    with_an_app(cast.ana)
    client = Client()
    for path in ("/login/second/", "/login/second/question/"):
        assert client.post(path, {"code": code()})["Location"] == "/login/"
    password(client, cast.ana)
    password(client, cast.jo)  # who has none, and is in
    assert client.post("/login/second/", {"code": code()})["Location"] == "/"
    assert client.get("/preferences/").context["user"] == cast.jo


def planted(client: Client) -> Client:
    """A thief's, with the cookie that they planted in this browser before anybody took a step there."""
    thief = Client()
    thief.post("/login/passkey/question/")
    client.cookies["sessionid"] = thief.cookies["sessionid"].value
    return thief


def test_with_a_planted_cookie_nobody_takes_part_in_the_first_step(cast):
    with_an_app(cast.ana)
    client = Client()
    thief = planted(client)
    password(client, cast.ana)
    assert thief.post("/login/second/", {"code": code()})["Location"] == "/login/"
    assert client.post("/login/second/", {"code": code()})["Location"] == "/" and not is_in(thief)


def test_with_a_planted_cookie_nobody_chooses_anothers_password(cast):
    client, which = Client(), [urlsafe_base64_encode(str(cast.ana.pk).encode())]
    thief = planted(client)
    form = client.get(f"/password/new/{which[0]}/{default_token_generator.make_token(cast.ana)}/")["Location"]
    assert b"has been used or is too old" in thief.get(form).content
    assert b"Save the password" in client.get(form).content


def test_whoever_is_deactivated_between_the_two_steps_is_not_in(cast):
    with_an_app(cast.ana)
    client = Client()
    password(client, cast.ana)
    cast.ana.is_active = False
    cast.ana.save()
    client.post("/login/second/", {"code": code()})
    assert not is_in(client)


def test_a_new_password_between_the_two_steps_ends_the_first(cast):
    with_an_app(cast.ana)
    client = Client()
    password(client, cast.ana)
    cast.ana.set_password("another-good-one-7")
    cast.ana.save()
    assert client.post("/login/second/", {"code": code()})["Location"] == "/login/"
    assert client.post("/login/second/question/")["Location"] == "/login/" and not is_in(client)


def test_codes_are_not_guessed(cast):
    with_an_app(cast.ana)
    client = Client(REMOTE_ADDR="192.0.2.9")
    password(client, cast.ana)
    asked = [client.post("/login/second/", {"code": f"{n:06}"}).status_code for n in range(21)]
    assert asked == [422] * 20 + [429]
    late = client.post("/login/second/", {"code": code()})
    assert (late.status_code, is_in(client)) == (429, False) and late["Retry-After"]


def burst(person, many: int) -> None:
    thief = Client(REMOTE_ADDR="192.0.2.9")
    password(thief, person)
    for _try in range(many):
        thief.post("/login/second/", {"code": "000000"})


def test_whose_second_step_is_guessed_at_is_told_once_for_each_burst(cast, monkeypatch):
    monkeypatch.setattr(guessing, "BY_ACCOUNT", 4)
    with_an_app(cast.ana)
    waiting = OrmQ.objects.count()
    burst(cast.ana, 3)
    assert OrmQ.objects.count() == waiting  # a few are her own thumbs
    burst(cast.ana, 4)
    kit_clock.forward(guessing.WINDOW)
    burst(cast.ana, 6)  # it goes on within the hour
    assert OrmQ.objects.count() == waiting + 1 and kinds().count("second_step_guessed") == 1
    told = letter()
    assert told.to == [cast.ana.email] and "wrong at the second 4 times" in told.body
    assert "choose another password at once" in told.body
    kit_clock.forward(guessing.TOLD_EVERY)
    burst(cast.ana, 4)
    assert kinds().count("second_step_guessed") == 2


def test_nobody_has_letters_sent_who_only_guesses_at_passwords(cast, client, monkeypatch):
    monkeypatch.setattr(guessing, "BY_ACCOUNT", 4)
    with_an_app(cast.ana)
    waiting = OrmQ.objects.count()
    for _try in range(6):
        client.post("/login/", {"username": cast.ana.email, "password": "wrong"})
    assert kinds()[-1] == "guessed" and OrmQ.objects.count() == waiting


def test_a_thief_with_the_password_does_not_keep_the_owner_out_at_the_second_step(cast):
    with_an_app(cast.ana)
    own, thief = Client(), Client(REMOTE_ADDR="192.0.2.9")
    password(own, cast.ana)
    assert own.post("/login/second/", {"code": code()}).status_code == 302
    own.post("/logout/")
    kit_clock.forward(timedelta(minutes=5))
    password(thief, cast.ana)
    assert [thief.post("/login/second/", {"code": "000000"}).status_code for _try in range(21)][-1] == 429
    password(own, cast.ana)
    assert own.post("/login/second/", {"code": code()}).status_code == 302


def test_the_first_one_ends_sessions_that_only_a_password_opened(cast):
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        password(client, cast.ana)
    asked = here.post("/signing-in/passkeys/question/").json()
    here.post("/signing-in/passkeys/", {"answer": Key().create(asked), "name": "First"})
    assert is_in(here) and not is_in(elsewhere)
    asked = here.post("/signing-in/passkeys/question/").json()
    here.post("/signing-in/passkeys/", {"answer": Key().create(asked)})
    assert [one.data["name"] for one in verbs.owned(cast.ana).passkeys] == ["First", "Passkey 2"]


def test_a_fresh_proof_is_of_both_and_no_code_is_spent_on_a_wrong_password(cast):
    with_an_app(cast.ana)
    client = Client()
    client.force_login(cast.ana)
    session = client.session
    session["proved_at"] = 0.0
    session.save()
    form = {"name": "Deploys", "ends": "90"}
    asked = client.post("/tokens/", form)["Location"]
    assert asked.startswith("/signing-in/again/")
    said, right, wrong = code(), {"password": PASSWORD}, {"password": "not-the-one"}
    for tried in (right, right | {"code": "000000"}, wrong | {"code": said}):
        assert client.post(asked, tried | {"next": "/tokens/"}).status_code == 422
    assert client.post(asked, right | {"code": said, "next": "/tokens/"})["Location"] == "/signing-in/kept/"


def test_a_passkey_proves_it_alone_and_for_this_question_only(cast):
    key = with_a_passkey(cast.ana)
    client = Client()
    client.force_login(cast.ana)
    session = client.session
    session["proved_at"] = 0.0
    session.save()
    asked = client.post("/login/passkey/question/").json()
    asked["publicKey"].pop("allowCredentials", None)
    assert client.post("/signing-in/again/", {"answer": key.get(asked)}).status_code == 422
    asked = client.post("/signing-in/again/question/").json()
    said = {"answer": key.get(asked), "next": "/tokens/"}
    assert client.post("/signing-in/again/", said)["Location"] == "/tokens/"
    assert b"baton_" in client.post("/tokens/", {"name": "Deploys", "ends": "90"}, follow=True).content


def test_nobody_signs_in_but_at_the_end_of_the_stages():
    """Django's ``login`` is called by allauth alone, after its stages: see the door-plate of ``signin``."""
    ours = [*Path("escalation").rglob("*.py"), *Path("incidents").rglob("*.py")]
    calls = re.compile(r"(?<![\w.])auth_login\(|auth\.login\(|contrib\.auth import [^\n]*\blogin\b(?!_)")
    assert [str(one) for one in ours if calls.search(one.read_text())] == []


# --- admins ----------------------------------------------------------------------------------


def test_an_admin_without_a_second_step_is_led_to_one_and_then_let_in(cast, settings):
    settings.ADMIN_SECOND_FACTOR = True
    client = Client()
    password(client, cast.ada)
    assert is_in(client)  # the desk is open
    for path in ("/admin/", "/admin/people/user/", "/admin/incidents/source/add/"):
        answer = client.get(path, follow=True)
        assert answer.redirect_chain[-1][0] == "/signing-in/"
        assert b"Admins sign in with a second step." in answer.content
    page = client.get("/signing-in/app/").content.decode()
    kept = re.search(r'name="kept" value="([^"]+)"', page)[1]
    secret = re.search(r'class="letters">([^<]+)<', page)[1].replace(" ", "")
    now = int(kit_clock.now().timestamp()) // codes.PERIOD
    client.post("/signing-in/app/", {"kept": kept, "code": codes.code_at(secret, now)})
    assert client.get("/admin/").status_code == 200
    old = Client()
    old.force_login(cast.ada)  # a session that has passed nothing
    keys = old.post("/tokens/", {"name": "Deploys", "ends": "90"})
    assert keys["Location"] == "/signing-in/" and not cast.ada.api_tokens.exists()
    assert old.get("/admin/people/user/").status_code == 302
    app = Authenticator.objects.get(user=cast.ada, type="totp")
    shown = client.get(f"/signing-in/{app.pk}/removal/").content
    assert b"Admins need a second step" in shown and b"Remove it" not in shown
    last = client.post(f"/signing-in/{app.pk}/removal/")
    assert last.status_code == 409 and b"Admins need a second step" in last.content


def set_up_an_app(client: Client) -> str:
    """Where the page with the codes leads on to."""
    page = client.get("/signing-in/app/").content.decode()
    kept = re.search(r'name="kept" value="([^"]+)"', page)[1]
    secret = re.search(r'class="letters">([^<]+)<', page)[1].replace(" ", "")
    now = int(kit_clock.now().timestamp()) // codes.PERIOD
    done = client.post("/signing-in/app/", {"kept": kept, "code": codes.code_at(secret, now)})
    return re.search(r'class="btn" href="([^"]+)">I have kept them', done.content.decode())[1]


@pytest.mark.parametrize(
    ("asked", "onward"),
    [
        ("/admin/people/user/?q=ana", "/admin/people/user/?q=ana"),
        ("/configuration.csv?what=user", "/configuration.csv?what=user"),
        ("/admin/login/", "/admin/"),
        ("/admin/login/?next=https://evil.example/", "/signing-in/"),
        ("/admin/login/?next=//evil.example/admin/", "/signing-in/"),
        ("/admin/login/?next=javascript:alert(1)", "/signing-in/"),
        ("/admin/login/?next=nowhere", "/signing-in/"),  # no name of a view
        ("/admin/login/?next=/%5C/evil.example", "/signing-in/"),
        ("/signing-in/", "/signing-in/"),
    ],
)
def test_an_admin_goes_on_to_where_they_were_going_and_nowhere_else(cast, settings, asked, onward):
    settings.ADMIN_SECOND_FACTOR = True
    client = Client()
    password(client, cast.ada)
    client.get(asked, follow=True)
    assert set_up_an_app(client) == onward
    asked = client.post("/signing-in/passkeys/question/").json()  # this once
    assert client.post("/signing-in/passkeys/", {"answer": Key().create(asked)})["Location"] == "/signing-in/"


def test_an_admin_takes_away_what_somebody_has_lost(cast, settings):
    with_an_app(cast.ana)
    with_an_app(cast.ada)
    settings.ADMIN_SECOND_FACTOR = True
    client = Client()
    password(client, cast.ada)
    client.post("/login/second/", {"code": code()})
    assert "authenticator app" in client.get(f"/admin/people/user/{cast.ana.pk}/change/").content.decode()
    place = f"/admin/people/user/{cast.ana.pk}/second-step/"
    assert b"Ana Ruiz" in client.get(place).content
    client.post(place)
    assert not verbs.owned(cast.ana) and kinds()[-1] == "factors_taken"
    assert letter().to == ["ana@example.com"] and "Ada Lund took away" in letter().body
    client.post(f"/admin/people/user/{cast.ada.pk}/second-step/")
    assert verbs.owned(cast.ada)  # nobody's own
    agent = Client()
    agent.force_login(cast.jo)
    assert agent.post(f"/admin/people/user/{cast.ada.pk}/second-step/").status_code == 302
    assert verbs.owned(cast.ada)


def test_the_last_admin_gets_back_in_at_the_terminal(cast, capsys):
    with_an_app(cast.ada)
    call_command("signin_reset", " Ada@Example.com ")
    said = capsys.readouterr().out
    link = re.search(r"https://baton\.example(/password/new/\S+)", said)[1]
    assert Client().get(link, follow=True).status_code == 200
    assert not verbs.owned(cast.ada)
    entry = Entry.objects.get(kind="factors_taken")
    assert "at the terminal of" in entry.actor_name and letter().to == ["ada@example.com"]
    with pytest.raises(CommandError, match="Nobody with this address"):
        call_command("signin_reset", "nobody@example.com")


def test_a_link_that_the_terminal_made_is_on_record_and_told_without_a_second_step_too(cast):
    call_command("signin_reset", "ana@example.com")
    entry = Entry.objects.get(kind="password_link")
    assert json.loads(entry.data)["id"] == cast.ana.pk and "at the terminal of" in entry.actor_name
    assert letter().to == ["ana@example.com"]


def test_one_removes_ones_own_and_no_others(cast):
    with_an_app(cast.ana)
    app = Authenticator.objects.get(user=cast.ana, type="totp")
    other = Client()
    other.force_login(cast.jo)
    assert other.post(f"/signing-in/{app.pk}/removal/")["Location"] == "/signing-in/"
    assert verbs.owned(cast.ana)
    client = Client()
    client.force_login(cast.ana)
    assert b"It is your last one" in client.get(f"/signing-in/{app.pk}/removal/").content
    client.post(f"/signing-in/{app.pk}/removal/")
    assert not Authenticator.objects.filter(user=cast.ana).exists()  # the codes went, too
    assert kinds()[-1] == "factor_removed"


# --- passkeys --------------------------------------------------------------------------------


def with_a_passkey(person, **kwargs) -> Key:
    key, client = Key(**kwargs), Client()
    client.force_login(person)
    asked = client.post("/signing-in/passkeys/question/").json()
    answer = client.post("/signing-in/passkeys/", {"answer": key.create(asked), "name": "Work laptop"})
    assert answer.status_code == 200, answer.content
    return key


def test_a_passkey_signs_in_alone(cast):
    key = with_a_passkey(cast.ana)
    client = Client()
    asked = client.post("/login/passkey/question/").json()
    assert asked["publicKey"]["userVerification"] == "required" and "allowCredentials" not in asked["publicKey"]
    said = {"answer": key.get(asked), "next": "/queue/"}
    assert client.post("/login/passkey/", said)["Location"] == "/queue/"
    assert is_in(client)
    again = Client()
    again.post("/login/passkey/question/")
    assert again.post("/login/passkey/", said).status_code == 422  # an answer to another question
    assert not is_in(again)


def test_a_passkey_is_the_second_step_of_its_own_person_alone(cast):
    key, other = with_a_passkey(cast.ana), with_a_passkey(cast.jo)
    client = Client()
    password(client, cast.ana)
    for mine, status in ((other, 422), (key, 302)):
        asked = client.post("/login/second/question/").json()
        assert client.post("/login/second/", {"answer": mine.get(asked)}).status_code == status
    assert is_in(client)


def with_it(key: Key, counts: int) -> int:
    key.counts, client = counts, Client()
    asked = client.post("/login/passkey/question/").json()
    return client.post("/login/passkey/", {"answer": key.get(asked)}).status_code


def test_a_copy_of_a_passkey_that_counts_opens_nothing(cast):
    key = with_a_passkey(cast.ana, counts=7)
    assert [with_it(key, counts) for counts in (8, 8, 7, 0, 11)] == [302, 422, 422, 422, 302]
    synced = with_a_passkey(cast.jo)
    assert [with_it(synced, counts) for counts in (0, 0, 1, 0)] == [302, 302, 302, 422]


@pytest.mark.sqlite_enough
@pytest.mark.parametrize("forged", ["origin", "below", "unverified", "signature", "whose", "nobody", "purpose", "gone"])
def test_what_a_forger_answers_opens_nothing(cast, forged):
    key = with_a_passkey(cast.ana)
    client = Client()
    question = "/login/passkey/question/"
    if forged == "purpose":
        password(client, cast.ana)
        question = "/login/second/question/"
    asked = client.post(question).json()
    asked["publicKey"].pop("allowCredentials", None)
    changed = {}
    if forged == "origin":
        key.origin = "https://baton.example.evil.test"
    elif forged == "below":
        key.origin = "https://evil.baton.example"
    elif forged == "unverified":
        key.flags = PRESENT
    elif forged == "signature":
        key.secret = Key().secret
    elif forged == "whose":
        with_a_passkey(cast.jo)
        key.handle = "Mg" if key.handle != "Mg" else "Mw"
    elif forged == "nobody":
        changed = {"userHandle": "OTk5OTk5"}
    elif forged == "gone":
        kit_clock.forward(timedelta(0))
        Authenticator.objects.filter(user=cast.ana).delete()
    assert client.post("/login/passkey/", {"answer": key.get(asked, **changed)}).status_code == 422
    assert not is_in(client)


@pytest.mark.sqlite_enough
@pytest.mark.parametrize(
    "said",
    [
        "",
        "x",
        "7",
        "[]",
        "[" * 19_999,
        "{}",
        '{"response": 1}',
        '{"response": {"userHandle": 7}}',
        "\0",
        '{"id": "' + "A" * 9000,
    ],
)
def test_what_is_no_answer_is_refused_and_never_an_error(cast, said):
    client = Client()
    client.post("/login/passkey/question/")
    assert client.post("/login/passkey/", {"answer": said}).status_code == 422
    client.force_login(cast.ana)
    client.post("/signing-in/passkeys/question/")
    assert client.post("/signing-in/passkeys/", {"answer": said})["Location"] == "/signing-in/"
    assert not Authenticator.objects.exists()


def test_a_passkey_of_somebody_deactivated_opens_nothing(cast):
    key = with_a_passkey(cast.ana)
    cast.ana.is_active = False
    cast.ana.save()
    client = Client()
    asked = client.post("/login/passkey/question/").json()
    assert client.post("/login/passkey/", {"answer": key.get(asked)}).status_code == 422


@pytest.mark.sqlite_enough
@pytest.mark.parametrize(
    ("address", "offered"),
    [
        ("https://baton.example", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", False),
        ("https://10.1.2.3", False),
        ("https://[::1]:8443", False),
        ("http://baton.example", False),
    ],
)
def test_passkeys_are_offered_where_browsers_know_them(cast, settings, address, offered):
    settings.ADDRESS = address
    assert (b"Sign in with a passkey" in Client().get("/login/").content) == offered
