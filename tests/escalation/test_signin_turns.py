"""What somebody changes of how they sign in, and an admin who changes the same at that moment: one after the other."""

import threading
import time

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F
from django.test import Client

from escalation.kit import clock as kit_clock
from escalation.kit.errors import Refused
from escalation.people.models import ApiToken, Session, User
from escalation.signin import inviting, tokens
from escalation.signin.factors import codes, verbs
from escalation.signin.forms import OwnPasswordForm
from escalation.signin.models import Invitation, ProvidedIdentity
from escalation.signin.openid import arriving
from escalation.trail.recorded_admin import RecordedAdmin
from escalation.trail.writing import Actor, record_configuration
from tests.inviting_kit import invited
from tests.organisation import PASSWORD
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
BY_ADA = "by-ada-for-her-1"
WAITS = 0.25  # seconds: until whoever comes second stands where they have to wait


@pytest.fixture
def ana(cast, clock):
    """With an app, recovery codes, a session, an identity at the provider; and somebody is invited by Ada."""
    now, person = kit_clock.now(), cast.ana
    app, shown = verbs.add_app(
        person, secret=SECRET, code=codes.code_at(SECRET, int(now.timestamp()) // codes.PERIOD), now=now
    )
    person.app, person.paper = app, shown
    person.browser, elsewhere = Client(), Client()
    person.browser.force_login(person)
    elsewhere.force_login(person)
    ProvidedIdentity.objects.create(person=person, issuer="i", subject="7", since=now)
    person.invitation, _key = invited(cast.ada)
    person.token, _key = ApiToken.make(person, name="Bench", scopes=[], now=now)
    person.admins_browser = Client()
    person.admins_browser.force_login(cast.ada)
    person.admins_browser.get(revocation_of(person.token))  # the first request takes long
    return person


def revocation_of(token: ApiToken) -> str:
    return f"/admin/people/apitoken/{token.pk}/revocation/"


@transaction.atomic
def new_password(person) -> None:
    said = {"old_password": PASSWORD, "new_password1": "another-one-of-hers", "new_password2": "another-one-of-hers"}
    form = OwnPasswordForm(person, said, request=None)
    form.cleaned_data = {"new_password1": "another-one-of-hers"}
    form.save()
    record_configuration(Actor.person(person), "config_password", {}, now=kit_clock.now())


def by_an_admin(person) -> None:
    chosen = {"usable_password": "true", "password1": BY_ADA, "password2": BY_ADA}
    person.admins_browser.post(f"/admin/people/user/{person.pk}/password/", chosen)
    assert User.objects.get(pk=person.pk).check_password(BY_ADA)


ROWS = [(User, "name"), (Authenticator, "last_used_at"), (Session, "device"), (ProvidedIdentity, "since")]
ROWS += [(Invitation, "name"), (ApiToken, "used_at")]
VERBS = {
    "a passkey": lambda ana: verbs.add_passkey(ana, key="a2V5", name="Key", now=kit_clock.now()),
    "new codes": lambda ana: verbs.renew_codes(ana, now=kit_clock.now()),
    "a code spent": lambda ana: verbs.spend(ana, ana.paper[0], now=kit_clock.now()),
    "removed": lambda ana: verbs.remove(ana, ana.app.pk, now=kit_clock.now()),
    "taken away": lambda ana: verbs.take_away(ana, by=Actor.person(ana), now=kit_clock.now()),
    "signed out": lambda ana: ana.browser.post("/signing-in/sessions/others/end/"),
    "password": new_password,
    "password by an admin": lambda ana: by_an_admin(ana),
    "released": lambda ana: arriving.release(ana, by=Actor.person(ana), now=kit_clock.now()),
    "a token": lambda ana: tokens.make(ana, name="Wall", scopes=[], now=kit_clock.now(), ends_at=None),
    "a token of hers, by an admin": lambda ana: ana.admins_browser.post(revocation_of(ana.token)),
    "her own token": lambda ana: ana.browser.post(f"/tokens/{ana.token.pk}/revocation/"),
    "withdrawn": lambda ana: inviting.withdraw(ana.invitation, by=ana, now=kit_clock.now()),
    "invited": lambda ana: inviting.take(
        ana.invitation, name="Nia", password=PASSWORD, time_zone="UTC", now=kit_clock.now()
    ),
}


@pytest.mark.rehearsal("races")
@pytest.mark.parametrize("what", VERBS)
def test_an_admin_who_changes_the_same_at_that_moment_waits_for_nobody_who_waits_for_them(what, ana):
    begun = threading.Event()

    @transaction.atomic
    def saves() -> None:
        RecordedAdmin.take_turn()
        begun.set()
        time.sleep(WAITS)
        for model, column in ROWS:
            model.objects.update(**{column: F(column)})

    def does() -> None:
        begun.wait(10)
        VERBS[what](ana)

    together(saves, does)


def test_of_two_who_renew_their_codes_at_once_the_last_ones_count(ana):
    shown = []
    together(*[lambda: shown.append(verbs.renew_codes(ana, now=kit_clock.now()))] * 4)
    assert verbs.spend(ana, shown[-1][0], now=kit_clock.now()) is not None
    assert Authenticator.objects.filter(user=ana, type=Authenticator.Type.RECOVERY_CODES).count() == 1


def test_a_passkey_that_was_removed_since_it_was_looked_up_opens_nothing(ana):
    key, _codes = verbs.add_passkey(ana, key="a2V5", name="Key", now=kit_clock.now())
    verbs.remove(ana, key.pk, now=kit_clock.now())
    with pytest.raises(Refused, match="removed meanwhile"):
        verbs.use_passkey(key, counts=0, now=kit_clock.now())
