from django.urls import path

from . import views

urlpatterns = [
    path("measures/", views.page, name="measures"),
    path("measures/incidents/", views.incidents, name="measured"),
    path("measures/incidents.csv", views.as_csv, name="measured-csv"),
    path("measures/people.csv", views.people_as_csv, name="measured-people-csv"),
]
