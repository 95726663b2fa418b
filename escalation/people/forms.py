"""Forms for accounts: the login is the e-mail address."""

from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm

from .models import User


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
