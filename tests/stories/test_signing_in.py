"""Signing in and out, forgotten passwords, and being alive."""

import re

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.http import urlsafe_base64_encode
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from escalation.signin import guessing
from incidents.demo.people import LOGINS

pytestmark = pytest.mark.django_db

PASSWORD = "pass-word-1234"


def what_is_queued() -> None:
    for row in OrmQ.objects.all():
        import_string(row.task["func"])(*row.task["args"])


@pytest.mark.parametrize("typed", ["ana@example.com", "Ana@Example.COM", "  ANA@EXAMPLE.COM "])
def test_ana_signs_in_however_she_writes_her_address(cast, client, typed):
    answer = client.post(reverse("login"), {"username": typed, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, reverse("cues"))
    assert client.session["_auth_user_id"] == str(cast.ana.pk)


def test_a_wrong_password_says_so_and_tells_nothing_else(cast, client):
    wrong = client.post(reverse("login"), {"username": "ana@example.com", "password": "wrong"})
    nobody = client.post(reverse("login"), {"username": "nobody@example.com", "password": "wrong"})
    assert "capital letters count" in wrong.content.decode()
    assert wrong.context["form"].non_field_errors() == nobody.context["form"].non_field_errors()
    assert "_auth_user_id" not in client.session


def test_whose_account_has_ended_stays_outside(cast, client):
    cast.ana.is_active = False
    cast.ana.save()
    client.post(reverse("login"), {"username": "ana@example.com", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_a_page_behind_the_door_leads_to_the_door_and_back(cast, client):
    answer = client.get(reverse("password_change"))
    assert answer["Location"] == f"{reverse('login')}?next={reverse('password_change')}"
    body = {"username": "ana@example.com", "password": PASSWORD, "next": reverse("password_change")}
    assert client.post(reverse("login"), body)["Location"] == reverse("password_change")


def test_a_next_that_leads_elsewhere_is_not_followed(cast, client):
    body = {"username": "ana@example.com", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post(reverse("login"), body)["Location"] == reverse("cues")


def test_signing_out_twice_is_no_error(cast, client):
    client.force_login(cast.ana)
    assert client.post(reverse("logout"))["Location"] == reverse("login")
    assert client.post(reverse("logout"))["Location"] == reverse("login")
    assert "_auth_user_id" not in client.session


def test_ana_forgot_her_password_and_chooses_a_new_one(cast, client, settings):
    settings.ADDRESS = "https://baton.example.com"
    body = {"email": "ANA@example.com"}
    assert ">E-mail</label>" in client.get(reverse("password_reset")).content.decode(), "as where one signs in"
    assert client.post(reverse("password_reset"), body, headers={"host": "localhost"}).status_code == 302
    what_is_queued()
    link = re.search(r"https://baton\.example\.com(/\S+)", mail.outbox[0].body)[1]
    page = client.get(link, follow=True)
    form = {"new_password1": "another-good-one-7", "new_password2": "another-good-one-7"}
    done = client.post(page.request["PATH_INFO"], form, follow=True)
    assert done.request["PATH_INFO"] == reverse("password_reset_complete")
    cast.ana.refresh_from_db()
    assert cast.ana.check_password("another-good-one-7")
    assert guessing.KNOWN in client.cookies  # whoever guesses at her account now does not keep her out
    for n in range(guessing.BY_ACCOUNT):
        guess = {"username": "ana@example.com", "password": "wrong"}
        Client().post(reverse("login"), guess, REMOTE_ADDR=f"192.0.2.{n}")
    right = {"username": "ana@example.com", "password": "another-good-one-7"}
    assert client.post(reverse("login"), right).status_code == 302
    assert not client.get(link, follow=True).context["validlink"]


def test_a_link_to_somebody_deactivated_since_leads_nowhere(cast, client):
    which = [urlsafe_base64_encode(str(cast.ana.pk).encode()), default_token_generator.make_token(cast.ana)]
    type(cast.ana).objects.filter(pk=cast.ana.pk).update(is_active=False)
    assert not client.get(reverse("password_reset_confirm", args=which), follow=True).context["validlink"]


def test_a_stranger_gets_the_same_answer_and_no_mail(cast, client):
    answer = client.post(reverse("password_reset"), {"email": "stranger@example.com"})
    assert answer["Location"] == reverse("password_reset_done")
    what_is_queued()
    assert not mail.outbox


def test_ana_changes_her_password_and_stays_signed_in(cast, client):
    client.force_login(cast.ana)
    form = {"old_password": PASSWORD, "new_password1": "another-good-one-7", "new_password2": "another-good-one-7"}
    assert client.post(reverse("password_change"), form)["Location"] == reverse("password_change_done")
    assert client.get(reverse("password_change")).status_code == 200


def test_alive_needs_no_database_and_no_login(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/livez")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_the_admin_site_has_no_door_of_its_own(cast, client):
    answer = client.get(reverse("admin:login") + "?next=/admin/people/user/")
    assert answer["Location"] == f"{reverse('login')}?next=/admin/people/user/"
    client.force_login(cast.ana)  # no admin
    assert client.get(reverse("admin:index"), follow=True).status_code == 200
    client.force_login(cast.ada)
    assert client.post(reverse("admin:logout"))["Location"] == reverse("login")


def test_the_demo_offers_its_accounts_and_nothing_else_does(cast, client, settings):
    assert LOGINS[0].password not in client.get(reverse("login")).content.decode()
    settings.DEMO = True
    page = client.get(reverse("login")).content.decode()
    for login in LOGINS:
        assert login.email in page
