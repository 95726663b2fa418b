"""Addresses for programs, and of what describes them. Without a slash at the end."""

from django.urls import path

from . import docs
from .v1 import api

urlpatterns = [
    path("api/v1/openapi.json", docs.description, name="openapi"),
    path("api/v1/docs", docs.page, name="docs"),
    path("api/v1/", api.urls),
]
