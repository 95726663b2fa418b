"""Addresses of the doors, each with and without a slash at its end: a redirected POST loses its body."""

from django.urls import re_path

from . import registry, views

urlpatterns = [
    re_path(rf"^{pattern}/?$", views.at(door), name=name)
    for door in registry.DOORS
    for name, pattern in door.addresses.items()
]
