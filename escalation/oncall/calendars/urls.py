"""Addresses of feeds, and of the pages about calendars."""

from django.urls import path

from . import views

urlpatterns = [
    *(path(f"ical/<str:key>/{kind}.ics", views.feed, {"kind": kind}, name=f"feed-{kind}") for kind in views.KINDS),
    path("calendars/", views.feeds, name="calendars"),
    path("calendars/<int:pk>/revocation/", views.revocation, name="feed-revocation"),
    path("absences/", views.outside, name="absences"),
    path("absences/<int:pk>/removal/", views.removal, name="calendar-removal"),
    path("absences/<int:pk>/reading/", views.reading, name="calendar-reading"),
]
