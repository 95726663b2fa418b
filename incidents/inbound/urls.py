"""Addresses of the doors, each with and without a slash at its end: a redirected POST loses its body."""

from django.urls import re_path

from . import views

urlpatterns = [
    re_path(r"^integrations/alertmanager/?$", views.alertmanager, name="alertmanager"),
    re_path(r"^integrations/alertmanager/(?P<key>.+?)/?$", views.alertmanager, name="alertmanager-key"),
]
