"""A new password, by whatever way: on record, told to its owner, and the end of every session the old one opened."""

import io
import json

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.core.management import CommandError, call_command
from django.test import Client
from django_q.models import OrmQ

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import Session, User
from escalation.signin import passwords
from escalation.signin.forms import NewPasswordForm, OwnPasswordForm
from escalation.trail.models import Entry
from escalation.trail.writing import Actor
from tests.organisation import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
NEW = "a-fine-password-9"


@pytest.fixture
def typed(monkeypatch):
    """What is typed at the terminal, where nobody sees it."""
    lines: list[str] = []
    monkeypatch.setattr("escalation.signin.terminal.management.commands.changepassword.getpass", lambda _: lines.pop(0))
    return lines


def is_in(client: Client) -> bool:
    return client.get("/preferences/").status_code == 200


def signed_in(person, password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/login/", {"username": person.email, "password": password})
    return client


def changepassword(email: str) -> str:
    said = io.StringIO()
    call_command("changepassword", email, stdout=said, stderr=said)
    return said.getvalue()


def told() -> list[str]:
    return [one.task["func"].rpartition(".")[2] for one in OrmQ.objects.order_by("pk")]


def test_at_the_terminal_it_is_on_record_told_and_ends_all_sessions(cast, typed, settings):
    settings.PASSWORD_HASHERS = ["escalation.signin.hashing.Argon2", *settings.PASSWORD_HASHERS]
    here, elsewhere = signed_in(cast.ana), signed_in(cast.ana)
    typed += [NEW, NEW]
    assert "signed out everywhere" in changepassword(" Ana@Example.com ")
    assert not is_in(here) and not is_in(elsewhere) and not Session.objects.filter(person=cast.ana).exists()
    assert not is_in(signed_in(cast.ana)) and is_in(signed_in(cast.ana, NEW))
    assert identify_hasher(User.objects.get(pk=cast.ana.pk).password).algorithm == "argon2"
    entries = Entry.objects.filter(kind__in=("config_password", "sessions_ended")).order_by("seq")
    assert [one.kind for one in entries] == ["config_password", "sessions_ended"] and told() == ["tell"]
    assert all("at the terminal of" in one.actor_name and json.loads(one.data)["id"] == cast.ana.pk for one in entries)
    assert not any(NEW in one.data for one in Entry.objects.all())


def test_at_the_terminal_it_is_judged_like_any_other(cast, typed):
    before = cast.ana.password
    typed += ["short", "short", "ana@example.com", "ana@example.com", NEW, NEW + "x"]
    with pytest.raises(CommandError, match="Nothing was changed"):
        changepassword("ana@example.com")
    with pytest.raises(CommandError, match="no account with this address"):
        changepassword("stranger@example.com")
    assert User.objects.get(pk=cast.ana.pk).password == before
    assert not Entry.objects.filter(kind="config_password").exists()
    with pytest.raises(CommandError, match="unrecognized arguments"):  # nor is it said where others see it
        call_command("changepassword", "ana@example.com", NEW)


@pytest.mark.parametrize("password", ["short", "eve@example.com", "password123"])
def test_no_admin_is_made_with_a_password_that_can_be_guessed(cast, monkeypatch, password):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError, match="This password is too|The password is too"):
        call_command("createsuperuser", "--no-input", email="eve@example.com", name="Eve Adams")
    assert not User.objects.filter(email="eve@example.com").exists()
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", NEW)
    call_command("createsuperuser", "--no-input", email="Eve@Example.com", name="Eve Adams", stdout=io.StringIO())
    assert User.objects.get(email="eve@example.com").check_password(NEW)
    assert NEW not in Entry.objects.get(kind="config_added", data__contains="eve@example.com").data


def test_nothing_is_loaded_past_the_record(cast, tmp_path):
    row = {"model": "people.user", "pk": cast.ana.pk, "fields": {"email": cast.ana.email, "is_staff": True}}
    (tmp_path / "rights.json").write_text(json.dumps([row]))
    with pytest.raises(CommandError, match="loaddata is closed"):
        call_command("loaddata", str(tmp_path / "rights.json"), "--ignorenonexistent")
    assert not User.objects.get(pk=cast.ana.pk).is_staff


@pytest.mark.parametrize("usable", ["true", "false"])
def test_an_admins_form_does_all_of_it_too(cast, usable):
    theirs, ada = signed_in(cast.ana), signed_in(cast.ada)
    press = {"unset-password": "1"} if usable == "false" else {}
    body = {"usable_password": usable, "password1": NEW, "password2": NEW, **press}
    ada.post(f"/admin/people/user/{cast.ana.pk}/password/", body)
    person = User.objects.get(pk=cast.ana.pk)
    assert person.check_password(NEW) == person.has_usable_password() == (usable == "true")
    kinds = Entry.objects.filter(actor_name="Ada Lund").order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["config_password", "sessions_ended"]
    assert told() == ["tell"] and not is_in(theirs) and is_in(ada)


@pytest.mark.parametrize("right", ["is_staff", "is_auditor"])
def test_whoever_may_do_more_signs_in_anew(cast, right):
    theirs, ada = signed_in(cast.sam), signed_in(cast.ada)
    place = f"/admin/people/user/{cast.sam.pk}/change/"
    form = {"name": "Samuel", "email": cast.sam.email, "time_zone": cast.sam.time_zone, "is_active": "on"}
    ada.post(place, form)
    assert is_in(theirs)
    ada.post(place, form | {right: "on"})
    assert getattr(User.objects.get(pk=cast.sam.pk), right) and not is_in(theirs) and is_in(ada)
    again = signed_in(cast.sam)
    ada.post(place, form)
    assert is_in(again)  # whoever may do less goes on with what they do


def own(person: User, rf) -> OwnPasswordForm:
    said = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    return OwnPasswordForm(person, said, request=rf.post("/password/"))


def by_link(person: User, rf) -> NewPasswordForm:
    return NewPasswordForm(person, {"new_password1": NEW, "new_password2": NEW})


FORMS = {"own": own, "by a link": by_link}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_new_password_undoes_nothing_that_an_admin_has_changed_since_it_was_typed(form, cast, rf):
    typed = form(User.objects.get(pk=cast.ana.pk), rf)
    assert typed.is_valid()
    User.objects.filter(pk=cast.ana.pk).update(is_active=False, name="Ana Away")
    typed.save()
    ana = User.objects.get(pk=cast.ana.pk)
    assert (ana.is_active, ana.name, ana.check_password(NEW)) == (False, "Ana Away", True)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_of_two_new_passwords_at_once_the_first_stands(form, cast, rf):
    typed = form(User.objects.get(pk=cast.ana.pk), rf)
    assert typed.is_valid()
    ana = User.objects.get(pk=cast.ana.pk)
    passwords.choose(ana, "it-came-between-7", by=Actor.person(ana), now=clock.now())
    with pytest.raises(Refused, match="another password"):
        typed.save()
    assert User.objects.get(pk=ana.pk).check_password("it-came-between-7")
