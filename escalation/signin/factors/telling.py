"""What is said by mail when something changes that somebody signs in with, or is guessed at: whoever does it behind
their back may be signed in as them. The record is the message: the task is given its number, and says it in words."""

import json
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_q.tasks import async_task

from escalation.people.models import User
from escalation.trail.models import Entry, Trail

# By the kind of entry: what has happened, in a line and in a sentence.
SAID: dict[str, tuple[Any, Any]] = {
    "factor_added": (
        gettext_lazy("You can sign in with your %(what)s %(name)s"),
        gettext_lazy("It was set up just now, to sign in as you: %(what)s %(name)s."),
    ),
    "factor_removed": (
        gettext_lazy("Removed: your %(what)s %(name)s"),
        gettext_lazy("It does not sign you in any more: %(what)s %(name)s."),
    ),
    "factor_codes_renewed": (
        gettext_lazy("You have new recovery codes"),
        gettext_lazy("New recovery codes were made. The old ones open nothing any more."),
    ),
    "factor_code_used": (
        gettext_lazy("A recovery code of yours was used"),
        gettext_lazy("Somebody signed in as you with a recovery code. %(left)s are left."),
    ),
    "second_step_guessed": (
        gettext_lazy("Many wrong codes or passkeys for your account"),
        gettext_lazy(
            "Somebody who had passed the first step of signing in as you was wrong at the second %(wrong)s times. None "
            "of these tries opened anything, and more are refused for some minutes."
        ),
    ),
    "config_password": (
        gettext_lazy("You have a new password"),
        gettext_lazy("It was set just now, by %(actor)s. The old one opens nothing any more."),
    ),
    "password_link": (
        gettext_lazy("A link for a new password of yours was made"),
        gettext_lazy("%(actor)s made a link by which a new password of yours can be chosen."),
    ),
    "factors_taken": (
        gettext_lazy("Your second step was taken away"),
        gettext_lazy(
            "%(actor)s took away your app, passkeys and recovery codes. Sign in by password, and set up new ones."
        ),
    ),
}


def tell_of(entry: Entry) -> None:
    """Have it told. Within the transaction that writes the entry."""
    async_task("escalation.signin.factors.telling.tell", entry.seq, save=False)


def tell(seq: int) -> None:
    """The task. Twice is one letter too many, and no harm."""
    entry = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION, seq=seq, kind__in=SAID).first()
    if entry is None:
        return
    data: dict[str, Any] = json.loads(entry.data)
    person = User.objects.filter(pk=data["id"]).first()
    if person is None:
        return
    known = {"what": "", "name": "", "left": "", **data, "actor": entry.actor_name}
    subject, text = (" ".join(str(words % known).split()).replace(" .", ".") for words in SAID[entry.kind])
    _send(person.email, subject, text)


def tell_of_move(person: User, before: str) -> None:
    """Have the address told by which somebody does not sign in any more: only there their owner is sure to read it."""
    async_task("escalation.signin.factors.telling.tell_moved", person.pk, before, save=False)


def tell_moved(pk: int, before: str) -> None:
    """The task."""
    after = User.objects.filter(pk=pk).values_list("email", flat=True).first()
    if after is not None:
        text = _("An admin has changed the address of your account: from %(before)s to %(after)s.")
        _send(before, _("You sign in with another address"), text % {"before": before, "after": after})


def _send(to: str, subject: str, text: str) -> None:
    end = _("If this was not you, choose another password at once, and tell your admins: %(address)s") % {
        "address": settings.ADDRESS + reverse("password_change")
    }
    EmailMessage(f"Baton: {subject}", f"{text}\n\n{end}\n", to=[to]).send()
