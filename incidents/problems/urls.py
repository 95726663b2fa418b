"""By the number of the problem."""

from django.urls import path

from . import views

urlpatterns = [
    path("problems/", views.page, name="problems"),
    path("problems/beginning/<int:number>/", views.begin, name="problem-new"),
    path("problems/<int:pk>/", views.problem, name="problem"),
    path("problems/<int:pk>/words/", views.change, name="problem-change"),
    path("problems/<int:pk>/fix/", views.fix, name="problem-fix"),
    path("problems/<int:pk>/closing/", views.close, name="problem-close"),
    path("problems/<int:pk>/reopening/", views.reopen, name="problem-reopen"),
    path("problems/<int:pk>/entries/<int:seq>/text/removal/", views.take_text_away, name="problem-text-removal"),
    path("problems/<int:pk>/incidents/", views.add, name="problem-incidents"),
    path("problems/<int:pk>/incidents/<int:number>/", views.link, name="problem-link"),
    path("problems/<int:pk>/incidents/<int:number>/removal/", views.unlink, name="problem-unlink"),
    path("problems/<int:pk>/actions/", views.new_action, name="problem-actions"),
    path("problems/<int:pk>/actions/<int:action>/", views.action, name="problem-action"),
    path("problems/<int:pk>/actions/<int:action>/completion/", views.complete, name="problem-action-done"),
    path("problems/<int:pk>/actions/<int:action>/refusal/", views.drop, name="problem-action-drop"),
]
