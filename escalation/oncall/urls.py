"""Addresses of who is on call: nouns of a schedule."""

from django.urls import path

from . import covering, views

urlpatterns = [
    path("oncall/", views.who, name="oncall"),
    path("oncall/<int:pk>/", views.calendar, name="schedule"),
    path("oncall/<int:pk>/overrides/", covering.override, name="override"),
    path("oncall/<int:pk>/overrides/<int:override>/cancellation/", covering.cancellation, name="override-cancellation"),
    path("oncall/<int:pk>/cover/", covering.take_now, name="take-it-now"),
]
