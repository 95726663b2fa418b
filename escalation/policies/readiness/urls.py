"""The address of the report."""

from django.urls import path

from . import views

urlpatterns = [
    path("readiness/", views.page, name="readiness"),
    path("readiness/<int:pk>/test-request/", views.test_request, name="test-request"),
]
