"""Addresses of the links in messages: short, because a text message has to hold one."""

from django.urls import re_path

from . import views

urlpatterns = [
    re_path(r"^a/(?P<token>[0-9A-Za-z]+)/?$", views.page, name="answer-link"),
    re_path(r"^a/(?P<token>[0-9A-Za-z]+)/button/?$", views.button, name="answer-button"),
]
