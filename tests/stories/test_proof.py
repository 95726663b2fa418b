"""Is it still you? A fresh proof before what gives others power, and nothing typed is lost."""

import re

import pytest
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from escalation.kit import clock
from escalation.people.models import ApiToken, Skill, User
from escalation.signin import guessing, proof
from incidents.models import Receipt, Source, Webhook
from tests.browser.addresses import ADMIN

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]

PASSWORD = "pass-word-1234"


@pytest.fixture
def signed_in_long_ago(settings):
    settings.PROOF_MINUTES = 15

    def client_of(person) -> Client:
        client = Client()
        client.force_login(person)
        session = client.session
        session[proof.PROVED_AT] -= 15 * 60
        session.save()
        return client

    return client_of


def test_what_ada_filled_in_is_kept_while_she_proves_that_it_is_her(cast, signed_in_long_ago):
    ada, address = signed_in_long_ago(cast.ada), reverse("admin:people_skill_add")
    asked = ada.post(address, {"name": "Knots & <loops>", "kind": "ability", "_continue": "Save"})
    assert asked["Location"] == f"{reverse('account_reauthenticate')}?next=%2Fadmin%2Fpeople%2Fskill%2Fadd%2F"
    assert not Skill.objects.filter(name="Knots & <loops>").exists()
    assert "Knots" not in str(dict(ada.session))  # at rest it is sealed
    page = ada.get(asked["Location"]).content.decode()
    assert "What you filled in is kept" in page
    wrong = ada.post(asked["Location"], {"password": "wrong", "next": address})
    assert (wrong.status_code, "not your password" in wrong.content.decode()) == (422, True)
    onward = ada.post(asked["Location"], {"password": PASSWORD, "next": address}, follow=True)
    form = onward.content.decode()
    assert f'action="{address}"' in form and "Knots &amp; &lt;loops&gt;" in form
    sent = dict(onward.context["fields"])
    saved = ada.post(address, sent)
    assert saved.status_code == 302 and Skill.objects.filter(name="Knots & <loops>").exists()
    assert ada.get(reverse("signing-in-kept"))["Location"] == reverse("cues")  # it was sent


def test_no_form_of_the_admin_pages_is_taken_without_one(cast, signed_in_long_ago):
    ada = signed_in_long_ago(cast.ada)
    addresses = {re.sub(r"\{\w+\}", "1", path) for path in ADMIN} | {"/admin/policies/policy/1/change/"}
    for address in addresses - {"/admin/", "/admin/people/"}:
        assert "/signing-in/again/" in ada.post(address, {}).get("Location", ""), address
    assert ada.get("/admin/people/user/").status_code == 200  # who looks is not asked


def test_tokens_and_exports_want_one_and_incidents_do_not(cast, signed_in_long_ago, open_incident):
    incident, ana = open_incident(), signed_in_long_ago(cast.ana)
    ana.post(reverse("tokens"), {"name": "robot", "ends": "30"})
    assert not ApiToken.objects.exists()
    assert "/signing-in/again/" in ana.get(reverse("measured-people-csv"))["Location"]
    assert ana.get(incident.get_absolute_url()).status_code == 200
    assert "/signing-in/again/" in ana.get(reverse("configuration-csv"))["Location"]
    for address in (
        reverse("incident-evidence", args=[incident.number]),
        reverse("text-removal", args=[incident.number, 1]),
        reverse("problem-text-removal", args=[1, 1]),
    ):
        assert "/signing-in/again/" in ana.post(address, {"text": "Personal"})["Location"]
    htmx = ana.post(reverse("tokens"), {"name": "robot", "ends": "30"}, headers={"hx-request": "true"})
    assert "/signing-in/again/" in htmx["HX-Redirect"]


def test_what_came_in_and_where_a_webhook_leads_are_read_with_one_only(cast, signed_in_long_ago):
    source = Source.objects.create(name="Post", kind="email", service=cast.service)
    receipt = Receipt.objects.create(source=source, received_at=clock.now(), body=b"Mrs Miller called", envelope={})
    hook = Webhook.objects.create(name="Tickets", url="https://tickets.example/t0ken", owner=cast.ada)
    for name, pk, said in (("webhook_change", hook.pk, b"t0ken"), ("receipt_body", receipt.pk, b"Mrs Miller")):
        ada, address = signed_in_long_ago(cast.ada), reverse(f"admin:incidents_{name}", args=[pk])
        asked = ada.get(address)
        assert "/signing-in/again/" in asked.get("Location", ""), address
        assert said in ada.post(asked["Location"], {"password": PASSWORD, "next": address}, follow=True).content


def test_a_script_that_asks_for_a_new_passkey_is_told_where_to_prove_it(cast, signed_in_long_ago):
    ana = signed_in_long_ago(cast.ana)
    asked = ana.post(reverse("factor-passkey-question"))
    assert (asked.status_code, asked.json()) == (401, {"address": "/signing-in/again/?next=%2Fsigning-in%2F"})
    form = {"password": PASSWORD, "next": "/signing-in/"}
    assert ana.post(asked.json()["address"], form)["Location"] == "/signing-in/"  # no form waits to be sent
    assert ana.post(reverse("factor-passkey-question")).status_code == 200


@pytest.mark.parametrize(
    ("page", "onward"), [("http://testserver/tokens/?old=1", True), ("https://evil.example/", False), ("", False)]
)
def test_whoever_begins_anew_comes_to_the_page_they_came_from(cast, signed_in_long_ago, open_incident, page, onward):
    """Some forms are sent to what is no page."""
    ada, address = signed_in_long_ago(cast.ada), reverse("incident-evidence", args=[open_incident().number])
    asked = ada.post(address, headers={"Referer": page})["Location"]
    kept = ada.post(asked, {"password": PASSWORD, "next": address}, follow=True).content.decode()
    assert f'href="{page if onward else reverse("cues")}">Begin anew</a>' in kept


def test_files_cannot_be_kept_and_it_says_so(cast, signed_in_long_ago):
    ada, file = signed_in_long_ago(cast.ada), SimpleUploadedFile("plan.csv", b"a,b")
    asked = ada.post(reverse("admin:people_skill_add"), {"name": "Knots", "file": file})
    page = ada.post(asked["Location"], {"password": PASSWORD, "next": "/admin/people/skill/add/"}, follow=True)
    assert "plan.csv has to be chosen again" in page.content.decode()


def test_a_proof_leads_nowhere_else_and_nobody_guesses_on(cast, signed_in_long_ago):
    ana, address = signed_in_long_ago(cast.ana), reverse("account_reauthenticate")
    tried = [ana.post(address, {"password": "wrong"}).status_code for _ in range(guessing.BY_ACCOUNT + 1)]
    assert tried[-2:] == [422, 429]
    jo = signed_in_long_ago(cast.jo)
    assert jo.post(address, {"password": PASSWORD, "next": "https://evil.example/"})["Location"] == "/signing-in/"
    for elsewhere in ("nowhere", "cues", "../", "//evil.example/", "javascript:alert(1)"):  # nor is it a view's name
        assert jo.get(address, {"next": elsewhere})["Location"] == "/signing-in/"


def test_another_persons_proof_in_the_same_browser_is_none(cast, settings):
    settings.PROOF_MINUTES = 15
    client = Client()
    client.force_login(cast.ana)
    client.post(reverse("tokens"), {"name": ""})
    client.post(reverse("logout"))
    assert client.get(reverse("account_reauthenticate"))["Location"].startswith(reverse("login"))


def test_whoever_has_no_password_here_is_told_what_to_do(cast, signed_in_long_ago):
    User.objects.filter(pk=cast.ana.pk).update(password=make_password(None))
    page = signed_in_long_ago(User.objects.get(pk=cast.ana.pk)).get(reverse("account_reauthenticate"))
    assert "Sign out, and in again" in page.content.decode()
