"""The trainer's addresses."""

from django.urls import path

from . import views

urlpatterns = [
    path("training/", views.page, name="training"),
    path("training/cases/<slug:key>/", views.begin, name="training-begin"),
    path("training/plays/<int:pk>/", views.play, name="training-play"),
]
