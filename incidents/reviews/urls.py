"""By the number of the incident."""

from django.urls import path

from . import views

urlpatterns = [
    path("reviews/", views.page, name="reviews"),
    path("reviews/<int:number>/", views.review, name="review"),
    path("reviews/<int:number>/beginning/", views.begin, name="review-new"),
    path("reviews/<int:number>/refusal/", views.decline, name="review-decline"),
    path("reviews/<int:number>/words/", views.change, name="review-change"),
    path("reviews/<int:number>/sharing/", views.share, name="review-share"),
    path("reviews/<int:number>/review.md", views.as_markdown, name="review-markdown"),
    path("reviews/<int:number>/timeline/<int:seq>/", views.remark, name="review-remark"),
    path("reviews/<int:number>/actions/", views.new_action, name="review-actions"),
    path("reviews/<int:number>/actions/<int:action>/", views.action, name="review-action"),
    path("reviews/<int:number>/actions/<int:action>/completion/", views.complete, name="review-action-done"),
    path("reviews/<int:number>/actions/<int:action>/refusal/", views.drop, name="review-action-drop"),
]
