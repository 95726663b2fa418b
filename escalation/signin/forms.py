"""What people fill in to sign in."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _

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


class OwnPasswordForm(PasswordChangeForm):
    """Whoever sits down at an unlocked screen may not guess on."""

    def __init__(self, *args: Any, request: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def save(self, commit: bool = True) -> Any:
        take_turn()
        return super().save(commit)

    def clean_old_password(self) -> str:
        one = guessing.begin_named(self.request, f"own:{self.user.pk}", known=self.user.email)
        old: str = super().clean_old_password()
        one.was_right()
        return old


def wait_of(form: Any) -> guessing.TooMany | None:
    """For how long one has to wait, if that is what is wrong with it."""
    errors = [one for field in form.errors.as_data().values() for one in field]
    return max((one for one in errors if isinstance(one, guessing.TooMany)), key=lambda one: one.seconds, default=None)
