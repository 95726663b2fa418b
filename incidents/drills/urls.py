"""By the number of the drill, and of the run."""

from django.urls import path

from . import views

urlpatterns = [
    path("drills/", views.page, name="drills"),
    path("drills/new/", views.new, name="drill-new"),
    path("drills/<int:pk>/", views.drill, name="drill"),
    path("drills/<int:pk>/plan/", views.change, name="drill-change"),
    path("drills/<int:pk>/switch/", views.switch, name="drill-switch"),
    path("drills/<int:pk>/start/", views.start, name="drill-start"),
    path("drills/<int:pk>/runs/<int:run>/", views.run, name="drill-run"),
    path("drills/<int:pk>/runs/<int:run>/end/", views.end, name="drill-end"),
]
