"""Addresses of who is on call: nouns of a schedule."""

from django.urls import path

from . import asking, covering, views

urlpatterns = [
    path("oncall/", views.who, name="oncall"),
    path("oncall/glance/", views.glance, name="glance"),
    path("oncall/<int:pk>/", views.calendar, name="schedule"),
    path("oncall/<int:pk>/overrides/", covering.override, name="override"),
    path("oncall/<int:pk>/overrides/<int:override>/cancellation/", covering.cancellation, name="override-cancellation"),
    path("oncall/<int:pk>/cover/", covering.take_now, name="take-it-now"),
    path("oncall/<int:pk>/swaps/", asking.request_swap, name="swap-request"),
    path("oncall/<int:pk>/swaps/<int:swap>/acceptance/", asking.acceptance, name="swap-acceptance"),
    path("oncall/<int:pk>/swaps/<int:swap>/refusal/", asking.refusal, name="swap-refusal"),
    path("oncall/<int:pk>/swaps/<int:swap>/withdrawal/", asking.withdrawal, name="swap-withdrawal"),
]
