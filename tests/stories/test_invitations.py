"""Inviting somebody: the link works once, for some days, and for nobody after it was withdrawn."""

import re

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse

from escalation.kit.errors import Refused
from escalation.people.models import Membership, User
from escalation.signin import inviting
from escalation.signin.models import Invitation
from escalation.trail.models import Entry
from tests.inviting_kit import invited
from tests.threads import together

pytestmark = pytest.mark.django_db

PASSWORDS = {"password1": "another-good-one-7", "password2": "another-good-one-7"}


@pytest.fixture
def ada(cast):
    client = Client()
    client.force_login(cast.ada)
    return client


def invite(ada, cast, email="Nia@Example.com", name="Nia"):
    """Returns the link's path and the page that showed it."""
    form = {"email": email, "name": name, "team": cast.ana.memberships.get().team_id, "role": "agent"}
    shown = ada.post(reverse("admin:signin_invitation_add"), form, follow=True)
    return re.search(r"/invitation/[\w-]{43}/", shown.content.decode())[0], shown


def come(path, client=None, **said):
    return (client or Client()).post(path, {"name": "Nia New", "time_zone": "UTC", **PASSWORDS, **said})


def test_nia_is_invited_by_mail_makes_her_account_and_signs_in(cast, ada, settings):
    settings.ADDRESS = "https://baton.example.com"
    path, _shown = invite(ada, cast)
    assert f"https://baton.example.com{path}" in mail.outbox[0].body and mail.outbox[0].to == ["nia@example.com"]
    nia = Client()
    page = nia.get(path)
    assert "nia@example.com" in page.content.decode() and page["Cache-Control"] == "no-store"
    assert come(path, nia)["Location"] == reverse("login")
    assert "Your account is there. Sign in with it." in nia.get(reverse("login")).content.decode()
    person = User.objects.get(email="nia@example.com")
    assert (person.name, person.is_staff, person.is_superuser) == ("Nia New", False, False)
    assert Membership.objects.get(user=person).role == "agent"
    assert "_auth_user_id" not in nia.session  # she signs in as everybody does
    nia.post(reverse("login"), {"username": "nia@example.com", "password": PASSWORDS["password1"]})
    assert nia.session["_auth_user_id"] == str(person.pk)
    kinds = list(Entry.objects.filter(kind__in=("config_added", "invitation_taken")).values_list("kind", flat=True))
    assert kinds[-2:] == ["config_added", "invitation_taken"]


def test_the_link_is_shown_once_and_kept_nowhere(cast, ada):
    path, _shown = invite(ada, cast)
    assert path not in ada.get(reverse("admin:signin_invitation_link"), follow=True).content.decode()
    key = path.split("/")[2]
    assert key not in str(list(Invitation.objects.values())) and key not in str(list(Entry.objects.values("data")))


def test_of_an_account_that_was_made_at_the_same_moment_it_says_so(cast, ada, monkeypatch):
    path, _shown = invite(ada, cast)
    real = User.objects.create_user

    def another_first(*said, **more):
        monkeypatch.undo()
        real("nia@example.com", "Nia by an admin")
        return real(*said, **more)

    monkeypatch.setattr(User.objects, "create_user", another_first)
    answer = come(path)
    assert answer.status_code == 422 and "an account with this address already" in answer.content.decode()


def test_it_opens_nothing_twice_nor_too_late_nor_once_it_is_withdrawn(cast, ada, clock):
    used, _shown = invite(ada, cast, "one@example.com")
    assert come(used).status_code == 302
    assert (come(used).status_code, Client().get(used).status_code) == (404, 404)
    withdrawn, _shown = invite(ada, cast, "two@example.com")
    pk = Invitation.objects.get(email="two@example.com").pk
    ada.post(reverse("admin:signin_invitation_withdrawal", args=[pk]))
    assert come(withdrawn).status_code == 404
    again, _shown = invite(ada, cast, "three@example.com")
    newer, _shown = invite(ada, cast, "three@example.com")
    assert (Client().get(again).status_code, Client().get(newer).status_code) == (404, 200)
    pk = Invitation.objects.get(key_hash=inviting.hashed(newer.split("/")[2])).pk
    leads_to = reverse("admin:signin_invitation_withdrawal", args=[pk])
    assert leads_to in ada.get(reverse("admin:signin_invitation_changelist")).content.decode()
    clock.jump(days=inviting.DAYS, seconds=1)
    assert come(newer).status_code == 404
    assert leads_to not in ada.get(reverse("admin:signin_invitation_changelist")).content.decode()
    assert "Its link opened nothing any more" in ada.post(leads_to, follow=True).content.decode()
    assert not User.objects.filter(email__in=["two@example.com", "three@example.com"]).exists()


@pytest.mark.parametrize("less", [{"is_staff": False}, {"is_active": False}])
def test_an_invitation_of_somebody_who_is_no_admin_any_more_opens_nothing(cast, ada, less):
    path, _shown = invite(ada, cast)
    User.objects.filter(pk=cast.ada.pk).update(**less)
    assert (Client().get(path).status_code, come(path).status_code) == (404, 404)
    assert not User.objects.filter(email="nia@example.com").exists()
    User.objects.filter(pk=cast.sam.pk).update(is_staff=True, is_superuser=True)
    other = Client()
    other.force_login(User.objects.get(pk=cast.sam.pk))
    page = other.get(reverse("admin:signin_invitation_changelist")).content.decode()
    assert "ended: Ada Lund is no admin any more" in page


def test_who_has_an_account_is_not_invited_and_a_late_link_makes_no_second(cast, ada):
    form = {"email": "ANA@example.com", "role": "agent"}
    assert "an account with this address" in ada.post(reverse("admin:signin_invitation_add"), form).content.decode()
    path, _shown = invite(ada, cast)
    User.objects.create_user("nia@example.com", "Nia")
    answer = come(path)
    assert (answer.status_code, "Sign in with it" in answer.content.decode()) == (422, True)
    assert Invitation.objects.get().taken_at is None


def test_a_weak_password_and_another_field_get_nowhere(cast, ada):
    path, _shown = invite(ada, cast)
    assert come(path, password1="nia@example.com", password2="nia@example.com").status_code == 422
    assert come(path, password2="something-else-8").status_code == 422
    come(path, email="other@example.com", is_staff="on", is_superuser="on", role="supervisor")
    assert not User.objects.get(email="nia@example.com").is_staff
    assert Membership.objects.get(user__email="nia@example.com").role == "agent"


UNSEEN = "\u200b\u200f\ufeff"


def test_nobody_is_called_by_what_cannot_be_seen(cast, ada):
    path, _shown = invite(ada, cast, name=UNSEEN)
    assert Invitation.objects.get().name == ""
    answer = come(path, name=UNSEEN)
    assert answer.status_code == 422 and "Nothing of this name can be seen." in answer.content.decode()
    form = {"email": "nia@example.com", "name": UNSEEN, "time_zone": "UTC", **PASSWORDS}
    answer = ada.post(reverse("admin:people_user_add"), form)
    assert "Nothing of this name can be seen." in answer.content.decode()
    assert not User.objects.filter(email="nia@example.com").exists()
    assert come(path).status_code == 302  # the link is still good


def test_where_no_mail_can_be_sent_the_link_is_there_to_copy(cast, ada, monkeypatch):
    def down(*said):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", down)
    path, shown = invite(ada, cast)
    assert "No mail could be sent" in shown.content.decode()
    assert Client().get(path).status_code == 200


def test_agents_invite_nobody(cast):
    client = Client()
    client.force_login(cast.sam)
    client.post(reverse("admin:signin_invitation_add"), {"email": "x@example.com", "role": "agent"})
    assert not Invitation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_open_the_link_at_once_make_one_account(cast, clock):
    made, _key = invited(cast.ada)
    refused = []

    def come_in():
        try:
            inviting.take(made, name="Nia", password="another-good-one-7", time_zone="UTC", now=clock.now())
        except Refused as said:
            refused.append(str(said))

    together(come_in, come_in)
    assert len(refused) == 1
    assert User.objects.filter(email="nia@example.com").count() == 1
