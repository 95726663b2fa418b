from django.urls import path

from . import views

urlpatterns = [
    path("status", views.bare, name="status-bare"),
    path("status/", views.page, name="status"),
    path("status/feed.atom", views.feed, name="status-feed"),
    path("status.json", views.as_json, name="status-json"),
]
