"""The trainer's addresses."""

from django.urls import path

from . import authors, views

urlpatterns = [
    path("training/", views.page, name="training"),
    path("training/cases/<slug:key>/", views.begin, name="training-begin"),
    path("training/plays/<int:pk>/", views.play, name="training-play"),
    path("training/making/<int:number>/", authors.make, name="training-make"),
    path("training/own/<int:pk>/", authors.page, name="training-case"),
    path("training/own/<int:pk>/preview/", authors.preview, name="training-case-preview"),
    path("training/own/<int:pk>/words/", authors.words, name="training-case-words"),
    path("training/own/<int:pk>/steps/<int:step>/", authors.step, name="training-case-step"),
    path("training/own/<int:pk>/steps/<int:step>/removal/", authors.drop, name="training-case-step-removal"),
    path("training/own/<int:pk>/publication/", authors.publish, name="training-case-publication"),
    path("training/own/<int:pk>/withdrawal/", authors.withdraw, name="training-case-withdrawal"),
    path("training/own/<int:pk>/removal/", authors.remove, name="training-case-removal"),
]
