"""What people fill in to sign in."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.db import transaction
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.writing import take_turn

from . import guessing


class SignInForm(AuthenticationForm):
    """Who is unknown, deactivated or mistyped gets one answer, after one hash: see Django's ``ModelBackend``."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("E-mail and password do not fit. In the password, capital letters count."),
    }

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data.get("username")
        if not typed or not self.cleaned_data.get("password"):
            return self.cleaned_data
        one = guessing.begin(self.request, typed)  # type: ignore[arg-type]
        cleaned = super().clean()
        one.was_right()
        return cleaned


class InItsTurn:
    """For Django's forms that set a password: they write nothing else of the account, so what an admin has changed of
    it meanwhile stands; and no other password that has come since theirs was typed is overwritten."""

    @transaction.atomic
    def set_password_and_save(self, user: User, password_field_name: str = "", commit: bool = True) -> User:
        take_turn()
        if not User.objects.filter(pk=user.pk, password=user.password).exists():
            raise Refused(_t("Your account was given another password just now. Sign in with that one."))
        user.set_password(self.cleaned_data[password_field_name])  # type: ignore[attr-defined]
        user.save(update_fields=["password"])
        return user


class OwnPasswordForm(InItsTurn, PasswordChangeForm):
    """Whoever sits down at an unlocked screen may not guess on."""

    def __init__(self, *args: Any, request: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        one = guessing.begin_named(self.request, f"own:{self.user.pk}", known=self.user.email)
        old: str = super().clean_old_password()
        one.was_right()
        return old


class NewPasswordForm(InItsTurn, SetPasswordForm):
    """By the link in a mail."""


def wait_of(form: Any) -> guessing.TooMany | None:
    """For how long one has to wait, if that is what is wrong with it."""
    errors = [one for field in form.errors.as_data().values() for one in field]
    return max((one for one in errors if isinstance(one, guessing.TooMany)), key=lambda one: one.seconds, default=None)
