"""Addresses of signing in by another system's word."""

from django.urls import path

from . import views

urlpatterns = [
    path("login/openid/", views.begin, name="openid"),
    path("login/openid/back/", views.back, name="openid-back"),
]
