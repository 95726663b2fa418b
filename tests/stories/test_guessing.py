"""Guessing at passwords: whom it keeps out, for how long, and what it tells."""

import contextlib
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django_q.models import OrmQ

from escalation.kit import clock as kit_clock
from escalation.kit.addresses import AddressMiddleware, household
from escalation.people.models import User
from escalation.signin import guessing
from escalation.signin.hashing import Argon2
from escalation.signin.models import Guess
from escalation.trail.models import Entry
from tests.threads import together

pytestmark = pytest.mark.django_db

PASSWORD = "pass-word-1234"
ARGON = ["escalation.signin.hashing.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]


def sign_in(client, password=PASSWORD, *, as_whom="ana@example.com", address="192.0.2.1"):
    body = {"username": as_whom, "password": password}
    return client.post(reverse("login"), body, REMOTE_ADDR=address)


def guess(times, **how):
    return [sign_in(Client(), "wrong", **how).status_code for _ in range(times)]


def test_who_guesses_at_one_account_waits_from_wherever(cast, clock):
    tried = [guess(1, address=f"192.0.2.{n}")[0] for n in range(guessing.BY_ACCOUNT + 1)]
    assert tried == [200] * guessing.BY_ACCOUNT + [429]
    answer = sign_in(Client(), address="198.51.100.7")  # the right one, from a browser that nobody knows
    assert answer.status_code == 429 and 0 < int(answer["Retry-After"]) <= 900
    assert "Wait 15 minutes" in answer.content.decode()
    clock.forward(minutes=15)  # what was refused meanwhile prolonged nothing
    assert sign_in(Client(), address="198.51.100.7").status_code == 302


def test_the_owner_comes_in_where_they_were_before_whoever_guesses(cast):
    home = Client()
    sign_in(home)
    home.post(reverse("logout"))
    guess(guessing.BY_ACCOUNT + 1)  # and even from the same address
    assert sign_in(home).status_code == 302


def test_a_browser_that_is_known_has_its_own_measure(cast):
    home = Client()
    sign_in(home)
    home.post(reverse("logout"))
    tried = [sign_in(home, "wrong").status_code for _ in range(guessing.BY_BROWSER + 1)]
    assert tried[-2:] == [200, 429]
    assert sign_in(Client(), address="198.51.100.7").status_code == 302  # and keeps nobody else out
    home.cookies[guessing.KNOWN] = home.cookies[guessing.KNOWN].value[:-1] + "x"
    assert sign_in(home).status_code == 302  # forged: no browser that is known, and counted as any


def test_who_guesses_at_many_accounts_waits_at_their_address_alone(cast):
    for n in range(guessing.BY_ADDRESS):
        sign_in(Client(), "wrong", as_whom=f"x{n}@example.com")
    assert sign_in(Client()).status_code == 429
    assert sign_in(Client(), address="192.0.2.2").status_code == 302
    told = Entry.objects.get(kind="guessed")
    assert '"what":"address"' in told.data and "x1" not in told.data


def test_ones_own_account_opens_no_way_to_guess_at_others(cast):
    for n in range(guessing.BY_ADDRESS):
        sign_in(Client(), "wrong", as_whom=f"x{n}@example.com")
        if n % 10 == 5:
            sign_in(Client(), as_whom="jo@example.com")
    assert guess(1) == [429]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_judged_no_more_often_than_one_after_the_other(cast, monkeypatch):
    monkeypatch.setattr(guessing, "BY_ACCOUNT", 3)
    judged = []

    def guess_once():
        request = RequestFactory().post("/login/")
        with contextlib.suppress(guessing.TooMany):
            judged.append(guessing.begin(request, "ana@example.com"))

    together(*[guess_once] * 8)
    guess_once()
    assert len(judged) <= 3


@pytest.mark.django_db(transaction=True)
def test_of_two_tries_that_come_to_a_burst_at_once_one_puts_it_on_record(cast, monkeypatch):
    monkeypatch.setattr(guessing, "BY_ACCOUNT", 2)
    both = {"INSERT": threading.Barrier(2), '."told"': threading.Barrier(2)}

    def side_by_side(execute, sql, params, many, context):
        """Each has written its own down before either counts, and neither finds it told. On SQLite the second waits."""
        found = execute(sql, params, many, context)
        for step, here in both.items():
            if 'signin_guess"' in sql and step in sql and ("INSERT" in sql or "LIMIT 1" in sql):
                with contextlib.suppress(threading.BrokenBarrierError):
                    here.wait(0.5)
        return found

    def guess_once(address):
        with connection.execute_wrapper(side_by_side):
            guessing.begin(RequestFactory(REMOTE_ADDR=address).post("/login/"), "ana@example.com")

    together(lambda: guess_once("192.0.2.1"), lambda: guess_once("198.51.100.1"))
    assert Guess.objects.count() == 4 and Guess.objects.filter(told=True).count() == 1
    assert Entry.objects.filter(kind="guessed").count() == 1


def test_a_burst_is_on_record_once_an_hour_and_names_only_who_is_here(cast, clock):
    guess(guessing.BY_ACCOUNT + 3)
    clock.forward(minutes=16)
    guess(guessing.BY_ACCOUNT)
    assert [entry.kind for entry in Entry.objects.filter(kind="guessed")] == ["guessed"]
    assert "ana@example.com" in Entry.objects.get(kind="guessed").data
    assert not Guess.objects.filter(subject__contains="ana").exists()


@pytest.mark.parametrize("who", ["nobody", "deactivated", "wrong", "never had one"])
def test_every_no_is_the_same_no_and_costs_one_hash(cast, client, settings, monkeypatch, who):
    settings.PASSWORD_HASHERS = ARGON
    User.objects.filter(pk=cast.ana.pk).update(
        password="!" if who == "never had one" else make_password(PASSWORD), is_active=who != "deactivated"
    )
    hashed = []
    real = Argon2.encode, Argon2.verify
    monkeypatch.setattr(Argon2, "encode", lambda *said: hashed.append("encode") or real[0](*said))
    monkeypatch.setattr(Argon2, "verify", lambda *said: hashed.append("verify") or real[1](*said))
    answer = sign_in(
        client,
        PASSWORD if who == "deactivated" else "wrong",
        as_whom="stranger@example.com" if who == "nobody" else "ana@example.com",
    )
    assert (answer.status_code, len(hashed)) == (200, 1)
    assert [str(one) for one in answer.context["form"].non_field_errors()] == [
        "E-mail and password do not fit. In the password, capital letters count."
    ]


def test_an_older_password_is_hashed_anew_when_its_owner_signs_in(cast, client, settings):
    settings.PASSWORD_HASHERS = ARGON
    User.objects.filter(pk=cast.ana.pk).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    assert sign_in(client).status_code == 302
    kept = User.objects.get(pk=cast.ana.pk).password
    assert identify_hasher(kept).algorithm == "argon2" and "m=19456,t=2,p=1" in kept


def test_links_for_a_new_password_are_not_sent_without_end_and_nobody_learns_of_accounts(cast, client):
    answers = {}
    for email in ("ana@example.com", "stranger@example.com"):
        tried = [client.post(reverse("password_reset"), {"email": email}, REMOTE_ADDR=email[:1]) for _ in range(6)]
        answers[email] = [(one.status_code, one.headers.get("Location")) for one in tried]
    assert answers["ana@example.com"] == answers["stranger@example.com"]
    assert [status for status, _to in answers["ana@example.com"]][-2:] == [302, 429]
    assert OrmQ.objects.count() == 2 * guessing.LINKS  # as much work for the one as for the other


def test_who_asks_for_links_guesses_at_nothing(cast, client):
    for n in range(guessing.BY_ADDRESS + 1):
        client.post(reverse("password_reset"), {"email": f"x{n}@example.com"}, REMOTE_ADDR="192.0.2.1")
    for _again in range(guessing.LINKS):
        client.post(reverse("password_reset"), {"email": "ana@example.com"}, REMOTE_ADDR="192.0.2.9")
    assert sign_in(Client()).status_code == 302 and not Entry.objects.filter(kind="guessed").exists()


def test_tries_of_a_clock_that_was_put_back_count_no_longer_than_others(cast, clock):
    guess(guessing.BY_ACCOUNT)
    Guess.objects.update(at=kit_clock.now() + timedelta(days=3))
    assert sign_in(Client()).status_code == 302


def test_nobody_guesses_on_at_an_unlocked_screen(cast, client):
    client.force_login(cast.ana)
    form = {"old_password": "wrong", "new_password1": "another-good-one-7", "new_password2": "another-good-one-7"}
    tried = [client.post(reverse("password_change"), form).status_code for _ in range(guessing.BY_ACCOUNT + 1)]
    assert tried[-2:] == [200, 429]


@pytest.mark.parametrize(
    ("proxies", "said", "is_it"),
    [
        (0, "203.0.113.9", "127.0.0.1"),  # nobody is in front: anybody could write this
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),  # the client wrote the first
        (2, "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),  # somebody came past the outer one
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "1.1.1.1, unknown", "127.0.0.1"),
    ],
)
def test_the_clients_address_cannot_be_chosen_by_the_client(settings, proxies, said, is_it):
    settings.PROXIES = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": said})
    AddressMiddleware(lambda request: SimpleNamespace())(request)
    assert request.META["REMOTE_ADDR"] == is_it


def test_a_household_counts_as_one():
    assert household("2001:db8:1:2::a") == household("2001:db8:1:2:ffff::b") != household("2001:db8:1:3::a")
    assert household("::ffff:192.0.2.1") == "192.0.2.1"
