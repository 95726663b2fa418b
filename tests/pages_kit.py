"""Somebody's browser, without its scripts; and what a page says in words."""

from html import unescape

from django.http import HttpResponseBase
from django.test import Client
from django.utils.html import strip_tags


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(response: HttpResponseBase) -> str:
    return " ".join(unescape(strip_tags(response.content.decode())).split())  # type: ignore[attr-defined]
