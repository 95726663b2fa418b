from django.urls import path

from . import views

urlpatterns = [path("process/", views.page, name="process")]
