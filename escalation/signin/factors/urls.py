"""Addresses of the second step, and of the page where it is set up."""

from django.urls import path

from . import pages, steps

urlpatterns = [
    path("login/second/", steps.second_step, name="mfa_authenticate"),  # as allauth calls it
    path("login/second/question/", steps.second_step_question, name="second-step-question"),
    path("login/passkey/", steps.passkey, name="passkey-sign-in"),
    path("login/passkey/question/", steps.passkey_question, name="passkey-sign-in-question"),
    path("signing-in/app/", pages.app, name="factor-app"),
    path("signing-in/passkeys/", pages.passkey, name="factor-passkeys"),
    path("signing-in/passkeys/question/", pages.passkey_question, name="factor-passkey-question"),
    path("signing-in/codes/", pages.recovery, name="factor-codes"),
    path("signing-in/<int:pk>/removal/", pages.removal, name="factor-removal"),
]
