"""Addresses of the demonstration."""

from django.urls import path

from . import views

urlpatterns = [path("demo/life/", views.life, name="demo-life")]
