"""Addresses for people. Those for programs are in ``addresses``."""

from django.urls import path

from . import pages

urlpatterns = [
    path("tokens/", pages.tokens, name="tokens"),
    path("tokens/<int:pk>/revocation/", pages.revocation, name="token-revocation"),
]
