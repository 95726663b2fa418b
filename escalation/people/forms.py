"""Forms for accounts: the login is the e-mail address."""

from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, UserChangeForm
from django.utils.translation import gettext_lazy as _

from .models import User


class SignInForm(AuthenticationForm):
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("E-mail and password do not fit. In the password, capital letters count."),
    }


class NewPersonForm(BaseUserCreationForm):
    class Meta:
        model = User
        fields = ("name", "email", "time_zone")
        field_classes: dict = {}


class PersonForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"  # the admin's fieldsets choose
        field_classes: dict = {}
